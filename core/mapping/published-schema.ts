/** `docs/mapping.schema.json`: the schema of mappings, V2 and V1, for editors, with every transform and its arguments. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { mappingSchema } from "./document.ts";
import { listTransforms } from "./transforms/table.ts";
import { stepMappingSchema } from "./v1/document.ts";

const plain = (schema: unknown): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject;

/** One transform: by its name, or `{name: arguments}` with the arguments' own schema. */
function transform(): JsonObject {
  const all = listTransforms();
  const withArguments = all.filter(({ args }) => args !== null);
  // The argument of date_format may stand in the row's `format`.
  const alone = all.filter(({ name, argsRequired }) => !argsRequired || name === "date_format");
  return {
    description: "A transform by its name, or {name: arguments}.",
    anyOf: [
      {
        type: "string",
        anyOf: alone.map(({ name, summary }) => ({ const: name, description: summary })),
      },
      {
        type: "object",
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries(
          withArguments.map(({ name, summary, args }) => [name, described(plain(args), summary)]),
        ),
      },
    ],
  };
}

const described = (schema: JsonObject, summary: string): JsonObject => ({
  ...schema,
  description: typeof schema["description"] === "string" ? `${summary} ${schema["description"]}` : summary,
});

/** A transform, or a list of them. */
const TRANSFORMS: JsonObject = {
  description: "A transform, or a list of them, applied one after the other.",
  anyOf: [{ $ref: "#/$defs/transform" }, { type: "array", maxItems: 20, items: { $ref: "#/$defs/transform" } }],
};

/** Schemas that stand at many places, by title; they become references. */
const SHARED: Readonly<Record<string, string>> = {
  "a mapping row": "row",
  "an enrichment": "enrichment",
  "a transform row": "payload_transform",
  "an event's section": "section",
};

const isTransforms = (schema: JsonObject): boolean =>
  Array.isArray(schema["anyOf"]) &&
  schema["anyOf"].some((one) => isJsonObject(one) && one["title"] === "a list of transforms");

/** The schema with what is shared taken out into `defs`. */
function referred(schema: JsonValue, defs: JsonObject): JsonValue {
  if (Array.isArray(schema)) return schema.map((one) => referred(one, defs));
  if (!isJsonObject(schema)) return schema;
  if (isTransforms(schema)) return { $ref: "#/$defs/transforms" };
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, referred(value, defs)]));
  const name = typeof schema["title"] === "string" ? SHARED[schema["title"]] : undefined;
  if (name === undefined) return inner;
  defs[name] = inner;
  return { $ref: `#/$defs/${name}` };
}

/** The row's rule that its members cannot say: a source or a value. */
const ONE_ORIGIN: JsonObject = {
  oneOf: [
    { required: ["source"], properties: { value: { const: null } } },
    { required: ["value"], properties: { source: false, value: { not: { const: null } } } },
  ],
};
const ONE_TARGET: JsonObject = { oneOf: [{ required: ["target"] }, { required: ["field"] }] };

/** The published schema, as plain JSON Schema (draft 2020-12). */
export function publishedMappingSchema(): JsonObject {
  const defs: JsonObject = {};
  const v2 = referred(plain(mappingSchema), defs);
  const v1 = referred(plain(stepMappingSchema), defs);
  const { row, payload_transform: payload } = defs;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Datafly Signal mapping",
    description: "Makes a vendor's payload of an event: version 2, or steps (version 1).",
    type: "object",
    if: { required: ["steps"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { $ref: "#/$defs/version_1" },
    else: { $ref: "#/$defs/version_2" },
    $defs: {
      version_2: v2,
      version_1: v1,
      ...defs,
      row: { ...(isJsonObject(row) ? row : {}), ...ONE_ORIGIN },
      payload_transform: { ...(isJsonObject(payload) ? payload : {}), ...ONE_TARGET },
      transforms: TRANSFORMS,
      transform: transform(),
    },
  };
}
