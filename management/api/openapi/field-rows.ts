/** A schema as rows to read: one for each field, with those inside it below. */
import { type OpenApiDocument, referredName, resolvedSchema, type SchemaObject } from "./document.ts";

export interface FieldRow {
  /** As in `name`, `[]` of a list, `<key>` of a map; with dots where it is inside another. */
  path: string;
  depth: number;
  isRequired: boolean;
  /** As in `string`, `list of integers`, `object or null`. */
  kind: string;
  /** The component it refers to, when that is not written out here. */
  component: string | null;
  description: string;
  /** As in `at most 64 characters`, `default: 50`. */
  limits: string[];
  /** The values it may have, where they are listed. */
  values: string[];
}

export interface FieldOptions {
  /** Components inside are named, and stand elsewhere; else they are written out. */
  shallow: boolean;
}

const MAX_DEPTH = 7;

/** Empty for what has no fields, such as a plain value. */
export function fieldRows(document: OpenApiDocument, schema: SchemaObject, options: FieldOptions): FieldRow[] {
  return inside({ document, options, above: [] }, schema, "");
}

/** How far choices and lists are followed: a value may contain its own kind. */
const MAX_NESTED = 4;

/** What kind of value it is, in words. */
export function kindOf(document: OpenApiDocument, schema: SchemaObject, nested = 0): string {
  const own = resolvedSchema(document, schema);
  const choices = own.anyOf ?? own.oneOf;
  if (nested > MAX_NESTED) return "any JSON";
  if (choices !== undefined) return [...new Set(choices.map((one) => kindOf(document, one, nested + 1)))].join(" or ");
  if (Array.isArray(own.type)) return own.type.join(" or ");
  if (own.type === "array")
    return own.items === undefined ? "list" : `list of ${plural(kindOf(document, own.items, nested + 1))}`;
  if (isMap(own)) return `map to ${plural(kindOf(document, valueOf(own), nested + 1))}`;
  if (own.type === "object" || own.properties !== undefined) return "object";
  if (own.allOf !== undefined) return "object";
  const fixed = own.enum ?? (own.const === undefined ? [] : [own.const]);
  const type = own.type ?? (fixed.length > 0 ? [...new Set(fixed.map((one) => typeof one))].join(" or ") : "any JSON");
  return own.format === undefined ? type : `${type}, ${own.format}`;
}

interface Place {
  document: OpenApiDocument;
  options: FieldOptions;
  /** Components that this place is inside of. */
  above: readonly string[];
}

function inside(place: Place, schema: SchemaObject, path: string): FieldRow[] {
  const { document, above } = place;
  const name = referredName(schema);
  if (name !== null && above.includes(name)) return [];
  const own = resolvedSchema(document, schema);
  const here = name === null ? place : { ...place, above: [...above, name] };
  if (depthOf(path) > MAX_DEPTH) return [];
  const fields = Object.entries(own.properties ?? {}).flatMap(([field, one]) =>
    rowsOf(here, one, { path: path === "" ? field : `${path}.${field}`, isRequired: own.required?.includes(field) }),
  );
  const parts = [...(own.allOf ?? []), ...branches(own)].flatMap((one) => inside(here, one, path));
  return [...fields, ...mapRows(here, own, path), ...listRows(here, own, path), ...onceEach(parts)];
}

/** The alternatives that have fields; where there are several, all their fields are shown. */
function branches(schema: SchemaObject): SchemaObject[] {
  return (schema.anyOf ?? schema.oneOf ?? []).filter(({ type }) => type !== "null");
}

function onceEach(rows: readonly FieldRow[]): FieldRow[] {
  return rows.filter((row, index) => rows.findIndex(({ path }) => path === row.path) === index);
}

function mapRows(place: Place, schema: SchemaObject, path: string): FieldRow[] {
  if (!isMap(schema)) return [];
  const rows = rowsOf(place, valueOf(schema), { path: path === "" ? "<key>" : `${path}.<key>` });
  return rows.length === 1 && rows[0]?.description === "" && rows[0].component === null ? [] : rows;
}

/** Of a list of plain values the row of the list says all. */
function listRows(place: Place, schema: SchemaObject, path: string): FieldRow[] {
  if (schema.items === undefined) return [];
  return referredName(schema.items) !== null && place.options.shallow ? [] : inside(place, schema.items, `${path}[]`);
}

function rowsOf(
  place: Place,
  schema: SchemaObject,
  field: { path: string; isRequired?: boolean | undefined },
): FieldRow[] {
  const { document, options } = place;
  const own = resolvedSchema(document, schema);
  const described = schema.description ?? own.description ?? "";
  const component = options.shallow ? componentOf(schema) : null;
  const row: FieldRow = {
    path: field.path,
    depth: depthOf(field.path),
    isRequired: field.isRequired === true,
    kind: kindOf(document, schema),
    component,
    description: described,
    limits: limitsOf(own),
    values: valuesOf(document, own),
  };
  return component === null ? [row, ...inside(place, schema, field.path)] : [row];
}

/** Of the value, of the list's items, or of the one alternative that is not null. */
function componentOf(schema: SchemaObject): string | null {
  const alternatives = branches(schema);
  const [only] = alternatives;
  if (only !== undefined && alternatives.length === 1) return componentOf(only);
  return referredName(schema) ?? (schema.items === undefined ? null : referredName(schema.items));
}

/** An object whose keys are free. */
function isMap(schema: SchemaObject): boolean {
  const isObject = schema.type === "object" && schema.properties === undefined && schema.allOf === undefined;
  return isObject && Object.keys(valueOf(schema)).length > 0;
}

function valueOf({ patternProperties, additionalProperties }: SchemaObject): SchemaObject {
  const [value] = Object.values(patternProperties ?? {});
  return value ?? (typeof additionalProperties === "object" ? additionalProperties : {});
}

function plural(kind: string): string {
  return /^(string|integer|number|boolean|object)$/.test(kind) ? `${kind}s` : kind;
}

function depthOf(path: string): number {
  return path.split(".").length - 1;
}

function valuesOf(document: OpenApiDocument, schema: SchemaObject, nested = 0): string[] {
  if (nested > MAX_NESTED) return [];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value));
  const parts = [...branches(schema), ...(schema.items === undefined ? [] : [schema.items])];
  return [...new Set(parts.flatMap((one) => valuesOf(document, resolvedSchema(document, one), nested + 1)))];
}

function limitsOf(schema: SchemaObject): string[] {
  const parts = branches(schema);
  const [only] = parts;
  const inner = only !== undefined && parts.length === 1 ? only : schema;
  return [
    between(inner.minimum, inner.maximum, ""),
    inner.minLength === 1 ? "not empty" : null,
    between(inner.minLength === 1 ? undefined : inner.minLength, inner.maxLength, " characters"),
    between(inner.minItems, inner.maxItems, " items"),
    between(inner.minProperties, inner.maxProperties, " keys"),
    inner.uniqueItems === true ? "each once" : null,
    schema.default === undefined ? null : `default: ${JSON.stringify(schema.default)}`,
  ].filter((limit) => limit !== null);
}

function between(low: number | undefined, high: number | undefined, unit: string): string | null {
  if (low !== undefined && high !== undefined) return low === high ? `${low}${unit}` : `${low} to ${high}${unit}`;
  if (low !== undefined) return `at least ${low}${unit}`;
  return high === undefined ? null : `at most ${high}${unit}`;
}
