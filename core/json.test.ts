import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonValue, sizeOf } from "./json.ts";

const nested = (levels: number): JsonValue => {
  let value: JsonValue = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

test("a value's size: its characters, those of its keys, and one for each value in it", () => {
  const cases: [JsonValue, number][] = [
    [null, 1],
    [5, 1],
    ["", 1],
    ["abc", 4],
    [[], 1],
    [[1, "ab"], 5],
    [{ ab: "c" }, 5],
    [JSON.parse('{"__proto__": {"a": 1}}') as JsonValue, 13],
    [nested(256), 257],
  ];
  for (const [value, size] of cases) {
    assert.equal(sizeOf(value, 1_000), size, JSON.stringify(value));
    assert.equal(sizeOf(value, size), size);
    assert.equal(sizeOf(value, size - 1), null);
  }
});

test("what is too deep has no size, and what is too large is not looked at as a whole", () => {
  assert.equal(sizeOf(nested(257), 1_000), null);
  assert.equal(sizeOf(nested(100_000), 1_000_000), null);
  const looked: string[] = [];
  const watched = new Proxy<Record<string, JsonValue>>(
    Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`k${at}`, 1])),
    {
      get: (target, key) => (looked.push(String(key)), target[String(key)] ?? null),
    },
  );
  assert.equal(sizeOf(watched, 20), null);
  assert.ok(looked.length < 20, String(looked.length));
});
