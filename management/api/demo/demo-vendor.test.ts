import assert from "node:assert/strict";
import { test } from "node:test";
import { createDemoVendor, type DemoBehaviour } from "./demo-vendor.ts";

test("it misbehaves as often as it was told, and then answers well again", () => {
  const vendor = createDemoVendor();
  const heard: DemoBehaviour[] = [];
  const end = vendor.onChange(() => heard.push(vendor.behaviour()));
  assert.equal(vendor.take().status, 200);
  assert.ok(vendor.behave({ answer: "fail", left: 2 }));
  assert.deepEqual([vendor.take().status, vendor.take().status, vendor.take().status], [500, 500, 200]);
  assert.deepEqual(
    heard.map(({ answer, left }) => `${answer} ${left}`),
    ["fail 2", "fail 1", "well 0"],
  );
  end();
  assert.ok(vendor.behave({ answer: "refuse" }));
  assert.equal(vendor.take().status, 400);
  assert.equal(heard.length, 3);
  vendor.behave({ answer: "slow" });
  assert.ok(vendor.take().afterMs > 0);
  vendor.behave({ answer: "fail", left: 10 });
  vendor.behave({ answer: "well" });
  assert.equal(vendor.take().status, 200);
});

test("what is no behaviour changes nothing", () => {
  const vendor = createDemoVendor();
  vendor.behave({ answer: "fail", left: 3 });
  const wrong = [null, "fail", 5, {}, { answer: "explode" }, { answer: "__proto__" }, ["fail"]];
  const counts = [0, 11, 1.5, "2", null, Number.NaN].map((left) => ({ answer: "fail", left }));
  for (const wanted of [...wrong, ...counts]) assert.equal(vendor.behave(wanted), false, JSON.stringify(wanted));
  assert.deepEqual(vendor.behaviour(), { answer: "fail", left: 3 });
});
