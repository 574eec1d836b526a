import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SignalEvent } from "../../event/event.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import { anyJson, eventOf, layered, prototypes } from "../consent/event-fixture.ts";
import type { StepVerdict } from "../step.ts";
import { type SchemaEntry, type SchemasConfig, schemasFaults } from "./schema-config.ts";
import { compileSchemas } from "./schema-step.ts";

function run(config: SchemasConfig, event: SignalEvent): StepVerdict {
  assert.deepEqual(schemasFaults(config), []);
  return compileSchemas(config)?.(layered(event)) ?? null;
}

/** The texts of what a value violates, with its place. */
function violations(schema: JsonObject, properties: JsonObject | undefined): string {
  const event = eventOf(properties === undefined ? {} : { properties });
  const before = JSON.stringify(event);
  const verdict = run([{ event: "*", part: "properties", schema }], event);
  assert.equal(JSON.stringify(event), before);
  return verdict !== null && "reject" in verdict ? verdict.details : "";
}

const of = (a: JsonObject): JsonObject => ({ properties: { a } });

/** Through the parser: an object written with `then` reads like a promise. */
const thenSchema = (schema: JsonObject): JsonObject => JSON.parse(`{"then":${JSON.stringify(schema)}}`) as JsonObject;

/** Schema of `properties`, properties, what is said; empty where they fit. */
const words: [JsonObject, JsonObject | undefined, string][] = [
  [{ type: "object", required: ["a"] }, { a: 1 }, ""],
  [{ required: ["a", "b"] }, {}, "properties.a is missing. Send it. properties.b is missing. Send it."],
  [{ required: ["a"] }, undefined, "properties.a is missing. Send it."],
  [{ required: ["constructor"] }, {}, "properties.constructor is missing. Send it."],
  [of({ type: "number" }), { a: "1" }, "properties.a is text. Send a number."],
  [of({ type: ["string", "null"] }), { a: true }, "properties.a is true or false. Send text or null."],
  [of({ type: "integer" }), { a: 1.5 }, "properties.a is a number. Send a whole number."],
  [of({ type: "array" }), { a: {} }, "properties.a is an object. Send a list."],
  [of({ enum: ["x", 1] }), { a: "y" }, 'properties.a is none of the allowed values. Send one of "x", 1.'],
  [of({ const: { b: 1 } }), { a: { b: 2 } }, 'properties.a is not the one allowed value. Send {"b":1}.'],
  [of({ const: { b: 1 } }), { a: { b: 1 } }, ""],
  [of({ minimum: 0 }), { a: -1 }, "properties.a is out of range. Send at least 0."],
  [of({ exclusiveMaximum: 5 }), { a: 5 }, "properties.a is out of range. Send less than 5."],
  [of({ multipleOf: 2 }), { a: 3 }, "properties.a is no multiple of 2. Round it."],
  [of({ minLength: 2 }), { a: "x" }, "properties.a is too short. Send at least 2 characters."],
  [of({ maxItems: 1 }), { a: [1, 2] }, "properties.a is too long. Send at most 1 items."],
  [of({ minProperties: 1 }), { a: {} }, "properties.a has too few keys. Send at least 1."],
  [of({ pattern: "^[A-Z]+$" }), { a: "x" }, 'properties.a does not have the form "^[A-Z]+$". Send it in that form.'],
  [of({ pattern: "^\\u0041$" }), { a: "A" }, ""],
  [{ properties: { a: { pattern: "^x$" }, b: { pattern: "^y$" } } }, { a: "x", b: "y" }, ""],
  [of({ format: "email" }), { a: "jane" }, "properties.a is no valid email. Send it in that form."],
  [of({ format: "date-time" }), { a: "2026-02-25T14:30:00Z" }, ""],
  [of({ format: "date" }), { a: "2026-02-30" }, "properties.a is no valid date. Send it in that form."],
  [of({ format: "uuid" }), { a: 1 }, ""],
  [
    of({ uniqueItems: true }),
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
    "properties.a has an item twice. Send each once.",
  ],
  [of({ uniqueItems: true }), { a: [1, "1", true, [1], null] }, ""],
  [of({ uniqueItems: false }), { a: [1, 1] }, ""],
  [
    of({ contains: { const: 1 } }),
    { a: [2] },
    "properties.a[0] is not the one allowed value. Send 1. properties.a has too few or too many items of the wanted kind. Send as many as the schema says.",
  ],
  [
    { additionalProperties: false, properties: { a: true } },
    { b: 1 },
    "properties.b is not expected. Leave it out, or add it to the schema.",
  ],
  [
    { unevaluatedProperties: false, allOf: [{ properties: { a: true } }] },
    { a: 1, b: 1 },
    "properties.b is not expected. Leave it out, or add it to the schema.",
  ],
  [{ dependentRequired: { a: ["b"] } }, { a: 1 }, "properties.b is missing beside a. Send both, or neither."],
  [of({ not: { type: "string" } }), { a: "x" }, "properties.a has a form that is not allowed. Send it otherwise."],
  [
    of({ oneOf: [{ type: "number" }, { minimum: 0 }] }),
    { a: 1 },
    "properties.a fits more than one alternative. Send what fits one alone.",
  ],
  [
    of({ anyOf: [{ type: "number" }, { type: "null" }] }),
    { a: "x" },
    "properties.a is text. Send a number. properties.a is text. Send null. properties.a fits none of the alternatives. Send one of them.",
  ],
  [{ if: { required: ["a"] }, ...thenSchema({ required: ["b"] }) }, { a: 1 }, "properties.b is missing. Send it."],
  [{ properties: { a: false } }, { a: 1 }, "properties.a is not allowed. Leave it out."],
  [
    of({ items: { properties: { price: { type: "number" } } } }),
    { a: [{ price: 1 }, { price: "x" }] },
    "properties.a[1].price is text. Send a number.",
  ],
  [of({ default: 5 }), {}, ""],
  [{ $ref: "#/$defs/x~1y", $defs: { "x/y": { required: ["a"] } } }, {}, "properties.a is missing. Send it."],
];

