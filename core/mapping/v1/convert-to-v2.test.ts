import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { compileMapping } from "../compile.ts";
import { convertToV2, type Conversion } from "./convert-to-v2.ts";
import { compiled, compute, enrich, EVENT, filter, map, transform } from "./step-fixture.ts";

const converted = (source: JsonValue): Conversion => {
  const made = convertToV2(source);
  assert.ok(!("faults" in made), JSON.stringify(made));
  assert.deepEqual(parse(made.text), made.document, "text and plain data are one");
  assert.ok(!("faults" in compileMapping(made.text)), made.text);
  return made;
};

const source = (path: string, target: string, more: JsonObject = {}): JsonObject => ({ source: path, target, ...more });
const fail: JsonObject = { on_error: "fail" };
const mapped = (defaults: JsonObject): JsonObject => ({ version: 2, defaults: { action: "map", ...defaults } });

const EXACT: [what: string, steps: JsonValue[], document: JsonObject][] = [
  [
    "rows and literals",
    [map({ a: "event.userId", "b[0].c": "'x'", d: 5 })],
    mapped({ mappings: [source("userId", "a"), { value: "x", target: "b[0].c" }, { value: 5, target: "d" }] }),
  ],
  [
    "on_missing drop",
    [map({ a: "event.userId", b: "'x'" }, { on_missing: "drop" })],
    mapped({ mappings: [source("userId", "a", { required: true }), { value: "x", target: "b" }] }),
  ],
  [
    "literals are never missing",
    [map({ b: "'x'" }, { on_missing: "null" })],
    mapped({ mappings: [{ value: "x", target: "b" }] }),
  ],
  [
    "fixed values",
    [map({ a: "event.userId" }), enrich({ r: "eu", "l[1]": [1] })],
    mapped({
      mappings: [source("userId", "a")],
      enrichments: [
        { target: "r", value: "eu" },
        { target: "l[1]", value: [1] },
      ],
    }),
  ],
  [
    "fixed values that rows overwrite stay before them",
    [enrich({ a: "none", b: "x" }), map({ a: "event.userId" })],
    mapped({
      mappings: [{ value: "none", target: "a" }, source("userId", "a")],
      enrichments: [{ target: "b", value: "x" }],
    }),
  ],
  [
    "filters",
    [filter("event.type = 'track'"), map({}), filter("NOT event.userId = 'x' OR event.a")],
    mapped({ filter: "(type = 'track') AND (NOT (userId = 'x') OR a)" }),
  ],
  [
    "a filter on the payload asks the event",
    [map({ v: "event.properties.value", k: "'kind'" }), filter("v > 10 AND k = 'kind'")],
    mapped({
      filter: "properties.value > 10 AND 'kind' = 'kind'",
      mappings: [source("properties.value", "v"), { value: "kind", target: "k" }],
    }),
  ],
  [
    "a transform of a row",
    [map({ v: "event.properties.value" }), transform({ v: "from_cents" }, fail)],
    mapped({ mappings: [source("properties.value", "v", { transform: "from_cents" })] }),
  ],
  [
    "a transform before the map",
    [transform({ "event.properties.value": ["from_cents", "round"] }, fail), map({ v: "event.properties.value" })],
    mapped({ mappings: [source("properties.value", "v", { transform: ["from_cents", "round"] })] }),
  ],
  [
    "a transform that works on every value needs no on_error",
    [map({ v: "event.properties.value" }), transform({ v: { default: 0 } })],
    mapped({ mappings: [source("properties.value", "v", { transform: { default: 0 } })] }),
  ],
  [
    "a transform of items",
    [map({ items: "event.properties.items" }), transform({ "items[].id": "lowercase" }, fail)],
    mapped({
      mappings: [source("properties.items", "items")],
      transforms: [{ target: "items[].id", transform: "lowercase" }],
    }),
  ],
  [
    "a transform of what two rows write",
    [map({ a: "event.userId" }), map({ a: "event.anonymousId" }), transform({ a: "uppercase" }, fail)],
    mapped({
      mappings: [source("userId", "a"), source("anonymousId", "a")],
      transforms: [{ target: "a", transform: "uppercase" }],
    }),
  ],
  [
    "COALESCE",
    [
      map({}),
      compute({
        a: { expression: "COALESCE(event.userId, event.anonymousId)" },
        b: { expression: "COALESCE(event.userId, 'none', event.a)" },
      }),
    ],
    mapped({
      mappings: [
        { source: ["userId", "anonymousId"], target: "a" },
        source("userId", "b", { transform: { default: "none" } }),
      ],
    }),
  ],
  [
    "a computed type",
    [
      map({}),
      compute({ a: { expression: "event.userId", type: "string" }, b: { expression: "'7.5'", type: "integer" } }, fail),
    ],
    mapped({ mappings: [source("userId", "a", { transform: "to_string" }), { value: 7, target: "b" }] }),
  ],
  [
    "a computed condition",
    [map({}), compute({ big: { expression: "event.properties.value > 100", type: "string" } })],
    mapped({
      mappings: [
        { value: "true", target: "big", when: "properties.value > 100" },
        { value: "false", target: "big", when: "NOT (properties.value > 100)" },
      ],
    }),
  ],
  [
    "functions that work on every value",
    [map({}), compute({ h: { expression: "url_host(default(event.properties.url, 'https://shop.example.com'))" } })],
    mapped({
      mappings: [source("properties.url", "h", { transform: [{ default: "https://shop.example.com" }, "url_host"] })],
    }),
  ],
  [
    "a changed event",
    [
      compute({ "event.userId": { expression: "COALESCE(event.traits.id, event.anonymousId)" } }),
      enrich({ "event.context.region": "eu" }),
      map({ id: "event.userId", r: "event.context.region" }),
    ],
    mapped({
      mappings: [
        { source: ["traits.id", "anonymousId", "userId"], target: "id" },
        { value: "eu", target: "r" },
      ],
    }),
  ],
  [
    "a copied field of the payload",
    [map({ a: "event.userId" }), map({ b: "a" })],
    mapped({ mappings: [source("userId", "a"), source("userId", "b")] }),
  ],
  [
    "keys that need quotes",
    [map({ '"a b".c': 'event.traits."first.name"' })],
    mapped({ mappings: [source('traits."first.name"', '"a b".c')] }),
  ],
  [
    "no map step",
    [
      filter("event.type = 'track'"),
      enrich({ region: "eu" }),
      compute({ total: { expression: "properties.value" } }),
      transform({ "event.properties.value": "from_cents" }, fail),
    ],
    {
      version: 2,
      global: { mappings: [source("properties.value", "total")] },
      defaults: {
        action: "pass_through",
        filter: "type = 'track'",
        enrichments: [{ target: "region", value: "eu" }],
        transforms: [{ target: "properties.value", transform: "from_cents" }],
      },
    },
  ],
];

