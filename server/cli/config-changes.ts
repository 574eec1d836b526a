/** Changes of a configuration as lines for people: `+` what is made, `~` what differs, `-` what goes. */
import type { NamedChange } from "@datafly-signal/management-api";
import { isJsonObject, type JsonValue } from "@datafly-signal/core";

export interface ChangeCounts {
  created: number;
  changed: number;
  removed: number;
}

const KINDS: Readonly<Record<string, string>> = {
  organisation: "organisation",
  data_layer: "data layer",
  pipeline: "pipeline",
  integration: "integration",
  pipeline_integration: "integration",
};
/** Of a revision these say that it is another one; what differs is in its summary. */
const OF_REVISION = new Set(["revision_number", "change_summary", "mapping"]);
const LONGEST_VALUE = 60;

/** One a line. What is new is not told field by field. */
export function changeLines(objects: readonly NamedChange[]): string[] {
  const made = new Set(objects.filter(isCreation).map(({ resourceId }) => resourceId));
  return objects
    .filter((one) => isCreation(one) || !made.has(one.resourceId))
    .map((one) => {
      const kind = KINDS[one.resourceType] ?? one.resourceType;
      const of = kind === "data layer" ? kind : `${kind} ${one.name}`;
      if (isCreation(one)) return `+ ${of}`;
      return isRemoval(one) ? `- ${of}` : `~ ${of}: ${fieldsOf(one)}`;
    });
}

/** By objects: one with several changes counts once. */
export function changeCounts(objects: readonly NamedChange[]): ChangeCounts {
  const created = new Set(objects.filter(isCreation).map(idOf));
  const removed = new Set(objects.filter(isRemoval).map(idOf));
  const all = new Set(objects.map(idOf));
  return { created: created.size, removed: removed.size, changed: all.size - created.size - removed.size };
}

/** The data layer has the organisation's id. */
function idOf({ resourceType, resourceId }: NamedChange): string {
  return `${resourceType} ${resourceId}`;
}

function isCreation({ action }: NamedChange): boolean {
  return action.endsWith(".created");
}

function isRemoval({ action }: NamedChange): boolean {
  return action.endsWith(".deleted");
}

function fieldsOf({ action, changes }: NamedChange): string {
  const isRevision = action === "integration.revised";
  const fields = Object.entries(changes)
    .filter(([name]) => !isRevision || !OF_REVISION.has(name))
    .map(([name, change]) => `${name} ${changeText(change)}`);
  if (!isRevision) return fields.join(", ");
  const { revision_number: number, change_summary: summary } = changes;
  return [`revision ${String(number?.new)} (${String(summary?.new ?? "as before")})`, ...fields].join(", ");
}

function changeText({ old, new: now }: { old: JsonValue; new: JsonValue }): string {
  if (isSecret(old) && isSecret(now)) return "changed (secret)";
  if (isSecret(now)) return "set (secret)";
  if (isSecret(old)) return "removed (secret)";
  return `${shown(old)} → ${shown(now)}`;
}

function isSecret(value: JsonValue): boolean {
  return isJsonObject(value) && value["set"] === true;
}

function shown(value: JsonValue): string {
  if (value === null) return "none";
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
