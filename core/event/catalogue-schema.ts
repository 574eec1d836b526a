/** JSON Schemas of the catalogue's events, for the data layer's schema step and for editors. */
import type { JsonObject, JsonValue } from "../json.ts";
import { type CatalogueEntry, catalogueEntry, itemKeys, keysOf } from "./catalogue.ts";
import { ITEM_FIELDS } from "./catalogue-shared.ts";
import type { PropertyDefinition, PropertyForm } from "./catalogue-table.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

const FORMS: Readonly<Record<PropertyForm, JsonObject>> = {
  currency: { pattern: "^[A-Z]{3}$", $comment: "ISO 4217" },
  country: { pattern: "^[A-Z]{2}$", $comment: "ISO 3166-1 alpha-2" },
  airline: { pattern: "^[A-Z0-9]{2}$", $comment: "IATA" },
  date: { format: "date" },
  time: { anyOf: [{ format: "date-time" }, { format: "date" }] },
  epoch: { $comment: "milliseconds since 1970" },
  url: { format: "uri-reference" },
  email: { format: "email" },
};

/** The keys of an event's one product, any of which stands for a list of it. */
const ONE_ITEM_KEYS = ["item_id", "item_name"].flatMap(itemKeys);

/**
 * The schema of a whole event, draft 2020-12, by any of its names; null when the catalogue does not know it. What is
 * required must be there under one of its names, what is known must be of its kind, and only what is required must not be
 * null. Anything else may be there too.
 */
export function eventSchema(name: string): JsonObject | null {
  const entry = catalogueEntry(name);
  if (entry === null) return null;
  const { event, part } = entry;
  const needed = entry.properties.some(({ need }) => need === "required");
  return {
    $schema: DRAFT,
    title: event.name,
    description: event.description,
    type: "object",
    required: needed ? ["type", part] : ["type"],
    properties: {
      type: typeSchema(event.call),
      [part]: { ...partSchema(entry), type: needed ? "object" : ["object", "null"] },
    },
  };
}

/** Pages are also tracked by name. */
function typeSchema(call: CatalogueEntry["event"]["call"]): JsonObject {
  return call === "page" ? { enum: ["page", "track"] } : { const: call ?? "track" };
}

function partSchema({ event, part, properties }: CatalogueEntry): JsonObject {
  const at = `#/properties/${part}`;
  const aboutOneItem = event.aboutOneItem === true;
  const definitions = Object.fromEntries(properties.map(({ name, definition }) => [name, definition]));
  const required = properties.filter(({ need }) => need === "required").map(({ name }) => name);
  const schema = objectSchema({ fields: definitions, at, required });
  if (aboutOneItem) addItemKeys(schema.properties, `${at}/properties/items/items`);
  const needs = required.map((name): readonly string[] => {
    const keys = keysOf(name, definitions[name]?.aliases);
    return name === "items" && aboutOneItem ? [...keys, ...ONE_ITEM_KEYS] : keys;
  });
  return { ...schema, ...needsSchema(needs) };
}

/** Fields of the one product beside the event's own properties. */
function addItemKeys(properties: JsonObject, at: string): void {
  for (const field of Object.keys(ITEM_FIELDS)) {
    for (const key of itemKeys(field)) {
      if (!Object.hasOwn(properties, key)) properties[key] = { $ref: `${at}/properties/${field}` };
    }
  }
}

interface ObjectParts {
  fields: Readonly<Record<string, PropertyDefinition>>;
  /** The place of the schema, as `$ref` writes it. */
  at: string;
  required: readonly string[];
}

/** Every field under its canonical name, and its other names as references to it; a canonical name goes first. */
function objectSchema({ fields, at, required }: ObjectParts): JsonObject & { properties: JsonObject } {
  const properties: JsonObject = {};
  for (const [name, definition] of Object.entries(fields)) {
    const place = `${at}/properties/${name}`;
    properties[name] = valueSchema(definition, place, !required.includes(name));
  }
  for (const [name, { aliases }] of Object.entries(fields)) {
    for (const key of keysOf(name, aliases)) {
      if (!Object.hasOwn(properties, key)) properties[key] = { $ref: `${at}/properties/${name}` };
    }
  }
  return { type: "object", properties };
}

/** Each list of keys must have one that is there. Said by `else`, so that a fault names one key and not each of them. */
function needsSchema(needs: readonly (readonly string[])[]): JsonObject {
  const required = needs.flatMap(([key, ...others]) => (key === undefined || others.length > 0 ? [] : [key]));
  const alternatives = needs.flatMap(([key, ...others]) =>
    key === undefined || others.length === 0
      ? []
      : [{ if: { anyOf: others.map((other) => ({ required: [other] })) }, else: { required: [key] } }],
  );
  return {
    ...(required.length > 0 && { required }),
    ...(alternatives.length > 0 && { allOf: alternatives }),
  };
}

function valueSchema(definition: PropertyDefinition, at: string, nullable: boolean): JsonObject {
  const { type, description, form, values, minimum, maximum, entries } = definition;
  return {
    description,
    type: nullable ? [type, "null"] : type,
    ...(values !== undefined && { enum: nullable ? [...values, null] : [...values] }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(form !== undefined && structuredClone(FORMS[form])),
    ...(entries !== undefined && { items: valueSchema(entries, `${at}/items`, false) }),
    ...fieldsSchema(definition, at),
  };
}

function fieldsSchema({ fields, needsOneOf = [] }: PropertyDefinition, at: string): Record<string, JsonValue> {
  if (fields === undefined) return {};
  const { properties } = objectSchema({ fields, at, required: [] });
  const oneOf = needsOneOf.flatMap((name) => keysOf(name, fields[name]?.aliases));
  return { properties, ...(oneOf.length > 0 && needsSchema([oneOf])) };
}
