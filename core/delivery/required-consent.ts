import type { IntegrationConfig } from "../config/snapshot.ts";

/** The categories a delivery must have: the stricter of the revision that mapped it and the one it is sent with. */
export function requiredConsent(integration: IntegrationConfig, mappedBy: number, pinned: number): string[] {
  const sent = integration.consentByRevision[pinned] ?? integration.revisions[pinned]?.consentCategories ?? [];
  const mapped = integration.consentByRevision[mappedBy] ?? integration.revisions[mappedBy]?.consentCategories ?? [];
  return [...new Set([...mapped, ...sent])];
}
