import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionSettings, DeliveryPlan, JsonObject, JsonValue } from "@datafly-signal/core";
import fastCheck from "fast-check";
import { deliveryOf } from "../contract-case.ts";
import braze from "./index.ts";
import { fitRecommended } from "./recommended-event.ts";

const KEY = "b7b7b7b7-0000-4000-8000-000000000001";

function planOf(parameters: JsonObject = {}, batch: ConnectionSettings["batch"] = {}): DeliveryPlan {
  const settings = { parameters: { rest_endpoint: "EU-02", ...parameters }, secrets: { rest_api_key: KEY } };
  const plan = braze.plan({ ...settings, batch, environment: "production" });
  assert.ok(!Array.isArray(plan), JSON.stringify(plan));
  return plan;
}

const build = (plan: DeliveryPlan, payloads: readonly JsonValue[]) => {
  const deliveries = payloads.map((payload, index) => deliveryOf({}, { index, payload, vendorEventName: null }));
  const built = plan.build(deliveries, { now: 0, batchId: "batch" });
  const bodies = built.requests.map(({ body }) => JSON.parse(String(body)) as Record<string, JsonObject[]>);
  return { ...built, bodies };
};

describe("Braze's connector", () => {
  it("calls the instance that is meant, however it is written", () => {
    for (const written of ["EU-02", "eu-02", "rest.fra-02.braze.eu", "https://rest.fra-02.braze.eu/"]) {
      const { requests } = build(planOf({ rest_endpoint: written }), [{ external_id: "u", name: "login" }]);
      assert.equal(requests[0]?.url, "https://rest.fra-02.braze.eu/users/track", written);
    }
  });

  it("keeps 75 objects a request, and the places of events in answers right behind refused ones", () => {
    const payloads = Array.from({ length: 60 }, (_, index): JsonValue => {
      if (index % 10 === 3) return { name: "nobody" };
      return { external_id: `u-${index}`, name: "login", attributes: { plan: "pro" } };
    });
    const plan = planOf();
    const { requests, refused, bodies } = build(plan, payloads);
    assert.deepEqual(
      refused.map(({ index }) => index),
      [3, 13, 23, 33, 43, 53],
    );
    assert.deepEqual(
      bodies.map(({ attributes = [], events = [] }) => [attributes.length, events.length]),
      [
        [37, 37],
        [17, 17],
      ],
    );
    const [, second] = requests;
    assert.ok(second);
    const body = JSON.stringify({ message: "success", errors: [{ type: "no", input_array: "events", index: 1 }] });
    const outcomes = plan.classify({ status: 201, headers: {}, body }, second);
    assert.equal(
      outcomes.findIndex(({ kind }) => kind === "reject"),
      1,
    );
    assert.deepEqual(bodies[1]?.["events"]?.[1]?.["external_id"], `u-${second.covers[1]}`);
  });

  it("tells events apart where it is not known what the request held", () => {
    const errors = [{ type: "no", input_array: "purchases", index: 2 }];
    const answer = { status: 201, headers: {}, body: JSON.stringify({ errors }) };
    const plan = planOf();
    const [logins] = build(
      plan,
      Array.from({ length: 3 }, () => ({ external_id: "u", name: "login" })),
    ).requests;
    assert.ok(logins);
    const { ids: _, ...counted } = logins;
    for (const request of [logins, counted]) {
      const kinds = plan.classify(answer, request).map(({ kind }) => kind);
      assert.deepEqual(kinds, ["delivered", "delivered", "reject"]);
    }
  });

  it("never says the key", () => {
    const plan = planOf();
    const { requests } = build(plan, [{ external_id: "u", name: "login" }]);
    const [request] = requests;
    assert.ok(request);
    const errors = [{ type: `the key ${KEY} is odd`, input_array: "events", index: 0 }];
    const [outcome] = plan.classify({ status: 201, headers: {}, body: JSON.stringify({ errors }) }, request);
    assert.deepEqual(outcome, { kind: "reject", reason: "Braze left out events[0]: the key … is odd." });
  });

  const fits: [title: string, name: string, given: JsonObject, made: object][] = [
    [
      "texts that are numbers, and what the schema does not know",
      "ecommerce.product_viewed",
      { product_id: 7, price: " 79.99 ", currency: " gbp", source: "web", color: "red", metadata: { size: "M" } },
      {
        properties: {
          ...{ product_id: "7", product_name: "7", variant_id: "7", price: 79.99, currency: "GBP", source: "web" },
          metadata: { color: "red", size: "M" },
        },
      },
    ],
    [
      "what is missing, product by product",
      "ecommerce.checkout_started",
      { checkout_id: "c", source: "web", products: [{ product_id: "a", price: 1 }, { quantity: 2 }, 5] },
      {
        lacks: [
          "currency",
          "products[1].product_id",
          "products[1].product_name",
          "products[1].variant_id",
          "products[1].price",
        ],
      },
    ],
    [
      "a change of a cart, without a total",
      "ecommerce.cart_updated",
      { cart_id: "c", action: "add", currency: "EUR", source: "web", products: { product_id: "a", price: "0" } },
      {
        properties: {
          ...{ cart_id: "c", action: "add", currency: "EUR", source: "web" },
          products: [{ product_id: "a", product_name: "a", variant_id: "a", price: 0, quantity: 1 }],
        },
      },
    ],
    [
      "a cart without products, and amounts below nothing",
      "ecommerce.cart_updated",
      { cart_id: "c", currency: "EUR", source: "web", products: [], total_value: -1 },
      { lacks: ["products", "total_value"] },
    ],
    [
      "lengths and weights, and addresses that are too long",
      "ecommerce.order_placed",
      {
        ...{ order_id: 1, currency: "EUR", source: "web" },
        products: [
          { product_id: "a", price: 3, quantity: "1.5", product_url: `https://x.example.com/${"a".repeat(255)}` },
        ],
      },
      {
        properties: {
          ...{ order_id: "1", currency: "EUR", source: "web", total_value: 4.5 },
          products: [
            { product_id: "a", product_name: "a", variant_id: "a", price: 4.5, quantity: 1, metadata: { units: 1.5 } },
          ],
        },
      },
    ],
    [
      "a refund whose amount nobody said",
      "ecommerce.order_refunded",
      { order_id: "o", currency: "EUR", source: "web", products: [{ product_id: "a" }] },
      { lacks: ["total_value"] },
    ],
  ];
  for (const [title, name, given, made] of fits)
    it(`fits ${title}`, () => assert.deepEqual(fitRecommended(name, given), made));

  it("leaves other events as they are", () => {
    for (const name of ["login", "ecommerce.Order_Placed", "constructor", "__proto__"])
      assert.equal(fitRecommended(name, {}), undefined);
  });

  it("makes something of every payload, within the limit and under one identifier", () => {
    const names = fastCheck.constantFrom(
      "login",
      "ecommerce.order_placed",
      "ecommerce.order_refunded",
      "ecommerce.cart_updated",
    );
    const amount = fastCheck.oneof(fastCheck.integer(), fastCheck.double(), fastCheck.constantFrom("5", "x", null));
    const product = fastCheck.dictionary(
      fastCheck.constantFrom("product_id", "price", "quantity", "metadata", "currency", "time", "constructor"),
      fastCheck.oneof(amount, fastCheck.jsonValue()),
    );
    const payload = fastCheck.record(
      {
        external_id: fastCheck.constantFrom("u", "", null, 5),
        user_alias: fastCheck.constantFrom({ alias_name: "a", alias_label: "b" }, { alias_name: "a" }, null),
        name: names,
        time: fastCheck.constantFrom("2026-02-25T14:30:00Z", null, 5),
        properties: fastCheck.oneof(
          fastCheck.jsonValue(),
          fastCheck.record({
            ...{
              order_id: fastCheck.string(),
              currency: fastCheck.constantFrom("EUR", "x"),
              source: fastCheck.string(),
            },
            products: fastCheck.array(product, { maxLength: 100 }),
          }),
        ),
        attributes: fastCheck.oneof(
          fastCheck.jsonValue(),
          fastCheck.dictionary(fastCheck.string(), fastCheck.jsonValue()),
        ),
        purchases: fastCheck.oneof(fastCheck.jsonValue(), fastCheck.array(product)),
      },
      { requiredKeys: [] },
    );
    const plans = ["both", "recommended", "legacy"].map((use) => planOf({ use_ecommerce_events: use }));
    fastCheck.assert(
      fastCheck.property(fastCheck.array(payload, { maxLength: 5 }), (payloads) => {
        for (const plan of plans) {
          const { requests, refused, bodies } = build(plan, payloads as JsonValue[]);
          assert.equal(requests.flatMap(({ covers }) => covers).length + refused.length, payloads.length);
          for (const { attributes = [], events = [], purchases = [] } of bodies) {
            const all = [...attributes, ...events, ...purchases];
            assert.ok(all.length > 0 && all.length <= 75);
            for (const one of all) assert.ok((one["external_id"] !== undefined) !== (one["user_alias"] !== undefined));
            for (const { name, time } of events) assert.ok(typeof name === "string" && typeof time === "string");
            for (const one of purchases) assert.ok(Number(one["quantity"]) >= 1 && Number(one["quantity"]) <= 100);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
