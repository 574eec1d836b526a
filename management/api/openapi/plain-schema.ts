/** A route's schema as plain JSON Schema, in the form that reads best. */
import { type SchemaObject, schemaReference } from "./document.ts";

interface PlainSchema {
  schema: SchemaObject;
  /** What it says of shapes that contain themselves, each with its name as `$id`. */
  definitions: Record<string, SchemaObject>;
}

type WithDefinitions = SchemaObject & { $defs?: Record<string, SchemaObject>; $id?: string };

export function plainSchema(schema: unknown): PlainSchema {
  const definitions: Record<string, SchemaObject> = {};
  const plain = simplified(JSON.parse(JSON.stringify(schema)) as SchemaObject, definitions);
  return { schema: plain, definitions };
}

const ANY_KEY = "^.*$";

function simplified(schema: WithDefinitions, definitions: Record<string, SchemaObject>): SchemaObject {
  const { $defs, ...rest } = schema;
  for (const [name, one] of Object.entries($defs ?? {})) {
    definitions[name] = { ...simplified(one, definitions), $id: name } as SchemaObject;
  }
  const inner = mapInside(rest, (one) => simplified(one, definitions));
  if (inner.$ref !== undefined && !inner.$ref.startsWith("#")) return schemaReference(inner.$ref);
  return withPlainMap(withEnum(inner));
}

/** A choice of fixed values is an enumeration. */
function withEnum(schema: SchemaObject): SchemaObject {
  const { anyOf, ...rest } = schema;
  if (anyOf === undefined) return schema;
  const fixed = anyOf.filter((one) => one.const !== undefined && Object.keys(one).length === 2);
  const types = new Set(fixed.map(({ type }) => type));
  if (fixed.length < 2 || types.size !== 1) return schema;
  const values = fixed.flatMap((one) => (one.const === undefined ? [] : [one.const]));
  const [type = "string"] = types;
  const choice: SchemaObject = { type, enum: values };
  const others = anyOf.filter((one) => !fixed.includes(one));
  return others.length === 0 ? { ...choice, ...rest } : { ...rest, anyOf: [choice, ...others] };
}

/** A map with any keys has `additionalProperties`, which readers and tools know better than a pattern that takes all. */
function withPlainMap(schema: SchemaObject): SchemaObject {
  const { patternProperties, ...rest } = schema;
  const values = patternProperties?.[ANY_KEY];
  if (values === undefined || Object.keys(patternProperties ?? {}).length !== 1) return schema;
  return { ...rest, additionalProperties: values };
}

const MAPS = ["properties", "patternProperties"] as const;
const LISTS = ["anyOf", "oneOf", "allOf"] as const;
const ONES = ["items", "not", "additionalProperties", "propertyNames"] as const;

/** The schema with each schema directly inside it replaced. */
export function mapInside(schema: SchemaObject, map: (inner: SchemaObject) => SchemaObject): SchemaObject {
  const copy: SchemaObject = { ...schema };
  for (const key of MAPS) {
    const inner = schema[key];
    if (inner === undefined) continue;
    copy[key] = Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, map(one)]));
  }
  for (const key of LISTS) {
    const inner = schema[key];
    if (inner !== undefined) copy[key] = inner.map((one) => map(one));
  }
  for (const key of ONES) {
    const inner = schema[key];
    if (typeof inner === "object") copy[key] = map(inner);
  }
  return copy;
}
