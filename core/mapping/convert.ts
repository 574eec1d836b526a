/** The steps a row's value takes between source and target: transforms, value_map, default_value. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type Convert } from "./aligned.ts";
import { type MappingRow, type TransformSpec } from "./document.ts";
import { lookUp } from "./transforms/fallback.ts";
import { type Apply, type ArgumentFault, type TransformEnvironment, type Value } from "./transforms/definition.ts";
import { compileTransform } from "./transforms/table.ts";

/** One step with the name that a preview shows. */
export interface NamedStep {
  name: string;
  apply: Apply;
}

type Fault = (place: (string | number)[], message: string) => void;

/** What is common to the rows of one compilation. */
export interface ConvertContext {
  environment: TransformEnvironment;
  fault: Fault;
  /** Record every step for a preview. */
  traced: boolean;
}

interface NamedSpec {
  name: string;
  args: JsonValue | undefined;
  place: (string | number)[];
}

/** The transforms of a row in order, each with its place. */
function specsOf(transform: TransformSpec, fault: Fault): NamedSpec[] {
  const list = Array.isArray(transform) ? transform : [transform];
  return list.flatMap((one, index): NamedSpec[] => {
    const place = Array.isArray(transform) ? ["transform", index] : ["transform"];
    if (typeof one === "string") return [{ name: one, args: undefined, place }];
    const [entry, ...others] = Object.entries(one);
    if (entry && others.length === 0) return [{ name: entry[0], args: entry[1] as JsonValue, place }];
    fault(place, "A transform with arguments has one key, its name, as in {truncate: 100}.");
    return [];
  });
}

/** `format` is the argument of `date_format`, which it stands for where no transform is named. */
function withFormat(specs: NamedSpec[], format: string | undefined, fault: Fault): NamedSpec[] {
  if (format === undefined) return specs;
  if (specs.length === 0) return [{ name: "date_format", args: format, place: ["format"] }];
  const target = specs.find(({ name, args }) => name === "date_format" && args === undefined);
  if (!target)
    fault(["format"], "format belongs to the transform date_format, which this row does not name without arguments.");
  return specs.map((spec) => (spec === target ? { ...spec, args: format, place: ["format"] } : spec));
}

/** Compiles the transforms of a row or of a payload's field. */
export function compileTransforms(
  row: { transform?: TransformSpec; format?: string },
  { environment, fault }: ConvertContext,
): NamedStep[] {
  const specs = withFormat(row.transform === undefined ? [] : specsOf(row.transform, fault), row.format, fault);
  return specs.flatMap(({ name, args, place }) => {
    const made: Apply | ArgumentFault = compileTransform(name, args, environment);
    if (typeof made === "function") return [{ name, apply: made }];
    fault(place, made.fault);
    return [];
  });
}

/** A value that is there goes by its text form; a missing one takes default_value, else `"*"`. */
function mapped(table: JsonObject, fallback: Value): Apply {
  const find = lookUp(table);
  const whenMissing = fallback ?? find(undefined);
  return (value) => {
    if (value === undefined || value === null) return whenMissing;
    const found = find(value);
    return found === undefined || found === null ? fallback : found;
  };
}

/** All steps of a row. */
function stepsOf(row: MappingRow, context: ConvertContext): NamedStep[] {
  const steps = compileTransforms(row as { transform?: TransformSpec; format?: string }, context);
  const fallback = (row.default_value ?? undefined) as Value;
  if (isJsonObject(row.value_map)) steps.push({ name: "value_map", apply: mapped(row.value_map, fallback) });
  else if (fallback !== undefined) steps.push({ name: "default_value", apply: (value) => value ?? fallback });
  return steps;
}

function traced(steps: readonly NamedStep[]): Convert {
  return (value, run) => {
    run.record?.("source", value);
    let at = value;
    for (const { name, apply } of steps) {
      at = apply(at);
      run.record?.(name, at);
    }
    return at;
  };
}

/** Steps as one function; most rows have three at most. */
export function composed(steps: readonly NamedStep[]): Apply {
  const [first, second, third, ...rest] = steps.map(({ apply }) => apply);
  if (!first) return (value) => value;
  if (!second) return first;
  if (!third) return (value) => second(first(value));
  if (rest.length === 0) return (value) => third(second(first(value)));
  return (value) => {
    let at = value;
    for (const { apply } of steps) at = apply(at);
    return at;
  };
}

/** Compiles what happens to a row's value between source and target. */
export function compileConvert(row: MappingRow, context: ConvertContext): Convert {
  const steps = stepsOf(row, context);
  return context.traced ? traced(steps) : composed(steps);
}
