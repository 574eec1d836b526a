/** A value that a schema takes, for people to read and change. */
import type { JsonValue } from "@datafly-signal/core";
import { type OpenApiDocument, resolvedSchema, type SchemaObject } from "./document.ts";

const MAX_DEPTH = 6;

/** The schema's own example or default, else what is required of it, made up. */
export function sampleOf(document: OpenApiDocument, schema: SchemaObject, depth = 0): JsonValue {
  const own = resolvedSchema(document, schema);
  const given = own.examples?.[0] ?? own.default ?? own.const ?? own.enum?.[0];
  if (given !== undefined) return given;
  if (depth > MAX_DEPTH) return null;
  const choice = (own.anyOf ?? own.oneOf)?.find(({ type }) => type !== "null");
  if (choice !== undefined) return sampleOf(document, choice, depth + 1);
  if (own.properties !== undefined || own.allOf !== undefined) return objectSample(document, own, depth);
  return scalarSample(own, () => (own.items === undefined ? null : sampleOf(document, own.items, depth + 1)));
}

/** The required fields, and those that have an example. */
function objectSample(document: OpenApiDocument, schema: SchemaObject, depth: number): JsonValue {
  const parts = [schema, ...(schema.allOf ?? []).map((part) => resolvedSchema(document, part))];
  const shown = parts.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).filter(([name, one]) => required.includes(name) || one.examples !== undefined),
  );
  return Object.fromEntries(shown.map(([name, one]) => [name, sampleOf(document, one, depth + 1)]));
}

const TEXTS: Readonly<Record<string, string>> = {
  email: "jane@example.com",
  "date-time": "2026-11-21T09:00:00.000Z",
  date: "2026-11-21",
  uri: "https://shop.example.com/",
};

function scalarSample(schema: SchemaObject, item: () => JsonValue): JsonValue {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  if (type === "array") return (schema.minItems ?? 0) > 0 ? [item()] : [];
  if (type === "string") return TEXTS[schema.format ?? ""] ?? "…";
  return {};
}
