/** `canonical.*`: the event's name, properties and items under GA4 names, whatever names they came in. */
import {
  canonicalEventName,
  catalogueEntry,
  itemFields,
  itemKeys,
  propertyFields,
  propertyKeys,
} from "../event/catalogue.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type Value } from "./transforms/definition.ts";

const own = (object: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;

const LIST_KEYS = propertyKeys("items");
const PRODUCT_KEYS = ["item_id", "product_id", "productId", "itemId", "sku"];

function propertiesOf(event: Value): JsonObject | undefined {
  const properties = isJsonObject(event) ? own(event, "properties") : undefined;
  return isJsonObject(properties) ? properties : undefined;
}

/** The name of the event in the catalogue; the event's own where the catalogue has none. */
export function canonicalEvent(event: Value): Value {
  if (!isJsonObject(event)) return undefined;
  const name = own(event, "event");
  if (typeof name === "string") return canonicalEventName(name) ?? name;
  const type = own(event, "type");
  return type === "page" ? "page_view" : type;
}

/** The items as they were sent; events about one product that stands in the properties themselves have it as their one item. */
export function canonicalItems(event: Value): Value {
  const properties = propertiesOf(event);
  if (!properties) return undefined;
  for (const key of LIST_KEYS) {
    const list = own(properties, key);
    if (Array.isArray(list)) return list;
    if (isJsonObject(list)) return [list];
  }
  return PRODUCT_KEYS.some((key) => own(properties, key) !== undefined) ? [properties] : undefined;
}

/** Name → canonical field and the name's rank among that field's names, made once. */
type Renaming = ReadonlyMap<string, { field: string; rank: number }>;

function renaming(fields: readonly string[], keysOf: (field: string) => readonly string[]): Renaming {
  const index = new Map<string, { field: string; rank: number }>();
  for (const field of fields) keysOf(field).forEach((key, rank) => index.set(key, { field, rank }));
  return index;
}

/** Their aliases (`name`, `position`) mean other things in events about one product. */
const AMBIGUOUS = new Set(["promotion_name", "creative_slot"]);

const ITEM = renaming(itemFields(), itemKeys);
const PROPERTIES = renaming(
  propertyFields().filter((field) => field !== "items" && !AMBIGUOUS.has(field)),
  propertyKeys,
);

/** A new object under canonical names, the preferred name winning; fields that have none keep their own. */
function renamed(object: JsonObject, names: Renaming): JsonObject {
  const out: JsonObject = {};
  const ranks = new Map<string, number>();
  for (const key of Object.keys(object)) {
    const value = object[key];
    const name = names.get(key);
    if (!name) {
      if (key !== "__proto__") out[key] = value ?? null;
      continue;
    }
    if (value === null || value === undefined || (ranks.get(name.field) ?? Infinity) <= name.rank) continue;
    out[name.field] = value;
    ranks.set(name.field, name.rank);
  }
  return out;
}

/** One item under canonical names. */
export function canonicalItem(item: Value): Value {
  return isJsonObject(item) ? renamed(item, ITEM) : (item ?? undefined);
}

/** Fields of an item that say as much of the whole event. */
const SHARED_FIELDS = new Set(["item_list_id", "item_list_name", "coupon", "discount", "affiliation"]);

function isOfItem(key: string): boolean {
  const name = ITEM.get(key);
  return name !== undefined && !SHARED_FIELDS.has(name.field);
}

/** Of an event about one product: what describes the product becomes its one item. */
function withOneItem(properties: JsonObject): JsonObject {
  const entries = Object.entries(properties);
  const out = renamed(Object.fromEntries(entries.filter(([key]) => !isOfItem(key))), PROPERTIES);
  return { ...out, items: [renamed(Object.fromEntries(entries.filter(([key]) => isOfItem(key))), ITEM)] };
}

function isAboutOneItem(event: Value): boolean {
  const name = isJsonObject(event) ? own(event, "event") : undefined;
  return typeof name === "string" && catalogueEntry(name)?.event.aboutOneItem === true;
}

/** All properties under canonical names, items included. */
export function canonicalProperties(event: Value): Value {
  const properties = propertiesOf(event);
  if (!properties) return undefined;
  const items = canonicalItems(event);
  const isItem = Array.isArray(items) && items[0] === properties;
  if (isItem && isAboutOneItem(event)) return withOneItem(properties);
  const out = renamed(properties, PROPERTIES);
  if (!Array.isArray(items) || isItem) return out;
  for (const key of LIST_KEYS) delete out[key];
  out["items"] = items.map((item) => canonicalItem(item) ?? null);
  return out;
}
