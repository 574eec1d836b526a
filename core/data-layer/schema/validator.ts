/** Compiles JSON Schemas (draft 2020-12) to functions that only look: no coercion, no defaults, nothing fetched. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { RE2JS } from "re2js";
import { canonicalJson } from "../../config/canonical-json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { compileTextPattern, MAX_STEPS, type TextPattern } from "../../mapping/pattern.ts";
import type { StepFault } from "../step.ts";
import { violationText } from "./violation-text.ts";

/** The formats that are checked. The others of the standard are rare, and not all of theirs run in linear time. */
const NAMES = [
  ...["date", "time", "date-time", "duration", "uri", "uri-reference"],
  ...["email", "hostname", "ipv4", "ipv6", "uuid", "json-pointer"],
] as const;
/** Longer texts are of no format: the checks are not all linear. */
const MAX_FORMATTED = 2_048;

/** The formats that schemas may name. */
export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map(
  NAMES.map((name) => {
    const fits = formatTest(fullFormats[name]);
    return [name, (text: string) => text.length <= MAX_FORMATTED && fits(text)] as const;
  }),
);

function formatTest(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === "function") return (text) => format(text) === true;
  const inner = typeof format === "object" && format !== null && "validate" in format ? format.validate : undefined;
  return typeof inner === "function" ? (text) => inner(text) === true : () => true;
}

/** A pattern as schemas write it (ECMA-262), in linear time. */
export function compileSchemaPattern(pattern: string): TextPattern | { fault: string } {
  return compileTextPattern(RE2JS.translateRegExp(pattern));
}

/** What all patterns of a schema may still take for the value that is being looked at. */
interface PatternBudget {
  steps: number;
}

/** Patterns that `check-schema.ts` has let through; beyond the budget none fits. */
function patternEngine(budget: PatternBudget) {
  const engineOf = (pattern: string): { test(text: string): boolean; toString(): string } => {
    const compiled = compileSchemaPattern(pattern);
    return {
      test(text) {
        if ("fault" in compiled) return false;
        budget.steps -= compiled.steps(text);
        return budget.steps >= 0 && compiled.test(text);
      },
      // Ajv keeps one for each name.
      toString: () => `/${pattern}/`,
    };
  };
  return Object.assign(engineOf, { code: "compileSchemaPattern" });
}

/** Faults beyond this many are not told. */
export const MAX_VIOLATIONS = 20;
/** A value of more parts is not asked for more than its first fault: each fault is an object. */
const MAX_LISTED = 5_000;

/** What a value violates, in words that hold nothing of the value; null when it fits. */
export type Validator = (value: JsonValue) => Violations | null;

export interface Violations {
  /** At most `MAX_VIOLATIONS`, each with its place and cure. */
  texts: readonly string[];
  /** How many there are; where not all were looked for, as many as are known. */
  count: number;
}

/** Compiles schemas that are known to be sound. `place` is what stands before the paths in messages. */
export function createCompiler(): (schema: JsonObject, place: string) => Validator {
  const budget: PatternBudget = { steps: 0 };
  const quick = engine(false, budget);
  const thorough = engine(true, budget);
  return (given, place) => {
    const schema = withoutHead(given);
    const fits = quick.compile(schema);
    // Most schemas are never violated, and telling all faults is a function as large again.
    let all: ValidateFunction | undefined;
    return (value) => {
      try {
        budget.steps = MAX_STEPS;
        if (fits(value)) return null;
        budget.steps = MAX_STEPS;
        if (countParts(value) > MAX_LISTED) return violationsOf(fits, value, place);
        all ??= thorough.compile(schema);
        return violationsOf(all, value, place);
      } catch {
        // Nested beyond what a call stack holds.
        return { texts: [`${place === "" ? "the event" : place} is nested too deeply. Flatten it.`], count: 1 };
      }
    };
  };
}

/** Without the schema's own address and draft, which were looked at before. */
function withoutHead(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$id" && key !== "$schema"));
}

function engine(allErrors: boolean, budget: PatternBudget): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    // Sound schemas only: they were held against the standard before.
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    allErrors,
    verbose: true,
    ownProperties: true,
    logger: false,
    formats: Object.fromEntries(FORMATS),
    code: { regExp: patternEngine(budget) },
  });
  // Ajv's own compares each item with each other one.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (wanted: boolean, items: JsonValue[]) => !wanted || areUnique(items),
  });
  return ajv;
}

function areUnique(items: readonly JsonValue[]): boolean {
  const seen = new Set<string>();
  return items.every((item) => {
    const text = canonicalJson(item);
    return !seen.has(text) && seen.add(text);
  });
}

function violationsOf(validate: ValidateFunction, value: JsonValue, place: string): Violations {
  validate(value);
  const texts = new Set<string>();
  // The wrapper of if, then and else says no more than the fault in it.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== "if");
  for (const error of errors) {
    texts.add(violationText(error, place));
    if (texts.size === MAX_VIOLATIONS) break;
  }
  return { texts: [...texts], count: Math.max(1, errors.length) };
}

function countParts(value: JsonValue): number {
  let left = [value];
  let count = 0;
  while (left.length > 0 && count <= MAX_LISTED) {
    const next: JsonValue[] = [];
    for (const one of left) {
      count += 1;
      if (Array.isArray(one)) for (const item of one.slice(0, MAX_LISTED + 1)) next.push(item);
      else if (isJsonObject(one)) for (const item of Object.values(one)) next.push(item);
    }
    left = next;
  }
  return count;
}

let standard: Ajv2020 | undefined;

/** What the standard says against a schema: one fault for each place. */
export function metaFaults(schema: JsonObject): StepFault[] {
  standard ??= new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
  if (standard.validateSchema(withoutHead(schema)) === true) return [];
  const places = new Set<string>();
  return (standard.errors ?? []).flatMap((error: ErrorObject) => {
    if (places.has(error.instancePath)) return [];
    places.add(error.instancePath);
    const path = error.instancePath.split("/").slice(1).map(unescapePart);
    const message = violationText({ ...error, instancePath: "" }, path.at(-1) ?? "schema");
    return [{ path, message, cure: "Write it as JSON Schema, draft 2020-12, says." }];
  });
}

function unescapePart(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
