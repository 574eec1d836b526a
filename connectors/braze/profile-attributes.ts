/** Attributes of a profile: Braze's own fields and custom ones, without what would only say them twice. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";

/** Traits under the names that clients give them, and the fields of Braze's profile that hold the same. */
const SAID_BY: Readonly<Record<string, readonly string[]>> = {
  firstName: ["first_name"],
  lastName: ["last_name"],
  name: ["first_name", "last_name"],
  birthday: ["dob"],
  dateOfBirth: ["dob"],
  date_of_birth: ["dob"],
  address: ["home_city", "country"],
  city: ["home_city"],
  timezone: ["time_zone"],
  timeZone: ["time_zone"],
  locale: ["language"],
};

/** They say whom it is about, and stand beside the attributes. */
const IDENTIFIERS = new Set(["external_id", "user_alias", "braze_id", "_update_existing_only"]);

/** Each custom attribute costs a data point; one whose value Braze's own field holds is left out. */
export function profileAttributes(given: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(given)) {
    const saying = Object.hasOwn(SAID_BY, key) ? (SAID_BY[key] ?? []) : [];
    const isSaid = saying.some((field) => Object.hasOwn(given, field));
    if (!isSaid && !IDENTIFIERS.has(key) && !(key === "email" && !isAddress(value))) kept[key] = value;
  }
  return kept;
}

/** One wrong address would have the whole profile left out. Null takes it off the profile. */
function isAddress(value: JsonValue): boolean {
  return value === null || (typeof value === "string" && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value));
}
