import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import type { ConnectionSettings, JsonObject, VendorOutcome } from "@datafly-signal/core";
import { openRig, type Rig } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { BRAZE } from "./simulator.ts";

const SETTINGS = {
  parameters: { rest_endpoint: "US-01", app_id: BRAZE.appId },
  secrets: { rest_api_key: BRAZE.key },
};

const rigWith = (parameters: JsonObject = {}, key: string = BRAZE.key, blueprint = "default"): Promise<Rig> => {
  const settings: Partial<ConnectionSettings> = {
    // All that can be sent of an order, unless a test says otherwise.
    parameters: { ...SETTINGS.parameters, use_ecommerce_events: "both", ...parameters },
    secrets: { rest_api_key: key },
  };
  return openRig("braze", { blueprint, settings });
};

const event = (name: string, properties: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  ...{ type: "track", event: name, messageId: `m-${name}-${JSON.stringify(properties).length}`, userId: "user-1" },
  ...{ timestamp: new Date(CASE_NOW).toISOString(), context: {}, properties, ...more },
});

const ITEMS = [
  { item_id: "SKU-1", item_name: "Headphones", price: 79.99 },
  { item_id: "SKU-2", price: "12.5", quantity: 2 },
  { item_id: "SKU-3", price: 1, quantity: 250 },
];
const ORDER = event("purchase", { transaction_id: "ORD-1", currency: "eur", value: "354.99", items: ITEMS });

const kinds = (outcomes: readonly VendorOutcome[]): string[] => outcomes.map(({ kind }) => kind);

const revenue = (rig: Rig): number =>
  rig.world.accepted
    .filter(({ name }) => name === "purchases")
    .map(({ payload }) => payload as { price: number; quantity: number })
    .reduce((sum, { price, quantity }) => sum + price * quantity, 0);

describe("Braze takes what the connector sends", () => {
  for (const blueprint of ["default", "retail", "travel", "media"]) {
    const ways = blueprint === "default" ? ["both", "recommended", "legacy"] : ["both", "recommended"];
    for (const use_ecommerce_events of ways) {
      it(`every event of ${blueprint}, orders as ${use_ecommerce_events}`, async () => {
        const rig = await rigWith({ use_ecommerce_events }, BRAZE.key, blueprint);
        assert.ok(rig.samples().length > 0);
        for (const { title, given } of rig.samples()) {
          const [taken, flagged] = [rig.world.accepted.length, rig.world.warnings.length];
          const { exchanges, outcomes } = await rig.send([rig.delivery(given)]);
          assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
          // The same event under its other name is the same object once more.
          const warnings = rig.world.warnings
            .slice(flagged)
            .filter((warning) => !warning.endsWith("came again and counts again"));
          assert.deepEqual(warnings, [], title);
          const objects = exchanges.flatMap(({ request }) => (request.ids ?? []).flatMap((ids) => ids.split(" ")));
          assert.equal(rig.world.accepted.length - taken, objects.length, title);
        }
      });
    }
  }

  it("one request of many, told apart by array and place", async () => {
    const rig = await rigWith();
    const deliveries = rig.samples().map(({ given }, index) => rig.delivery(given, index));
    const { exchanges, outcomes } = await rig.send(deliveries);
    assert.deepEqual([...new Set(kinds(outcomes))], ["delivered"]);
    for (const { request } of exchanges) {
      const body = JSON.parse(String(request.body)) as Record<string, unknown[]>;
      assert.ok(Object.values(body).reduce((sum, list) => sum + list.length, 0) <= 75);
    }
    assert.ok(exchanges.length < deliveries.length / 10);
  });

  it("visitors as aliases, and people without an id by their e-mail address", async () => {
    const rig = await rigWith();
    const visitor = event("page_view", {}, { userId: null, anonymousId: "visitor-1" });
    const person = event("generate_lead", { email: "Jane@Example.com" }, { userId: null });
    const { outcomes } = await rig.send([rig.delivery(visitor), rig.delivery(person, 1)]);
    assert.deepEqual(kinds(outcomes), ["delivered", "delivered"]);
    assert.deepEqual(rig.world.warnings, []);
    const ids = rig.world.accepted.map(({ payload }) => {
      const { external_id, user_alias, email } = payload as JsonObject;
      return external_id ?? user_alias ?? email;
    });
    const alias = { alias_name: "visitor-1", alias_label: "anonymous_id" };
    assert.deepEqual(ids, ["jane@example.com", alias, "jane@example.com"]);
  });

  it("orders with every line, fractions and large quantities, to the penny", async () => {
    const rig = await rigWith({ use_ecommerce_events: "legacy" });
    assert.deepEqual(kinds((await rig.send([rig.delivery(ORDER)])).outcomes), ["delivered"]);
    assert.equal(rig.world.accepted.length, 5);
    assert.equal(Number(revenue(rig).toFixed(2)), 354.99);
    const many = Array.from({ length: 120 }, (_, index) => ({ item_id: `SKU-${index}`, price: 1.1, quantity: 1.5 }));
    const large = await rigWith();
    const order = event("purchase", { transaction_id: "ORD-2", currency: "EUR", items: many });
    assert.deepEqual(kinds((await large.send([large.delivery(order)])).outcomes), ["delivered"]);
    assert.equal(Number(revenue(large).toFixed(2)), 198);
    assert.deepEqual(large.world.warnings, []);
  });

  it("what a refund pays back, whatever its sign", async () => {
    for (const value of [20, -20]) {
      const rig = await rigWith();
      const refund = event("refund", { transaction_id: "ORD-1", currency: "EUR", value });
      assert.deepEqual(kinds((await rig.send([rig.delivery(refund)])).outcomes), ["delivered"]);
      assert.equal(revenue(rig), -20);
    }
  });
});

