import assert from "node:assert/strict";
import { test } from "node:test";
import { rateBucket, retryAfterSeconds } from "./rate-bucket.ts";

test("a second's worth goes through at once, then one per interval", () => {
  const bucket = rateBucket(10, 0);
  for (let index = 0; index < 10; index += 1) assert.equal(bucket.take(1, 0), 0);
  assert.equal(bucket.take(1, 0), 100);
  assert.equal(bucket.take(1, 99), 1);
  assert.equal(bucket.take(1, 100), 0);
  assert.equal(bucket.take(1, 60_000), 0);
  for (let index = 0; index < 9; index += 1) assert.equal(bucket.take(1, 60_000), 0);
  assert.ok(bucket.take(1, 60_000) > 0);
});

test("a bulk above the limit is let in once and paid off", () => {
  const bucket = rateBucket(100, 0);
  assert.equal(bucket.take(500, 0), 0);
  assert.equal(bucket.take(1, 0), 4_010);
  assert.ok(bucket.take(1, 4_000) > 0);
  assert.equal(bucket.take(1, 4_020), 0);
});

test("a clock that stands or steps back gives nothing away", () => {
  const bucket = rateBucket(1, 1_000);
  assert.equal(bucket.take(1, 1_000), 0);
  assert.equal(bucket.take(1, 0), 1_000);
  assert.equal(bucket.take(1, 1_999), 1);
  assert.equal(bucket.take(1, 2_000), 0);
});

test("limits below one a second, and none", () => {
  const slow = rateBucket(0.5, 0);
  assert.equal(slow.take(1, 0), 0);
  assert.ok(slow.take(1, 1_999) > 0);
  assert.equal(slow.take(1, 2_000), 0);
  const free = rateBucket(0, 0);
  for (let index = 0; index < 1_000; index += 1) assert.equal(free.take(1_000, 0), 0);
});

test("a burst that is given is had at once, and refilled at the rate", () => {
  const bucket = rateBucket(100 / 60, 0, 100);
  for (let index = 0; index < 100; index += 1) assert.equal(bucket.take(1, 0), 0);
  assert.equal(bucket.take(1, 0), 600);
  assert.equal(bucket.take(1, 600), 0);
  assert.ok(bucket.take(1, 600) > 0);
});

test("Retry-After is whole seconds, at least one", () => {
  assert.deepEqual([1, 999, 1_000, 1_001, 4_010].map(retryAfterSeconds), [1, 1, 1, 2, 5]);
});
