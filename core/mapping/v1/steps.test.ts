import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { compileMapping } from "../compile.ts";
import { compute, enrich, EVENT, filter, map, payloadOf, transform } from "./step-fixture.ts";

const CASES: [what: string, steps: JsonValue[], payload: JsonValue][] = [
  ["a path", [map({ client_id: "event.vendorIds.ga4_client_id" })], { client_id: "12.34" }],
  [
    "both spellings of the event's own fields",
    [map({ a: "event.user_id", b: "event.vendor_ids.ga4_client_id" })],
    { a: "u-1", b: "12.34" },
  ],
  [
    "quoted literals",
    [map({ a: "'purchase'", b: '"it\'s"', c: "'it\\'s'", d: "''", e: " 'x' " })],
    { a: "purchase", b: "it's", c: "it's", d: "", e: "x" },
  ],
  ["numbers and booleans as literals", [map({ a: 5, b: false })], { a: 5, b: false }],
  [
    "list indexes",
    [map({ "events[0].name": "'purchase'", "events[0].params.value": "event.properties.value" })],
    { events: [{ name: "purchase", params: { value: 7999 } }] },
  ],
  ["lists without holes", [map({ "a[2]": "event.userId" })], { a: [null, null, "u-1"] }],
  ["a list of every item", [map({ ids: "event.properties.items[].id" })], { ids: ["A", "B"] }],
  [
    "canonical names",
    [map({ v: "event.canonical.value", n: "event.canonical.event_name" })],
    { v: 7999, n: "purchase" },
  ],
  ["the whole event", [map({ id: "event.userId" }), map({ event: "event" })], { id: "u-1", event: EVENT }],
  [
    "several map steps build one payload",
    [map({ "a.b": "event.userId" }), map({ "a.c": "event.type" })],
    { a: { b: "u-1", c: "track" } },
  ],
  [
    "what is missing is left out",
    [map({ a: "event.nope", b: "event.properties.empty", c: "event.type" })],
    { c: "track" },
  ],
  [
    "on_missing null",
    [map({ a: "event.nope", "b.c": "event.nope" }, { on_missing: "null" })],
    { a: null, b: { c: null } },
  ],
  ["on_missing as YAML reads null", [map({ a: "event.nope" }, { on_missing: null })], { a: null }],
  ["a missing source leaves what is there", [map({ a: "event.userId" }), map({ a: "event.nope" })], { a: "u-1" }],
  [
    "cents to currency",
    [map({ value: "event.properties.value" }), transform({ value: "from_cents" })],
    { value: 79.99 },
  ],
  [
    "cents to currency before the map",
    [transform({ "event.properties.value": "from_cents" }), map({ value: "event.properties.value" })],
    { value: 79.99 },
  ],
  [
    "transforms one after the other",
    [map({ a: "event.event" }), transform({ a: ["lowercase", { replace: { find: " ", with: "_" } }] })],
    { a: "order_completed" },
  ],
  [
    "transforms of items",
    [
      map({ items: "event.properties.items" }),
      transform({ "items[].id": "lowercase" }),
      transform({ "items[0].price": "from_cents" }),
    ],
    {
      items: [
        { id: "a", price: 5 },
        { id: "b", price: "x" },
      ],
    },
  ],
  [
    "a transform without a value takes the field away",
    [map({ a: "event.event", b: "event.type" }), transform({ a: "url_host" })],
    { b: "track" },
  ],
  [
    "a transform can give a missing field a value",
    [map({ "a.b": "event.nope", c: "event.type" }), transform({ "a.b": { default: 1 } })],
    { a: { b: 1 }, c: "track" },
  ],
  [
    "enrich",
    [map({ a: "event.userId" }), enrich({ "b.c": [1, { d: null }], e: null, f: "{{pipeline_param.nope}}" })],
    { a: "u-1", b: { c: [1, { d: null }] }, e: null },
  ],
  ["enrich the event", [enrich({ "event.context.region": "eu" }), map({ r: "event.context.region" })], { r: "eu" }],
  [
    "compute",
    [
      map({ a: "event.userId" }),
      compute({ key: { expression: "COALESCE(event.nope, event.userId, 'x')", type: "string" } }),
    ],
    { a: "u-1", key: "u-1" },
  ],
  [
    "compute types",
    [
      map({}),
      compute({
        s: { expression: "event.properties.value", type: "string" },
        n: { expression: "'7.5'", type: "number" },
        i: { expression: "'7.5'", type: "integer" },
        b: { expression: "event.type = 'track'", type: "boolean" },
        t: { expression: "event.type = 'track'", type: "string" },
        raw: { expression: "event.properties.nested" },
      }),
    ],
    { s: "7999", n: 7.5, i: 7, b: true, t: "true", raw: { a: { b: 1 } } },
  ],
  [
    "compute from the payload and the event",
    [
      map({ a: "event.properties.value" }),
      compute({ big: { expression: "a > 5 AND event.type IN ('track', 'page')" } }),
    ],
    { a: 7999, big: true },
  ],
  [
    "compute without a value",
    [
      map({ a: "event.userId" }),
      compute({ a: { expression: "event.nope" }, b: { expression: "lowercase(event.properties)" } }),
    ],
    { a: "u-1" },
  ],
  [
    "fields of one step do not see each other",
    [map({ a: "'1'", b: "'2'" }), map({ a: "b", b: "a" })],
    { a: "2", b: "1" },
  ],
  [
    "a name alone is the payload's",
    [map({ event: "event.event" }), transform({ event: "uppercase" }), compute({ n: { expression: "payload.event" } })],
    { event: "ORDER COMPLETED", n: "ORDER COMPLETED" },
  ],
  [
    "payload. says it",
    [map({ "payload.event.name": "event.event" }), map({ n: "payload.event.name" }), enrich({ "payload.x": 1 })],
    { event: { name: "Order Completed" }, n: "Order Completed", x: 1 },
  ],
  [
    "canonical is an ordinary name in the payload",
    [map({ "canonical.value": "'1'" }), map({ v: "canonical.value" })],
    { canonical: { value: "1" }, v: "1" },
  ],
  [
    "a skipped step leaves everything as it was",
    [
      map({ a: "event.userId", b: "event.properties.text" }),
      transform({ a: "uppercase", b: "to_number" }),
      map({ c: "'1'" }),
    ],
    { a: "u-1", b: "many", c: "1" },
  ],
  [
    "a skipped change of the event",
    [transform({ "event.userId": "uppercase", "event.properties.text": "to_number" }), map({ a: "event.userId" })],
    { a: "u-1" },
  ],
  [
    "a skipped compute step",
    [
      map({ a: "event.userId" }),
      compute({ b: { expression: "1" }, c: { expression: "event.properties.text", type: "number" } }),
    ],
    { a: "u-1" },
  ],
  ["a filter on the payload", [map({ a: "event.properties.value" }), filter("a > 5")], { a: 7999 }],
  [
    "copies do not change with the original",
    [map({ "a.x": "'1'" }), map({ b: "a", "a.y": "'2'" }), map({ "a.z": "'3'", "b.own": "'4'" })],
    { a: { x: "1", y: "2", z: "3" }, b: { x: "1", own: "4" } },
  ],
  ["a payload within itself", [map({ "a.x": "'1'" }), map({ "a.self": "a" })], { a: { x: "1", self: { x: "1" } } }],
  [
    "values of the event and the mapping are not changed",
    [
      map({ n: "event.properties.nested", m: "event.properties.nested" }),
      map({ "n.a.c": "'2'" }),
      transform({ "n.a.b": "to_string" }),
    ],
    { n: { a: { b: "1", c: "2" } }, m: { a: { b: 1 } } },
  ],
];

