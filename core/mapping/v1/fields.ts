/** Compiles the fields of a step: where each value comes from, and where it goes. */
import { compileExpression, TRANSFORMS, type CompiledExpression } from "../../expression/expression.ts";
import { type JsonValue } from "../../json.ts";
import { compileTransforms, type NamedStep } from "../convert.ts";
import { type TransformSpec } from "../document.ts";
import { parsePath } from "../path.ts";
import { compileFixed, readPath } from "../row.ts";
import { type Value } from "../transforms/definition.ts";
import { compileTransform } from "../transforms/table.ts";
import { type StepOf } from "./document.ts";
import { compileSource, type Scope } from "./location.ts";
import { type RecordStep } from "./trace.ts";
import { type Work } from "./work.ts";

type Place = readonly (string | number)[];

/** The value of a field, read from what the steps before have left. */
export type FieldValue = (work: Work, record: RecordStep) => Value;

const QUOTED = /^(?:'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*")$/;

/** The text of a quoted literal; undefined when the source is a path. */
export function quotedText(source: string): string | undefined {
  return QUOTED.test(source) ? source.slice(1, -1).replace(/\\([^])/g, "$1") : undefined;
}

/** A fixed value. */
export function compileStatic(value: JsonValue, place: Place, { context }: Scope): FieldValue {
  const read = compileFixed(value, place, context);
  return (work, record) => {
    const found = read(work);
    record?.("value", found);
    return found;
  };
}

function sourceFault(source: string): string | undefined {
  const path = parsePath(source);
  if (/^['"]/.test(source) && "fault" in path)
    return "The text in quotes is not valid: a quote in it is written with \\ before it.";
  if (/[()=<>]/.test(source) && ("fault" in path || !/^(?:event|payload)[.[]/.test(source)))
    return "A source is a path or a text in quotes. Expressions belong in a compute step.";
  return undefined;
}

/** A source of a map step: a path, a quoted literal, a number or a boolean. */
export function compileMapSource(
  source: string | number | boolean,
  place: Place,
  scope: Scope,
): FieldValue | undefined {
  const text = typeof source === "string" ? quotedText(source.trim()) : undefined;
  if (text !== undefined) return compileStatic(text, place, scope);
  if (typeof source !== "string") return compileStatic(source, place, scope);
  const fault = sourceFault(source);
  if (fault !== undefined) return void scope.context.fault(place, fault);
  const path = readPath(source, place, scope.context);
  const read = path && compileSource(path, place, scope);
  if (!read) return undefined;
  return (work, record) => {
    const value = read(work);
    record?.("source", value);
    return value;
  };
}

/** Compiles an expression on the event and the payload. */
export function compileOnWork(text: string, place: Place, scope: Scope): CompiledExpression | undefined {
  const { context } = scope;
  const nothing = (): undefined => undefined;
  const made = compileExpression(text, {
    reader: (path) => {
      if (path.length > 1 || path[0]?.kind !== "key" || path[0].key !== "event") {
        return compileSource(path, place, scope) ?? nothing;
      }
      context.fault(place, "event alone is the whole event. Name a field of it: event.event is its name.");
      return nothing;
    },
  });
  if ("expression" in made) return made.expression;
  for (const fault of made.faults) context.fault(place, `${fault.message} (character ${fault.offset + 1})`);
  return undefined;
}

/** The transform that brings a computed value into each type. */
export const CASTS = {
  string: "to_string",
  number: "to_number",
  integer: "to_integer",
  boolean: "to_boolean",
} as const satisfies Record<string, string>;

/** A field of a compute step. */
export function compileComputed(
  { expression, type }: StepOf<"compute">["fields"][string],
  place: Place,
  scope: Scope,
): FieldValue | undefined {
  const made = compileOnWork(expression, [...place, "expression"], scope);
  const name = type && CASTS[type];
  const cast = name && compileTransform(name, undefined, TRANSFORMS);
  if (!made) return undefined;
  return (work, record) => {
    const value = made.value(work);
    record?.("expression", value);
    if (typeof cast !== "function") return value;
    const brought = cast(value) ?? undefined;
    record?.(name ?? "", brought);
    return brought;
  };
}

/** The transforms of a field. */
export function compileFieldTransforms(spec: TransformSpec, place: Place, { context }: Scope): NamedStep[] {
  return compileTransforms(
    { transform: spec },
    {
      environment: TRANSFORMS,
      traced: false,
      // The place within a row begins with its key `transform`, which a field of a step has not.
      fault: ([, ...within], message) => context.fault([...place, ...within], message),
    },
  );
}
