/** The items of an event as the protocol takes them. */
import { isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { MOST_CUSTOM_ITEM_PARAMS, MOST_ITEMS } from "./limits.ts";
import { itemParamName } from "./names.ts";
import type { Stream } from "./stream.ts";
import { isNothing, numberOf, scalarOf } from "./values.ts";

const NUMBERS = new Set(["price", "quantity", "discount", "index"]);
const IDS = new Set(["item_id", "item_name"]);
const PRESCRIBED = new Set([
  ...["item_id", "item_name", "affiliation", "coupon", "creative_name", "creative_slot", "currency", "discount"],
  ...["index", "item_brand", "item_category", "item_category2", "item_category3", "item_category4", "item_category5"],
  ...["item_list_id", "item_list_name", "item_variant", "location_id", "price", "promotion_id", "promotion_name"],
  ...["quantity", "google_business_vertical"],
]);

/** Items that name neither `item_id` nor `item_name` are left out, and those behind the 200th, as Google would. */
export function readyItems(given: JsonValue, stream: Stream): { items: JsonObject[] } | Refusal {
  const list = Array.isArray(given) ? given : [given];
  const items: JsonObject[] = [];
  for (const [index, one] of list.entries()) {
    if (!isJsonObject(one) || items.length === MOST_ITEMS) continue;
    const made = readyItem(one, { index, stream });
    if ("refuse" in made) return made;
    const { item } = made;
    if (!isNothing(item["item_id"]) || !isNothing(item["item_name"])) items.push(item);
  }
  return { items };
}

function readyItem(
  given: JsonObject,
  { index, stream }: { index: number; stream: Stream },
): { item: JsonObject } | Refusal {
  const item: Record<string, JsonValue> = {};
  let custom = 0;
  for (const [key, value] of Object.entries(given)) {
    const name = itemParamName(key);
    if (isNothing(value) || typeof value === "object") continue;
    const shown = `events[0].params.items[${index}].${key.slice(0, 60)}`;
    if (name === undefined)
      return {
        refuse: `Google Analytics takes no item parameter of the name ${shown}. Give it another name in the mapping.`,
      };
    if (!PRESCRIBED.has(name)) custom += 1;
    const number = NUMBERS.has(name) ? numberOf(value) : undefined;
    if (NUMBERS.has(name) && number === undefined) return { refuse: `${shown} is no number. Send one, as in 79.99.` };
    const scalar = number ?? scalarOf(value, stream.longestValue);
    if (scalar !== undefined) item[name] = IDS.has(name) ? String(scalar) : scalar;
  }
  return custom <= MOST_CUSTOM_ITEM_PARAMS
    ? { item }
    : {
        refuse: `Google Analytics takes ${MOST_CUSTOM_ITEM_PARAMS} parameters of your own an item, and events[0].params.items[${index}] has ${custom}. Name those you need in the mapping.`,
      };
}
