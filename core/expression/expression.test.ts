import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileReader } from "../mapping/read.ts";
import { compileExpression } from "./expression.ts";

const EVENT: JsonObject = {
  event: "purchase",
  userId: null,
  properties: {
    value: "79.99",
    count: 3,
    big: "9007199254740993",
    name: "Jane",
    flag: true,
    textual: "true",
    off: "false",
    zero: 0,
    empty: "",
    tags: ["a", "b", 5],
    items: [
      { price: 5, id: "A" },
      { price: 15, id: "B" },
    ],
    object: { a: 1 },
    in: "in",
    "a.b": "dotted",
    note: "line one\nline two",
  },
  context: { page: { url: "https://shop.example.com/staging/x" } },
};

const compiled = (text: string) => {
  const made = compileExpression(text);
  assert.ok("expression" in made, JSON.stringify(made));
  return made.expression;
};

const TRUE = [
  "properties.value > 0",
  "properties.value > 9",
  "properties.value >= '79.99'",
  "properties.value = 79.99",
  "properties.value == '79.990'",
  "properties.count < 4 and properties.count <= 3",
  "NOT properties.name > 1",
  "NOT properties.name < 1",
  "NOT (properties.nope > 0)",
  "properties.nope NOT > 0",
  "properties.name = 'Jane'",
  "properties.name != 'jane'",
  "properties.big != '9007199254740992'",
  "properties.flag",
  "properties.flag = true",
  "properties.flag = 'true'",
  "properties.textual",
  "NOT properties.off",
  "NOT properties.name",
  "NOT properties.nope",
  "properties.nope = null",
  "userId = null",
  "userId NOT exists",
  "properties.zero exists",
  "exists(properties.empty)",
  "NOT exists(properties.nope)",
  "properties.nope != 'x'",
  "properties.nope NOT contains 'x'",
  "context.page.url contains '/staging'",
  "NOT context.page.url NOT contains '/staging'",
  "context.page.url starts_with 'https://' AND context.page.url ENDS_WITH '/x'",
  "context.page.url matches '^https?://[^/]+/staging'",
  "context.page.url NOT matches '^staging'",
  "properties.note matches 'one\\\\nline'",
  "properties.tags contains 'a'",
  "properties.tags contains '5'",
  "properties.tags[1] = 'b'",
  "'a' IN properties.tags",
  "'z' NOT IN properties.tags",
  "properties.name IN ('x', \"Jane\")",
  "properties.name NOT IN ['x']",
  "properties.count IN ('3.0')",
  "properties.value IN (properties.nope, 79.99)",
  "NOT properties.object = properties.object",
  "NOT properties.object IN (1)",
  "properties.\"a.b\" = 'dotted'",
  "properties['a.b'] = 'dotted'",
  "properties.in = 'in'",
  "COALESCE(userId, properties.nope, properties.name) = 'Jane'",
  "coalesce() = null",
  "lowercase(properties.name) = 'jane'",
  "truncate(properties.name, 2) = 'Ja'",
  "replace(properties.name, 'J', 'D') = 'Dane'",
  "sum(properties.items, 'price') = 20",
  "count(filter(properties.items, 'price > 10 AND id = \"B\"')) = 1",
  "properties.items[].id contains 'B'",
  "to_number(properties.name) = null",
  "true OR false AND false",
  "(true OR false) AND NOT false",
  "NOT NOT true",
  "event = 'purchase' AND (properties.value > 0 OR properties.nope exists)",
  "properties.value > -1.5e3",
  "url_host(context.page.url) = 'shop.example.com'",
  "canonical.value = 79.99",
];

for (const text of TRUE) {
  test(`true: ${text}`, () => {
    assert.equal(compiled(text).test(EVENT), true);
    assert.equal(compiled(`NOT (${text})`).test(EVENT), false);
  });
}

