import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatPlace, parsePath, type PathSegment } from "./path.ts";

const key = (name: string): PathSegment => ({ kind: "key", key: name });
const index = (at: number): PathSegment => ({ kind: "index", index: at });
const each: PathSegment = { kind: "each" };

const PATHS: [string, PathSegment[]][] = [
  ["a", [key("a")]],
  ["a.b.c", [key("a"), key("b"), key("c")]],
  ["a[0].b", [key("a"), index(0), key("b")]],
  ["a[].b[]", [key("a"), each, key("b"), each]],
  ["a[0][1]", [key("a"), index(0), index(1)]],
  ['a."b.c".d', [key("a"), key("b.c"), key("d")]],
  ["a.'b c'", [key("a"), key("b c")]],
  ['a["b.c"]["d"]', [key("a"), key("b.c"), key("d")]],
  ['"a.b"', [key("a.b")]],
  ['a["say \\"x\\""]', [key("a"), key('say "x"')]],
  ["$set.a-b.@c.0", [key("$set"), key("a-b"), key("@c"), key("0")]],
  ["a b.c", [key("a b"), key("c")]],
];

for (const [text, segments] of PATHS) {
  test(`path ${text}`, () => assert.deepEqual(parsePath(text), segments));
}

for (const text of [
  "",
  " ",
  ".a",
  "a.",
  "a..b",
  "[0]",
  "[]",
  "a[",
  "a[x]",
  "a[-1]",
  "a]",
  'a."b',
  "a[1000]",
  "a.__proto__",
  'a["constructor"]',
  "prototype",
  'a.""',
  `a${".b".repeat(40)}`,
  "a".repeat(1001),
  "a[0]b",
  "a.[0]",
]) {
  test(`no path: ${text.slice(0, 20)}`, () => assert.ok("fault" in parsePath(text), JSON.stringify(parsePath(text))));
}

test("reading a path never throws, and reading what was written gives the same", () => {
  fc.assert(fc.property(fc.string(), (text) => void parsePath(text)));
  const name = fc
    .string({ minLength: 1, maxLength: 20 })
    .filter((text) => !/["'\\\n]|__proto__|constructor|prototype/.test(text));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (names) => {
      const text = names.map((one, at) => (at === 0 ? `"${one}"` : `["${one}"]`)).join("");
      assert.deepEqual(parsePath(text), names.map(key));
    }),
  );
});

test("places are written as people read them", () => {
  assert.equal(
    formatPlace(["events", "Order Completed", "mappings", 2, "transform"]),
    'events["Order Completed"].mappings[2].transform',
  );
  assert.equal(formatPlace(["events", "purchase", "filter"]), "events.purchase.filter");
  assert.equal(formatPlace([]), "");
});
