/** Checks a value against the part of JSON Schema that our schemas use, with faults that people can act on. */
import { type TSchema } from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { didYouMean } from "./suggest.ts";
import { kindOf } from "./transforms/definition.ts";

export interface SchemaFault {
  place: (string | number)[];
  message: string;
  /** The fault is the key at the end of `place`, not its value. */
  onKey?: true;
}

type Schema = Readonly<Record<string, unknown>>;
const asSchema = (schema: unknown): Schema => (isJsonObject(schema) ? schema : {});

const LITERAL_LIMIT = 60;
const NAMES: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function isType(type: unknown, value: JsonValue): boolean {
  if (type === undefined) return true;
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return typeof value === type;
}

/** What a schema wants, in words. */
function wanted(schema: Schema): string {
  if (typeof schema["title"] === "string") return schema["title"];
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return `one of: ${schema["enum"].join(", ")}`;
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].map((one) => wanted(asSchema(one))).join(" or ");
  return NAMES[String(schema["type"])] ?? "a value";
}

function objectFaults(schema: Schema, value: JsonObject, place: (string | number)[]): SchemaFault[] {
  const properties = asSchema(schema["properties"]);
  const faults: SchemaFault[] = [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  for (const key of required) {
    if (!Object.hasOwn(value, String(key))) faults.push({ place, message: `${String(key)} is missing.` });
  }
  const patterns = Object.values(asSchema(schema["patternProperties"]));
  for (const key of Object.keys(value)) {
    const at = [...place, key];
    if (Object.hasOwn(properties, key)) faults.push(...faultsAt(properties[key], value[key], at));
    else if (patterns.length > 0) faults.push(...faultsAt(patterns[0], value[key], at));
    else if (schema["additionalProperties"] === false) {
      faults.push({
        place: at,
        message: `Unknown key ${key}.${didYouMean(key, Object.keys(properties))}`,
        onKey: true,
      });
    }
  }
  return faults;
}

function bounds(schema: Schema, value: JsonValue): string | undefined {
  const number = (key: string): number | undefined => (typeof schema[key] === "number" ? schema[key] : undefined);
  if (typeof value === "number") {
    const [low, high] = [number("minimum"), number("maximum")];
    if (low !== undefined && value < low) return `must be at least ${low}.`;
    if (high !== undefined && value > high) return `must be at most ${high}.`;
  }
  const size = typeof value === "string" || Array.isArray(value) ? value.length : undefined;
  if (size === undefined) return undefined;
  const low = number("minLength") ?? number("minItems");
  const high = number("maxLength") ?? number("maxItems");
  if (low !== undefined && size < low) return "must not be empty.";
  if (high !== undefined && size > high) return `must not be longer than ${high}.`;
  const pattern = schema["pattern"];
  if (typeof pattern !== "string" || typeof value !== "string" || new RegExp(pattern).test(value)) return undefined;
  return `does not have the form ${pattern}.`;
}

/** Objects that differ by the fixed value of one key: that key says which is meant. */
function toldFaults(
  options: readonly unknown[],
  value: JsonObject,
  place: (string | number)[],
): SchemaFault[] | undefined {
  const all = options.map((option) => asSchema(asSchema(option)["properties"]));
  const key = Object.keys(all[0] ?? {}).find((name) => all.every((one) => "const" in asSchema(one[name])));
  if (key === undefined || options.length < 2) return undefined;
  const words = all.map((one) => asSchema(one[key])["const"]);
  const given = Object.hasOwn(value, key) ? value[key] : undefined;
  const meant = options[words.indexOf(given)];
  if (meant !== undefined) return faultsAt(meant, value, place);
  const choice = `one of: ${words.join(", ")}`;
  if (given === undefined) return [{ place, message: `${key} is missing. It is ${choice}.` }];
  const near = typeof given === "string" ? didYouMean(given, words.map(String)) : "";
  return [{ place: [...place, key], message: `Must be ${choice}.${near}` }];
}

/** The alternative whose type fits is the one whose faults are told. */
function unionFaults(
  schema: Schema,
  options: readonly unknown[],
  value: JsonValue,
  place: (string | number)[],
): SchemaFault[] {
  const told = isJsonObject(value) ? toldFaults(options, value, place) : undefined;
  if (told !== undefined) return told;
  const tries = options.map((option) => faultsAt(option, value, place));
  if (tries.some((faults) => faults.length === 0)) return [];
  const deeper = tries.findIndex((_, index) => {
    const option = asSchema(options[index]);
    return !("const" in option) && option["type"] !== undefined && isType(option["type"], value);
  });
  const words = options.map((option) => asSchema(option)["const"]).filter((word) => typeof word === "string");
  const near = typeof value === "string" ? didYouMean(value, words) : "";
  return tries[deeper] ?? [{ place, message: `Must be ${wanted(schema)}.${near}` }];
}

function faultsAt(schemaLike: unknown, value: JsonValue | undefined, place: (string | number)[]): SchemaFault[] {
  const schema = asSchema(schemaLike);
  if (value === undefined) return [];
  if (Array.isArray(schema["anyOf"])) return unionFaults(schema, schema["anyOf"], value, place);
  if ("const" in schema) {
    if (schema["const"] === value) return [];
    const got = JSON.stringify(value).slice(0, LITERAL_LIMIT);
    return [{ place, message: `Must be ${wanted(schema)}, not ${got}.` }];
  }
  // A choice with a title is judged by whoever reads it, with more to say.
  if (Array.isArray(schema["enum"]) && schema["title"] === undefined) {
    if (schema["enum"].includes(value)) return [];
    const near = typeof value === "string" ? didYouMean(value, schema["enum"].map(String)) : "";
    return [{ place, message: `Must be ${wanted(schema)}.${near}` }];
  }
  if (!isType(schema["type"], value))
    return [{ place, message: `Must be ${wanted(schema)}, not ${value === null ? "empty" : kindOf(value)}.` }];
  const bound = bounds(schema, value);
  if (bound !== undefined) return [{ place, message: `The value ${bound}` }];
  if (Array.isArray(value) && "items" in schema) {
    return value.flatMap((item, index) => faultsAt(schema["items"], item, [...place, index]));
  }
  return isJsonObject(value) && schema["type"] === "object" ? objectFaults(schema, value, place) : [];
}

/** All faults of a value, in document order. */
export function checkSchema(schema: TSchema, value: JsonValue): SchemaFault[] {
  return faultsAt(schema, value, []);
}
