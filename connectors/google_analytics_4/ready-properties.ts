/** The user's properties as the protocol takes them. */
import { isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { LONGEST_PROPERTY_VALUE, MOST_USER_PROPERTIES } from "./limits.ts";
import { propertyName } from "./names.ts";
import { scalarOf } from "./values.ts";

/** `{plan: "pro"}` is `{plan: {value: "pro"}}` too; texts are cut, as Google drops longer ones. */
export function readyProperties(given: JsonValue | undefined): { properties: JsonObject } | Refusal {
  const properties: Record<string, JsonValue> = {};
  for (const [key, one] of isJsonObject(given) ? Object.entries(given) : []) {
    const value = scalarOf(isJsonObject(one) ? (one["value"] ?? null) : one, LONGEST_PROPERTY_VALUE);
    if (value === undefined) continue;
    const name = propertyName(key);
    if (name === undefined)
      return {
        refuse: `Google Analytics takes no user property of the name ${JSON.stringify(key.slice(0, 60))}: it is reserved, longer than 24 characters or does not begin with a letter. Give it another name in the mapping.`,
      };
    const time = isJsonObject(one) ? one["timestamp_micros"] : undefined;
    properties[name] = { value, ...(typeof time === "number" && { timestamp_micros: time }) };
  }
  const count = Object.keys(properties).length;
  return count <= MOST_USER_PROPERTIES
    ? { properties }
    : { refuse: `Google Analytics takes ${MOST_USER_PROPERTIES} user properties, and the payload has ${count}.` };
}
