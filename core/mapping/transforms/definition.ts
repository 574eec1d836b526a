/** What a transform is, and the four ways of writing one: on text, on a number, on a list, on any value. */
import { type Static, type TSchema } from "typebox";
import { type JsonValue } from "../../json.ts";

/** A value in a mapping; undefined and null both mean missing. */
export type Value = JsonValue | undefined;

/** A transform with its arguments fixed. Missing in is missing out, unless the transform says otherwise. */
export type Apply = (value: Value) => Value;

/** A value that a transform cannot work on; the message names the value's type, never the value. */
export class TransformError extends Error {
  override name = "TransformError";
}

/** What is wrong with a transform's arguments beyond their schema. */
export interface ArgumentFault {
  fault: string;
}

/** What transforms are given that they may not import. */
export interface TransformEnvironment {
  /** Compiles an expression on one item of a list. */
  predicate(expression: string): ((item: JsonValue) => boolean) | ArgumentFault;
}

export interface TransformExample {
  input?: JsonValue;
  args?: JsonValue;
  /** Left out: missing. */
  output?: JsonValue;
}

type TransformFamily = "text" | "hash" | "normalise" | "number" | "date" | "list" | "edit" | "encode" | "fallback";

export interface TransformDefinition {
  name: string;
  family: TransformFamily;
  /** One line for documentation and autocomplete. */
  summary: string;
  takes: "text" | "number" | "list" | "value";
  /** It works on a missing value, too; for all others missing stays missing. */
  takesMissing: boolean;
  /** JSON Schema of the arguments; null when it takes none. */
  args: TSchema | null;
  argsRequired: boolean;
  /** What becomes of a value that it cannot work on: an error (the delivery is dead-lettered) or missing. */
  unusable: "error" | "missing";
  examples: readonly TransformExample[];
  compile(args: JsonValue | undefined, environment: TransformEnvironment): Apply | ArgumentFault;
}

interface Spec<S extends TSchema, In> {
  name: string;
  family: TransformFamily;
  summary: string;
  args?: S;
  /** Arguments may be left out. */
  optional?: true;
  unusable?: "missing";
  examples: readonly TransformExample[];
  make(args: Static<S>, environment: TransformEnvironment): ((value: In) => Value) | ArgumentFault;
}

/** The word for a value's type in messages. */
export function kindOf(value: Value): string {
  if (value === undefined || value === null) return "a missing value";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The text form of a scalar: `true`, `79.99`; undefined for objects, lists and missing values. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

const NUMERIC = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** The number that a number or a numeric text is; undefined for everything else. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (text.length > 64 || !NUMERIC.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A payload has at most 1 MB; transforms that make text longer would soon make it without end. */
const MAX_TEXT = 2_000_000;

/** @throws {TransformError} when a text that is being made is longer than any payload can be. */
export function boundText(name: string, length: number): void {
  if (length > MAX_TEXT) throw new TransformError(`${name} makes more than ${MAX_TEXT} characters`);
}

type Body<In> = (value: In) => Value;

function define<S extends TSchema, In>(
  spec: Spec<S, In>,
  { takes, takesMissing = false }: Partial<TransformDefinition> & Pick<TransformDefinition, "takes">,
  wrap: (body: Body<In>) => Apply,
): TransformDefinition {
  const { name, family, summary, examples } = spec;
  return {
    name,
    family,
    summary,
    takes,
    takesMissing,
    examples,
    args: spec.args ?? null,
    argsRequired: spec.args !== undefined && spec.optional !== true,
    unusable: spec.unusable ?? "error",
    compile(args, environment) {
      // The arguments were checked against `spec.args` by the table.
      const body = spec.make(args as Static<S>, environment);
      return typeof body === "function" ? wrap(body) : body;
    },
  };
}

/** Lists are worked on item by item, one level deep; items that come out missing are left out. */
function overItems(name: string, one: (value: Exclude<JsonValue, null>) => Value): Apply {
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) {
      const made = one(value);
      if (typeof made === "string") boundText(name, made.length);
      return made;
    }
    const out: JsonValue[] = [];
    let length = 0;
    for (const item of value) {
      const made = item === null ? undefined : one(item);
      if (made === undefined || made === null) continue;
      if (typeof made === "string") boundText(name, (length += made.length));
      out.push(made);
    }
    return out;
  };
}

function scalarTransform<S extends TSchema, In>(
  spec: Spec<S, In>,
  takes: "text" | "number",
  read: (value: Value) => In | undefined,
): TransformDefinition {
  return define(spec, { takes }, (body) =>
    overItems(spec.name, (value) => {
      const input = read(value);
      if (input !== undefined) return body(input);
      if (spec.unusable === "missing") return undefined;
      const wanted = takes === "number" ? "a number" : "text";
      throw new TransformError(`${spec.name} takes ${wanted}, not ${kindOf(value)}`);
    }),
  );
}

/** Works on text; numbers and booleans are taken by their text form. */
export const onText = <S extends TSchema>(spec: Spec<S, string>): TransformDefinition =>
  scalarTransform(spec, "text", textOf);

/** Works on numbers and numeric texts. */
export const onNumber = <S extends TSchema>(spec: Spec<S, number>): TransformDefinition =>
  scalarTransform(spec, "number", numberOf);

/** Works on a list as a whole; a value that is no list counts as a list of one. */
export const onList = <S extends TSchema>(spec: Spec<S, JsonValue[]>): TransformDefinition =>
  define(spec, { takes: "list" }, (body) => (value) => {
    if (value === undefined || value === null) return undefined;
    const made = body(Array.isArray(value) ? value : [value]);
    if (typeof made === "string") boundText(spec.name, made.length);
    return made;
  });

/** Works on any present value as it is. */
export const onValue = <S extends TSchema>(spec: Spec<S, Exclude<JsonValue, null>>): TransformDefinition =>
  define(spec, { takes: "value" }, (body) => (value) => {
    if (value === undefined || value === null) return undefined;
    const made = body(value);
    if (typeof made === "string") boundText(spec.name, made.length);
    return made;
  });

/** Works on any value, the missing one too. */
export const onAny = <S extends TSchema>(spec: Spec<S, Value>): TransformDefinition =>
  define(spec, { takes: "value", takesMissing: true }, (body) => body);
