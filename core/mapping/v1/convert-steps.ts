/** Says version 1 steps in version 2, one after the other, and notes what it cannot say. */
import { TRANSFORMS } from "../../expression/expression.ts";
import { type JsonValue } from "../../json.ts";
import { type TransformSpec } from "../document.ts";
import { parsePath, type PathSegment } from "../path.ts";
import { TransformError, type Value } from "../transforms/definition.ts";
import { compileTransform } from "../transforms/table.ts";
import { convertCondition, convertExpression } from "./convert-expression.ts";
import { type MappingStep, type StepOf } from "./document.ts";
import {
  addChange,
  addRow,
  distinct,
  fallible,
  foldTransforms,
  noteUnused,
  originOf,
  Unconvertible,
  type Draft,
  type Origin,
  type TransformItem,
} from "./draft.ts";
import { CASTS, quotedText } from "./fields.ts";
import { targetLocation } from "./location.ts";
import { type Location } from "./work.ts";

/** One step at work. */
interface At {
  draft: Draft;
  step: number;
  onError: "skip" | "drop" | "fail";
}

const INSTEAD = { skip: "the step is left out", drop: "the event is not sent" } as const;

/** Says that a failure of these transforms has other consequences than in version 1. */
function noteFailing({ draft, step, onError }: At, what: string, names: readonly string[]): void {
  if (onError === "fail" || names.length === 0) return;
  const why = `A value that ${names.join(" or ")} cannot work on makes a dead letter in version 2; in version 1 ${INSTEAD[onError]}.`;
  draft.notes.push({ step, kind: "differs", what, why });
}

/** Does one part of a step, or notes why it cannot be done. */
function attempt({ draft, step }: At, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Unconvertible)) throw error;
    draft.notes.push({ step, kind: "not_converted", what, why: error.message });
  }
}

function pathOf(text: string): readonly PathSegment[] {
  const path = parsePath(text);
  // The mapping was compiled before, so this does not happen.
  if ("fault" in path) throw new Unconvertible(path.fault);
  return path;
}

function placeOf(target: string, { passThrough }: Draft): Location {
  const location = targetLocation(pathOf(target), passThrough);
  if (!location) throw new Unconvertible("The path names no field.");
  return location;
}

const fixed = (value: JsonValue): Origin => ({ from: { value }, transforms: [] });
const isSure = ({ from }: Origin): boolean => "value" in from && !JSON.stringify(from.value).includes("{{");

function convertMap(step: StepOf<"map">, at: At): void {
  const { draft } = at;
  const onMissing = step.on_missing === undefined ? "skip" : (step.on_missing ?? "null");
  // The rows of one step do not see each other, so all are read before the first is added.
  const rows: (() => void)[] = [];
  for (const [target, source] of Object.entries(step.mappings)) {
    attempt(at, target, () => {
      const literal = typeof source === "string" ? quotedText(source.trim()) : source;
      const origin = literal === undefined ? originOf(pathOf(String(source)), draft) : fixed(literal);
      rows.push(() =>
        attempt(at, target, () => {
          const required = (onMissing === "drop" || onMissing === "fail") && !isSure(origin);
          addRow(draft, placeOf(target, draft).segments, { origin, required });
          if (!isSure(origin)) noteMissing(at, target, onMissing);
        }),
      );
    });
  }
  for (const add of rows) add();
}

function noteMissing({ draft, step }: At, what: string, onMissing: "skip" | "null" | "drop" | "fail"): void {
  const why = {
    null: "A missing source leaves the field out in version 2, which writes no null.",
    fail: "A missing source makes version 2 not send the event (mapping_required_missing); in version 1 it is a dead letter.",
  };
  if (onMissing === "null" || onMissing === "fail")
    draft.notes.push({ step, kind: "differs", what, why: why[onMissing] });
}

function convertEnrich(step: StepOf<"enrich">, at: At): void {
  const { draft } = at;
  for (const [target, value] of Object.entries(step.fields)) {
    attempt(at, target, () => {
      const { root, segments } = placeOf(target, draft);
      if (root === "event") {
        const origin = value !== null && isSure(fixed(value)) ? fixed(value) : null;
        addChange(draft, { step: at.step, place: segments, origin, fails: false });
        if (!draft.passThrough) return;
      }
      if (value === null) throw new Unconvertible("Version 2 writes no null.");
      addRow(draft, segments, { origin: fixed(value), fixed: true });
    });
  }
}

/** What transforms make of a constant. */
function applied(transforms: readonly TransformItem[], value: Value): Value {
  return transforms.reduce((before: Value, item) => {
    const [name, args] = typeof item === "string" ? [item, undefined] : (Object.entries(item)[0] ?? ["", undefined]);
    const apply = compileTransform(name, args as JsonValue | undefined, TRANSFORMS);
    if (typeof apply !== "function") throw new Unconvertible(apply.fault);
    return apply(before);
  }, value);
}

/** A constant after its cast. */
function cast(value: JsonValue, transforms: readonly TransformItem[]): JsonValue {
  try {
    const made = applied(transforms, value) ?? null;
    if (made === null) throw new Unconvertible("It never has a value.");
    return made;
  } catch (error) {
    if (error instanceof TransformError) throw new Unconvertible(`It always fails: ${error.message}.`);
    throw error;
  }
}

