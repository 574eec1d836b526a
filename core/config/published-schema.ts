/** `docs/signal.schema.json`: the file's schema as editors use it, before variables are filled in. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { fileSchema, type ExtraSections } from "./file-schema.ts";

const VARIABLE: JsonObject = {
  type: "string",
  pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}",
  description: "An environment variable.",
};
const CONSTRAINTS = ["pattern", "minLength", "enum", "anyOf"];
const SCALARS = new Set<JsonValue>(["string", "integer", "number", "boolean"]);

/** The published schema, as plain JSON Schema (draft 2020-12). */
export function signalSchema(extra: ExtraSections = {}): JsonObject {
  const shared: JsonObject = {};
  const schema = published(once(JSON.parse(JSON.stringify(fileSchema(extra))) as JsonValue, shared), false);
  const body = isJsonObject(schema) ? schema : {};
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...body, $defs: shared };
}

/** Large schemas that stand at several places, by title, and the name they get once. */
const SHARED: Readonly<Record<string, string>> = { "Delivery spec": "delivery_spec" };

function once(schema: JsonValue, shared: JsonObject): JsonValue {
  if (Array.isArray(schema)) return schema.map((item) => once(item, shared));
  if (!isJsonObject(schema)) return schema;
  const name = typeof schema["title"] === "string" ? SHARED[schema["title"]] : undefined;
  if (name === undefined)
    return Object.fromEntries(Object.entries(schema).map(([key, one]) => [key, once(one, shared)]));
  shared[name] ??= published(schema, false);
  return { $ref: `#/$defs/${name}` };
}

/** Wherever a scalar has a form to fit, `${NAME}` fits too; an optional list or map may be left empty. */
function published(schema: JsonValue, optional: boolean): JsonValue {
  if (!isJsonObject(schema)) return schema;
  const { properties, patternProperties, items, required } = schema;
  if (isJsonObject(properties)) {
    const needed = Array.isArray(required) ? required : [];
    const inner = Object.entries(properties).map(([key, value]) => [key, published(value, !needed.includes(key))]);
    return nullable({ ...schema, properties: Object.fromEntries(inner) }, optional);
  }
  if (isJsonObject(patternProperties)) return nullable(schema, optional);
  if (items !== undefined) return nullable({ ...schema, items: published(items, false) }, optional);
  return isFormed(schema) ? orVariable(schema) : schema;
}

function isFormed(schema: JsonObject): boolean {
  const { type, const: fixed } = schema;
  if (typeof fixed === "number") return false;
  const scalar = type === undefined || SCALARS.has(type);
  return (
    scalar &&
    (type !== "string" || CONSTRAINTS.some((key) => key in schema) || fixed !== undefined) &&
    Object.keys(schema).length > 0
  );
}

function orVariable(schema: JsonObject): JsonObject {
  const { description, default: fallback, ...form } = schema;
  const choices = Array.isArray(form.anyOf) ? form.anyOf : [form];
  return {
    anyOf: [...choices, VARIABLE],
    ...(fallback !== undefined && { default: fallback }),
    ...(description !== undefined && { description }),
  };
}

function nullable(schema: JsonObject, optional: boolean): JsonObject {
  return optional && typeof schema.type === "string" ? { ...schema, type: [schema.type, "null"] } : schema;
}