describe("what Braze answers is understood", () => {
  const good = (index: number): JsonObject => event("login", { method: `m${index}` }, { messageId: `m-${index}` });

  it("a bad object costs its own event, others are taken", async () => {
    const rig = await rigWith();
    const bad = rig.delivery(event("custom", { big: "x" }), 1);
    const large = {
      ...bad,
      payload: { external_id: "u", name: "custom", properties: { list: ["x".repeat(102_400)] } },
    };
    const { outcomes, requests } = await rig.settle([rig.delivery(good(0)), large, rig.delivery(ORDER, 2)]);
    assert.deepEqual(kinds(outcomes), ["delivered", "reject", "delivered"]);
    assert.match(JSON.stringify(outcomes[1]), /events\[1\]: 'properties' is not valid/);
    assert.equal(requests.length, 1);
  });

  it("a purchase that is wrong names its order, wherever it stands", async () => {
    const rig = await rigWith();
    const wrong = rig.delivery(event("renewal"), 1);
    const payload = { external_id: "u", purchases: [{ product_id: "Plan", currency: "EUR", price: 5, time: "noon" }] };
    const { outcomes } = await rig.settle([rig.delivery(ORDER), { ...wrong, payload }, rig.delivery(good(2), 2)]);
    assert.deepEqual(kinds(outcomes), ["delivered", "reject", "delivered"]);
    assert.match(JSON.stringify(outcomes[1]), /purchases\[5\]: 'time' is not valid/);
  });

  it("where nothing is right the request is refused, and each event by its own words", async () => {
    const rig = await rigWith();
    const payload = { external_id: "u", name: "login", time: "noon" };
    const { outcomes, requests } = await rig.settle([0, 1].map((i) => ({ ...rig.delivery(good(i), i), payload })));
    assert.deepEqual(kinds(outcomes), ["reject", "reject"]);
    assert.equal(requests.length, 1);
  });

  it("a request that is refused as a whole ends with the one event that was wrong", async () => {
    const rig = await rigWith();
    const deep = JSON.parse(`${'{"a":'.repeat(120)}1${"}".repeat(120)}`) as JsonObject;
    const deliveries = Array.from({ length: 9 }, (_, index) => rig.delivery(good(index), index));
    const bad = deliveries[4];
    assert.ok(bad);
    deliveries[4] = { ...bad, payload: { external_id: "u", name: "deep", properties: deep } };
    const { outcomes } = await rig.settle(deliveries);
    const expected = deliveries.map((_, index) => (index === 4 ? "reject" : "delivered"));
    assert.deepEqual(kinds(outcomes), expected);
    assert.equal(rig.world.counted().length, 8);
  });

  const settings: [title: string, key: string, endpoint: string, told: RegExp][] = [
    ["a key that was revoked", BRAZE.revokedKey, "US-01", /401.*rest_api_key.*rest_endpoint/],
    ["a key of another instance", BRAZE.key, "EU-01", /401.*rest_endpoint/],
    ["a key without the permission", BRAZE.weakKey, "US-01", /users\.track.*Access Denied/],
    ["an inactive account", BRAZE.inactiveKey, "US-01", /inactive.*Forbidden/],
  ];
  for (const [title, key, rest_endpoint, told] of settings) {
    it(`${title} stops the lane and says what to mend`, async () => {
      const rig = await rigWith({ rest_endpoint }, key);
      const [outcome] = (await rig.send([rig.delivery(good(0))])).outcomes;
      assert.equal(outcome?.kind, "misconfigured");
      assert.match(JSON.stringify(outcome), told);
    });
  }

  it("limits, faults and silence are waited for", async () => {
    const rig = await rigWith();
    rig.world.next({ kind: "throttled", retryAfterSeconds: 2 }, "error", {
      kind: "unavailable",
      retryAfterSeconds: 30,
    });
    rig.world.next("html", "timeout", "reset");
    const seen: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      const [outcome] = (await rig.send([rig.delivery(good(at), at)])).outcomes;
      seen.push(
        outcome !== undefined && "retryAfterMs" in outcome
          ? `${outcome.kind} ${outcome.retryAfterMs}`
          : String(outcome?.kind),
      );
    }
    assert.deepEqual(seen, ["throttle 2000", "retry", "retry 30000", "retry", "retry", "retry"]);
  });

  it("an answer that is cut off is that of a request which was taken", async () => {
    const rig = await rigWith();
    rig.world.next("truncated");
    assert.deepEqual(kinds((await rig.send([rig.delivery(good(0))])).outcomes), ["delivered"]);
  });

  it("the connection test tells a right key from a wrong one, and tracks nothing", async () => {
    const results: unknown[] = [];
    for (const key of [BRAZE.key, BRAZE.revokedKey, BRAZE.weakKey]) {
      const rig = await rigWith({}, key);
      const { test } = rig.plan;
      assert.ok(test);
      const request = simulatedRequest(test.request({ now: CASE_NOW, batchId: "test" }), CASE_NOW);
      const result = test.read(readAnswer(rig.simulator.handle(request, rig.world)));
      results.push(result.ok || result.kind);
      assert.deepEqual(rig.world.accepted, []);
    }
    assert.deepEqual(results, [true, "credentials", "permission"]);
  });
});
