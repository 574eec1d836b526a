/** Consent as the last check before a vendor: only boolean `true` grants. */
import type { IntegrationConfig } from "../config/snapshot.ts";
import type { JsonObject } from "../json.ts";

/** The categories a delivery must have: the stricter of the revision that mapped it and the one it is sent with. */
export function requiredConsent(integration: IntegrationConfig, mappedBy: number, pinned: number): string[] {
  const sent = integration.consentByRevision[pinned] ?? integration.revisions[pinned]?.consentCategories ?? [];
  const mapped = integration.consentByRevision[mappedBy] ?? integration.revisions[mappedBy]?.consentCategories ?? [];
  return [...new Set([...mapped, ...sent])];
}

/** True when every required category is granted; none required grants all. `consent` is the event's `context.consent`. */
export function consentGranted(consent: JsonObject | null, required: readonly string[]): boolean {
  if (required.length === 0) return true;
  if (consent === null) return false;
  return required.every((category) => Object.hasOwn(consent, category) && consent[category] === true);
}
