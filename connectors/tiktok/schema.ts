/** The fields of one event in `data` (https://business-api.tiktok.com/portal/docs?id=1771101303285761). */
import type { VendorField, VendorSchema } from "@datafly-signal/core";
import { TRAVEL_FIELDS } from "./travel-schema.ts";

const EVENTS = "https://ads.tiktok.com/help/article/standard-events-parameters";
const MATCHING = "https://ads.tiktok.com/help/article/how-to-set-up-matching-events-with-events-api";
const DEDUPE = "https://ads.tiktok.com/help/article/event-deduplication";

type Needed = VendorField["required"];
type Field = [path: string, type: VendorField["type"], required: Needed, description: string, link?: string];

const field = ([path, type, required, description, link]: Field): VendorField => ({
  path,
  type,
  required,
  description,
  ...(link !== undefined && { link }),
});

const ONE_OR_MORE = ["string", "array"] as const;

const EVENT: readonly Field[] = [
  ["event", "string", true, "The event's name: a standard one, or one of your own.", EVENTS],
  ["event_time", "integer", true, "When it happened, in seconds since 1970."],
  ["event_id", "string", false, "The id by which an event that comes twice within 48 hours counts once.", DEDUPE],
  ["limited_data_use", "boolean", false, "Asks for limited processing of this event (web and app)."],
];

const USER: readonly Field[] = [
  ["user", "object", "conditional", "Who it was: at least one thing that a person can be matched by.", MATCHING],
  ["user.ttclid", "string", false, "The click id of the TikTok ad, as it stood in the address.", MATCHING],
  ["user.ttp", "string", false, "The cookie _ttp.", MATCHING],
  ["user.email", ONE_OR_MORE, false, "SHA-256 of the e-mail address, trimmed and in lower case.", MATCHING],
  ["user.phone", ONE_OR_MORE, false, "SHA-256 of the phone number in E.164 form, with its plus.", MATCHING],
  ["user.external_id", ONE_OR_MORE, false, "SHA-256 of your own ids of the visitor.", MATCHING],
  ["user.ip", "string", "conditional", "The visitor's address on the network; web events should have it.", MATCHING],
  ["user.user_agent", "string", "conditional", "How the browser calls itself; web events should have it.", MATCHING],
  ["user.locale", "string", false, "Language and region, BCP 47."],
  ["user.first_name", "string", false, "SHA-256 of the first name, in lower case without punctuation."],
  ["user.last_name", "string", false, "SHA-256 of the last name, in lower case without punctuation."],
  ["user.city", "string", false, "The town, in lower case without spaces and punctuation."],
  ["user.state", "string", false, "The state or region, in lower case; US states by their two letters."],
  ["user.country", "string", false, "The country's two letters, in lower case."],
  ["user.zip_code", "string", false, "SHA-256 of the postal code, in lower case without spaces and hyphens."],
  ["user.idfa", "string", false, "Apple's advertising id (app)."],
  ["user.idfv", "string", false, "Apple's id of the vendor's apps on the device (app)."],
  ["user.gaid", "string", false, "Google's advertising id (app)."],
];

const PLACE: readonly Field[] = [
  ["page", "object", "conditional", "Where on the website it happened; web events need it."],
  ["page.url", "string", "conditional", "The page's address; web events need it."],
  ["page.referrer", "string", false, "The page before it."],
  ["app", "object", "conditional", "In which app it happened; app events need it."],
  ["app.app_id", "string", "conditional", "The app's id in its store: bundle id or package name."],
  ["app.app_name", "string", false, "The app's name."],
  ["app.app_version", "string", false, "The app's version."],
  ["lead", "object", "conditional", "The lead; CRM events need it."],
  ["lead.lead_id", "string", "conditional", "The lead's id at TikTok, as in its lead forms."],
  ["lead.lead_event_source", "string", false, "Which CRM it is."],
];

const PROPERTIES: readonly Field[] = [
  ["properties", "object", false, "What it was about.", EVENTS],
  ["properties.value", "number", "conditional", "What the event is worth, not below zero; Purchase needs it.", EVENTS],
  ["properties.currency", "string", "conditional", "ISO 4217; needed wherever there is a value.", EVENTS],
  ["properties.contents", "array", false, "The products; those of catalogues by content_id.", EVENTS],
  ["properties.contents[].content_id", "string", "conditional", "The product's id, as in the catalogue.", EVENTS],
  ["properties.contents[].content_type", "string", false, "product or product_group, where items differ."],
  ["properties.contents[].content_name", "string", false, "The product's name."],
  ["properties.contents[].content_category", "string", false, "The product's category."],
  ["properties.contents[].brand", "string", false, "The product's brand."],
  ["properties.contents[].price", "number", false, "The price of one."],
  ["properties.contents[].quantity", "number", false, "How many."],
  ["properties.content_ids", ONE_OR_MORE, false, "Ids of products, where there are no contents."],
  ["properties.num_items", "number", false, "How many products there are in the checkout."],
  ["properties.order_id", "string", false, "The order's id."],
  ["properties.shop_id", "string", false, "The shop's id."],
  ["properties.query", "string", false, "What was searched for."],
  ["properties.search_string", "string", false, "What was searched for, as it was typed in."],
  ["properties.description", "string", false, "What it is about, in words."],
  ["properties.status", "string", false, "How an order, an item or a service stands."],
  ["properties.predicted_ltv", "number", false, "What a subscriber is expected to be worth."],
];

const CHOICES: readonly VendorField[] = [
  {
    path: "user.att_status",
    type: "string",
    required: false,
    description: "What the visitor answered to App Tracking Transparency (app, iOS).",
    enum: ["AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"],
  },
  {
    path: "properties.content_type",
    type: "string",
    required: "conditional",
    description: "What the ids are of: product for a SKU, product_group for an item group; in travel the catalogue.",
    enum: ["product", "product_group", "hotel", "flight", "destination"],
    link: EVENTS,
  },
  {
    path: "properties.delivery_category",
    type: "string",
    required: false,
    description: "How the goods reach the customer.",
    enum: ["in_store", "curbside", "home_delivery"],
  },
];

const WORTH: readonly VendorField[] = [
  field([
    "properties.value",
    "number",
    "conditional",
    "What was paid, not below zero; without it no return can be told.",
    EVENTS,
  ]),
  field(["properties.currency", "string", "conditional", "ISO 4217; without it the value is not used.", EVENTS]),
];

export const SCHEMA: VendorSchema = {
  fields: [...[...EVENT, ...USER, ...PLACE, ...PROPERTIES].map(field), ...CHOICES, ...TRAVEL_FIELDS],
  events: {
    Purchase: WORTH,
    CompletePayment: WORTH,
    PlaceAnOrder: WORTH,
    Search: [
      field(["properties.query", "string", "conditional", "What was searched for; a search is of use by it.", EVENTS]),
    ],
  },
};
