/** One application of a step mapping: the event and the payload as the steps so far have left them. */
import { type JsonObject, type JsonValue } from "../../json.ts";
import { type Parameters } from "../literal.ts";
import { type PathSegment } from "../path.ts";
import { TransformError, type Value } from "../transforms/definition.ts";
import { compileWrite, updated } from "../write.ts";

/** A place in the event or the payload; no segments are the event as a whole. */
export interface Location {
  root: "event" | "payload";
  segments: readonly PathSegment[];
}

/** JSON itself, since expressions are asked of it. */
export type Work = {
  event: JsonObject;
  payload: JsonObject;
  parameters: Parameters;
  /** Values that steps have copied so far. */
  copied: number;
};

/** Steps can copy what steps have copied, so that a few lines could double the payload again and again. */
const MAX_COPIED = 500_000;

function count(value: JsonValue, limit: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let sum = 1;
  for (const item of Object.values(value)) {
    if (sum > limit) break;
    sum += count(item, limit - sum);
  }
  return sum;
}

/** Counts a value that a step is about to copy. */
export function spend(work: Work, value: Value): void {
  if (typeof value !== "object" || value === null) return;
  work.copied += count(value, MAX_COPIED - work.copied);
  if (work.copied > MAX_COPIED) throw new TransformError(`the steps copy more than ${MAX_COPIED} values`);
}

/** Writes at a place; the event is shared with others, so it is copied on the way. `copy`: the payload too. */
export function compilePut({ root, segments }: Location, copy: boolean): (work: Work, value: JsonValue) => void {
  if (root === "payload" && !copy) {
    const write = compileWrite(segments, false);
    return (work, value) => write(work.payload, value);
  }
  const write = compileWrite(segments, true);
  return (work, value) => {
    work[root] = { ...work[root] };
    write(work[root], value);
  };
}

/** Changes what stands at a place; with `[]` each item. Missing takes it away. Nothing that is shared is changed. */
export function compileChange(location: Location): (work: Work, apply: (value: Value) => Value) => void {
  const { root, segments } = location;
  const each = segments.some(({ kind }) => kind === "each");
  const put = each ? undefined : compilePut(location, true);
  return (work, apply) => {
    let met = false;
    const changed = updated(work[root], segments, (value) => {
      met = true;
      return apply(value);
    });
    // At the root of an object stands an object again.
    work[root] = changed as JsonObject;
    const made = met ? undefined : put && apply(undefined);
    if (made !== undefined) put?.(work, made ?? null);
  };
}
