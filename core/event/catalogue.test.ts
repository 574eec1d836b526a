import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalEventName, catalogueEvents, itemKeys, propertyKeys } from "./catalogue.ts";

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
  ["Article Viewed", null],
  ["constructor", null],
  ["", null],
];

for (const [name, canonical] of NAMES) {
  test(`canonical name of ${JSON.stringify(name)}`, () => assert.equal(canonicalEventName(name), canonical));
}

test("no name belongs to two events", () => {
  const owners = new Map<string, string>();
  for (const { name, aliases } of catalogueEvents()) {
    for (const alias of [name, ...aliases]) {
      const key = alias.toLowerCase().replace(/[\s_-]+/g, "_");
      assert.ok(!owners.has(key) || owners.get(key) === name, `${alias}: ${name} and ${owners.get(key)}`);
      owners.set(key, name);
      assert.equal(canonicalEventName(alias), name);
    }
  }
});

test("properties and item fields under all their names, the canonical one first", () => {
  assert.deepEqual(propertyKeys("transaction_id").slice(0, 4), [
    "transaction_id",
    "transactionId",
    "order_id",
    "orderId",
  ]);
  assert.deepEqual(propertyKeys("value").slice(0, 2), ["value", "revenue"]);
  assert.deepEqual(itemKeys("item_id"), ["item_id", "itemId", "product_id", "productId", "sku", "id"]);
  assert.deepEqual(propertyKeys("unheard_of"), ["unheard_of", "unheardOf"]);
  assert.deepEqual(itemKeys("constructor"), ["constructor"]);
});
