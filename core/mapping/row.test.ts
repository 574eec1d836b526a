import assert from "node:assert/strict";
import { test } from "node:test";
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping } from "./compile.ts";

const EVENT: SignalEvent = {
  type: "track",
  event: "Order Completed",
  messageId: "m-1",
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:01.000Z",
  userId: "user_98765",
  anonymousId: "a-1",
  traits: { email: null, "first.name": "Jane" },
  properties: {
    email: " Jane@Example.com ",
    value: "79.99",
    currency: "usd",
    order_id: "o-1",
    flag: false,
    empty: "",
    tags: ["a", "b"],
    items: [{ item_id: "A", quantity: 2, price: 10 }, { name: "no id" }, { item_id: "C", price: 0.5 }],
    products: [{ item_id: "other" }],
    orders: [{ lines: [{ id: 1 }, { id: 2 }] }, { lines: [] }, { lines: [{ id: 3 }] }],
  },
  context: { page: { url: "https://shop.example.com/" }, library: { name: "@datafly/ios" }, consent: { ads: true } },
};

function payloadOf(rows: JsonObject[], more: JsonObject = {}): JsonValue | string {
  const made = compileMapping({ version: 2, events: { purchase: { mappings: rows, ...more } } });
  assert.ok(!("faults" in made), JSON.stringify(made));
  const result = made.mapping.apply(EVENT, { site: "main", n: "7" });
  return result.kind === "mapped" ? result.payload : `${result.reason} ${result.by}`;
}

