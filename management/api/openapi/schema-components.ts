/** Puts the schemas that have a name, or that several routes share, into components. */
import { type SchemaObject, schemaReference } from "./document.ts";
import { mapInside, plainSchema } from "./plain-schema.ts";

/** A schema as a route has it, and what to call it if it is used more than once and has no name of its own. */
export interface SchemaUse {
  schema: unknown;
  hint: string | null;
}

export interface Components {
  /** By name, in the order of the names. */
  schemas: Record<string, SchemaObject>;
  /** The schema with references in place of what became a component. */
  place(schema: unknown): SchemaObject;
}

/** Two different schemas claim one name: the name in the document would mean either. */
export class SchemaNameTakenError extends Error {
  override name = "SchemaNameTakenError";
  constructor(name: string) {
    super(`two different schemas are called ${name}: give one of them another $id or title`);
  }
}

/** @throws {SchemaNameTakenError} when two schemas that differ have the same `$id` or title */
export function componentsOf(uses: readonly SchemaUse[]): Components {
  const plain = uses.map(({ schema, hint }) => ({ ...plainSchema(schema), hint }));
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { schema, definitions } of plain) {
    for (const one of [schema, ...Object.values(definitions)]) {
      walk(one, (inner) => {
        const text = JSON.stringify(inner);
        counts.set(text, (counts.get(text) ?? 0) + 1);
        const name = ownName(inner);
        if (name !== null) claim(names, text, name);
      });
    }
  }
  for (const { schema, hint } of plain) {
    const text = JSON.stringify(schema);
    if (hint === null || schema.properties === undefined || names.has(text)) continue;
    if ((counts.get(text) ?? 0) > 1 && ![...names.values()].includes(hint)) names.set(text, hint);
  }
  const named = [...names].toSorted(([, a], [, b]) => (a < b ? -1 : 1));
  const schemas = named.map(([text, name]) => [name, placeInside(JSON.parse(text) as SchemaObject, names)] as const);
  return {
    schemas: Object.fromEntries(schemas),
    place: (schema) => placed(plainSchema(schema).schema, names),
  };
}

function claim(names: Map<string, string>, text: string, name: string): void {
  const taken = [...names].some(([other, one]) => one === name && other !== text);
  if (taken) throw new SchemaNameTakenError(name);
  names.set(text, name);
}

/** `$id` of anything, the title of an object or of a choice, as one word. */
function ownName(schema: SchemaObject & { $id?: string }): string | null {
  const isShape = schema.properties !== undefined || schema.anyOf !== undefined || schema.oneOf !== undefined;
  const written = schema.$id ?? (isShape ? schema.title : undefined);
  if (written === undefined) return null;
  const words = written.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function placed(schema: SchemaObject, names: ReadonlyMap<string, string>): SchemaObject {
  const name = names.get(JSON.stringify(schema));
  return name === undefined ? placeInside(schema, names) : schemaReference(name);
}

/** Without its `$id`, which would make another base for the references inside. */
function placeInside(schema: SchemaObject, names: ReadonlyMap<string, string>): SchemaObject {
  const { $id: _, ...rest } = mapInside(schema, (inner) => placed(inner, names)) as SchemaObject & { $id?: string };
  return rest;
}

function walk(schema: SchemaObject, visit: (inner: SchemaObject) => void): void {
  visit(schema);
  mapInside(schema, (inner) => {
    walk(inner, visit);
    return inner;
  });
}
