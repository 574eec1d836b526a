import assert from "node:assert/strict";
import { test } from "node:test";
import { dedupeKey } from "../contract-suite.ts";
import { addKey, bloomFilter, mayHold } from "./bloom-filter.ts";

test("a filter never misses a key it was given, and rarely takes another for one", () => {
  const count = 20_000;
  const filter = bloomFilter(count);
  for (let index = 0; index < count; index += 1) addKey(filter, dedupeKey(`in ${index}`));
  let wrong = 0;
  for (let index = 0; index < count; index += 1) {
    assert.ok(mayHold(filter, dedupeKey(`in ${index}`)));
    if (mayHold(filter, dedupeKey(`out ${index}`))) wrong += 1;
  }
  assert.ok(wrong / count < 0.015, `${wrong} of ${count}`);
});

test("an empty filter holds nothing", () => {
  assert.equal(mayHold(bloomFilter(0), dedupeKey("a")), false);
});