/** A place of the event that a compute step changes where the expression has a value, and leaves as it is elsewhere. */
function computedChange(origin: Origin, place: readonly PathSegment[], draft: Draft): Origin | null {
  const { from, transforms } = origin;
  if (isSure(origin) && transforms.length === 0) return origin;
  if (!("sources" in from)) return null;
  const last = transforms.at(-1);
  if (transforms.length === 1 && typeof last === "object" && "default" in last) return origin;
  if (transforms.length > 0) return null;
  try {
    const before = originOf([{ kind: "key", key: "event" }, ...place], draft);
    if (!("sources" in before.from) || before.transforms.length > 0) return null;
    return { from: { sources: distinct([...from.sources, ...before.from.sources]) }, transforms: [] };
  } catch (error) {
    if (error instanceof Unconvertible) return null;
    throw error;
  }
}

type Computed = StepOf<"compute">["fields"][string];

/** The rows that one computed field becomes. */
function computedRows({ expression, type }: Computed, target: string, at: At): { origin: Origin; when?: string }[] {
  const casts = type === undefined ? [] : [CASTS[type]];
  const worth = convertExpression(expression, at.draft);
  if ("when" in worth) {
    return [
      { origin: fixed(cast(true, casts)), when: worth.when },
      { origin: fixed(cast(false, casts)), when: worth.unless },
    ];
  }
  const { origin, tolerant } = worth;
  if (tolerant.length > 0) {
    const why = `A value that ${tolerant.join(" or ")} cannot work on makes a dead letter in version 2; in version 1 the expression has no value.`;
    at.draft.notes.push({ step: at.step, kind: "differs", what: target, why });
  }
  if (isSure(origin) && "value" in origin.from)
    return [{ origin: fixed(cast(origin.from.value, [...origin.transforms, ...casts])) }];
  noteFailing(at, target, casts);
  return [{ origin: { ...origin, transforms: [...origin.transforms, ...casts] } }];
}

function convertCompute(step: StepOf<"compute">, at: At): void {
  const { draft } = at;
  const writes: (() => void)[] = [];
  for (const [target, computed] of Object.entries(step.fields)) {
    const { root, segments } = placeOf(target, draft);
    const fails = at.onError === "fail" && computed.type !== undefined;
    let made: { origin: Origin; when?: string }[] = [];
    attempt(at, target, () => (made = computedRows(computed, target, at)));
    if (root === "event") {
      const [only, ...others] = made;
      const origin = only && others.length === 0 ? computedChange(only.origin, segments, draft) : null;
      const risky = fails || made.some((row) => fallible(row.origin.transforms).length > (fails ? 1 : 0));
      writes.push(() => addChange(draft, { step: at.step, place: segments, origin, fails: risky }));
    }
    if (root === "payload" || draft.passThrough)
      writes.push(() => attempt(at, target, () => made.forEach((row) => addRow(draft, segments, row))));
  }
  for (const write of writes) write();
}

const itemsOf = (spec: TransformSpec): TransformItem[] => (Array.isArray(spec) ? spec : [spec]);

/** What a transform step makes of a place of the event. */
function transformedChange(
  place: readonly PathSegment[],
  items: readonly TransformItem[],
  draft: Draft,
): Origin | null {
  const [first] = place;
  // In the step the two spellings of a field are two places.
  const twofold = first?.kind === "key" && first.key.includes("_");
  if (twofold || place.some(({ kind }) => kind === "each")) return null;
  try {
    const origin = originOf([{ kind: "key", key: "event" }, ...place], draft);
    return { ...origin, transforms: [...origin.transforms, ...items] };
  } catch (error) {
    if (error instanceof Unconvertible) return null;
    throw error;
  }
}

/** Whether transforms make something, if only a failure, of a missing value. */
function fillsMissing(items: readonly TransformItem[]): boolean {
  try {
    return (applied(items, undefined) ?? null) !== null;
  } catch (error) {
    if (error instanceof TransformError) return true;
    throw error;
  }
}

function transformPayload(segments: readonly PathSegment[], items: readonly TransformItem[], draft: Draft): void {
  if (foldTransforms(draft, segments, items)) return;
  const listed = segments.some(({ kind }) => kind === "each");
  // Version 2 makes no objects on the way to a field that is missing.
  if (!listed && segments.length > 1 && fillsMissing(items))
    throw new Unconvertible("It gives a value to a field that several rows, or none, may have written.");
  draft.late.push({ target: segments, transforms: items });
}

function convertTransform(step: StepOf<"transform">, at: At): void {
  const { draft } = at;
  for (const [target, spec] of Object.entries(step.fields)) {
    const items = itemsOf(spec);
    if (items.length === 0) continue;
    const { root, segments } = placeOf(target, draft);
    noteFailing(at, target, fallible(items));
    const fails = at.onError === "fail" && fallible(items).length > 0;
    if (root === "event") {
      const origin = transformedChange(segments, items, draft);
      const inherited = fallible(origin?.transforms ?? []).length > fallible(items).length;
      addChange(draft, { step: at.step, place: segments, origin, fails: fails || inherited });
    }
    if (root === "payload" || draft.passThrough) attempt(at, target, () => transformPayload(segments, items, draft));
  }
}

function convertStep(step: MappingStep, at: At): void {
  switch (step.type) {
    case "map":
      return convertMap(step, at);
    case "filter":
      return attempt(at, "condition", () => void at.draft.filters.push(convertCondition(step.condition, at.draft)));
    case "transform":
      return convertTransform(step, at);
    case "enrich":
      return convertEnrich(step, at);
    case "compute":
      return convertCompute(step, at);
  }
}

/** The draft that all steps make together. */
export function convertSteps(steps: readonly MappingStep[]): Draft {
  const passThrough = !steps.some(({ type }) => type === "map");
  const draft: Draft = { passThrough, notes: [], filters: [], rows: [], late: [], changes: [] };
  for (const [index, step] of steps.entries()) {
    convertStep(step, { draft, step: index, onError: step.on_error ?? "skip" });
  }
  if (!passThrough) noteUnused(draft, draft.changes);
  return draft;
}
