/** Properties of custom events and purchases, within what Braze takes (object_filters/event_object and purchase_object). */
import type { JsonObject, JsonValue } from "@datafly-signal/core";

/** Of names, and of texts in properties. */
export const LONGEST_TEXT = 255;

const RESERVED: Readonly<Record<"events" | "purchases", ReadonlySet<string>>> = {
  events: new Set(["time", "event_name"]),
  purchases: new Set(["time", "event_name", "product_id", "quantity", "price", "currency"]),
};

/**
 * A copy that Braze takes: one reserved or misnamed property would have the whole object refused. Reserved names get the
 * prefix `event_`, dollars at the beginning go, longer texts are cut, and what holds nothing is left out.
 */
export function allowedProperties(given: JsonObject, array: "events" | "purchases"): JsonObject {
  const allowed: JsonObject = {};
  for (const [key, value] of Object.entries(given)) {
    const bare = key.replace(/^\$+/, "").slice(0, LONGEST_TEXT);
    const name = RESERVED[array].has(bare) ? `event_${bare}`.replace("event_event_", "own_event_") : bare;
    const own = allowedValue(value);
    if (name !== "" && own !== undefined && !Object.hasOwn(allowed, name)) allowed[name] = own;
  }
  return allowed;
}

function allowedValue(value: JsonValue): JsonValue | undefined {
  if (value === null) return undefined;
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : value;
}
