import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogueEntries } from "./catalogue.ts";
import { searchCatalogue } from "./catalogue-search.ts";

const first = (text: string): string | undefined => searchCatalogue(text)[0]?.name;

/** What is typed, and the event that must come first. */
const FIRST: [string, string][] = [
  ["purchase", "purchase"],
  ["Order Completed", "purchase"],
  ["order comp", "purchase"],
  ["order_c", "order_cancelled"],
  ["completed order", "purchase"],
  ["add", "add_to_cart"],
  ["add to cart", "add_to_cart"],
  ["product view", "view_item"],
  ["flight", "flight_searched"],
  ["video playback st", "video_playback_started"],
  ["ident", "identify"],
  ["  PURCH ", "purchase"],
  ["purchse", "purchase"],
  ["ordr completed", "purchase"],
  ["add_to_crat", "add_to_cart"],
  ["subscirbe", "subscribe"],
  ["app inst", "application_installed"],
  ["cabin", "flight_searched"],
];

for (const [text, name] of FIRST) {
  test(`${JSON.stringify(text)} finds ${name} first`, () => assert.equal(first(text), name));
}

test("it says what the text was found in", () => {
  assert.deepEqual(searchCatalogue("Order Completed")[0]?.matched, { kind: "alias", text: "Order Completed" });
  assert.deepEqual(searchCatalogue("add_to_cart")[0]?.matched, { kind: "name", text: "add_to_cart" });
  const found = searchCatalogue("quartile");
  assert.deepEqual(
    found.map(({ name, matched }) => [name, matched]),
    [["video_ad_playing", { kind: "property", text: "quartile" }]],
  );
});

test("names come before other names, those before properties", () => {
  const kinds = searchCatalogue("method", { limit: 100 }).map(({ matched }) => matched?.kind);
  assert.ok(kinds.length > 3 && kinds.every((kind) => kind === "property"));
  const ranks = { name: 0, alias: 1, property: 2 };
  const exact = searchCatalogue("search", { limit: 100 });
  assert.equal(exact[0]?.name, "search");
  const order = exact.map(({ matched }) => (matched === null ? -1 : ranks[matched.kind]));
  assert.ok(order.lastIndexOf(0) < order.indexOf(2) || order.indexOf(2) === -1);
});

test("a vertical leaves out the others but for what all share", () => {
  const found = searchCatalogue("search", { vertical: "travel", limit: 100 });
  assert.ok(found.every(({ vertical }) => vertical === "travel" || vertical === "general"));
  assert.ok(found.some(({ name }) => name === "hotel_searched"));
  assert.ok(found.some(({ name }) => name === "search"));
  assert.deepEqual(searchCatalogue("purchase", { vertical: "saas" }), []);
});

test("nothing typed gives all, up to the limit", () => {
  assert.equal(searchCatalogue("").length, 20);
  assert.equal(searchCatalogue(" ", { limit: 1_000 }).length, catalogueEntries().length);
  assert.equal(searchCatalogue("", { limit: 3 })[0]?.matched, null);
  assert.deepEqual(searchCatalogue("purchase", { limit: 0 }), []);
  assert.equal(searchCatalogue("", { vertical: "media" })[0]?.vertical, "media");
});

test("what nothing is like finds nothing", () => {
  for (const text of ["zzzzzzzz", "qx", "🚀", "constructor", "x".repeat(100_000), "__proto__"]) {
    assert.deepEqual(searchCatalogue(text), [], text.slice(0, 20));
  }
});
