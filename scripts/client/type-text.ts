/** JSON Schemas as TypeScript types. */

import type { SchemaObject } from "@datafly-signal/management-api/openapi";

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

/** The type as an expression; components by their names. */
export function typeText(schema: SchemaObject): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return union(choices.map((one) => typeText(one)));
  if (schema.allOf !== undefined) return schema.allOf.map((one) => `(${typeText(one)})`).join(" & ");
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeText({ ...schema, type })));
  if (schema.type === "array") return `(${typeText(schema.items ?? {})})[]`;
  if (schema.type === "object" || schema.properties !== undefined) return objectText(schema);
  return SCALARS[schema.type ?? ""] ?? "unknown";
}

/** A field as a line of an interface, below what it says of itself. */
export function fieldText(name: string, schema: SchemaObject, isRequired: boolean): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
  const type = typeText(schema);
  const field = isRequired ? `${key}: ${type};` : `${key}?: ${type === "unknown" ? type : `${type} | undefined`};`;
  return `${commentText(schema.description)}${field}`;
}

export function commentText(text: string | undefined): string {
  if (text === undefined || text === "") return "";
  return `\n/** ${text.replaceAll("*/", "*\\/").replaceAll(/\s*\n\s*/g, " ")} */\n`;
}

function objectText({ properties, required = [], ...schema }: SchemaObject): string {
  if (properties === undefined) return `Record<string, ${valueText(schema)}>`;
  const fields = Object.entries(properties).map(([name, one]) => fieldText(name, one, required.includes(name)));
  if (fields.length > 0) return `{ ${fields.join(" ")} }`;
  return schema.additionalProperties === false ? "Record<string, never>" : "Record<string, unknown>";
}

function valueText({ patternProperties, additionalProperties }: SchemaObject): string {
  const values = Object.values(patternProperties ?? {});
  if (values.length > 0) return union(values.map((one) => typeText(one)));
  if (additionalProperties === false) return "never";
  return typeText(typeof additionalProperties === "object" ? additionalProperties : {});
}

function union(types: readonly string[]): string {
  return types.includes("unknown") ? "unknown" : [...new Set(types)].join(" | ");
}