const FAULTS: [string, number, RegExp][] = [
  ["", 1, /empty/],
  ["a =", 4, /ends too early/],
  ["(a = 1", 7, /Expected \), found the end/],
  ["a = 1 b = 2", 7, /b is not expected here\. AND or OR may be missing/],
  ["a = 1 adn b = 2", 7, /Did you mean AND\?/],
  ["a containz 'x'", 3, /Did you mean contains\?/],
  ["AND a", 1, /AND is not expected here/],
  ["a ~ 3", 3, /~ is not expected here/],
  ["a = 'x", 5, /The text is not closed/],
  ["a.__proto__.b = 1", 2, /__proto__ is not allowed/],
  ["lowercas(a) = 1", 1, /No function lowercas\. Did you mean lowercase\?/],
  ["lowercase() = 1", 1, /needs an argument/],
  ["truncate(a, b) = 1", 1, /takes constants/],
  ["truncate(a) = 1", 1, /truncate needs an argument/],
  ["truncate(a, 'x') = 1", 1, /whole number/],
  ["trim(a, 1, 2)", 1, /at most two arguments/],
  ["a matches b", 3, /needs a pattern written as text/],
  ["a matches '('", 3, /pattern is not valid/],
  ["a IN 5", 6, /5 is not expected here/],
  [`${"(".repeat(40)}a${")".repeat(40)}`, 33, /Nested deeper than 32/],
  ["a".repeat(4_001), 1, /longer than 4000/],
];

for (const [text, column, message] of FAULTS) {
  test(`fault: ${text.slice(0, 30)}`, () => {
    const made = compileExpression(text);
    assert.ok("faults" in made);
    const [fault] = made.faults;
    assert.match(fault?.message ?? "", message);
    assert.equal(fault?.column, column);
  });
}

test("positions count lines", () => {
  const made = compileExpression("a = 1\nAND b ~ 2");
  assert.deepEqual("faults" in made && made.faults.map(({ line, column, offset }) => ({ line, column, offset })), [
    { line: 2, column: 7, offset: 12 },
  ]);
});

test("paths may start elsewhere than at the event", () => {
  const made = compileExpression("event.properties.count = 3 AND event.event = 'purchase'", {
    reader: (path) => compileReader(path.slice(1)),
  });
  assert.ok("expression" in made && made.expression.test(EVENT));
});

test("an expression is worth a value", () => {
  assert.equal(compiled("COALESCE(properties.nope, properties.count)").value(EVENT), 3);
  assert.equal(compiled("properties.nope").value(EVENT), undefined);
  assert.equal(compiled("properties.count = 3").value(EVENT), true);
});

test("patterns that make backtracking engines stand still do not", () => {
  const { test: run } = compiled("properties.s matches '^(a+)+$'");
  assert.equal(run({ properties: { s: `${"a".repeat(50_000)}!` } }), false, "a longer text does not fit");
  assert.equal(run({ properties: { s: `${"a".repeat(15_000)}!` } }), false);
  assert.equal(run({ properties: { s: "a".repeat(15_000) } }), true);
  assert.equal(run({ properties: { s: "a".repeat(20_001) } }), false);
});

test("any text compiles to something that never throws, or has a fault with a position", () => {
  const word = fc.constantFrom(
    "AND",
    "OR",
    "NOT",
    "IN",
    "exists",
    "contains",
    "matches",
    "=",
    "!=",
    "<",
    ">=",
    "(",
    ")",
    "[",
    "]",
    ",",
    "'x'",
    '"',
    "'",
    "1",
    "-2.5",
    "a",
    "properties.a",
    "properties.items[].id",
    "true",
    "null",
    "lowercase",
    "COALESCE",
    "sum",
    ".",
    "é",
    "\\",
    "\n",
    " ",
  );
  const value = fc.jsonValue({ maxDepth: 3 });
  let good = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), value, (words, properties) => {
      const text = words.join(" ");
      const made = compileExpression(text);
      if ("faults" in made) {
        const [fault] = made.faults;
        assert.ok(fault && fault.line >= 1 && fault.column >= 1 && fault.offset <= text.length);
        return;
      }
      good += 1;
      const event: JsonObject = { properties: properties as JsonValue };
      assert.equal(typeof made.expression.test(event), "boolean");
      made.expression.value(event);
    }),
    { numRuns: 1_500 },
  );
  assert.ok(good > 10);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => void compileExpression(text)),
    { numRuns: 500 },
  );
});
