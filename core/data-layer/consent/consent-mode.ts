/** What stands beside the flat consent, made of it: `categories`, `canonical`, and the fields of Google Consent Mode v2. */
import { canonicalOf, CONSENT_PURPOSES, RESERVED_CONSENT_NAMES } from "../../event/consent.ts";
import type { JsonObject } from "../../json.ts";

/** Field and the purpose that grants it; https://developers.google.com/tag-platform/security/concepts/consent-mode */
const CONSENT_MODE = [
  ["ad_storage", "marketing"],
  ["ad_user_data", "marketing"],
  ["ad_personalization", "marketing"],
  ["analytics_storage", "analytics"],
] as const;

/** The flat booleans of a consent object; undefined when there is none. */
export function flatCategories(consent: JsonObject): JsonObject | undefined {
  const flat: JsonObject = {};
  let found = false;
  for (const name of Object.keys(consent)) {
    const value = consent[name];
    if (typeof value !== "boolean" || RESERVED_CONSENT_NAMES.has(name)) continue;
    flat[name] = value;
    found = true;
  }
  return found ? flat : undefined;
}

/** Adds what is absent, in place; nothing where no purpose is known. `categories` is what the client said. */
export function deriveBeside(consent: JsonObject, categories: JsonObject | undefined): void {
  if (!CONSENT_PURPOSES.some((purpose) => Object.hasOwn(consent, purpose))) return;
  if (!Object.hasOwn(consent, "essential")) consent["essential"] = true;
  if (!Object.hasOwn(consent, "canonical")) consent["canonical"] = canonicalOf(consent);
  if (categories !== undefined && !Object.hasOwn(consent, "categories")) consent["categories"] = categories;
  for (const [field, purpose] of CONSENT_MODE) {
    if (Object.hasOwn(consent, purpose) && !Object.hasOwn(consent, field)) consent[field] = consent[purpose] === true;
  }
}
