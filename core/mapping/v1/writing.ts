/** Steps that write values into fields: read all, then write all, so that nothing is written by halves. */
import { MappingError, type MappingStop } from "../contract.ts";
import { formatPlace } from "../path.ts";
import { type Value } from "../transforms/definition.ts";
import { type FieldValue } from "./fields.ts";
import { compileTarget, type Scope } from "./location.ts";
import { Places } from "./overlap.ts";
import { type Trace } from "./trace.ts";
import { compilePut, spend, type Location, type Work } from "./work.ts";

type Place = readonly (string | number)[];

/** Works a step; what it returns stops the event. Throws TransformError before anything is written in place. */
export type Body = (work: Work, trace: Trace) => MappingStop | null;

/** A field that was read and is ready to be compiled to the end. */
interface Field {
  place: string;
  target: string;
  location: Location;
  value: FieldValue;
}

/** What becomes of a field without a value; `keep`: null is a value, and what is missing is left out. */
type Missing = "skip" | "null" | "drop" | "fail" | "keep";

/** The first key of a place in the payload. */
function firstKey({ root, segments: [first] }: Location): string[] {
  return root === "payload" && first?.kind === "key" ? [first.key] : [];
}

/** Remembers what a step writes, for the steps after it. */
export function remember(location: Location, scope: Scope): void {
  for (const key of firstKey(location)) scope.roots.add(key);
  if (location.root === "payload") scope.written.add(location.segments);
}

/** Places of one step must not disturb each other, so that the order of keys has no meaning. */
export function disjoint(scope: Scope): (location: Location, place: Place) => void {
  const places = { event: new Places(), payload: new Places() };
  return ({ root, segments }, place) => {
    if (!places[root].add(segments))
      scope.context.fault(place, "Two fields of one step meet here. Put one of them into a later step.", true);
  };
}

/** Reads every field: the values to write, undefined for those left out, or a stop. */
function readAll(fields: readonly Field[], onMissing: Missing): (work: Work, trace: Trace) => Value[] | MappingStop {
  return (work, trace) => {
    const values: Value[] = [];
    for (const { place, target, value } of fields) {
      const record = trace.row(place, target);
      const read = value(work, record);
      spend(work, read);
      const missing = onMissing !== "keep" && (read === undefined || read === null);
      if (missing && onMissing === "drop") return { reason: "mapping_required_missing", by: place };
      if (missing && onMissing === "fail") throw new MappingError(place, "the source is missing");
      const made = missing ? (onMissing === "null" ? null : undefined) : read;
      if (made !== undefined) record?.("target", made);
      values.push(made);
    }
    return values;
  };
}

/** All fields are read before the first is written: those of one step do not see each other. */
function writeAll(fields: readonly Field[], scope: Scope): (work: Work, values: readonly Value[]) => void {
  const writes = fields.map(({ location }) => {
    const copy = location.root === "event" || scope.written.above(location.segments);
    return compilePut(location, copy);
  });
  return (work, values) =>
    writes.forEach((write, index) => {
      const value = values[index];
      if (value !== undefined) write(work, value);
    });
}

interface Writing<Entry> {
  step: "map" | "enrich" | "compute";
  entries: Readonly<Record<string, Entry>>;
  /** Where the entries stand. */
  place: Place;
  onMissing: Missing;
  /** Compiles the value of one field. */
  compile(entry: Entry, place: Place, scope: Scope): FieldValue | undefined;
}

interface Compiled {
  fields: Field[];
  /** Where fields write whose value has a fault: one slip is one fault, so what they write is not missed later. */
  faulty: Location[];
}

function fieldsOf<Entry>({ step, entries, place, compile }: Writing<Entry>, scope: Scope): Compiled {
  const check = disjoint(scope);
  const compiled: Compiled = { fields: [], faulty: [] };
  const targets = Object.keys(entries).map((target) => {
    const at = [...place, target];
    const location = compileTarget(target, at, { scope, step });
    if (location) check(location, at);
    else scope.unsure = true;
    return location;
  });
  scope.here = new Set(targets.flatMap((location) => (location ? firstKey(location) : [])));
  for (const [index, [target, entry]] of Object.entries(entries).entries()) {
    const at = [...place, target];
    const value = scope.context.sound(at) ? compile(entry, at, scope) : undefined;
    const location = targets[index];
    if (location && value) compiled.fields.push({ place: formatPlace(at), target, location, value });
    else if (location) compiled.faulty.push(location);
  }
  scope.here = new Set();
  return compiled;
}

/** Compiles a step that writes values. */
export function compileWriting<Entry>(writing: Writing<Entry>, scope: Scope): Body {
  const { fields, faulty } = fieldsOf(writing, scope);
  const read = readAll(fields, writing.onMissing);
  const write = writeAll(fields, scope);
  for (const location of [...fields.map((field) => field.location), ...faulty]) remember(location, scope);
  return (work, trace) => {
    const values = read(work, trace);
    if (!Array.isArray(values)) return values;
    write(work, values);
    return null;
  };
}
