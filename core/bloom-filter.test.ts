import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { addKey, bloomFilter, mayHold } from "./bloom-filter.ts";

function hashed(text: string): Uint8Array {
  return hash("sha256", text, "buffer").subarray(0, 12);
}

test("a filter never misses a key it was given, and rarely takes another for one", () => {
  const count = 20_000;
  const filter = bloomFilter(count);
  for (let index = 0; index < count; index += 1) addKey(filter, hashed(`in ${index}`));
  let wrong = 0;
  for (let index = 0; index < count; index += 1) {
    assert.ok(mayHold(filter, hashed(`in ${index}`)));
    if (mayHold(filter, hashed(`out ${index}`))) wrong += 1;
  }
  assert.ok(wrong / count < 0.015, `${wrong} of ${count}`);
});

test("an empty filter holds nothing", () => {
  assert.equal(mayHold(bloomFilter(0), hashed("a")), false);
});