for (const [schema, properties, expected] of words) {
  test(`schema ${JSON.stringify(schema)} of ${JSON.stringify(properties)}`, () => {
    assert.equal(violations(schema, properties), expected);
  });
}

test("what is said holds no value and no name that may be one", () => {
  const secret = "jane@example.com";
  const schema: JsonObject = {
    additionalProperties: { type: "number" },
    propertyNames: { maxLength: 10 },
    properties: {
      a: { enum: [1] },
      b: { pattern: "^x$" },
      c: { format: "uuid" },
      d: { const: 1 },
      e: { maxLength: 1 },
    },
  };
  const said = violations(schema, { [secret]: secret, a: secret, b: secret, c: secret, d: secret, e: secret });
  assert.ok(said.length > 100);
  assert.doesNotMatch(said, /jane/);
});

/** Entry without its schema, event, whether it concerns it. */
const reach: [Omit<SchemaEntry, "schema">, JsonObject, boolean][] = [
  [{ event: "purchase" }, { event: "Order Completed" }, true],
  [{ event: "Order Completed" }, { event: "purchase" }, true],
  [{ event: "order-completed" }, { event: "Order Completed" }, true],
  [{ event: "purchase" }, { event: "Product Added" }, false],
  [{ event: "My Event" }, { event: "My Event" }, true],
  [{ event: "My Event" }, { event: "my_event" }, false],
  [{ event: "*" }, { event: "anything" }, true],
  [{ event: "*", type: "page" }, { event: "anything" }, false],
  [{ event: "*", type: "page" }, { type: "page" }, true],
  [{ event: "page" }, { type: "page", name: "Checkout" }, true],
  [{ event: "page_view" }, { type: "page" }, true],
  [{ event: "page:Checkout" }, { type: "page", name: "Checkout" }, true],
  [{ event: "page:Checkout" }, { type: "page", name: "Cart" }, false],
  [{ event: "identify" }, { type: "identify" }, true],
  [{ event: "identify" }, { type: "group" }, false],
  [{ event: "group" }, { type: "group", event: "identify" }, true],
];

for (const [entry, event, concerned] of reach) {
  test(`${JSON.stringify(entry)} ${concerned ? "concerns" : "passes over"} ${JSON.stringify(event)}`, () => {
    const verdict = run([{ ...entry, on_violation: "drop", schema: { required: ["never"] } }], eventOf(event));
    assert.deepEqual(verdict, concerned ? { drop: "schema_dropped" } : null);
  });
}

test("the parts of an event", () => {
  const event = eventOf({ traits: { a: 1 }, context: { b: 1 } });
  const check = (part: SchemaEntry["part"] & string, key: string) =>
    run([{ event: "*", part, schema: { required: [key] } }], event) === null;
  assert.deepEqual(
    [check("traits", "a"), check("context", "b"), check("event", "messageId"), check("properties", "a")],
    [true, true, true, false],
  );
});

const rule = (on_violation: SchemaEntry["on_violation"] & string, ...required: string[]): SchemaEntry => ({
  ...{ event: "*", on_violation },
  schema: { required },
});

test("warn lets the event go on and says so on it", () => {
  const event = eventOf({ context: { schema_violations: "mine" } });
  assert.equal(run([rule("warn", "x", "y"), rule("warn", "y", "z"), rule("warn", "messageId")], event), null);
  assert.deepEqual(event.context["schema_violations"], {
    count: 4,
    faults: ["x is missing. Send it.", "y is missing. Send it.", "z is missing. Send it."],
  });
});

test("an event that fits carries no word of violations, its own neither", () => {
  const event = eventOf({ context: { schema_violations: { count: 1 } } });
  assert.equal(run([rule("warn", "messageId")], event), null);
  assert.deepEqual(event.context, {});
});

test("the first schema of the file that is violated and does not only warn decides", () => {
  assert.deepEqual(run([rule("warn", "x"), rule("drop", "x"), rule("quarantine", "x")], eventOf()), {
    drop: "schema_dropped",
  });
  const rejected = { reject: "schema_validation_failed", details: "x is missing. Send it." };
  assert.deepEqual(run([rule("drop", "type"), rule("quarantine", "x"), rule("drop", "x")], eventOf()), rejected);
  assert.deepEqual(run([{ event: "*", schema: { required: ["x"] } }], eventOf()), rejected);
});