/** Name, rows, payload (or reason and row of a stop). */
const ROWS: [string, JsonObject[], JsonValue][] = [
  ["a path", [{ source: "properties.value", target: "a.b" }], { a: { b: "79.99" } }],
  [
    "false and empty text are values",
    [
      { source: "properties.flag", target: "a" },
      { source: "properties.empty", target: "b" },
    ],
    { a: false, b: "" },
  ],
  [
    "first present, null is missing",
    [{ source: ["traits.email", "nope.x", "properties.email"], target: "em" }],
    { em: " Jane@Example.com " },
  ],
  [
    "snake_case roots",
    [
      { source: "user_id", target: "id" },
      { source: "anonymous_id", target: "anon" },
    ],
    { id: "user_98765", anon: "a-1" },
  ],
  ["quoted keys", [{ source: 'traits."first.name"', target: 'x["a.b"]' }], { x: { "a.b": "Jane" } }],
  [
    "inherited names are no values",
    [
      { source: "properties.toString", target: "a" },
      { source: "properties.tags.length", target: "b" },
      { source: "properties.tags.map", target: "c" },
    ],
    {},
  ],
  ["an index of a source", [{ source: "properties.items[2].item_id", target: "a" }], { a: "C" }],
  [
    "an index of a target",
    [
      { value: 1, target: "events[0].params.value" },
      { value: 2, target: "events[0].params.n" },
      { value: 3, target: "events[2]" },
    ],
    { events: [{ params: { value: 1, n: 2 } }, null, 3] },
  ],
  ["a literal", [{ value: { a: [1] }, target: "a" }], { a: { a: [1] } }],
  [
    "a parameter alone and in a text",
    [
      { value: "{{pipeline_param.site}}", target: "a" },
      { value: "x-{{ pipeline_param.n }}-y", target: "b" },
    ],
    { a: "main", b: "x-7-y" },
  ],
  [
    "an unknown parameter is missing",
    [
      { value: "{{pipeline_param.nope}}", target: "a" },
      { value: "x{{pipeline_param.toString}}", target: "b", default_value: "d" },
    ],
    { b: "d" },
  ],
  [
    "parameters deep within",
    [
      {
        value: { a: ["{{pipeline_param.site}}", "{{pipeline_param.nope}}"], b: "{{pipeline_param.nope}}", c: 1 },
        target: "a",
      },
    ],
    { a: { a: ["main"], c: 1 } },
  ],
  [
    "transforms in order",
    [{ source: "properties.email", target: "em", transform: ["trim", "lowercase", { truncate: 4 }] }],
    { em: "jane" },
  ],
  ["transforms of a list", [{ source: "properties.tags", target: "t", transform: "uppercase" }], { t: ["A", "B"] }],
  ["format alone", [{ source: "timestamp", target: "t", format: "yyyy/MM/dd" }], { t: "2026/02/25" }],
  [
    "format of date_format",
    [{ source: "timestamp", target: "t", transform: ["trim", "date_format"], format: "epoch_micros" }],
    { t: 1772029800000000 },
  ],
  [
    "value_map by text form",
    [
      { source: "context.consent.ads", target: "a", value_map: { true: "GRANTED", "*": "DENIED" } },
      { source: "properties.value", target: "b", value_map: { "79.99": 1 } },
    ],
    { a: "GRANTED", b: 1 },
  ],
  [
    "value_map: *",
    [{ source: "properties.value", target: "a", value_map: { x: 1, "*": 2 }, default_value: 3 }],
    { a: 2 },
  ],
  [
    "value_map: unknown without *",
    [
      { source: "properties.value", target: "a", value_map: { x: 1 }, default_value: 3 },
      { source: "properties.value", target: "b", value_map: { x: 1 } },
    ],
    { a: 3 },
  ],
  [
    "value_map: missing takes the default first",
    [{ source: "nope.x", target: "a", value_map: { "*": 2 }, default_value: 3 }],
    { a: 3 },
  ],
  ["value_map: missing takes *", [{ source: "nope.x", target: "a", value_map: { "*": 2 } }], { a: 2 }],
  [
    "value_map of a list",
    [{ source: "properties.tags", target: "a", value_map: { a: "A", "*": "?" } }],
    { a: ["A", "?"] },
  ],
  ["default_value", [{ source: "nope.x", target: "a", default_value: 0 }], { a: 0 }],
  ["required: there", [{ source: "properties.value", target: "a", required: true }], { a: "79.99" }],
  ["required: by default", [{ source: "nope.x", target: "a", required: true, default_value: 1 }], { a: 1 }],
  [
    "required: missing",
    [{ source: "nope.x", target: "a", required: true }],
    "mapping_required_missing events.purchase.mappings[0]",
  ],
  [
    "required: not looked at when when is false",
    [{ source: "nope.x", target: "a", required: true, when: "event = 'x'" }],
    {},
  ],
  [
    "when",
    [
      { source: "userId", target: "a", when: "properties.currency = 'usd'" },
      { source: "userId", target: "b", when: "properties.currency = 'USD'" },
    ],
    { a: "user_98765" },
  ],
  [
    "the later row wins",
    [
      { value: 1, target: "a" },
      { value: 2, target: "a" },
      { value: 3, target: "a.b" },
    ],
    { a: { b: 3 } },
  ],
  [
    "lists item by item",
    [
      { source: "properties.items[].item_id", target: "c[].id" },
      { source: "properties.items[].quantity", target: "c[].q", default_value: 1 },
    ],
    { c: [{ id: "A", q: 2 }, { q: 1 }, { id: "C", q: 1 }] },
  ],
  [
    "empty items go, aligned",
    [
      { source: "properties.items[].item_id", target: "c[].id" },
      { source: "properties.items[].price", target: "c[].p" },
    ],
    {
      c: [
        { id: "A", p: 10 },
        { id: "C", p: 0.5 },
      ],
    },
  ],
  [
    "transforms item by item",
    [{ source: "properties.items[].price", target: "c[].p", transform: { multiply: 2 } }],
    { c: [{ p: 20 }, { p: 1 }] },
  ],
  ["a list of values", [{ source: "properties.items[].item_id", target: "ids[]" }], { ids: ["A", "C"] }],
  [
    "gathered",
    [
      { source: "properties.items[].price", target: "n", transform: "sum" },
      { source: "properties.items[].item_id", target: "ids" },
    ],
    { n: 10.5, ids: ["A", "C"] },
  ],
  [
    "several levels",
    [{ source: "properties.orders[].lines[].id", target: "o[].l[].n" }],
    { o: [{ l: [{ n: 1 }, { n: 2 }] }, { l: [{ n: 3 }] }] },
  ],
  [
    "several levels gathered",
    [
      { source: "properties.orders[].lines[].id", target: "o[].ids" },
      { source: "properties.orders[].lines[].id", target: "all", transform: "count" },
    ],
    { o: [{ ids: [1, 2] }, { ids: [] }, { ids: [3] }], all: 3 },
  ],
  [
    "the first list that exists wins whole",
    [
      {
        source: ["properties.nope[].item_id", "properties.items[].item_id", "properties.products[].item_id"],
        target: "c[].id",
      },
    ],
    { c: [{ id: "A" }, { id: "C" }] },
  ],
  ["no list", [{ source: "properties.nope[].id", target: "c[].id", default_value: 1 }], {}],
  [
    "no list, required",
    [{ source: "properties.nope[].id", target: "c[].id", required: true }],
    "mapping_required_missing events.purchase.mappings[0]",
  ],
  [
    "an item without the required",
    [{ source: "properties.items[].item_id", target: "c[].id", required: true }],
    "mapping_required_missing events.purchase.mappings[0]",
  ],
  [
    "every item has the required",
    [{ source: "properties.items[].item_id", target: "c[].id", required: true, default_value: "?" }],
    { c: [{ id: "A" }, { id: "?" }, { id: "C" }] },
  ],
  [
    "one object is a list of one",
    [{ source: "context.page[].url", target: "p[].u" }],
    { p: [{ u: "https://shop.example.com/" }] },
  ],
  [
    "a literal into every item",
    [
      { source: "properties.items[].item_id", target: "c[].id" },
      { value: "product", target: "c[].type" },
      { value: "x", target: "none[].type" },
    ],
    { c: [{ id: "A", type: "product" }, { type: "product" }, { id: "C", type: "product" }] },
  ],
  [
    "a single value makes the first item",
    [
      { source: "properties.order_id", target: "c[].id" },
      { source: "properties.value", target: "c[].v" },
      { source: "userId", target: "ids[]" },
    ],
    { c: [{ id: "o-1", v: "79.99" }], ids: ["user_98765"] },
  ],
  [
    "canonical fields",
    [
      { source: "canonical.transaction_id", target: "a" },
      { source: "canonical.value", target: "b" },
      { source: "canonical.items[].item_name", target: "c[].t" },
      { source: "canonical.event_name", target: "d" },
    ],
    { a: "o-1", b: "79.99", c: [{ t: "no id" }], d: "purchase" },
  ],
  [
    "canonical whole",
    [
      { source: "canonical.items", target: "i" },
      { source: "canonical.items[1].item_name", target: "n" },
    ],
    { i: [{ item_id: "A", quantity: 2, price: 10 }, { item_name: "no id" }, { item_id: "C", price: 0.5 }], n: "no id" },
  ],
];