for (const [what, steps, payload] of CASES) {
  test(what, () => {
    assert.deepEqual(payloadOf(steps), payload);
    assert.deepEqual(payloadOf(steps), payload, "the same again");
  });
}

test("parameters fill literals and fixed values", () => {
  const steps = [map({ a: "'{{pipeline_param.site}}-x'" }), enrich({ b: ["{{pipeline_param.site}}"] })];
  assert.deepEqual(payloadOf(steps, { site: "main" }), { a: "main-x", b: ["main"] });
  const made = compileMapping({ steps });
  assert.deepEqual("pipelineParameters" in made && made.pipelineParameters, ["site"]);
  const secret = compileMapping({ steps }, { secretParameters: ["site"] });
  assert.equal("faults" in secret && secret.faults.length, 2);
});

test("without a map step the event goes on, as the steps have left it", () => {
  assert.equal(payloadOf([filter("event.type = 'track' AND type = 'track'")]), EVENT, "the very event");
  const steps = [
    transform({ "event.properties.value": "from_cents", userId: "uppercase" }),
    enrich({ "payload.context.region": "eu", event: "purchase" }),
    compute({ total: { expression: "payload.properties.value" } }),
  ];
  assert.deepEqual(payloadOf(steps), {
    ...EVENT,
    userId: "U-1",
    event: "purchase",
    total: 79.99,
    properties: { ...(EVENT["properties"] as JsonObject), value: 79.99 },
    context: { region: "eu" },
  });
  assert.equal(payloadOf([]), EVENT);
});