for (const [what, steps, document] of EXACT) {
  test(`exactly: ${what}`, () => {
    const conversion = converted({ steps });
    assert.deepEqual(conversion.report, []);
    assert.deepEqual(conversion.document, document);
    const made = compileMapping(conversion.document);
    assert.ok(!("faults" in made));
    assert.deepEqual(made.mapping.apply(EVENT, {}).kind, compiled(steps).apply(EVENT, {}).kind);
  });
}

const REPORTED: [steps: JsonValue[], step: number | null, kind: string, what: string, why: RegExp][] = [
  [[map({ a: "event" })], 0, "not_converted", "a", /event as a whole/],
  [[map({ a: "event.userId" }, { on_missing: "null" })], 0, "differs", "a", /writes no null/],
  [[map({ a: "event.userId" }, { on_missing: "fail" })], 0, "differs", "a", /dead letter/],
  [[map({ a: "event.userId" }), transform({ a: "to_number" })], 1, "differs", "a", /to_number.*the step is left out/],
  [
    [map({ a: "event.userId" }), transform({ a: "to_number" }, { on_error: "drop" })],
    1,
    "differs",
    "a",
    /the event is not sent/,
  ],
  [[map({}), enrich({ a: null })], 1, "not_converted", "a", /no null/],
  [
    [map({ a: "event.userId" }), transform({ a: "trim" }, fail), filter("a = 'x'")],
    2,
    "not_converted",
    "condition",
    /what transforms have made/,
  ],
  [[map({ a: "event.properties" }), filter("a.value > 1")], 1, "not_converted", "condition", /reads the payload/],
  [[map({ "a.x": "event.userId" }), map({ b: "a" })], 1, "not_converted", "b", /reads the payload/],
  [
    [map({ a: "event.properties.items" }), transform({ "a[].id": "trim" }, fail), map({ "a[0].id": "'x'" })],
    2,
    "not_converted",
    "a[0].id",
    /when all rows have written/,
  ],
  [
    [map({}), compute({ a: { expression: "lowercase(event.userId)" } })],
    1,
    "differs",
    "a",
    /the expression has no value/,
  ],
  [
    [map({}), compute({ a: { expression: "COALESCE(lowercase(event.userId), event.anonymousId)" } })],
    1,
    "not_converted",
    "a",
    /in common/,
  ],
  [[map({}), compute({ a: { expression: "'x'", type: "number" } })], 1, "not_converted", "a", /always fails/],
  [
    [compute({ "event.userId": { expression: "event.a > 1" } }), map({ a: "event.userId" })],
    1,
    "not_converted",
    "a",
    /steps\[0\] makes of the event/,
  ],
  [
    [transform({ "event.properties.value": "from_cents" }, fail), map({ a: "event.userId" })],
    0,
    "differs",
    "event.properties.value",
    /No row carries it/,
  ],
  [
    [enrich({ "event.properties.value": 5 }), map({ a: "event.canonical.value" })],
    1,
    "not_converted",
    "a",
    /steps\[0\] makes of the event/,
  ],
  [
    [map({ a: 'event."first name"' }), filter('event."first name" exists')],
    1,
    "not_converted",
    "condition",
    /names a field in a way/,
  ],
  [
    [
      filter(`event.a IN (${Array.from({ length: 300 }, () => "'xxxxx'").join(", ")})`),
      filter(`event.b IN (${Array.from({ length: 300 }, () => "'xxxxx'").join(", ")})`),
      map({}),
    ],
    null,
    "not_converted",
    "filter",
    /longer than 4000/,
  ],
];

