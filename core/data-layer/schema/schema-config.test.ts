import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import type { JsonObject } from "../../json.ts";
import { LIMITS } from "./schema-references.ts";
import { type SchemasConfig, schemasFaults, SchemasSection } from "./schema-config.ts";

const entry = (schema: JsonObject): SchemasConfig => [{ event: "purchase", schema }];

/** Through the parser: an object written with `then` reads like a promise. */
const thenSchema = (schema: JsonObject): JsonObject => JSON.parse(`{"then":${JSON.stringify(schema)}}`) as JsonObject;

/** Every keyword that is understood, once. */
const sound: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://example.com/purchase",
  $comment: "x",
  title: "Purchase",
  type: "object",
  required: ["messageId"],
  "x-owner": { team: "shop" },
  properties: {
    properties: {
      type: ["object", "null"],
      properties: {
        value: { $ref: "#/$defs/price" },
        "a/b~c": { $ref: "#/properties/properties/properties/value" },
        at: { type: "string", format: "date-time" },
        sku: { type: "string", pattern: "^\\p{Lu}{2}-\\d+(?<n>x)?$", minLength: 1, maxLength: 20 },
        $id: { const: { $ref: "no reference, but data" } },
        other: true,
      },
      patternProperties: { "^x_": { enum: [1, "a", null] } },
      additionalProperties: false,
      dependentRequired: { value: ["at"] },
      dependentSchemas: { at: { minProperties: 1 } },
      propertyNames: { maxLength: 40 },
    },
    items: { type: "array", prefixItems: [true], items: { not: {} }, contains: {}, minContains: 0, uniqueItems: true },
  },
  if: { required: ["userId"] },
  ...thenSchema({ anyOf: [{}, { oneOf: [{}] }] }),
  else: { allOf: [{ unevaluatedProperties: true }, { unevaluatedItems: {} }] },
  $defs: { price: { type: "number", minimum: 0, exclusiveMaximum: 1e6, multipleOf: 0.01, default: 0, examples: [1] } },
};

test("a schema of every keyword has no faults", () => {
  assert.deepEqual(schemasFaults(entry(sound)), []);
  assert.equal(Value.Check(SchemasSection, entry(sound)), true);
});

const nested = (levels: number): JsonObject => (levels === 0 ? {} : { not: nested(levels - 1) });
/** Each part refers twice to the next one: 2^n ways. */
const doubling = (parts: number): JsonObject => ({
  $ref: "#/$defs/p0",
  $defs: Object.fromEntries(
    Array.from({ length: parts + 1 }, (_, index) => [
      `p${index}`,
      index === parts ? {} : { allOf: [{ $ref: `#/$defs/p${index + 1}` }, { $ref: `#/$defs/p${index + 1}` }] },
    ]),
  ),
});

