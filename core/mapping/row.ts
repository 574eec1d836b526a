/** Compiles the rows of a mapping: mapping rows, enrichments, and transforms of payload fields. */
import { compileExpression, TRANSFORMS, type CompiledExpression } from "../expression/expression.ts";
import { type JsonValue } from "../json.ts";
import { compileAligned, compileBroadcast, type Convert } from "./aligned.ts";
import { compileConvert, compileTransforms, composed, type ConvertContext } from "./convert.ts";
import { type EnrichmentRow, type MappingRow, type PayloadTransformRow, type TransformSpec } from "./document.ts";
import { compileLiteral } from "./literal.ts";
import { formatPlace, parsePath, type PathSegment } from "./path.ts";
import { firstOf, gather, splitSource, type SplitSource } from "./read.ts";
import { type Run, type Step } from "./run.ts";
import { nearest } from "./suggest.ts";
import { type Value } from "./transforms/definition.ts";
import { compileWrite, updated } from "./write.ts";

type Place = readonly (string | number)[];

/** What the compilation of one document gathers. */
export interface Compilation {
  traced: boolean;
  /** Names of pipeline parameters that rows use. */
  parameters: Set<string>;
  secretParameters: ReadonlySet<string>;
  /** `onKey`: the key at the end of the place is at fault, not its value. */
  fault(place: Place, message: string, onKey?: true): void;
  warn(place: Place, message: string): void;
}

/** A row's target, read once: later rows must know what earlier ones may have put there. */
interface Target {
  segments: readonly PathSegment[];
  /** Whether objects of the event may stand on the way, which are copied before they change. */
  copy: boolean;
}

export interface RowPlan {
  compilation: Compilation;
  place: Place;
  target: Target;
}

/** Fields that events have. */
export const ROOTS: readonly string[] = [
  "type",
  "event",
  "name",
  "userId",
  "anonymousId",
  "groupId",
  "previousId",
  "messageId",
  "timestamp",
  "receivedAt",
  "sentAt",
  "originalTimestamp",
  "properties",
  "traits",
  "context",
  "integrations",
  "canonical",
  "user_id",
  "anonymous_id",
  "group_id",
  "message_id",
  "received_at",
  "sent_at",
  "previous_id",
  "original_timestamp",
  "vendorIds",
  "vendor_ids",
  "session",
  "version",
];

/** Reads a path; a fault is told and undefined returned. */
export function readPath(text: string, place: Place, compilation: Compilation): readonly PathSegment[] | undefined {
  const path = parsePath(text);
  if (!("fault" in path)) return path;
  const where = path.offset > 0 ? ` after ${JSON.stringify(text.slice(0, path.offset))}` : "";
  compilation.fault(place, `The path is not valid: ${path.fault}${where}.`);
  return undefined;
}

/** An event may carry fields that nobody foresaw; a root that is nearly a known one is more likely a slip. */
export function warnOfRoot(path: readonly PathSegment[], place: Place, compilation: Compilation): void {
  const [root] = path;
  if (root?.kind !== "key" || ROOTS.includes(root.key)) return;
  const near = nearest(root.key, ROOTS);
  if (near !== undefined) compilation.warn(place, `Events have no field ${root.key}. Did you mean ${near}?`);
}

const contextOf = ({ compilation, place }: RowPlan): ConvertContext => ({
  environment: TRANSFORMS,
  traced: compilation.traced,
  fault: (inRow, message) => compilation.fault([...place, ...inRow], message),
});

/** Compiles an expression of the mapping; its faults are told at its place. */
export function compileCondition(
  text: string | undefined,
  place: Place,
  compilation: Compilation,
): CompiledExpression | undefined {
  if (text === undefined) return undefined;
  const made = compileExpression(text);
  if ("expression" in made) return made.expression;
  for (const fault of made.faults) compilation.fault(place, `${fault.message} (character ${fault.offset + 1})`);
  return undefined;
}

/** A fixed value with parameters filled in; secrets have no way into a payload. */
export function compileFixed(
  value: JsonValue,
  place: Place,
  compilation: Compilation,
): (run: Pick<Run, "parameters">) => Value {
  const used = new Set<string>();
  const literal = compileLiteral(value, { parameters: used, fault: (message) => compilation.fault(place, message) });
  for (const name of used) {
    compilation.parameters.add(name);
    if (compilation.secretParameters.has(name)) {
      compilation.fault(place, `The pipeline parameter ${name} is secret and cannot be part of a payload.`);
    }
  }
  return (run) => literal(run.parameters);
}

function withRecord(
  write: (run: Run, value: JsonValue) => void,
  traced: boolean,
): (run: Run, value: JsonValue) => void {
  if (!traced) return write;
  return (run, value) => {
    run.record?.("target", value);
    write(run, value);
  };
}

const eachCount = (path: readonly PathSegment[]): number => path.filter(({ kind }) => kind === "each").length;

interface Single {
  read: (run: Run) => Value;
  convert: Convert;
  /** The value comes from the event, so it may make the first item of a list. */
  creates: boolean;
}

