/** Fixed values of a mapping, with the pipeline's parameters filled in. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { didYouMean } from "./suggest.ts";
import { parseTemplate, type TemplatePart } from "./template.ts";
import { type Value } from "./transforms/definition.ts";

export type Parameters = Readonly<Record<string, string>>;
export type Literal = (parameters: Parameters) => Value;

export interface LiteralContext {
  /** Names of the parameters that were met. */
  parameters: Set<string>;
  fault(message: string): void;
}

const MAX_DEPTH = 32;
const PARAMETER = /^pipeline_param\.([\w-]+)$/;

const read = (parameters: Parameters, name: string): string | undefined =>
  Object.hasOwn(parameters, name) ? parameters[name] : undefined;

function parameterOf(part: TemplatePart & { name: string }, context: LiteralContext): string {
  const name = PARAMETER.exec(part.name)?.[1];
  if (name === undefined) {
    const near = didYouMean(part.name.split(".")[0] ?? "", ["pipeline_param"]);
    context.fault(
      `{{${part.name}}} is not known here: only {{pipeline_param.KEY}} is.${near && " Did you mean {{pipeline_param.KEY}}?"}`,
    );
    return "";
  }
  context.parameters.add(name);
  return name;
}

/** A text that is one placeholder becomes the parameter; in a longer text an unknown parameter makes the whole missing. */
function compileText(text: string, context: LiteralContext): Literal | undefined {
  if (!text.includes("{{")) return undefined;
  const parts = parseTemplate(text).map((part) =>
    "literal" in part ? part : { parameter: parameterOf(part, context) },
  );
  if (!parts.some((part) => "parameter" in part)) return undefined;
  return (parameters) => {
    let out = "";
    for (const part of parts) {
      const piece = "literal" in part ? part.literal : read(parameters, part.parameter);
      if (piece === undefined) return undefined;
      out += piece;
    }
    return out;
  };
}

function compileList(list: readonly JsonValue[], context: LiteralContext, depth: number): Literal | undefined {
  const made = list.map((item) => compileAt(item, context, depth));
  if (made.every((item) => item === undefined)) return undefined;
  return (parameters) =>
    list.flatMap((item, index) => {
      const literal = made[index];
      const value = literal ? literal(parameters) : item;
      return value === undefined ? [] : [value];
    });
}

function compileObject(object: JsonObject, context: LiteralContext, depth: number): Literal | undefined {
  const made = Object.entries(object).flatMap(([key, item]) => {
    const literal = compileAt(item, context, depth);
    return literal ? [{ key, literal }] : [];
  });
  if (made.length === 0) return undefined;
  return (parameters) => {
    const out: JsonObject = { ...object };
    for (const { key, literal } of made) {
      const value = literal(parameters);
      if (value === undefined) delete out[key];
      else out[key] = value;
    }
    return out;
  };
}

/** Undefined when nothing in the value depends on parameters. */
function compileAt(value: JsonValue, context: LiteralContext, depth: number): Literal | undefined {
  if (depth > MAX_DEPTH) {
    context.fault("The value is nested too deeply.");
    return undefined;
  }
  if (typeof value === "string") return compileText(value, context);
  if (typeof value === "number" && !Number.isFinite(value)) context.fault("The number has no form in JSON.");
  if (Array.isArray(value)) return compileList(value, context, depth + 1);
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, "__proto__")) context.fault("__proto__ is not allowed as a key.");
  return compileObject(value, context, depth + 1);
}

/** Compiles a fixed value. The same value is handed out each time: whoever changes a payload must copy. */
export function compileLiteral(value: JsonValue, context: LiteralContext): Literal {
  return compileAt(value, context, 0) ?? (() => value);
}
