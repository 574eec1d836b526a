import assert from "node:assert/strict";
import { test } from "node:test";
import { uuidV4, uuidV7 } from "./ids.ts";

test("UUID v7 has its version, variant and time, and never repeats", () => {
  const before = Date.now();
  const made = Array.from({ length: 5000 }, uuidV7);
  assert.equal(new Set(made).size, 5000);
  for (const id of made) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    assert.ok(time >= before && time <= Date.now());
  }
});

test("UUID v4 has its version", () => {
  assert.match(uuidV4(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
