import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import { type Comparable, type Difference, diffRevisions } from "./revision-diff.ts";

const row = (target: string, more: JsonObject = {}): JsonObject => ({
  source: `properties.${target}`,
  target,
  ...more,
});
const mapped = (...rows: JsonObject[]): JsonObject => ({ mapping: { global: { mappings: rows } } });
const at = (index?: number) => `mapping.global.mappings${index === undefined ? "" : `[${index}]`}`;

function diff(
  before: JsonObject,
  after: JsonObject,
  secrets: Partial<Record<"was" | "is", Comparable["secrets"]>> = {},
) {
  return diffRevisions({ content: before, secrets: secrets.was ?? {} }, { content: after, secrets: secrets.is ?? {} });
}

const CASES: [what: string, before: JsonObject, after: JsonObject, expected: Difference[]][] = [
  ["nothing", { a: { b: [1] } }, { a: { b: [1] } }, []],
  ["the order of keys, which says nothing", { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, []],
  [
    "settings",
    { config: { url: "a", gone: "x" } },
    { config: { url: "b", come: "y" } },
    [
      { path: "config.url", kind: "changed", old: "a", new: "b" },
      { path: "config.gone", kind: "removed", old: "x", new: null },
      { path: "config.come", kind: "added", old: null, new: "y" },
    ],
  ],
  [
    "lists of words, as a whole",
    { consent_categories: ["a"] },
    { consent_categories: ["a", "b"] },
    [{ path: "consent_categories", kind: "changed", old: ["a"], new: ["a", "b"] }],
  ],
  [
    "a name that is no plain key",
    { mapping: { events: { "Order Completed": { filter: "a" } } } },
    { mapping: { events: { "Order Completed": { filter: "b" } } } },
    [{ path: 'mapping.events["Order Completed"].filter', kind: "changed", old: "a", new: "b" }],
  ],
  [
    "a row by its target, wherever it moved for others",
    mapped(row("a"), row("b")),
    mapped(row("new"), row("a"), row("b", { transform: "trim" })),
    [
      { path: at(0), kind: "added", old: null, new: row("new") },
      { path: `${at(2)}.transform`, kind: "added", old: null, new: "trim" },
    ],
  ],
  [
    "a row taken out",
    mapped(row("a"), row("b"), row("c")),
    mapped(row("a"), row("c")),
    [{ path: at(1), kind: "removed", old: row("b"), new: null }],
  ],
  [
    "rows in another order",
    mapped(row("a"), row("b")),
    mapped(row("b"), row("a")),
    [{ path: at(), kind: "changed", old: ["a", "b"], new: ["b", "a"] }],
  ],
  [
    "one of two rows with the same target",
    mapped(row("a", { when: "x" }), row("a", { when: "y" })),
    mapped(row("a", { when: "x" }), row("a", { when: "z" })),
    [{ path: `${at(1)}.when`, kind: "changed", old: "y", new: "z" }],
  ],
  [
    "the first rows",
    { mapping: { global: { mappings: [] } } },
    mapped(row("a")),
    [{ path: at(0), kind: "added", old: null, new: row("a") }],
  ],
  [
    "a section",
    { mapping: { events: {} } },
    { mapping: { events: { purchase: { mappings: [] } } } },
    [{ path: "mapping.events.purchase", kind: "added", old: null, new: { mappings: [] } }],
  ],
  [
    "another type",
    { mapping: { defaults: "drop" } },
    { mapping: { defaults: { action: "drop" } } },
    [{ path: "mapping.defaults", kind: "changed", old: "drop", new: { action: "drop" } }],
  ],
];

describe("the difference of revisions", () => {
  for (const [what, before, after, expected] of CASES) {
    it(`tells ${what}`, () => assert.deepEqual(diff(before, after), expected));
    it(`has nothing to say of ${what} and itself`, () => assert.deepEqual(diff(after, after), []));
  }

  it("tells of secrets that they changed, not what they are", () => {
    const was = { kept: "k", gone: "old-marker", other: "one-marker" };
    const is = { kept: "k", come: "new-marker", other: "two-marker" };
    const found = diff({}, {}, { was, is });
    assert.deepEqual(found, [
      { path: "config.come", kind: "added", old: null, new: { set: true } },
      { path: "config.gone", kind: "removed", old: { set: true }, new: null },
      { path: "config.other", kind: "changed", old: { set: true }, new: { set: true } },
    ]);
    assert.equal(JSON.stringify(found).includes("marker"), false);
  });

  it("is as quick with thousands of rows", () => {
    const rows = Array.from({ length: 5000 }, (_, index) => row(`t${index}`));
    const found = diff(mapped(...rows), mapped(...rows.toReversed()));
    assert.equal(found.length, 1);
  });
});
