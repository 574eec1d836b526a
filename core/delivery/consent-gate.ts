/** Consent as the last check before a vendor: only boolean `true` grants. */
import type { JsonObject } from "../json.ts";

/** True when every required category is granted; none required grants all. `consent` is the event's `context.consent`. */
export function consentGranted(consent: JsonObject | null, required: readonly string[]): boolean {
  if (required.length === 0) return true;
  if (consent === null) return false;
  return required.every((category) => Object.hasOwn(consent, category) && consent[category] === true);
}
