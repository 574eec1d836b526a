import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../json.ts";
import { catalogueEntries, type CatalogueEntry } from "./catalogue.ts";
import { checkEnvelope } from "./envelope.ts";
import { sampleEvent } from "./sample-event.ts";

const facts = {
  messageId: "m-1",
  anonymousId: "00000000-0000-4000-8000-000000000001",
  timestamp: "2026-11-21T09:00:00.000Z",
  consent: ["personalisation"],
};

function sample(name: string): { type: string; properties: JsonObject; context: JsonObject; event?: string } {
  return sampleEvent(name, facts) as ReturnType<typeof sample>;
}

const SEEDS = [undefined, 0, 1, 2, "three", "a long seed"];

/** Every sample: of each name of the catalogue and the calls, of each seed. */
function* samples(): Generator<{ name: string; entry: CatalogueEntry; event: JsonObject }> {
  for (const entry of catalogueEntries()) {
    for (const name of [entry.event.name, ...(entry.event.aliases ?? [])]) {
      for (const seed of SEEDS) {
        yield { name, entry, event: sampleEvent(name, { ...facts, ...(seed !== undefined && { seed }) }) };
      }
    }
  }
}

test("every name of the catalogue has a sample that the gateway takes", () => {
  for (const { name, entry, event } of samples()) {
    const type = checkEnvelope(event, { expected: null, typeRequired: true });
    assert.equal(type, entry.event.call ?? "track", name);
  }
  assert.equal(checkEnvelope(sampleEvent("page", facts), { expected: null, typeRequired: true }), "page");
});

test("every sample survives being written as JSON", () => {
  for (const { name, event } of samples()) assert.deepEqual(JSON.parse(JSON.stringify(event)), event, name);
});

test("every sample has all that is required and recommended", () => {
  for (const { name, entry, event } of samples()) {
    if (name !== entry.event.name) continue;
    const carried = event[entry.part] as JsonObject;
    for (const { name: property, need } of entry.properties) {
      if (need === "optional") continue;
      assert.notEqual(carried[property] ?? null, null, `${name}: ${property}`);
    }
  }
});

const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

test("amounts are of a currency and add up", () => {
  let counted = 0;
  for (const { name, event } of samples()) {
    const properties = (event["properties"] ?? {}) as JsonObject;
    const { value, currency, items, tax } = properties;
    if (currency !== undefined) assert.ok(CURRENCIES.has(String(currency)), name);
    if (typeof tax === "number" && typeof value === "number") assert.ok(tax < value, name);
    if (!Array.isArray(items) || typeof value !== "number") continue;
    const sum = (items as { price: number; quantity: number }[]).reduce(
      (all, one) => all + one.price * one.quantity,
      0,
    );
    assert.equal(Math.round(sum * 100), Math.round(value * 100), name);
    counted += 1;
  }
  assert.ok(counted > 50);
});

test("days and times fit together", () => {
  const date = (name: string, property: string): number => Date.parse(String(sample(name).properties[property]));
  const now = Date.parse(facts.timestamp);
  assert.ok(now < date("flight_searched", "depart_date"));
  assert.ok(date("flight_searched", "depart_date") < date("flight_searched", "return_date"));
  const { nights } = sample("room_selected").properties;
  assert.equal((date("room_selected", "check_out") - date("room_selected", "check_in")) / 86_400_000, nights);
  assert.ok(date("article_viewed", "published_at") < now);
  assert.match(String(sample("flight_searched").properties["depart_date"]), /^\d{4}-\d\d-\d\d$/);
  const { session_id: began, duration_seconds: seconds } = sample("session_end").properties;
  assert.equal(Number(began) + Number(seconds) * 1000, now);
  const { trial_length_days: days } = sample("trial_started").properties;
  const length = date("trial_started", "trial_end_date") - date("trial_started", "trial_start_date");
  assert.equal(length / 86_400_000, days);
  assert.equal(date("trial_started", "trial_start_date"), now);
});

