/** Sample events: complete and plausible, under the name asked for; for trying an integration out and for previews. */
import type { JsonObject } from "../json.ts";
import { type CatalogueEntry, catalogueEntry } from "./catalogue.ts";
import type { Vertical } from "./catalogue-table.ts";
import { contextOf, pageProperties, traitsOf } from "./sample-context.ts";
import { pageOf, sampleProperties, sceneOf } from "./sample-properties.ts";
import type { SamplePage, Scene } from "./sample-scene.ts";
import { inSegmentsWords } from "./sample-wording.ts";

/** What a sample is given from outside, so that two are never the same event. */
export interface SampleFacts {
  messageId: string;
  anonymousId: string;
  /** ISO time. */
  timestamp: string;
  /** Consent categories that the sample's visitor has granted, beside the usual ones. */
  consent: readonly string[];
  /** Which of the samples: another shop, device or order. The same seed, the same sample; without one, the first. */
  seed?: string | number;
  /** Whose site or app it is, where the event is one that all verticals share. */
  vertical?: Vertical;
}

const USER = "user_98765";
const GROUP = "org_555";
const PAGE_PREFIX = "page:";

/**
 * A client's event as a page or an app would send it, with every property that the catalogue requires or recommends.
 * Names of shops' events decide whose words the properties have: a canonical name those of GA4 (`transaction_id`, `items`),
 * its other names those of Segment's specification (`order_id`, `products`). `page`, `page:<name>`, `identify` and `group`
 * are of that type; any other name is tracked with the properties of a purchase.
 */
export function sampleEvent(name: string, facts: SampleFacts): JsonObject {
  const { messageId, anonymousId, timestamp, seed } = facts;
  const ids = { messageId, anonymousId, timestamp };
  const entry = catalogueEntry(name.startsWith(PAGE_PREFIX) ? "page_view" : name) ?? catalogueEntry("purchase");
  if (entry === null) return { type: "track", event: name, ...ids };
  const scene = sceneOf(entry.vertical === "general" ? (facts.vertical ?? "general") : entry.vertical, seed);
  const page = pageOf(entry, scene);
  const given = givenFor(entry, scene, page);
  const carried = { ...given, ...sampleProperties(entry, { scene, seed, timestamp, given }) };
  return { ...typed(name, entry, { carried, page }), ...ids, context: contextOf({ scene, page, ...facts }) };
}

/** What an event says of the page or the user, whatever the catalogue wants of it. */
function givenFor({ event }: CatalogueEntry, scene: Scene, page: SamplePage): JsonObject {
  if (event.call === "page") return pageProperties(scene, page);
  return event.call === "identify" ? traitsOf(scene) : {};
}

/** Shops name things in two ways; the other verticals in one. */
const TWO_WORDINGS: ReadonlySet<string> = new Set(["general", "ecommerce"]);

function typed(
  name: string,
  { event, vertical }: CatalogueEntry,
  { carried, page }: { carried: JsonObject; page: SamplePage },
): JsonObject {
  if (event.call === "identify") return { type: "identify", userId: USER, traits: carried };
  if (event.call === "group") return { type: "group", userId: USER, groupId: GROUP, traits: carried };
  if (event.call === "page") {
    const pageName = name.startsWith(PAGE_PREFIX) ? name.slice(PAGE_PREFIX.length).trim() : page.name;
    return { type: "page", name: pageName, userId: USER, properties: carried };
  }
  const isSegments = name !== event.name && TWO_WORDINGS.has(vertical);
  const properties = isSegments ? inSegmentsWords(carried, event.aboutOneItem === true) : carried;
  return { type: "track", event: name, userId: USER, properties };
}
