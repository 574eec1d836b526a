import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaFaultsAt } from "../data-layer/schema/check-schema.ts";
import { createCompiler } from "../data-layer/schema/validator.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { catalogueEntries } from "./catalogue.ts";
import { eventSchema } from "./catalogue-schema.ts";
import { sampleEvent } from "./sample-event.ts";

const compile = createCompiler();
const facts = {
  messageId: "m-1",
  anonymousId: "00000000-0000-4000-8000-000000000001",
  timestamp: "2026-11-21T09:00:00.000Z",
  consent: [],
};

function violations(name: string, event: JsonObject): readonly string[] {
  const schema = eventSchema(name);
  assert.ok(schema !== null, name);
  return compile(schema, "")(event)?.texts ?? [];
}

test("every schema is one that the data layer takes", () => {
  for (const { event } of catalogueEntries()) assert.deepEqual(schemaFaultsAt(eventSchema(event.name)), [], event.name);
});

test("an event without what is required violates its schema, one line for each", () => {
  for (const { event, part, properties } of catalogueEntries()) {
    const required = properties.filter(({ need }) => need === "required").map(({ name }) => name);
    const type = event.call ?? "track";
    assert.equal(violations(event.name, { type, [part]: {} }).length, required.length, event.name);
    assert.equal(violations(event.name, { type }).length, Math.min(1, required.length), event.name);
  }
});

const item = { item_id: "A", price: 5, quantity: 2 };
const order = { transaction_id: "1", value: 10, currency: "EUR", items: [item] };
const purchase = (properties: JsonObject): JsonObject => ({ type: "track", event: "purchase", properties });

/** Event's name, event, words of each violation. */
const CASES: [string, string, JsonObject, RegExp[]][] = [
  ["a whole purchase", "purchase", purchase(order), []],
  [
    "one in other words",
    "Order Completed",
    purchase({ order_id: "1", total: 10, currency: "EUR", products: [{ sku: "A", qty: 2 }] }),
    [],
  ],
  [
    "one in camelCase",
    "purchase",
    purchase({ orderId: "1", revenue: 10, currencyCode: "EUR", contents: [{ id: "A" }] }),
    [],
  ],
  ["more than the catalogue knows", "purchase", purchase({ ...order, gift: true }), []],
  ["null where nothing is required", "purchase", purchase({ ...order, coupon: null, tax: null }), []],
  ["null for what is required", "purchase", purchase({ ...order, value: null }), [/properties\.value is null.*number/]],
  ["no id", "purchase", purchase({ ...order, transaction_id: 1 }), [/transaction_id is a number.*text/]],
  ["an id missing", "purchase", purchase({ value: 1, currency: "EUR", items: [] }), [/transaction_id is missing/]],
  ["a currency's sign", "purchase", purchase({ ...order, currency: "€" }), [/currency does not have the form/]],
  ["an amount as text", "purchase", purchase({ ...order, value: "10.00" }), [/value is text.*number/]],
  ["another name's amount as text", "purchase", purchase({ ...order, total_tax: "1" }), [/total_tax is text/]],
  ["a nameless item", "purchase", purchase({ ...order, items: [{ price: 1 }] }), [/items\[0\]\.item_id is missing/]],
  [
    "a negative quantity",
    "purchase",
    purchase({ ...order, items: [{ ...item, quantity: -1 }] }),
    [/quantity is out of range/],
  ],
  ["another type", "purchase", { type: "page", properties: order }, [/type is not the one allowed value/]],
  ["a page", "page_view", { type: "page", name: "Home" }, []],
  ["a page tracked", "Page Viewed", { type: "track", event: "Page Viewed", properties: null }, []],
  [
    "one product beside the properties",
    "Product Added",
    { type: "track", properties: { product_id: "A", name: "Cable", price: 3, position: 2, currency: "EUR" } },
    [],
  ],
  [
    "one product with a price as text",
    "Product Added",
    { type: "track", properties: { product_id: "A", price: "3" } },
    [/price is text/],
  ],
  [
    "no product at all",
    "view_item",
    { type: "track", properties: { currency: "EUR" } },
    [/properties\.items is missing/],
  ],
  [
    "an unknown class",
    "flight_searched",
    {
      type: "track",
      properties: { origin: "LHR", destination: "LIS", depart_date: "2027-01-02", cabin_class: "best" },
    },
    [/cabin_class is none of the allowed values/],
  ],
  [
    "a day in words",
    "flight_searched",
    { type: "track", properties: { origin: "LHR", destination: "LIS", departure_date: "tomorrow" } },
    [/departure_date is no valid date/],
  ],
  ["a user", "identify", { type: "identify", traits: { email: "jane@example.com", first_name: "Jane" } }, []],
  ["a user without traits", "identify", { type: "identify" }, []],
  [
    "no e-mail address",
    "identify",
    { type: "identify", traits: { email: "jane" } },
    [/traits\.email is no valid email/],
  ],
  ["a country in words", "identify", { type: "identify", traits: { address: { country: "England" } } }, [/country/]],
];

for (const [what, name, event, words] of CASES) {
  test(`schema of ${name}: ${what}`, () => {
    const found = violations(name, event);
    assert.equal(found.length, words.length, found.join("\n"));
    words.forEach((word, index) => assert.match(found[index] ?? "", word));
  });
}

test("what no name stands for has no schema", () => {
  for (const name of ["Rocket Launched", "", "constructor", "page:Home"]) assert.equal(eventSchema(name), null);
});

/** Every object and list in a value is made useless. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const part of Object.values(value)) spoil(part);
  for (const key of Object.keys(value)) Reflect.set(value, key, "spoilt");
}

test("a schema that is changed changes no other", () => {
  for (const { event } of catalogueEntries()) {
    const text = JSON.stringify(eventSchema(event.name));
    spoil(eventSchema(event.name));
    assert.equal(JSON.stringify(eventSchema(event.name)), text, event.name);
  }
});

const WRONG: JsonValue[] = [null, true, 1, "x", [], {}, [[]], [null], "\u0000", "🚀".repeat(100)];

test("no value of any kind makes a schema throw", () => {
  for (const { event, part, properties } of catalogueEntries()) {
    const schema = eventSchema(event.name);
    assert.ok(schema !== null);
    const validate = compile(schema, "");
    for (const value of WRONG) {
      validate(value);
      validate({ type: "track", [part]: value });
      validate({ type: "track", [part]: Object.fromEntries(properties.map(({ name }) => [name, value])) });
    }
  }
});

test("every sample, under every name and of several seeds, fits its schema", () => {
  for (const { event } of catalogueEntries()) {
    const validate = compile(eventSchema(event.name) ?? {}, "");
    for (const name of [event.name, ...(event.aliases ?? [])]) {
      for (const seed of [undefined, 1, "two", 3, 4]) {
        const sample = sampleEvent(name, { ...facts, ...(seed !== undefined && { seed }) });
        assert.deepEqual(validate(sample)?.texts ?? [], [], `${name}, seed ${seed}`);
      }
    }
  }
});
