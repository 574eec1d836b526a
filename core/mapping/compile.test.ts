import assert from "node:assert/strict";
import { test } from "node:test";
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping, type MappingCompilation } from "./compile.ts";
import { MappingError, type MappingResult } from "./contract.ts";

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

function compile(document: JsonValue): MappingCompilation {
  const made = compileMapping(document);
  assert.ok(!("faults" in made), JSON.stringify(made));
  return made;
}

const run = (
  document: JsonValue,
  event: SignalEvent = EVENT,
  parameters: Record<string, string> = { site: "main", n: "7" },
): MappingResult => compile(document).mapping.apply(event, parameters);

function payloadOf(rows: JsonObject[], more: JsonObject = {}): JsonValue | string {
  const result = run({ version: 2, events: { purchase: { mappings: rows, ...more } } });
  return result.kind === "mapped" ? result.payload : `${result.reason} ${result.by}`;
}

test("event rows win over global ones; transforms of the payload come last", () => {
  const result = run({
    version: 2,
    global: {
      mappings: [
        { value: "global", target: "a" },
        { source: "userId", target: "id" },
      ],
      enrichments: [{ target: "site", value: "{{pipeline_param.site}}" }],
      transforms: [
        { target: "id", transform: "uppercase" },
        { target: "nope", transform: "trim" },
        { target: "d", transform: { default: 1 } },
      ],
    },
    events: {
      purchase: {
        mappings: [{ value: "event", target: "a" }],
        enrichments: [{ target: "b", value: 1 }],
        transforms: [
          { field: "id", transform: [{ suffix: "!" }] },
          { target: "site", transform: "digits_only" },
        ],
      },
    },
  });
  assert.deepEqual(result, {
    kind: "mapped",
    payload: { a: "event", id: "USER_98765!", b: 1, d: 1 },
    vendorEventName: "Order Completed",
  });
});

const page = (name?: string): SignalEvent => ({
  ...EVENT,
  type: "page",
  ...(name !== undefined && { name }),
  event: null,
});
const SECTIONS: JsonObject = {
  "Product Added": {},
  "Order Completed": {},
  page: {},
  "page:Checkout": {},
  identify: {},
  custom_event: {},
};
const track = (event: string): SignalEvent => ({ ...EVENT, event });

/** Event, the section it belongs to. */
const FINDS: [SignalEvent, string | null][] = [
  [track("Order Completed"), "Order Completed"],
  [track("order-completed"), "Order Completed"],
  [track("purchase"), "Order Completed"],
  [track("add_to_cart"), "Product Added"],
  [track("custom_event"), "custom_event"],
  [track("Custom Event"), null],
  [track("Page Viewed"), "page"],
  [track("toString"), null],
  [track("__proto__"), null],
  [page("Checkout"), "page:Checkout"],
  [page("Home"), "page"],
  [page(), "page"],
  [{ ...EVENT, type: "identify" }, "identify"],
  [{ ...EVENT, type: "group" }, null],
];

test("an event finds its section", () => {
  const sections = Object.fromEntries(Object.keys(SECTIONS).map((name) => [name, { vendor_event_name: name }]));
  const { mapping } = compile({ version: 2, events: sections });
  for (const round of [1, 2]) {
    for (const [event, section] of FINDS) {
      const result = mapping.apply(event, {});
      const found = result.kind === "mapped" ? result.vendorEventName : null;
      assert.equal(found, section, `${event.type} ${String(event["event"])} (round ${round})`);
    }
  }
  const { mapping: viewed } = compile({ version: 2, events: { page_view: {} } });
  assert.deepEqual(viewed.apply(page("x"), {}), { kind: "mapped", payload: {}, vendorEventName: "page" });
});

test("stops", () => {
  assert.deepEqual(run({ version: 2 }), { kind: "stopped", reason: "mapping_default_drop", by: "defaults" });
  assert.deepEqual(run({ version: 2, events: { purchase: { enabled: false } } }), {
    kind: "stopped",
    reason: "mapping_event_disabled",
    by: "events.purchase",
  });
  assert.deepEqual(run({ version: 2, events: { "Order Completed": { filter: "properties.value > 100" } } }), {
    kind: "stopped",
    reason: "mapping_filter",
    by: 'events["Order Completed"].filter',
  });
});

test("defaults: map and pass_through", () => {
  const other = track("something_else");
  const before = structuredClone(other);
  const mapped = run(
    {
      version: 2,
      global: { mappings: [{ source: "userId", target: "id" }] },
      defaults: { action: "map", mappings: [{ source: "event", target: "name" }] },
    },
    other,
  );
  assert.deepEqual(mapped, {
    kind: "mapped",
    payload: { id: "user_98765", name: "something_else" },
    vendorEventName: null,
  });
  const passed = run(
    {
      version: 2,
      global: {
        mappings: [{ source: "context.page.url", target: "context.page.href" }],
        transforms: [{ target: "properties.currency", transform: "uppercase" }],
      },
      defaults: {
        action: "pass_through",
        enrichments: [
          { target: "context.region", value: "eu" },
          { target: "properties.items[].x", value: 1 },
        ],
      },
    },
    other,
  );
  assert.ok(passed.kind === "mapped");
  const expected = structuredClone(other) as unknown as {
    context: { page: JsonObject; region?: string };
    properties: JsonObject & { items: JsonObject[] };
  };
  expected.context.page["href"] = "https://shop.example.com/";
  expected.context.region = "eu";
  expected.properties["currency"] = "USD";
  for (const item of expected.properties.items) item["x"] = 1;
  assert.deepEqual(passed.payload, expected);
  assert.deepEqual(other, before);
  assert.deepEqual(run(null, other), { kind: "mapped", payload: other, vendorEventName: null });
});

