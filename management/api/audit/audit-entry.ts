/** What a change leaves in the audit log. */
import type { JsonValue } from "@datafly-signal/core";

export interface AuditEntry {
  /** `pipeline.created`, `integration.updated`, `data_layer.updated`, … */
  action: string;
  resourceType: string;
  resourceId: string;
  /** By field; a secret's change is told without its value, as `{old: {set: true}, new: {set: true}}`. */
  changes: Record<string, { old: JsonValue; new: JsonValue }>;
}
