/** What each rule of a JSON schema asks for, in words. */
import type { ErrorObject } from "ajv";

type Params = Record<string, unknown>;

/** @returns what would be right, to be said after the place: `must be text` */
export function ruleInWords({ keyword, params, parentSchema, message }: ErrorObject): string {
  const words = WORDS[keyword];
  if (words === undefined) return message ?? "is not valid";
  return typeof words === "string" ? words : words(params as Params, parentSchema as { properties?: object });
}

/** As in `a`, `a or b`, `a, b or c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

export function typeNames(types: unknown): string {
  return listed([types].flat().map((type) => TYPE_WORDS[String(type)] ?? String(type)));
}

export function oneOf(values: readonly unknown[]): string {
  const texts = [...new Set(values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))))];
  return texts.length === 1 ? `must be ${texts[0]}` : `must be one of ${texts.join(", ")}`;
}

const WORDS: Readonly<Record<string, string | ((params: Params, schema: { properties?: object }) => string)>> = {
  required: "is required",
  additionalProperties: (_params, { properties = {} }) => unknownName(Object.keys(properties)),
  propertyNames: "is a name that is not allowed here",
  type: ({ type }) => `must be ${typeNames(type)}`,
  const: ({ allowedValue }) => oneOf([allowedValue]),
  enum: ({ allowedValues }) => oneOf(allowedValues as unknown[]),
  minLength: ({ limit }) => (limit === 1 ? "must not be empty" : `must have at least ${counted(limit, "character")}`),
  maxLength: ({ limit }) => `must have at most ${counted(limit, "character")}`,
  minItems: ({ limit }) => (limit === 1 ? "must not be empty" : `must have at least ${counted(limit, "item")}`),
  maxItems: ({ limit }) => `must have at most ${counted(limit, "item")}`,
  minProperties: ({ limit }) => `must have at least ${counted(limit, "member")}`,
  maxProperties: ({ limit }) => `must have at most ${counted(limit, "member")}`,
  minimum: ({ limit }) => `must be at least ${String(limit)}`,
  maximum: ({ limit }) => `must be at most ${String(limit)}`,
  exclusiveMinimum: ({ limit }) => `must be more than ${String(limit)}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${String(limit)}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${String(multipleOf)}`,
  uniqueItems: "must not hold the same item twice",
  pattern: ({ pattern }) => PATTERN_WORDS[String(pattern)] ?? `must match ${String(pattern)}`,
  format: ({ format }) => FORMAT_WORDS[String(format)] ?? `must be a valid ${String(format)}`,
};

/** Of patterns that several routes have; the others are shown as they are. */
const PATTERN_WORDS: Readonly<Record<string, string>> = {
  [String.raw`^\S(.*\S)?$`]: "must be one line without space around it",
  "^[a-z0-9]+(-[a-z0-9]+)*$": "must be lower-case letters and digits, in words joined by -",
  "^[A-Za-z0-9_.-]{1,64}$": "must be 1 to 64 letters, digits, _, . or -",
};

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  "date-time": "must be a time as in 2026-11-21T09:30:00Z",
  date: "must be a day as in 2026-11-21",
  email: "must be an e-mail address",
  uri: "must be a URL as in https://shop.example.com/path",
  uuid: "must be a UUID",
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};

function unknownName(known: readonly string[]): string {
  if (known.length === 0) return "is not known here; nothing is taken";
  return `is not known here; known ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
}

function counted(count: unknown, word: string): string {
  return `${String(count)} ${word}${count === 1 ? "" : "s"}`;
}