/** Name, schema, place below it, message, cure. */
const faults: [string, JsonObject, string, RegExp, RegExp][] = [
  ["a misspelt keyword", { requred: ["a"] }, "requred", /unknown keyword "requred"/, /required/],
  [
    "a keyword deep down",
    { properties: { a: { allOf: [{ minimun: 1 }] } } },
    "properties.a.allOf.0.minimun",
    /unknown/,
    /minimum/,
  ],
  ["a keyword of nobody", { zzzzzzzz: 1 }, "zzzzzzzz", /unknown/, /x-/],
  ["a wrong type", { properties: { a: { type: "strng" } } }, "properties.a.type", /type/, /2020-12/],
  [
    "a bound as text",
    { properties: { a: { minimum: "1" } } },
    "properties.a.minimum",
    /is text.*Send a number/,
    /2020-12/,
  ],
  [
    "required as in draft 3",
    { properties: { a: { required: true } } },
    "properties.a.required",
    /Send a list/,
    /2020-12/,
  ],
  ["properties as list", { properties: [] }, "properties", /map of schemas/, /each name/],
  ["anyOf as map", { anyOf: {} }, "anyOf", /list of schemas/, /list/],
  ["a text for a schema", { items: "string" }, "items", /must be a schema/, /map of keywords/],
  ["items as list", { items: [{ type: "string" }] }, "items", /must be a schema/, /map/],
  ["another draft", { $schema: "http://json-schema.org/draft-07/schema#" }, "$schema", /2020-12/, /remove/],
  ["dependencies", { dependencies: {} }, "dependencies", /not supported/, /dependentRequired/],
  ["additionalItems", { additionalItems: false }, "additionalItems", /not supported/, /prefixItems/],
  ["nullable", { properties: { a: { nullable: true } } }, "properties.a.nullable", /not supported/, /null/],
  ["an id inside", { $defs: { a: { $id: "x" } } }, "$defs.a.$id", /not supported/, /\$defs/],
  ["an anchor", { $anchor: "a" }, "$anchor", /not supported/, /\$defs/],
  ["a dynamic reference", { $dynamicRef: "#a" }, "$dynamicRef", /not supported/, /\$ref/],
  ["a reference to elsewhere", { $ref: "https://example.com/schema.json" }, "$ref", /same schema/, /#\/\$defs/],
  ["a file", { $ref: "other.json#/a" }, "$ref", /same schema/, /#\/\$defs/],
  ["a reference to an anchor", { $ref: "#price" }, "$ref", /same schema/, /#\/\$defs/],
  ["a reference to nothing", { $ref: "#/$defs/no" }, "$ref", /leads to no schema/, /#\/\$defs/],
  ["a reference to data", { $ref: "#/const", const: {} }, "$ref", /leads to no schema/, /#\/\$defs/],
  ["a reference to itself", { properties: { a: { $ref: "#" } } }, "properties.a.$ref", /contains itself/, /levels/],
  [
    "a circle",
    { $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/b" } }, b: { not: { $ref: "#/$defs/a" } } } },
    "$defs.b.not.$ref",
    /contains itself/,
    /levels/,
  ],
  ["references that multiply", doubling(30), "", /more than 5000 parts/, /split/],
  ["a look-ahead", { properties: { a: { pattern: "^(?=x)" } } }, "properties.a.pattern", /not valid/, /RE2/],
  ["a pattern of keys", { patternProperties: { "(a": {} } }, "patternProperties.(a", /not valid/, /RE2/],
  [
    "an unknown format",
    { properties: { a: { format: "datetime" } } },
    "properties.a.format",
    /no known format/,
    /date-time/,
  ],
  ["a strange format", { format: "colour-of-the-sky" }, "format", /no known format/, /Known: date/],
  [
    "too deep",
    nested(LIMITS.depth + 2),
    Array.from({ length: LIMITS.depth + 1 }, () => "not").join("."),
    /nested deeper/,
    /Flatten/,
  ],
  ["too long", { description: "x".repeat(LIMITS.characters) }, "", /longer than/, /Split/],
];

for (const [name, schema, place, message, cure] of faults) {
  test(`fault of a schema: ${name}`, () => {
    const [fault, ...others] = schemasFaults(entry(schema));
    assert.deepEqual(others, []);
    assert.equal(fault?.path.join("."), ["0", "schema", ...(place === "" ? [] : [place])].join("."));
    assert.match(fault.message, message);
    assert.match(fault.cure, cure);
  });
}

/** Entry, message; null when it is sound. */
const reaches: [Omit<SchemasConfig[number], "schema">, RegExp | null][] = [
  [{ event: "*", type: "identify" }, null],
  [{ event: "identify", type: "identify" }, null],
  [{ event: "page:Checkout", type: "page" }, null],
  [{ event: "anything", type: "track" }, null],
  [{ event: "purchase", type: "identify" }, /no event of type identify is named "purchase"/],
  [{ event: "Checkout", type: "page" }, /no event of type page/],
  [{ event: "page", type: "group" }, /no event of type group/],
];

for (const [one, message] of reaches) {
  test(`reach of ${JSON.stringify(one)}`, () => {
    const found = schemasFaults([{ ...one, schema: {} }]);
    assert.equal(found.length, message === null ? 0 : 1);
    if (message !== null) assert.match(found[0]?.message ?? "", message);
  });
}

test("all faults of all schemas are told at once", () => {
  const found = schemasFaults([
    { event: "a", schema: { requred: [], properties: { x: { format: "nope" }, y: { pattern: "(" } } } },
    { event: "b", schema: {} },
    { event: "c", type: "page", schema: { $ref: "#x" } },
  ]);
  assert.deepEqual(
    found.map(({ path }) => path.join(".")),
    ["0.schema.requred", "0.schema.properties.x.format", "0.schema.properties.y.pattern", "2.event", "2.schema.$ref"],
  );
});

test("a value that contains itself is a fault", () => {
  const schema: JsonObject = {};
  schema["not"] = schema;
  assert.equal(schemasFaults(entry(schema)).length, 1);
});

test("too many schemas are a fault", () => {
  const many = Array.from({ length: 501 }, () => ({ event: "a", schema: {} }));
  assert.match(schemasFaults(many)[0]?.message ?? "", /more than 500/);
});
