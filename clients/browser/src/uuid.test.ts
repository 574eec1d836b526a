import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { uuidV4 } from "./uuid.ts";

const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids have the form of version 4, whatever the bytes are", () => {
  assert.equal(
    uuidV4(() => 0),
    "10000000-1000-4000-8000-100000000000",
  );
  assert.match(
    uuidV4(() => 255),
    V4,
  );
  for (let byte = 0; byte < 256; byte += 1)
    assert.match(
      uuidV4(() => byte),
      V4,
    );
});

test("every digit that may vary does", () => {
  const digits = Array.from({ length: 36 }, () => new Set<string>());
  for (let count = 0; count < 2_000; count += 1) {
    const id = uuidV4(() => randomBytes(1)[0] ?? 0);
    assert.match(id, V4);
    for (const [index, digit] of [...id].entries()) digits[index]?.add(digit);
  }
  const fixed = new Map([
    [8, 1],
    [13, 1],
    [14, 1],
    [18, 1],
    [19, 4],
    [23, 1],
  ]);
  assert.deepEqual(
    digits.map((set) => set.size),
    digits.map((_, index) => fixed.get(index) ?? 16),
  );
});
