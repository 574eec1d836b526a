import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalEventName,
  catalogueEntries,
  catalogueEntry,
  catalogueEvents,
  itemFields,
  itemKeys,
  propertyFields,
  propertyKeys,
} from "./catalogue.ts";

const NAMES: [string, string | null][] = [
  ["purchase", "purchase"],
  ["Order Completed", "purchase"],
  ["order_completed", "purchase"],
  ["order-completed", "purchase"],
  ["  ORDER   completed ", "purchase"],
  ["Product Viewed", "view_item"],
  ["product_list_viewed", "view_item_list"],
  ["Product Clicked", "select_item"],
  ["Product Added", "add_to_cart"],
  ["Product Removed", "remove_from_cart"],
  ["Cart Viewed", "view_cart"],
  ["Checkout Started", "begin_checkout"],
  ["Payment Info Entered", "add_payment_info"],
  ["Order Refunded", "refund"],
  ["product_searched", "search"],
  ["Promotion Viewed", "view_promotion"],
  ["promotion_clicked", "select_promotion"],
  ["Signed Up", "sign_up"],
  ["logged_in", "login"],
  ["page", "page_view"],
  ["Flight Searched", "flight_searched"],
  ["Hotel Booked", "booking_completed"],
  ["Article Viewed", "article_viewed"],
  ["Video Playback Started", "video_playback_started"],
  ["Subscription Started", "subscribe"],
  ["Trial Started", "trial_started"],
  ["Application Installed", "application_installed"],
  ["app_open", "application_opened"],
  ["Rocket Launched", null],
  ["identify", null],
  ["Group", null],
  ["constructor", null],
  ["", null],
];

for (const [name, canonical] of NAMES) {
  test(`canonical name of ${JSON.stringify(name)}`, () => assert.equal(canonicalEventName(name), canonical));
}

test("names met often, once and never are told apart, however many there are", () => {
  for (let index = 0; index < 10_000; index += 1) assert.equal(canonicalEventName(`Own Event ${index}`), null);
  assert.equal(canonicalEventName("Order Completed"), "purchase");
  assert.equal(canonicalEventName(`purchase${" ".repeat(100_000)}`), "purchase");
});

const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, "_");

test("no name belongs to two events", () => {
  const owners = new Map<string, string>();
  for (const { name, aliases } of catalogueEvents()) {
    for (const alias of [name, ...aliases]) {
      assert.equal(owners.get(plain(alias)), undefined, `${alias}: ${name} and ${owners.get(plain(alias))}`);
      owners.set(plain(alias), name);
      const others = [alias.toUpperCase(), ` ${alias.replace(/[ _]/g, "-")}`, alias.replace(/[ _]/g, " _ ")];
      for (const one of [alias, ...others]) assert.equal(canonicalEventName(one), name, one);
    }
  }
});

test("every name can be read, and an event goes to one list of a property", () => {
  for (const { event, properties } of catalogueEntries()) {
    assert.match(event.name, /^[a-z][a-z0-9_]*$/);
    assert.match(event.description, /^[A-Z].*[.]$/, event.name);
    for (const alias of event.aliases ?? []) assert.match(alias, /^[A-Z][A-Za-z]*( [A-Z][a-z]*)*$/, alias);
    const names = properties.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)], event.name);
    const wanted = [event.required, event.recommended, event.optional].flatMap((list) => list ?? []);
    assert.deepEqual(names, wanted, event.name);
    for (const { name, definition } of properties) assert.match(definition.description, /^[A-Z].*[.]$/, name);
  }
});

/** Their other names (`name`, `position`) mean other things in other events, so views of all properties leave them out. */
const MEANT_OTHERWISE = new Set(["promotion_name", "creative_slot"]);

for (const [kind, fields, keysOf] of [
  ["property", propertyFields(), propertyKeys],
  ["item field", itemFields(), itemKeys],
] as const) {
  test(`no key belongs to more than one ${kind}`, () => {
    const owners = new Map<string, string>();
    for (const field of fields) {
      if (kind === "property" && MEANT_OTHERWISE.has(field)) continue;
      for (const key of keysOf(field)) {
        assert.equal(owners.get(key), undefined, `${key}: ${field} and ${owners.get(key)}`);
        owners.set(key, field);
      }
    }
  });
}

test("properties and item fields under all their names, the canonical one first", () => {
  assert.deepEqual(propertyKeys("transaction_id").slice(0, 4), [
    "transaction_id",
    "transactionId",
    "order_id",
    "orderId",
  ]);
  assert.deepEqual(propertyKeys("value").slice(0, 2), ["value", "revenue"]);
  assert.deepEqual(propertyKeys("depart_date").slice(0, 3), ["depart_date", "departDate", "departure_date"]);
  assert.deepEqual(propertyKeys("fullscreen"), ["fullscreen", "full_screen", "fullScreen"]);
  assert.deepEqual(itemKeys("item_id"), ["item_id", "itemId", "product_id", "productId", "sku", "id"]);
  assert.deepEqual(propertyKeys("unheard_of"), ["unheard_of", "unheardOf"]);
  assert.deepEqual(itemKeys("constructor"), ["constructor"]);
});

test("an entry is found by every name, the calls by their own alone", () => {
  assert.equal(catalogueEntry("Order Completed")?.event.name, "purchase");
  assert.equal(catalogueEntry("identify")?.part, "traits");
  assert.equal(catalogueEntry("group")?.event.name, "group");
  assert.equal(catalogueEntry("Identify"), null);
  assert.equal(catalogueEntry("__proto__"), null);
  const needs = new Map(catalogueEntry("purchase")?.properties.map(({ name, need }) => [name, need]));
  assert.deepEqual([needs.get("transaction_id"), needs.get("tax")], ["required", "recommended"]);
});