/** A row with one value. */
function compileSingle({ read, convert, creates }: Single, plan: RowPlan): (run: Run) => boolean {
  const { segments, copy } = plan.target;
  const listed = eachCount(segments) > 0;
  const direct = listed ? compileBroadcast(segments, { creates, copy }) : compileWrite(segments, copy);
  const write = withRecord((run, value) => direct(run.payload, value), plan.compilation.traced);
  return (run) => {
    const value = convert(read(run), run);
    if (value === undefined || value === null) return false;
    write(run, value);
    return true;
  };
}

function readSources(row: MappingRow, plan: RowPlan): SplitSource[] | undefined {
  const { compilation, place } = plan;
  const texts: readonly string[] = Array.isArray(row.source) ? row.source : [row.source as string];
  const paths = texts.map((text, index) => {
    const at = Array.isArray(row.source) ? [...place, "source", index] : [...place, "source"];
    const path = readPath(text, at, compilation);
    if (path) warnOfRoot(path, at, compilation);
    return path;
  });
  if (!paths.every((path) => path !== undefined)) return undefined;
  if (new Set(paths.map(eachCount)).size > 1) {
    compilation.fault([...place, "source"], "All paths of a list must have the same number of [].");
    return undefined;
  }
  return paths.map(splitSource);
}

/** With `[]` in a list of sources the first list that exists wins as a whole. */
function compileSourced(row: MappingRow, convert: Convert, plan: RowPlan): ((run: Run) => boolean) | undefined {
  const sources = readSources(row, plan);
  if (!sources) return undefined;
  const { segments, copy } = plan.target;
  const inTarget = eachCount(segments);
  const inSource = sources[0]?.lists.length ?? 0;
  if (inTarget === 0 || inSource === 0) {
    const read = firstOf(sources.map(({ lists, tail }) => gather(lists, tail)));
    return compileSingle({ read: (run) => read(run.event), convert, creates: true }, plan);
  }
  if (inSource < inTarget) {
    plan.compilation.fault([...plan.place, "target"], "The target has more [] than the source.");
    return undefined;
  }
  return compileAligned({ sources, target: segments, convert, copy });
}

/** Compiles a mapping row. */
export function compileRow(row: MappingRow, plan: RowPlan): Step | undefined {
  const { compilation, place } = plan;
  const convert = compileConvert(row, contextOf(plan));
  const when = compileCondition(row.when, [...place, "when"], compilation);
  const hasValue = row.value !== undefined && row.value !== null;
  if ((row.source !== undefined) === hasValue) {
    compilation.fault(
      place,
      hasValue ? "A row has a source or a value, not both." : "A row needs a source or a value.",
    );
    return undefined;
  }
  const work = hasValue
    ? compileSingle(
        { read: compileFixed(row.value as JsonValue, [...place, "value"], compilation), convert, creates: false },
        plan,
      )
    : compileSourced(row, convert, plan);
  if (!work) return undefined;
  const { required = false } = row;
  return { ...named(place, row.target), run: guarded(work, required, when) };
}

const named = (place: Place, target: string): Pick<Step, "place" | "target"> => ({ place: formatPlace(place), target });

function guarded(
  work: (run: Run) => boolean,
  required: boolean,
  when: CompiledExpression | undefined,
): (run: Run) => boolean {
  const run: (run: Run) => boolean = required ? work : (one) => work(one) || true;
  if (!when) return run;
  return (one) => {
    const applies = when.test(one.event);
    one.record?.("when", applies);
    return applies ? run(one) : true;
  };
}

/** Compiles an enrichment: a fixed value. */
export function compileEnrichment(row: EnrichmentRow, plan: RowPlan): Step {
  const read = compileFixed(row.value as JsonValue, [...plan.place, "value"], plan.compilation);
  const convert: Convert = plan.compilation.traced
    ? (value, run) => {
        run.record?.("value", value);
        return value;
      }
    : (value) => value;
  return {
    ...named(plan.place, row.target),
    run: guarded(compileSingle({ read, convert, creates: false }, plan), false, undefined),
  };
}

/** Compiles a transform of a field that rows before have put into the payload. */
export function compilePayloadTransform(row: PayloadTransformRow, plan: RowPlan): Step {
  const [root, ...rest] = plan.target.segments;
  const steps = compileTransforms(row as { transform: TransformSpec }, contextOf(plan));
  const apply = composed(steps);
  const key = root?.kind === "key" ? root.key : "";
  return {
    ...named(plan.place, row.target ?? row.field ?? ""),
    run(run) {
      const before = Object.hasOwn(run.payload, key) ? run.payload[key] : undefined;
      const after = updated(before, rest, (value) => {
        run.record?.("payload", value);
        const made = apply(value) ?? undefined;
        run.record?.(steps.map(({ name }) => name).join(", "), made);
        return made;
      });
      if (after === undefined) delete run.payload[key];
      else run.payload[key] = after;
      return true;
    },
  };
}
