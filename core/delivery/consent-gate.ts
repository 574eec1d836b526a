/** Consent as the last check before a vendor: only boolean `true` grants. */
import type { JsonObject } from "../json.ts";

/** True when every required category is granted; none required grants all. `consent` is the event's `context.consent`. */
export function consentGranted(consent: JsonObject | null, required: readonly string[]): boolean {
  if (required.length === 0) return true;
  if (consent === null) return false;
  return required.every((category) => {
    const said = wordFor(category, consent);
    return Object.hasOwn(consent, said) && consent[said] === true;
  });
}

/** Clients of three categories have no word for `advertising`: to them it is part of `marketing`. One that is said counts alone. */
function wordFor(category: string, consent: JsonObject): string {
  return category === "advertising" && !Object.hasOwn(consent, category) ? "marketing" : category;
}