for (const [steps, step, kind, what, why] of REPORTED) {
  test(`reported: ${what} of ${JSON.stringify(steps).slice(0, 80)}`, () => {
    const { report, text } = converted({ name: "Two\nlines", steps });
    const [note, ...others] = report;
    assert.deepEqual(others, []);
    assert.deepEqual({ step: note?.step, kind: note?.kind, what: note?.what }, { step, kind, what });
    assert.match(note?.why ?? "", why);
    assert.match(text, /^# Two\n# lines\n# (Differs|Not converted): /);
  });
}

test("every valid mapping of the corpus becomes one of version 2", () => {
  const folder = new URL("corpus/valid/", import.meta.url);
  for (const file of readdirSync(folder)) converted(readFileSync(new URL(file, folder), "utf8"));
});

test("the example of the documentation as text", () => {
  const { text } = converted(readFileSync(new URL("corpus/valid/purchase.yaml", import.meta.url), "utf8"));
  assert.equal(
    text.replace(/^# Differs.*\n/gm, ""),
    `# Purchases to GA4
# Orders with a value, in currency units.

version: 2
defaults:
  action: map
  filter: type = 'track' AND event IN ('Order Completed', 'purchase')
  mappings:
    - { source: vendorIds.ga4_client_id, target: client_id }
    - { value: purchase, target: "events[0].name" }
    - { source: properties.value, target: "events[0].params.value", transform: from_cents }
    - { source: properties.order_id, target: "events[0].params.transaction_id" }
    - { source: [ userId, anonymousId ], target: user_id, transform: to_string }
  enrichments:
    - { target: "events[0].params.currency", value: GBP }
    - { target: non_personalized_ads, value: false }
`,
  );
});

test("what is no sound mapping of version 1 has faults", () => {
  const faultsOf = (document: JsonValue) => {
    const made = convertToV2(document);
    return "faults" in made ? made.faults : [];
  };
  assert.deepEqual(faultsOf("steps:\n  - type: mapp\n"), [
    {
      path: "steps[0].type",
      message: "Must be map, filter, transform, enrich or compute. Did you mean map?",
      line: 2,
      column: 11,
    },
  ]);
  for (const other of [null, { version: 2 }, "version: 2"]) {
    assert.deepEqual(faultsOf(other), [
      { path: "version", message: "Only mappings of version 1, with steps, are converted." },
    ]);
  }
});