for (const [name, rows, expected] of ROWS) {
  test(`row: ${name}`, () => {
    const before = structuredClone(EVENT);
    assert.deepEqual(payloadOf(rows), expected);
    assert.deepEqual(EVENT, before);
  });
}

test("shared objects are copied before a later row changes them", () => {
  const before = structuredClone(EVENT);
  const rows = [
    { source: "properties", target: "p" },
    { value: "x", target: "p.items[0].item_id" },
    { value: "t", target: "p.items[].type" },
    { source: "properties.items[].price", target: "p.items[].cost" },
    { value: { a: { b: 1 } }, target: "lit" },
    { source: "userId", target: "lit.a.c" },
  ];
  const first = payloadOf(rows, {
    transforms: [{ target: "p.items[].item_id", transform: "lowercase" }],
  }) as JsonObject;
  assert.deepEqual(EVENT, before);
  assert.deepEqual(first["lit"], { a: { b: 1, c: "user_98765" } });
  assert.deepEqual((first["p"] as JsonObject)["items"], [
    { item_id: "x", quantity: 2, price: 10, type: "t", cost: 10 },
    { name: "no id", type: "t" },
    { item_id: "c", price: 0.5, type: "t", cost: 0.5 },
  ]);
  assert.deepEqual(payloadOf(rows.slice(4, 5)), { lit: { a: { b: 1 } } });
});
