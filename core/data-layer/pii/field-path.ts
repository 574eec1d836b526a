/** Paths of fields that are changed in place: keys, `[]`, indexes, and `*` for any key. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { parsePath, type PathSegment } from "../../mapping/path.ts";

export type FieldPath = readonly PathSegment[];

/** What becomes of a value; undefined takes it away. */
export type Change = (value: JsonValue) => JsonValue | undefined;

export function parseFieldPath(text: string): { path: FieldPath } | { fault: string } {
  const parsed = parsePath(text.trim());
  return "fault" in parsed ? { fault: parsed.fault } : { path: parsed };
}

interface Walk {
  path: FieldPath;
  change: Change;
  /** Keys of the event itself that `*` passes over. */
  envelope: ReadonlySet<string>;
  /** The event's context, whose `consent` stays whatever reaches it. */
  context: JsonObject;
}

/**
 * Changes what stands at a path of an event, in place. A path finds more than a mapping's does, so that nothing gets by
 * because a sender wrapped it otherwise: `items.name` looks into each item of a list, `items[].name` into a single item.
 * What is taken out of a list leaves null, so that the other items keep their places.
 */
export function changeField(event: JsonObject, walk: Walk): void {
  changeKeys(event, 0, walk);
}

/** The value after the change, the same one where it was changed in place or not at all. */
function changed(value: JsonValue, at: number, walk: Walk): JsonValue | undefined {
  const segment = walk.path[at];
  if (segment === undefined) return walk.change(value);
  if (Array.isArray(value)) changeItems(value, at, walk);
  else if (segment.kind === "each") return changed(value, at + 1, walk);
  else if (isJsonObject(value)) changeKeys(value, at, walk);
  return value;
}

function changeKeys(holder: JsonObject, at: number, walk: Walk): void {
  const segment = walk.path[at];
  if (segment?.kind !== "key") return;
  if (segment.key !== "*") return changeKey(holder, segment.key, { at, walk });
  for (const key of Object.keys(holder)) {
    if (at > 0 || !walk.envelope.has(key)) changeKey(holder, key, { at, walk });
  }
}

function changeKey(holder: JsonObject, key: string, { at, walk }: { at: number; walk: Walk }): void {
  if (!Object.hasOwn(holder, key) || (key === "consent" && holder === walk.context)) return;
  const before = holder[key];
  if (before === undefined) return;
  const after = changed(before, at + 1, walk);
  if (after === before) return;
  if (after === undefined) delete holder[key];
  else holder[key] = after;
}

function changeItems(items: JsonValue[], at: number, walk: Walk): void {
  const segment = walk.path[at];
  for (const [index, item] of items.entries()) {
    if (segment?.kind === "index" && segment.index !== index) continue;
    // A key on a list means that key of its items; lists in lists are not entered, so that the walk stays bounded.
    if (segment?.kind === "key") {
      if (isJsonObject(item)) changeKeys(item, at, walk);
      continue;
    }
    const after = changed(item, at + 1, walk);
    if (after !== item) items[index] = after ?? null;
  }
}
