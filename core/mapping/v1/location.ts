/** Paths of a step mapping: `event.…` is the event, everything else the payload; without a map step the two are one. */
import { type PathSegment } from "../path.ts";
import { compileReader, compileRelativeReader, type Reader } from "../read.ts";
import { readPath, ROOTS, warnOfRoot } from "../row.ts";
import { type SectionContext, type Written } from "../section.ts";
import { nearest } from "../suggest.ts";
import { formatPath } from "./format-path.ts";
import { type Location, type Work } from "./work.ts";

type Place = readonly (string | number)[];

/** What the compilation of the steps so far knows. */
export interface Scope {
  context: SectionContext;
  /** There is no map step: the payload is the event. */
  passThrough: boolean;
  /** First keys of the payload that steps before have written. */
  roots: Set<string>;
  /** First keys of the payload that the step at work writes. */
  here: ReadonlySet<string>;
  /** A step before could not be read, so that anything may have been written. */
  unsure: boolean;
  written: Written;
}

/** A path of a step mapping taken apart, without faults told; a text when it names no place. */
function located(path: readonly PathSegment[], passThrough: boolean): Location | string {
  const [first, second, ...rest] = path;
  const name = first?.kind === "key" ? first.key : "";
  if (name !== "event" && name !== "payload") return { root: passThrough ? "event" : "payload", segments: path };
  if (!second) {
    if (name === "event") return { root: "event", segments: [] };
    return "payload alone names no field. Write payload. and a field's name.";
  }
  if (second.kind !== "key") return `${name} is an object: a field's name follows, as in ${name}.name.`;
  return { root: name === "event" || passThrough ? "event" : "payload", segments: [second, ...rest] };
}

/** Where a source or a path in an expression of a compiled mapping reads. */
export function sourceLocation(path: readonly PathSegment[], passThrough: boolean): Location | undefined {
  const location = located(path, passThrough);
  return typeof location === "string" ? undefined : location;
}

/** Where a field of a compiled mapping writes: a name alone is the payload's, even if it is `event`. */
export function targetLocation(path: readonly PathSegment[], passThrough: boolean): Location | undefined {
  return path.length === 1
    ? { root: passThrough ? "event" : "payload", segments: path }
    : sourceLocation(path, passThrough);
}

/** Whether there can be anything at a place. */
function isWritten({ root, segments }: Location, { roots, unsure }: Scope): boolean {
  const [first] = segments;
  return unsure || root === "event" || (first?.kind === "key" && roots.has(first.key));
}

function unknownField(segments: readonly PathSegment[], { roots, here }: Scope): string {
  const [first, ...rest] = segments;
  const name = first?.kind === "key" ? first.key : "";
  if (here.has(name)) return `${name} is written by this very step, and fields of one step do not see each other.`;
  const renamed = (key: string): string => formatPath([{ kind: "key", key }, ...rest]);
  const message = `No step before writes ${name} into the payload.`;
  if (ROOTS.includes(name)) return `${message} Did you mean event.${renamed(name)}?`;
  const near = nearest(name, [...(rest[0]?.kind === "key" ? ["event", "payload"] : []), ...roots]);
  if (near !== undefined) return `${message} Did you mean ${renamed(near)}?`;
  const field = rest[0]?.kind === "key" ? nearest(name, ROOTS) : undefined;
  if (field !== undefined) return `${message} Did you mean event.${renamed(field)}?`;
  return `${message} Paths into the event start with event., and text stands in quotes: '${renamed(name)}'.`;
}

/** Compiles the reader of a path; its faults are told at the place. */
export function compileSource(path: readonly PathSegment[], place: Place, scope: Scope): Reader | undefined {
  const { context, passThrough } = scope;
  const location = located(path, passThrough);
  if (typeof location === "string") {
    context.fault(place, location);
    return undefined;
  }
  const { root, segments } = location;
  if (root === "event") {
    warnOfRoot(segments, place, context);
    const read = compileReader(segments);
    return (work) => read((work as Work).event);
  }
  if (!isWritten(location, scope)) {
    context.fault(place, unknownField(segments, scope));
    return undefined;
  }
  // What is read here may come to stand elsewhere too: steps that write into it must copy.
  scope.written.add(segments);
  const read = compileRelativeReader(segments);
  return (work) => read((work as Work).payload);
}

function targetFault(path: readonly PathSegment[], location: Location, step: TargetUse["step"]): string | undefined {
  const [first] = path;
  if (step === "map" && path.length > 1 && first?.kind === "key" && first.key === "event" && location.root === "event")
    return `map writes the payload. Write payload.${formatPath(path)} for its field event; a compute step changes the event.`;
  const [root] = location.segments;
  if (location.root === "event" && root?.kind === "key" && root.key === "canonical")
    return "canonical is only another view of the event. Name the field itself, as in event.properties.value.";
  return undefined;
}

export interface TargetUse {
  scope: Scope;
  /** The kind of step that writes. */
  step: "map" | "transform" | "enrich" | "compute";
}

/** Reads the path of a field that a step writes; only transforms know `[]`, which stands for every item. */
export function compileTarget(text: string, place: Place, { scope, step }: TargetUse): Location | undefined {
  const { context, passThrough } = scope;
  const fault = (at: Place, message: string): undefined => void context.fault(at, message, true);
  const path = readPath(text, place, { ...context, fault });
  if (!path) return undefined;
  const location = path.length === 1 ? targetLocation(path, passThrough) : located(path, passThrough);
  if (location === undefined) return undefined;
  if (typeof location === "string") return fault(place, location);
  const wrong = targetFault(path, location, step);
  if (wrong !== undefined) return fault(place, wrong);
  if (step !== "transform") {
    if (!path.some(({ kind }) => kind === "each")) return location;
    return fault(place, "Steps write into lists by index, as in items[0].id. Rows with [] are of version 2.");
  }
  return isWritten(location, scope) ? location : fault(place, unknownField(location.segments, scope));
}
