import assert from "node:assert/strict";
import test from "node:test";
import { failureTraces, isTraced } from "./trace.ts";

test("a share of messages is traced, the same ones every time", () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => `node-next-1700000000000-${index}`);
  const traced = ids.filter((id) => isTraced(id, 0.1));
  assert.ok(traced.length > 1_800 && traced.length < 2_200, `${traced.length} of 20000`);
  assert.ok(traced.every((id) => isTraced(id, 0.1) && isTraced(id, 0.5)));
  assert.equal(ids.filter((id) => isTraced(id, 0)).length, 0);
  assert.equal(ids.filter((id) => isTraced(id, 1)).length, ids.length);
});

test("failures are traced up to a bound a minute, by lane and reason, and the next one says how many were not", () => {
  const traces = failureTraces(2);
  const at = (second: number) => traces.admit("pi_a", "rejected", second * 1000);
  assert.deepEqual([at(0), at(1), at(2), at(3)], [0, 0, null, null]);
  assert.equal(traces.admit("pi_b", "rejected", 3000), 0);
  assert.equal(traces.admit("pi_a", "timeout", 3000), 0);
  assert.deepEqual([at(60), at(61), at(62)], [2, 0, null]);
});