test("nobody travels to where they are, and a player is never beyond the end", () => {
  for (const { name, event } of samples()) {
    const { origin, destination, position, total_length: length } = (event["properties"] ?? {}) as JsonObject;
    if (origin !== undefined) assert.notEqual(origin, destination, name);
    if (typeof position === "number" && typeof length === "number") assert.ok(position <= length, name);
  }
});

test("an app's sample comes from a device, a site's from a page", () => {
  for (const { name, entry, event } of samples()) {
    const { device, app, page, library, campaign, traits } = event["context"] as JsonObject;
    const isApp = entry.vertical === "mobile";
    assert.equal(device !== undefined && app !== undefined, isApp, name);
    assert.equal((library as JsonObject)["name"] === "@datafly/collector", !isApp, name);
    for (const part of [page, campaign, traits]) assert.ok(part !== undefined, name);
    if (!isApp) assert.equal(URL.parse(String((page as JsonObject)["url"]))?.pathname, (page as JsonObject)["path"]);
  }
});

test("the same seed makes the same sample, others make others", () => {
  const of = (seed: number): JsonObject => sampleEvent("purchase", { ...facts, seed });
  assert.deepEqual(of(7), of(7));
  const orders = new Set(
    Array.from({ length: 50 }, (_, seed) => (of(seed)["properties"] as JsonObject)["transaction_id"]),
  );
  assert.ok(orders.size > 45, `${orders.size} orders of 50 seeds`);
  const currencies = new Set(
    Array.from({ length: 50 }, (_, seed) => (of(seed)["properties"] as JsonObject)["currency"]),
  );
  assert.deepEqual([...currencies].toSorted(), ["GBP", "USD"]);
});

test("a time that is none makes no sample fail", () => {
  for (const { event } of catalogueEntries()) sampleEvent(event.name, { ...facts, timestamp: "yesterday" });
});

test("the name decides whose words the properties have", () => {
  const ga4 = sample("purchase").properties;
  assert.deepEqual([ga4["transaction_id"], ga4["value"], ga4["revenue"]], ["ORD-10001", 104.99, undefined]);
  assert.equal((ga4["items"] as JsonObject[])[0]?.["item_id"], "SKU-1234");
  for (const name of ["Order Completed", "order_completed"]) {
    const { properties, event } = sample(name);
    assert.equal(event, name);
    assert.deepEqual(
      [properties["order_id"], properties["revenue"], properties["items"]],
      ["ORD-10001", 104.99, undefined],
    );
    assert.equal((properties["products"] as JsonObject[])[1]?.["sku"], "SKU-5678");
  }
  const added = sample("Product Added").properties;
  assert.deepEqual([added["product_id"], added["price"], added["products"]], ["SKU-1234", 79.99, undefined]);
});

test("other verticals have one wording", () => {
  const { properties } = sample("Flight Booked");
  assert.equal(properties["value"], 285);
  assert.equal(properties["revenue"], undefined);
  assert.ok(Array.isArray(properties["items"]));
});

test("names that nobody knows are tracked, named pages keep their name", () => {
  const own = sample("Rocket Launched");
  assert.deepEqual([own.type, own.event], ["track", "Rocket Launched"]);
  assert.equal(sampleEvent("page:Checkout", facts)["name"], "Checkout");
  assert.equal(sample("constructor").event, "constructor");
});

test("the visitor has granted what is asked for", () => {
  const { consent } = sample("purchase").context as { consent: JsonObject };
  assert.deepEqual([consent["analytics"], consent["marketing"], consent["personalisation"]], [true, true, true]);
});

test("a sample that is changed changes no other", () => {
  (sample("purchase").properties["items"] as JsonObject[])[0]!["price"] = 0;
  assert.equal((sample("purchase").properties["items"] as JsonObject[])[0]?.["price"], 79.99);
});

test("a search has its term on every kind of site", () => {
  for (const vertical of ["travel", "media"] as const) {
    const { properties } = sampleEvent("search", { ...facts, vertical }) as { properties: JsonObject };
    assert.notEqual(properties["search_term"] ?? "", "", vertical);
  }
});