test("at most twenty faults are told, of large events one", () => {
  const schema: JsonObject = of({ items: { type: "number" } });
  const details = violations(schema, { a: Array.from({ length: 30 }, () => "x") });
  assert.equal(details.match(/Send a number/g)?.length, 20);
  assert.match(details, /And 10 more\.$/);
  assert.equal(
    violations(schema, { a: Array.from({ length: 10_000 }, () => "x") }),
    "properties.a[0] is text. Send a number.",
  );
});

test("all patterns of a schema together are bounded for one event", () => {
  const schema = of({ items: { pattern: "[ab]*a[ab]{20}[ab]$" } });
  assert.equal(violations(schema, { a: Array.from({ length: 25 }, () => "ab".repeat(100)) }), "");
  const started = process.threadCpuUsage().user;
  const details = violations(schema, { a: Array.from({ length: 25 }, () => "ab".repeat(10_000)) });
  assert.ok(process.threadCpuUsage().user - started < 1_500_000);
  assert.match(details, /^properties\.a\[1\] does not have the form/);
});

test("no schemas are no step", () => {
  assert.equal(compileSchemas(undefined), null);
  assert.equal(compileSchemas([]), null);
});

test("hostile events take time in proportion", () => {
  const long = "a".repeat(900_000);
  const hostile: [JsonObject, JsonObject][] = [
    [of({ uniqueItems: true }), { a: Array.from({ length: 150_000 }, (_, index) => index) }],
    [of({ pattern: "^(a+)+$" }), { a: `${long}!` }],
    [of({ pattern: "(.*a){10}b" }), { a: long }],
    ...["email", "uri", "uri-reference", "hostname", "ipv6", "duration", "json-pointer", "date-time"].map(
      (format): [JsonObject, JsonObject] => [of({ format }), { a: `${long}@${long}` }],
    ),
    ...["email", "uri", "uri-reference", "hostname", "ipv6", "duration", "json-pointer"].map(
      (format): [JsonObject, JsonObject] => [
        of({ items: { format } }),
        { a: Array.from({ length: 100 }, () => `a@${"a-".repeat(1_000)}!`) },
      ],
    ),
  ];
  for (const [schema, properties] of hostile) {
    const step = compileSchemas([{ event: "*", part: "properties", schema }]);
    const event = eventOf();
    event["properties"] = properties;
    const started = process.cpuUsage().user;
    step?.(layered(event));
    assert.ok(process.cpuUsage().user - started < 5_000_000, JSON.stringify(schema));
  }
});

const KEYS = ["a", "b", "items", "__proto__", "constructor", "toString", "length", "type", "hasOwnProperty"];
const json = anyJson(KEYS, ["x", "jane@example.com", "2026-02-25"]);
const leaf: fc.Arbitrary<JsonObject> = fc.constantFrom<JsonObject>(
  ...[
    { type: "string" },
    { type: ["number", "object"] },
    { enum: [1, "x", {}] },
    { pattern: "^[a-z]+$" },
    { format: "email" },
  ],
  ...[
    { minimum: 1 },
    { uniqueItems: true },
    { minLength: 2 },
    { required: ["a", "constructor"] },
    { const: null },
    {},
    { default: 1 },
  ],
);
const anySchema: fc.Arbitrary<JsonObject> = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc
      .dictionary(fc.constantFrom(...KEYS.filter((key) => key !== "__proto__")), tie("schema"), { maxKeys: 3 })
      .map((properties) => ({ properties, additionalProperties: false })),
    tie("schema").map((items) => ({ items })),
    tie("schema").map((one) => ({ additionalProperties: one })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie("schema").map((not) => ({ not, unevaluatedProperties: false })),
  ),
})).schema;

test("any event through any sound schema: nothing throws, nothing changes but the note, no prototype changes", () => {
  const clean = prototypes();
  let violated = 0;
  const part = fc.constantFrom("event", "properties", "context");
  fc.assert(
    fc.property(anySchema, part, json, (schema, part, value) => {
      const config: SchemasConfig = [{ event: "*", part, on_violation: "warn", schema }];
      assert.deepEqual(schemasFaults(config), []);
      const event = eventOf();
      event["properties"] = structuredClone(value);
      event.context = { page: structuredClone(value) };
      const before = structuredClone(event);
      assert.equal(run(config, event), null);
      const note = event.context["schema_violations"];
      delete event.context["schema_violations"];
      assert.deepEqual(event, before);
      if (note === undefined) return;
      violated += 1;
      assert.ok(isJsonObject(note) && Array.isArray(note["faults"]) && note["faults"].length > 0);
      assert.doesNotMatch(JSON.stringify(note), /jane@|undefined|\[object/);
    }),
    { numRuns: 300 },
  );
  assert.ok(violated > 50, String(violated));
  assert.equal(prototypes(), clean);
});
