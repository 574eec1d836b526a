/** Sample events: complete and plausible, under the name asked for; for trying an integration out and for previews. */
import type { JsonObject, JsonValue } from "../json.ts";
import { canonicalEventName } from "./catalogue.ts";
import { type SampleProperties, sampleProperties } from "./sample-ecommerce.ts";

/** What a sample is given from outside, so that two are never the same event. */
export interface SampleFacts {
  messageId: string;
  anonymousId: string;
  /** ISO time. */
  timestamp: string;
  /** Consent categories that the sample's visitor has granted, beside the usual ones. */
  consent: readonly string[];
}

const USUAL_CONSENT = ["analytics", "marketing", "advertising", "functional"];
const USER = "user_98765";
const TRAITS: JsonObject = {
  email: "jane@example.com",
  phone: "+442079460018",
  firstName: "Jane",
  lastName: "Smith",
  address: { street: "12 High Street", city: "London", postalCode: "SW1A 1AA", country: "GB" },
};

/**
 * A client's event as a shop's page would send it. Names of the catalogue have the properties of their event: a canonical
 * name those of GA4 (`transaction_id`, `items`), its other names those of Segment's specification (`order_id`,
 * `products`). `page`, `page:<name>`, `identify` and `group` are of that type; any other name is tracked with the
 * properties of a purchase.
 */
export function sampleEvent(name: string, facts: SampleFacts): JsonObject {
  const canonical = canonicalEventName(name);
  const sample = sampleProperties(canonical ?? "purchase");
  return {
    ...typed(name, canonical, sample),
    messageId: facts.messageId,
    anonymousId: facts.anonymousId,
    timestamp: facts.timestamp,
    context: contextOf(sample, facts.consent),
  };
}

function typed(name: string, canonical: string | null, sample: SampleProperties): JsonObject {
  if (canonical === "page_view" || name.startsWith("page:")) {
    const pageName = name.startsWith("page:") ? name.slice("page:".length).trim() : sample.page.name;
    return { type: "page", name: pageName, userId: USER, properties: pageProperties(sample) };
  }
  if (name === "identify")
    return { type: "identify", userId: USER, traits: { ...structuredClone(TRAITS), plan: "premium" } };
  if (name === "group") {
    const traits = { name: "Example Ltd", industry: "Retail", employees: 250, plan: "enterprise" };
    return { type: "group", userId: USER, groupId: "org_555", traits };
  }
  const properties = name === canonical ? sample.properties : segmentNames(sample);
  return { type: "track", event: name, userId: USER, properties };
}

function contextOf(sample: SampleProperties, consent: readonly string[]): JsonObject {
  return {
    ip: "203.0.113.7",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    locale: "en-GB",
    timezone: "Europe/London",
    library: { name: "@datafly/collector", version: "1.0.0" },
    page: pageProperties(sample),
    screen: { width: 1920, height: 1080, density: 2 },
    campaign: { source: "newsletter", medium: "email", name: "spring", content: "header", term: "headphones" },
    consent: Object.fromEntries([...USUAL_CONSENT, ...consent].map((category) => [category, true])),
    traits: structuredClone(TRAITS),
  };
}

function pageProperties({ page }: SampleProperties): JsonObject {
  const host = "https://shop.example.com";
  return {
    url: `${host}${page.path}`,
    path: page.path,
    search: "",
    title: `${page.name} | Shop`,
    referrer: `${host}/category/audio`,
  };
}

const RENAMED: Readonly<Record<string, string>> = {
  transaction_id: "order_id",
  value: "revenue",
  items: "products",
  search_term: "query",
  item_list_id: "list_id",
  item_list_name: "category",
  payment_type: "payment_method",
  shipping_tier: "shipping_method",
  creative_name: "creative",
  creative_slot: "position",
  promotion_name: "name",
};
const RENAMED_IN_ITEMS: Readonly<Record<string, string>> = {
  item_id: "product_id",
  item_name: "name",
  item_brand: "brand",
  item_category: "category",
  item_variant: "variant",
  index: "position",
  item_url: "url",
  item_image: "image_url",
};

/** Segment's specification: an event about one product has its fields beside the others, one about several a list. */
function segmentNames({ properties, aboutOneItem }: SampleProperties): JsonObject {
  const { items, ...rest } = properties;
  const list = Array.isArray(items) ? items.map(segmentItem) : [];
  const own = renamed(rest, RENAMED);
  if (list.length === 0) return own;
  if (!aboutOneItem) return { ...own, products: list };
  return { ...own, value: rest["value"] ?? 0, ...(list[0] as JsonObject) };
}

function segmentItem(item: JsonValue): JsonValue {
  const renamedItem = renamed(item as JsonObject, RENAMED_IN_ITEMS);
  return { ...renamedItem, sku: renamedItem["product_id"] ?? "" };
}

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}
