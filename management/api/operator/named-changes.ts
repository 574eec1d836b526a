/** Changed objects with the names by which people know them. */
import type { ConfigurationState } from "@datafly-signal/core";
import type { AuditEntry } from "../audit/audit-entry.ts";

export interface NamedChange extends AuditEntry {
  /** As in `Shop`, or `Orders of Shop` for an integration of a pipeline. */
  name: string;
}

/** What was renamed has its new name, what left the one it had. */
export function namedChanges(
  objects: readonly AuditEntry[],
  { before, after }: { before: ConfigurationState; after: ConfigurationState },
): NamedChange[] {
  const names = new Map([...namesOf(before), ...namesOf(after)]);
  return objects.map((entry) => ({ ...entry, name: names.get(entry.resourceId) ?? entry.resourceId }));
}

function namesOf(state: ConfigurationState): [string, string][] {
  const own = [...state.pipelines, ...state.integrations].map(({ id, name }): [string, string] => [id, name]);
  const byId = new Map(own);
  const lanes = state.lanes.map(({ id, integrationId, pipelineId }): [string, string] => [
    id,
    `${byId.get(integrationId) ?? integrationId} of ${byId.get(pipelineId) ?? pipelineId}`,
  ]);
  const { organisation } = state;
  return [...own, ...lanes, [organisation.id, organisation.name]];
}
