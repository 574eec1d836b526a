/** Merge patches (RFC 7396): objects are merged, null removes, anything else replaces; and their schemas. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import type { TSchema } from "typebox";

/** What is left of a removed part is nothing: `null` never stays. */
export function mergePatch(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}

type Members = Record<string, ObjectSchema>;

interface ObjectSchema {
  type?: string;
  properties?: Members;
  patternProperties?: Members;
  required?: string[];
  default?: unknown;
}

/** The schema of patches of what `schema` describes: every member may be left out, or be null. */
export function patchSchemaOf(schema: TSchema): TSchema {
  return patched(schema as ObjectSchema) as TSchema;
}

function patched(schema: ObjectSchema): ObjectSchema {
  if (schema.type !== "object") return schema;
  const { required: _, default: __, properties, patternProperties, ...rest } = schema;
  return {
    ...rest,
    ...(properties && { properties: mapMembers(properties) }),
    ...(patternProperties && { patternProperties: mapMembers(patternProperties) }),
  };
}

function mapMembers(members: Members): Members {
  const orNull = (schema: ObjectSchema): ObjectSchema => {
    const { default: _, ...rest } = patched(schema);
    return { anyOf: [rest, { type: "null" }] } as ObjectSchema;
  };
  return Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, orNull(schema)]));
}
