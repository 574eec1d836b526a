import assert from "node:assert/strict";
import { test } from "node:test";
import { createAdmission } from "./admission.ts";

function admission(perSecond: number) {
  let now = 5_000;
  const made = createAdmission({ perSecond, clock: { monotonic: () => now } });
  return { ...made, pass: (ms: number) => (now += ms) };
}

test("so many events a second, the rest is counted, and the next second begins anew", () => {
  const { admit, takeSkipped, pass } = admission(3);
  const verdicts = ["a", "b", "c", "d", "e"].map((id) => admit(id));
  assert.deepEqual(verdicts, [true, true, true, false, false]);
  assert.equal(takeSkipped(), 2);
  assert.equal(takeSkipped(), 0);
  pass(999);
  assert.equal(admit("f"), false);
  pass(1);
  assert.equal(admit("g"), true);
});

test("an event is shown with all its records or with none", () => {
  const { admit, takeSkipped, pass } = admission(1);
  assert.equal(admit("shown"), true);
  assert.equal(admit("left out"), false);
  assert.equal(admit("shown"), true);
  pass(5000);
  assert.equal(admit("left out"), false);
  assert.equal(takeSkipped(), 1, "an event counts once");
});

test("what is remembered stays bounded", () => {
  const { admit, pass } = admission(1);
  assert.equal(admit("first"), true);
  assert.equal(admit("second"), false);
  for (let index = 0; index < 10_000; index += 1) admit(`id ${index}`);
  pass(1000);
  assert.equal(admit("second"), true, "its verdict was forgotten, and it counts as new");
});
