import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../json.ts";
import { catalogueEvents } from "./catalogue.ts";
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

test("every name of the catalogue has a sample that the gateway takes", () => {
  for (const { name, aliases } of catalogueEvents()) {
    for (const one of [name, ...aliases]) {
      const type = checkEnvelope(sampleEvent(one, facts), { expected: null, typeRequired: true });
      assert.equal(type, name === "page_view" ? "page" : "track", one);
    }
  }
  for (const one of ["identify", "group", "page"]) {
    assert.equal(checkEnvelope(sampleEvent(one, facts), { expected: null, typeRequired: true }), one);
  }
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

test("an order's value is the sum of its items", () => {
  const items = sample("purchase").properties["items"] as { price: number; quantity: number }[];
  const sum = items.reduce((total, { price, quantity }) => total + price * quantity, 0);
  assert.equal(Math.round(sum * 100), 10_499);
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
