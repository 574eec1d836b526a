/** A version 2 mapping in the making: rows so far, and what version 1 steps have done to the event. */
import { type JsonValue } from "../../json.ts";
import { type TransformSpec } from "../document.ts";
import { type PathSegment } from "../path.ts";
import { listTransforms } from "../transforms/table.ts";
import { formatPath } from "./format-path.ts";
import { identical, independent } from "./overlap.ts";
import { sourceLocation, type Scope } from "./location.ts";

type Path = readonly PathSegment[];

/** Something that version 2 has no words for; the message says why. */
export class Unconvertible extends Error {}

/** Where a value comes from, as a version 2 row says it. */
export interface Origin {
  /** Paths of which the first one present counts, or a fixed value. */
  from: { sources: readonly Path[] } | { value: JsonValue };
  transforms: readonly TransformItem[];
}

export type TransformItem = Exclude<TransformSpec, unknown[]>;

interface DraftRow {
  target: Path;
  origin: Origin;
  /** An enrich step made it. */
  fixed: boolean;
  required: boolean;
  when: string | undefined;
}

/** A place of the event that steps have changed. */
interface Change {
  step: number;
  place: Path;
  /** Null: what it has become cannot be said in version 2. */
  origin: Origin | null;
  /** A row carries it. */
  used: boolean;
  /** Its step can fail, which makes a dead letter. */
  fails: boolean;
}

/** One thing that could not be converted, or not exactly. */
export interface ConversionNote {
  /** Index of the step, from 0; null for the document as a whole. */
  step: number | null;
  /** `not_converted`: version 2 goes without it. `differs`: it is there, but behaves otherwise on some events. */
  kind: "not_converted" | "differs";
  /** The field or key of the step. */
  what: string;
  why: string;
}

export interface Draft extends Pick<Scope, "passThrough"> {
  notes: ConversionNote[];
  filters: string[];
  rows: DraftRow[];
  /** Transforms of payload fields, which work when all rows have written. */
  late: { target: Path; transforms: readonly TransformItem[] }[];
  changes: Change[];
}

/** The event's own fields are found in two spellings, so both count as one place. */
function spelt(path: Path): Path {
  const [first, ...rest] = path;
  if (first?.kind !== "key") return path;
  return [{ kind: "key", key: first.key.replaceAll("_", "").toLowerCase() }, ...rest];
}

const meets = (left: Path, right: Path): boolean => !independent(left, right);
const firstKey = ([first]: Path): string => (first?.kind === "key" ? first.key : "");

/** What a path of the event reads, after all changes. */
function ofEvent(path: Path, draft: Draft): Origin {
  if (path.length === 0) throw new Unconvertible("The event as a whole has no path in version 2.");
  const met = draft.changes.filter(({ place }) => firstKey(path) === "canonical" || meets(spelt(path), spelt(place)));
  const [change, ...others] = met;
  if (!change) return { from: { sources: [path] }, transforms: [] };
  if (others.length > 0 || !change.origin || !identical(path, change.place))
    throw new Unconvertible(`It reads what steps[${change.step}] makes of the event, which version 2 cannot change.`);
  change.used = true;
  return change.origin;
}

/** The rows that write at, above or below a place. */
const rowsAt = (path: Path, draft: Draft): DraftRow[] => draft.rows.filter(({ target }) => meets(path, target));
const lateAt = (path: Path, draft: Draft): boolean => draft.late.some(({ target }) => meets(path, target));

function ofPayload(path: Path, draft: Draft): Origin {
  const [row, ...others] = rowsAt(path, draft);
  const single = row && others.length === 0 && identical(row.target, path) && row.when === undefined;
  if (!single || lateAt(path, draft))
    throw new Unconvertible("It reads the payload, and version 2 rows read only the event.");
  return row.origin;
}

/** What a path of a step reads, said in version 2. */
export function originOf(path: Path, draft: Draft): Origin {
  const location = sourceLocation(path, draft.passThrough);
  if (!location) throw new Unconvertible("The path names no field.");
  return location.root === "event" ? ofEvent(location.segments, draft) : ofPayload(location.segments, draft);
}

