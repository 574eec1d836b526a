import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMapping } from "../mapping/compile.ts";
import { catalogueEntries } from "./catalogue.ts";
import type { SignalEvent } from "./event.ts";
import { sampleEvent } from "./sample-event.ts";
import { sourceFields } from "./source-fields.ts";

const FACTS = { messageId: "m-1", anonymousId: "a-1", timestamp: "2026-02-25T14:30:00.000Z", consent: [] };
const paths = (options: Parameters<typeof sourceFields>[0]): string[] =>
  (sourceFields(options) ?? []).map(({ path }) => path);

test("every field of every event is a source that mappings take, once", () => {
  for (const { event } of catalogueEntries()) {
    const fields = sourceFields({ event: event.name }) ?? [];
    const all = fields.map(({ path }) => path);
    assert.equal(new Set(all).size, all.length, event.name);
    const mappings = all.map((source, index) => ({ source, target: `f${index}` }));
    const made = compileMapping({ version: 2, global: { mappings }, defaults: { action: "map" } });
    assert.ok("mapping" in made, JSON.stringify(made));
    assert.deepEqual(made.warnings, [], event.name);
  }
});

test("an example is what the mapping reads from the sample of the event", () => {
  for (const name of ["purchase", "flight_searched", "identify", "group", "page_view"]) {
    const fields = (sourceFields({ event: name }) ?? []).filter(({ path }) => !path.includes("[]"));
    const mappings = fields.map(({ path }, index) => ({ source: path, target: `f${index}` }));
    const made = compileMapping({ version: 2, global: { mappings }, defaults: { action: "map" } });
    assert.ok("mapping" in made);
    const sample = { receivedAt: FACTS.timestamp, ...sampleEvent(name, FACTS) } as SignalEvent;
    const result = made.mapping.apply(sample, {});
    assert.ok(result.kind === "mapped");
    const payload = result.payload as Record<string, unknown>;
    let met = 0;
    for (const [index, { path, type, example }] of fields.entries()) {
      const value = payload[`f${index}`];
      if (value === undefined || typeof value === "object" || /^(messageId|anonymousId)$/.test(path)) continue;
      assert.equal(example, value, path);
      assert.equal(typeof example, type === "integer" ? "number" : type, path);
      met += 1;
    }
    assert.ok(met > 15, `${name}: ${met}`);
  }
});

test("fields belong to their event: its properties with their need, its type's own fields, items by field", () => {
  const purchase = sourceFields({ event: "Order Completed" }) ?? [];
  assert.equal(purchase.find(({ path }) => path === "canonical.value")?.need, "required");
  assert.deepEqual(purchase.find(({ path }) => path === "canonical.items[].item_id")?.example, "SKU-1234");
  assert.ok(!purchase.some(({ path }) => path === "name" || path === "groupId"));
  assert.ok(paths({ event: "group" }).includes("groupId"));
  assert.ok(paths({ event: "identify" }).includes("traits.address.city"));
  assert.ok(paths({ event: "page:Checkout" }).includes("name"));
  assert.equal(sourceFields({ event: "no_such_event" }), null);
  assert.equal(sourceFields({ event: "__proto__" }), null);
});

test("of a vertical, or of all: every field once, without a need", () => {
  const travel = paths({ vertical: "travel" });
  assert.ok(travel.includes("canonical.cabin_class") && !paths({ vertical: "saas" }).includes("canonical.cabin_class"));
  const all = sourceFields() ?? [];
  assert.equal(new Set(all.map(({ path }) => path)).size, all.length);
  assert.ok(all.length > travel.length && all.every(({ need }) => need === null));
});

test("search: by path, then other names, then description", () => {
  assert.equal(paths({ search: "revenue" })[0], "canonical.value");
  assert.equal(paths({ event: "purchase", search: "item_id" })[0], "canonical.items[].item_id");
  assert.equal(paths({ search: "Postal Code" }).length > 0, true);
  assert.deepEqual(paths({ search: "x".repeat(10_000) }), []);
  assert.deepEqual(paths({ search: "" }), paths({}));
});