test("a value that a transform cannot work on is a MappingError that names row and type, never the value", () => {
  assert.throws(
    () =>
      payloadOf([
        { source: "userId", target: "a" },
        { source: "properties.email", target: "b", transform: "to_number" },
      ]),
    (error: unknown) =>
      error instanceof MappingError && error.path === "events.purchase.mappings[1]" && !error.message.includes("Jane"),
  );
});

test("parameters, pipeline parameters and warnings come with the mapping", () => {
  const made = compile(
    "version: 2\nparameters: { pixel_id: '{{pipeline_param.px}}' }\nevents:\n  purchse:\n    mappings:\n      - { source: propeties.value, target: a }\n      - { value: '{{pipeline_param.k}}', target: b }\n",
  );
  assert.deepEqual(made.parameters, { pixel_id: "{{pipeline_param.px}}" });
  assert.deepEqual(made.pipelineParameters, ["k"]);
  assert.deepEqual(made.warnings, [
    {
      path: "events.purchse",
      message: "The catalogue has no event purchse. Did you mean purchase?",
      line: 4,
      column: 3,
    },
    {
      path: "events.purchse.mappings[0].source",
      message: "Events have no field propeties. Did you mean properties?",
      line: 6,
      column: 19,
    },
  ]);
});

test("a secret parameter cannot be part of a payload", () => {
  const made = compileMapping(
    { version: 2, global: { enrichments: [{ target: "a", value: "{{pipeline_param.token}}" }] } },
    { secretParameters: ["token"] },
  );
  assert.deepEqual(made, {
    faults: [
      {
        path: "global.enrichments[0].value",
        message: "The pipeline parameter token is secret and cannot be part of a payload.",
      },
    ],
  });
});

test("events about one product have it as their one canonical item", () => {
  const event = {
    ...track("Product Added"),
    properties: { product_id: "SKU-1234", name: "Wireless Headphones", price: 79.99, quantity: 1 },
  };
  const result = run(
    {
      version: 2,
      events: {
        add_to_cart: {
          mappings: [
            { source: "canonical.items[].item_id", target: "ids[]" },
            { source: "canonical.items[].item_name", target: "c[].t" },
            { source: "canonical.items[0].price", target: "p" },
          ],
        },
      },
    },
    event,
  );
  assert.deepEqual(result.kind === "mapped" && result.payload, {
    ids: ["SKU-1234"],
    c: [{ t: "Wireless Headphones" }],
    p: 79.99,
  });
  const camel = run(
    {
      version: 2,
      defaults: {
        action: "map",
        mappings: [
          { source: "canonical.items[].item_id", target: "ids[]" },
          { source: "canonical.transaction_id", target: "o" },
        ],
      },
    },
    { ...track("x"), properties: { orderId: "o-2", products: [{ productId: "P" }] } },
  );
  assert.deepEqual(camel.kind === "mapped" && camel.payload, { ids: ["P"], o: "o-2" });
  const whole = run(
    { version: 2, defaults: { action: "map", mappings: [{ source: "canonical", target: "all" }] } },
    { ...track("x"), properties: { revenue: 5, products: [{ sku: "P", name: "N", colour: "red" }] } },
  );
  assert.deepEqual(whole.kind === "mapped" && whole.payload, {
    all: { value: 5, items: [{ item_id: "P", item_name: "N", colour: "red" }] },
  });
  const all = { version: 2, defaults: { action: "map", mappings: [{ source: "canonical", target: "all" }] } };
  const properties = { product_id: "P", name: "N", price: 9, revenue: 9, coupon: "C", colour: "red" };
  const one = run(all, { ...track("Product Viewed"), properties });
  assert.deepEqual(one.kind === "mapped" && one.payload, {
    all: { value: 9, coupon: "C", colour: "red", items: [{ item_id: "P", item_name: "N", price: 9 }] },
  });
  const other = run(all, { ...track("Ticket Opened"), properties: { product_id: "P", name: "N" } });
  assert.deepEqual(other.kind === "mapped" && other.payload, { all: { product_id: "P", name: "N" } });
});

test("texts that try to break the reader are faults", () => {
  for (const text of [
    "",
    "[".repeat(20_000),
    `version: 2\na: ${"{a: ".repeat(5_000)}`,
    "x".repeat(1_100_000),
    "&a [*a]",
    "{{{",
    "\u0000",
    "- *nope",
    "version: 2\n? {a: 1}\n: 2",
    'a: &a ["x","x"]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
  ]) {
    const made = compileMapping(text);
    assert.ok("faults" in made && made.faults.length > 0 && made.faults.length < 200, text.slice(0, 30));
    for (const fault of made.faults) assert.ok((fault.line ?? 0) >= 1 && (fault.column ?? 0) >= 1);
  }
});