const MAX_LIST = 20;

/** Every path once, where it comes first. */
export const distinct = (paths: readonly Path[]): Path[] =>
  paths.filter((path, index) => paths.findIndex((one) => identical(one, path)) === index);

const eachCount = (path: Path): number => path.filter(({ kind }) => kind === "each").length;

function checkOrigin({ from, transforms }: Origin): void {
  if (transforms.length > MAX_LIST) throw new Unconvertible(`A row has at most ${MAX_LIST} transforms.`);
  if (!("sources" in from)) return;
  if (from.sources.length > MAX_LIST) throw new Unconvertible(`A row has at most ${MAX_LIST} sources.`);
  if (new Set(from.sources.map(eachCount)).size > 1)
    throw new Unconvertible("The sources of one row must have the same number of [].");
}

/** Adds a row; steps that write where a late transform works come too late for it. */
export function addRow(
  draft: Draft,
  target: Path,
  row: { origin: Origin; fixed?: boolean; required?: boolean; when?: string },
): void {
  checkOrigin(row.origin);
  if (lateAt(target, draft))
    throw new Unconvertible(
      "It writes where a step before transforms, and version 2 transforms when all rows have written.",
    );
  draft.rows.push({
    target,
    origin: row.origin,
    fixed: row.fixed ?? false,
    required: row.required ?? false,
    when: row.when,
  });
}

/** Adds transforms to the one row that writes a place, when nothing else does; false when it cannot be done so. */
export function foldTransforms(draft: Draft, target: Path, transforms: readonly TransformItem[]): boolean {
  const [row, ...others] = rowsAt(target, draft);
  const single = row && others.length === 0 && identical(row.target, target) && row.when === undefined;
  // A required row needs a value after its transforms, the step only before.
  if (draft.passThrough || !single || row.required || lateAt(target, draft)) return false;
  // A field that a step takes away leaves the objects around it, which a row without a value never makes.
  if (target.length > 1 && !transforms.every((item) => KEEPING.has(transformName(item)))) return false;
  const origin = { ...row.origin, transforms: [...row.origin.transforms, ...transforms] };
  if (origin.transforms.length > MAX_LIST) return false;
  row.origin = origin;
  row.fixed = false;
  return true;
}

/** Says of changes that no row carries that their failing is lost with them. */
export function noteUnused(draft: Draft, changes: readonly Change[]): void {
  for (const { step, place, used, fails } of changes) {
    if (used || !fails) continue;
    const why = "No row carries it, so a value that it cannot work on makes no dead letter in version 2.";
    draft.notes.push({ step, kind: "differs", what: `event.${formatPath(place)}`, why });
  }
}

/** Remembers what a step makes of a place of the event. */
export function addChange(draft: Draft, change: Omit<Change, "used">): void {
  const met = draft.changes.filter(({ place }) => meets(spelt(place), spelt(change.place)));
  const same = met.filter(({ place }) => identical(place, change.place));
  const blurred = met.length > same.length;
  for (const one of met) one.origin = null;
  noteUnused(draft, same);
  draft.changes = draft.changes.filter((one) => !same.includes(one));
  draft.changes.push({ ...change, origin: blurred ? null : change.origin, used: false });
}

/** Transforms that never make a missing value of one that is there. */
const KEEPING = new Set([
  ...["default", "to_string", "trim", "lowercase", "uppercase", "prefix", "suffix", "replace", "json_encode"],
  ...["wrap_array", "from_cents", "to_cents", "multiply", "round"],
]);

/** Transforms that work on every value. */
const SURE = new Set(
  listTransforms()
    .filter(({ unusable, takes }) => unusable === "missing" || takes === "value")
    .map(({ name }) => name),
);

const transformName = (item: TransformItem): string => (typeof item === "string" ? item : (Object.keys(item)[0] ?? ""));

/** The transforms that cannot work on every value. */
export const fallible = (transforms: readonly TransformItem[]): string[] =>
  transforms.map(transformName).filter((name) => !SURE.has(name));
