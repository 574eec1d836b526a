import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mutations } from "../garbage.ts";
import { type RequestParts, simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { BRAZE, PROFILE, simulator } from "./simulator.ts";
import { INVALID_EMAIL, NO_IDENTIFIER, NO_VALID_DATA } from "./track-fault.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const TRACK_URL = `https://${BRAZE.host}/users/track`;
const EVENT = { external_id: "user1", app_id: BRAZE.appId, name: "rented_movie", time: "2022-12-06T19:20:45+01:00" };
const PURCHASE = {
  ...{ external_id: "user1", app_id: BRAZE.appId, product_id: "backpack", currency: "USD", price: 40 },
  ...{ time: "2013-07-16T19:20:30+01:00", properties: { color: "red", checkout_duration: 180 } },
};
const ATTRIBUTES = { external_id: "user1", email: "jane@example.com", string_attribute: "fruit", dob: "1988-02-14" };
const ALIAS = { alias_name: "device123", alias_label: "my_device_identifier" };
const PRODUCT = {
  ...{ product_id: "632910392", product_name: "Wireless Headphones", variant_id: "808950810", quantity: 1 },
  ...{ price: 199.98, metadata: { sku: "WH-BLK-PRO" } },
};
const ORDER = {
  ...{ order_id: "order_67890", cart_id: "cart_12345", total_value: 189.98, currency: "USD", total_discounts: 10 },
  ...{ discounts: [{ code: "SAVE10", amount: 10 }], products: [PRODUCT], source: "https://shop.example.com" },
};

function vendor() {
  const clock = { now: START };
  const world = simulator.newWorld(() => clock.now);
  const send = (body: unknown, more: Partial<RequestParts> = {}) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${BRAZE.key}`, ...more.headers };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const parts = { method: "POST", url: TRACK_URL, ...more, headers, body: text };
    const answer = simulator.handle(simulatedRequest(parts, clock.now), world);
    return { ...readAnswer(answer), body: answer.body as Record<string, unknown> };
  };
  return { clock, world, send };
}

describe("Braze's users/track", () => {
  it("takes what the page shows, and counts what it took by array", () => {
    const { world, send } = vendor();
    const { status, body } = send({ attributes: [ATTRIBUTES], events: [EVENT, EVENT], purchases: [PURCHASE] });
    assert.equal(status, 201);
    const processed = { attributes_processed: 1, events_processed: 2, purchases_processed: 1 };
    assert.deepEqual(body, { ...processed, message: "success" });
    assert.deepEqual(
      world.accepted.map(({ name }) => name),
      ["attributes", "rented_movie", "rented_movie", "purchases"],
    );
    assert.deepEqual(world.warnings, ["rented_movie came again and counts again"]);
    assert.equal(world.counted().length, 4);
  });

  it("leaves out the objects that are wrong, each with its array and index", () => {
    const { world, send } = vendor();
    const { status, body } = send({
      events: [EVENT, { name: "lost", time: EVENT.time }],
      purchases: [{ ...PURCHASE, quantity: 101 }],
      attributes: [{ external_id: "user1", email: "jane" }],
    });
    assert.equal(status, 201);
    assert.deepEqual(body, {
      events_processed: 1,
      message: "success",
      errors: [
        { type: INVALID_EMAIL, input_array: "attributes", index: 0 },
        { type: NO_IDENTIFIER, input_array: "events", index: 1 },
        { type: "'quantity' is not valid", input_array: "purchases", index: 0 },
      ],
    });
    assert.equal(world.accepted.length, 1);
  });

  it("refuses a request in which nothing is right", () => {
    const { send } = vendor();
    const wrong = { ...PURCHASE, price: "40" };
    const errors = [0, 1].map((index) => ({ type: "'price' is not valid", input_array: "purchases", index }));
    const { status, body } = send({ purchases: [wrong, wrong] });
    assert.deepEqual([status, body], [400, { message: NO_VALID_DATA, errors }]);
    assert.deepEqual(send({}).body, { message: NO_VALID_DATA });
    assert.deepEqual(send({ events: EVENT }).body, { message: NO_VALID_DATA });
    for (const text of ["", "{", "[]"]) assert.deepEqual(send(text).body, { message: "Bad Request" });
    assert.equal(send({ events: [EVENT] }, { headers: { "Content-Type": "text/plain" } }).status, 400);
  });

  const faults: [string, object, string][] = [
    ["events", { ...EVENT, name: undefined }, "'name' is required"],
    ["events", { ...EVENT, name: "n".repeat(256) }, "'name' is not valid"],
    ["events", { ...EVENT, time: undefined }, "'time' is required"],
    ["events", { ...EVENT, time: START }, "'time' is not valid"],
    ["events", { ...EVENT, time: "2022-02-30T00:00:00Z" }, "'time' is not valid"],
    ["events", { ...EVENT, time: "21 Nov 2026" }, "'time' is not valid"],
    ["events", { ...EVENT, properties: { $value: 1 } }, "'properties' is not valid"],
    ["events", { ...EVENT, properties: [] }, "'properties' is not valid"],
    ["events", { ...EVENT, properties: { text: "x".repeat(102_400) } }, "'properties' is not valid"],
    ["events", { ...EVENT, external_id: 7 }, "'external_id' is not valid"],
    ["events", { ...EVENT, external_id: "" }, NO_IDENTIFIER],
    ["events", { ...EVENT, external_id: undefined, user_alias: { alias_name: "a" } }, "'user_alias' is not valid"],
    ["events", { ...EVENT, _update_existing_only: "false" }, "'_update_existing_only' is not valid"],
    ["purchases", { ...PURCHASE, product_id: undefined }, "'product_id' is required"],
    ["events", { ...EVENT, user_alias: ALIAS }, "'external_id' and 'user_alias' is not valid"],
    ["events", { ...EVENT, properties: { event_name: "x" } }, "Invalid 'properties' field"],
    ["purchases", { ...PURCHASE, properties: { price: 1 } }, "Invalid 'properties' field"],
    ["purchases", { ...PURCHASE, currency: "usd" }, "'currency' must be an ISO 4217 currency"],
    ["purchases", { ...PURCHASE, price: undefined }, "'price' is required"],
    ["purchases", { ...PURCHASE, quantity: 1.5 }, "'quantity' is not valid"],
    ["purchases", { ...PURCHASE, time: "2013-07-16" }, "'time' is not valid"],
  ];
  for (const [array, object, type] of faults) {
    it(`says ${type} of ${JSON.stringify(object).slice(0, 120)}`, () => {
      const { body } = vendor().send({ [array]: [object] });
      assert.deepEqual(body["errors"], [{ type, input_array: array, index: 0 }]);
    });
  }

  it("takes both forms of times, and moves those ahead to now", () => {
    const { world, send } = vendor();
    assert.equal(send({ events: [{ ...EVENT, time: "2026-11-21T11:20:45:123+0000" }] }).status, 201);
    assert.deepEqual(world.warnings, []);
    send({ events: [{ ...EVENT, time: "2026-11-21T12:00:01Z" }] });
    assert.deepEqual(world.warnings, ["time 2026-11-21T12:00:01Z lies ahead: it becomes now"]);
  });

  it("makes the profile of an alias only where it is told to", () => {
    const { world, send } = vendor();
    const event = { user_alias: ALIAS, name: "watched_trailer", time: EVENT.time };
    assert.equal(send({ events: [event] }).status, 201);
    assert.equal(world.accepted.length, 0);
    assert.match(world.warnings[0] ?? "", /no profile of user_alias my_device_identifier device123/);
    send({ events: [{ ...event, _update_existing_only: false }] });
    send({ events: [event] });
    assert.equal(world.accepted.length, 2);
    send({ events: [{ ...EVENT, external_id: "user2", _update_existing_only: true }] });
    assert.equal(world.accepted.length, 2);
    assert.equal(world.object(PROFILE, "external_id\nuser2"), null);
  });

  it("holds the recommended events to their schemas", () => {
    const { world, send } = vendor();
    const placed = (properties: object, name = "ecommerce.order_placed") => {
      const { body } = send({ events: [{ ...EVENT, name, properties }, EVENT] });
      return (body["errors"] as { type: string }[] | undefined)?.map(({ type }) => type) ?? [];
    };
    assert.deepEqual(placed(ORDER), []);
    assert.deepEqual(placed({ ...ORDER, cancel_reason: "changed" }, "ecommerce.order_placed"), [
      `The property '#/' contains additional properties ["cancel_reason"] outside of the schema when none are allowed`,
    ]);
    const { cart_id: _, ...order } = ORDER;
    assert.deepEqual(placed(order, "ecommerce.order_cancelled"), [
      "The property '#/' did not contain a required property of 'cancel_reason'",
    ]);
    assert.deepEqual(placed(order, "ecommerce.order_refunded"), []);
    assert.deepEqual(placed({ ...order, tax: 1 }, "ecommerce.order_refunded"), [
      `The property '#/' contains additional properties ["tax"] outside of the schema when none are allowed`,
    ]);
    assert.deepEqual(placed({ ...ORDER, total_value: -1 }), ["The property '#/total_value' is not valid"]);
    assert.deepEqual(placed({ ...ORDER, currency: "dollars" }), ["The property '#/currency' is not valid"]);
    const cart = { cart_id: "cart_12345", currency: "USD", source: "web", products: [PRODUCT] };
    assert.deepEqual(placed({ ...cart, action: "add" }, "ecommerce.cart_updated"), []);
    assert.deepEqual(placed(cart, "ecommerce.cart_updated"), [
      "The property '#/' did not contain a required property of 'total_value'",
    ]);
    assert.deepEqual(placed({ ...ORDER, total_value: "189.98" }), [
      "The property '#/total_value' of type string did not match the following type: number",
    ]);
    assert.deepEqual(placed({ ...ORDER, products: [PRODUCT, { ...PRODUCT, variant_id: 7 }] }), [
      "The property '#/products/1/variant_id' of type integer did not match the following type: string",
    ]);
    const { products: _all, ...empty } = ORDER;
    assert.deepEqual(placed(empty), ["The property '#/' did not contain a required property of 'products'"]);
    const { quantity: _one, ...viewed } = { ...PRODUCT, currency: "USD", source: "web", type: ["price_drop"] };
    assert.deepEqual(placed(viewed, "ecommerce.product_viewed"), []);
    assert.equal(world.accepted.filter(({ name }) => name.startsWith("ecommerce.")).length, 4);
  });

  it("does not set values of a profile that do not fit", () => {
    const { world, send } = vendor();
    send({
      attributes: [{ ...ATTRIBUTES, country: "Germany", gender: "female", email_subscribe: "yes", dob: "14.02.88" }],
    });
    assert.deepEqual(world.warnings, [
      "country Germany is not set",
      "gender female is not set",
      "dob 14.02.88 is not set",
      "email_subscribe yes is not set",
    ]);
  });

  it("counts 75 objects in all, or in each array under older contracts", () => {
    const { send } = vendor();
    const many = (count: number) => Array.from({ length: count }, () => EVENT);
    const legacy = { headers: { Authorization: `Bearer ${BRAZE.legacyKey}` } };
    assert.equal(send({ events: many(75) }).status, 201);
    assert.deepEqual(send({ events: many(75), attributes: [ATTRIBUTES] }).body, {
      message: "Max Input Length Exceeded",
    });
    assert.equal(send({ events: many(75), attributes: [ATTRIBUTES] }, legacy).status, 201);
    assert.equal(send({ events: many(76) }, legacy).status, 400);
    assert.equal(send(" ".repeat(4_000_001)).status, 413);
  });

  it("tells a wrong key from missing rights and a wrong address", () => {
    const { world, send } = vendor();
    const body = { events: [EVENT] };
    const withKey = (value: string) => send(body, { headers: { Authorization: value } });
    for (const value of ["", BRAZE.key, `Bearer "${BRAZE.key}"`, "Bearer unknown", `Bearer ${BRAZE.revokedKey}`]) {
      assert.deepEqual([withKey(value).status, withKey(value).body], [401, { message: "Invalid API key" }], value);
    }
    assert.equal(send(body, { url: `https://${BRAZE.otherHost}/users/track` }).status, 401);
    assert.deepEqual(
      [withKey(`Bearer ${BRAZE.weakKey}`).status, withKey(`Bearer ${BRAZE.inactiveKey}`).status],
      [403, 403],
    );
    assert.equal(send(body, { url: `https://${BRAZE.host}/user/track` }).status, 404);
    assert.equal(world.accepted.length, 0);
  });

  it("has an answer to every body", () => {
    const { send } = vendor();
    const order = { ...EVENT, user_alias: ALIAS, name: "ecommerce.order_placed", properties: ORDER };
    for (const body of mutations({ attributes: [ATTRIBUTES], events: [order], purchases: [PURCHASE] })) {
      assert.ok([201, 400, 429].includes(send(JSON.stringify(body)).status), JSON.stringify(body));
    }
    assert.equal(send(`${"[".repeat(400_000)}${"]".repeat(400_000)}`).status, 400);
  });

  it("says in each answer how many of 3,000 requests are left until when", () => {
    const { clock, world, send } = vendor();
    const limits = (headers: Record<string, string>) =>
      ["limit", "remaining", "reset"].map((name) => Number(headers[`x-ratelimit-${name}`]));
    assert.deepEqual(limits(send({ events: [EVENT] }).headers), [3000, 2999, START / 1000 + 3]);
    clock.now += 2999;
    for (let sent = 1; sent < 3000; sent++) world.requests.push(world.requests[0] as never);
    const over = send({ events: [EVENT] });
    assert.deepEqual([over.status, over.body], [429, { message: "Rate limited" }]);
    assert.deepEqual(limits(over.headers), [3000, 0, START / 1000 + 3]);
    clock.now += 1;
    assert.equal(send({ events: [EVENT] }).status, 201);
    world.next({ kind: "throttled", retryAfterSeconds: 60 });
    const throttled = send({ events: [EVENT] });
    assert.deepEqual(limits(throttled.headers), [3000, 0, START / 1000 + 63]);
    assert.equal(throttled.headers["retry-after"], undefined);
  });
});
