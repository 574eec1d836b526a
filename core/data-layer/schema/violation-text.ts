/** A validator's fault in words: where, what, and the cure. Holds names of fields and parts of the schema, no value. */
import type { ErrorObject } from "ajv/dist/2020.js";

const PLAIN_NAME = /^[A-Za-z_$][\w$-]{0,63}$/;
const MAX_SHOWN = 200;
const MAX_CHOICES = 10;

/** `place` stands before the path inside the value; empty for the event itself. */
export function violationText(error: ErrorObject, place: string): string {
  const at = placeOf(error.instancePath, place);
  const word = WORDS[error.keyword];
  const said = word?.(error.params, at, error);
  return said ?? `${at} ${error.message ?? "does not fit"}. Send it as the schema says.`;
}

/** `properties.items[2].price`; a key that is not a plain name may be a value by itself, so it is not shown. */
function placeOf(pointer: string, place: string): string {
  let text = place;
  for (const part of pointer.split("/").slice(1)) {
    if (/^\d+$/.test(part)) text += `[${part}]`;
    else text = joined(text, PLAIN_NAME.test(part) ? part : "…");
  }
  return text === "" ? "the event" : text;
}

const joined = (at: string, name: string): string => (at === "" || at === "the event" ? name : `${at}.${name}`);

type Params = Record<string, unknown>;
type Word = (params: Params, at: string, error: ErrorObject) => string | undefined;

const KINDS: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return KINDS[typeof value] ?? "of another kind";
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** A name that the schema gives, or one of the event's if it is plain. */
const named = (name: unknown): string => (typeof name === "string" && PLAIN_NAME.test(name) ? name : "…");

function wanted(type: unknown): string {
  const types = Array.isArray(type) ? type : String(type).split(",");
  return types.map((one) => KINDS[String(one)] ?? String(one)).join(" or ");
}

function choices(values: unknown): string {
  if (!Array.isArray(values)) return "an allowed value";
  const some = values.slice(0, MAX_CHOICES).map(shown).join(", ");
  return values.length > MAX_CHOICES ? `one of ${some} and ${values.length - MAX_CHOICES} more` : `one of ${some}`;
}

const BOUNDS: Readonly<Record<string, string>> = {
  ">=": "at least",
  ">": "more than",
  "<=": "at most",
  "<": "less than",
};
const range: Word = ({ comparison, limit }, at) =>
  `${at} is out of range. Send ${BOUNDS[String(comparison)] ?? ""} ${String(limit)}.`;
const unexpected: Word = (params, at) =>
  `${joined(at, named(params["additionalProperty"] ?? params["unevaluatedProperty"]))} is not expected. Leave it out, or add it to the schema.`;
const length =
  (problem: string, noun: string): Word =>
  ({ limit }, at) =>
    `${at} is too ${problem}. Send ${problem === "short" ? "at least" : "at most"} ${String(limit)} ${noun}.`;

const WORDS: Readonly<Record<string, Word | undefined>> = {
  required: ({ missingProperty }, at) => `${joined(at, named(missingProperty))} is missing. Send it.`,
  dependentRequired: ({ missingProperty, property }, at) =>
    `${joined(at, named(missingProperty))} is missing beside ${named(property)}. Send both, or neither.`,
  type: ({ type }, at, { data }) => `${at} is ${kindOf(data)}. Send ${wanted(type)}.`,
  enum: ({ allowedValues }, at) => `${at} is none of the allowed values. Send ${choices(allowedValues)}.`,
  const: ({ allowedValue }, at) => `${at} is not the one allowed value. Send ${shown(allowedValue)}.`,
  minimum: range,
  maximum: range,
  exclusiveMinimum: range,
  exclusiveMaximum: range,
  multipleOf: ({ multipleOf }, at) => `${at} is no multiple of ${String(multipleOf)}. Round it.`,
  minLength: length("short", "characters"),
  maxLength: length("long", "characters"),
  minItems: length("short", "items"),
  maxItems: length("long", "items"),
  minProperties: ({ limit }, at) => `${at} has too few keys. Send at least ${String(limit)}.`,
  maxProperties: ({ limit }, at) => `${at} has too many keys. Send at most ${String(limit)}.`,
  pattern: ({ pattern }, at) => `${at} does not have the form ${shown(pattern)}. Send it in that form.`,
  format: ({ format }, at) => `${at} is no valid ${String(format)}. Send it in that form.`,
  uniqueItems: (_, at) => `${at} has an item twice. Send each once.`,
  contains: (_, at) => `${at} has too few or too many items of the wanted kind. Send as many as the schema says.`,
  additionalProperties: unexpected,
  unevaluatedProperties: unexpected,
  unevaluatedItems: (_, at) => `${at} has more items than the schema knows. Leave them out, or add them to it.`,
  propertyNames: (_, at) => `${at} has a key that is not allowed. Rename it, or leave it out.`,
  anyOf: (_, at) => `${at} fits none of the alternatives. Send one of them.`,
  oneOf: ({ passingSchemas }, at) =>
    passingSchemas === null
      ? `${at} fits none of the alternatives. Send one of them.`
      : `${at} fits more than one alternative. Send what fits one alone.`,
  not: (_, at) => `${at} has a form that is not allowed. Send it otherwise.`,
  "false schema": (_, at) => `${at} is not allowed. Leave it out.`,
};
