import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateStore, TokenRequest } from "@datafly-signal/ports/state";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { delivery, hire, outcomes, post, quietLogger, revision, setStage, snapshotOf } from "./testing/trial.ts";
import { TestClock } from "./testing/test-clock.ts";
import { testConnector } from "./testing/test-vendor.ts";
import { type BucketLimits, bucketLimits, Tokens } from "./tokens.ts";

test("the limits are those of the highest revision pinned, the connector's where it names none", () => {
  const connector = testConnector({
    limits: { rps: 50, burst: 70, daily: 900, batch: { size: 1, bytes: 1, intervalMs: 0 }, concurrency: 1 },
  });
  const limits = (rps: number | null, burst: number | null, daily: number | null): ReturnType<typeof revision> =>
    revision({ rateLimits: { rps, burst, daily } });
  const cases: [
    name: string,
    revisions: Record<number, ReturnType<typeof revision>>,
    pinned: number[],
    expected: BucketLimits,
  ][] = [
    ["named by nobody", { 1: limits(null, null, null) }, [1], { rps: 50, burst: 70, daily: 900 }],
    ["a rate of its own doubles to the burst", { 1: limits(10, null, null) }, [1], { rps: 10, burst: 20, daily: 900 }],
    ["all of its own", { 1: limits(10, 5, 7) }, [1], { rps: 10, burst: 5, daily: 7 }],
    ["no daily limit on purpose", { 1: limits(null, null, 0) }, [1], { rps: 50, burst: 70, daily: 0 }],
    [
      "the highest pinned anywhere",
      { 1: limits(1, 1, 1), 2: limits(2, 2, 2), 3: limits(3, 3, 3) },
      [2, 1],
      { rps: 2, burst: 2, daily: 2 },
    ],
    ["pinned nowhere", { 1: limits(1, 1, 1) }, [], { rps: 50, burst: 70, daily: 900 }],
  ];
  for (const [name, revisions, pinned, expected] of cases) {
    const lanes = pinned.map((number, index) => ({ id: `lane_${index}`, revision: number }));
    assert.deepEqual(bucketLimits(snapshotOf({ tmpl_a: { revisions, lanes } }), "tmpl_a", connector), expected, name);
  }
  assert.deepEqual(bucketLimits(snapshotOf(), "tmpl_a", undefined), { rps: 0, burst: 0, daily: 0 });
});

test("tokens are asked for in blocks, and only as many as there are requests", async () => {
  const asked: TokenRequest[] = [];
  const clock = new TestClock();
  const state = leasing(async (request) => {
    asked.push(request);
    return { granted: request.want, waitMs: 0 };
  });
  const tokens = new Tokens({ bucket: "b", state, clock, logger: quietLogger, onTokens: () => undefined });
  tokens.setLimits({ rps: 1_000, burst: 2_000, daily: 0 });
  assert.equal(tokens.ready(3), false);
  await clock.settle();
  assert.equal(tokens.ready(3), true);
  assert.deepEqual(
    asked.map(({ want }) => want),
    [3],
  );
  for (let count = 0; count < 3; count += 1) tokens.take();
  assert.equal(tokens.ready(10_000), false);
  await clock.settle();
  assert.deepEqual(
    asked.map(({ want }) => want),
    [3, 50],
  );
});

test("an unlimited bucket asks nobody; a daily limit alone is asked for", async () => {
  const asked: TokenRequest[] = [];
  const clock = new TestClock();
  const state = leasing(async (request) => {
    asked.push(request);
    return { granted: 1, waitMs: 0 };
  });
  const tokens = new Tokens({ bucket: "b", state, clock, logger: quietLogger, onTokens: () => undefined });
  tokens.setLimits({ rps: 0, burst: 0, daily: 0 });
  assert.equal(tokens.ready(5), true);
  assert.deepEqual(asked, []);
  tokens.setLimits({ rps: 0, burst: 0, daily: 100 });
  assert.equal(tokens.ready(5), false);
  await clock.settle();
  assert.equal(tokens.ready(1), true);
  assert.deepEqual(
    asked.map(({ daily }) => daily),
    [100],
  );
});

test("a daily limit waits for the next day", async () => {
  const limits = revision({ rateLimits: { rps: 100, burst: 100, daily: 3 } });
  const stage = await setStage({
    snapshot: snapshotOf({ tmpl_a: { revisions: { 1: limits } } }),
    settings: { pollWaitMs: 60_000 },
  });
  await hire(stage, stage.log);
  await post(
    stage,
    Array.from({ length: 5 }, (_, index) => delivery(`m${index}`, stage.clock)),
  );
  await stage.clock.advance(11 * 3_600_000);
  assert.equal(stage.sender.sent.length, 3);
  await stage.clock.advance(2 * 3_600_000);
  assert.deepEqual(await outcomes(stage.log), { delivered: 5 });
});

test("while the state store is away deliveries wait", async () => {
  let away = true;
  const memory = openMemoryState();
  const state = leasing((request) => (away ? Promise.reject(new Error("away")) : memory.lease(request)));
  const stage = await setStage();
  await hire(stage, stage.log, { state });
  await post(stage, [delivery("m1", stage.clock)]);
  await stage.clock.advance(10_000);
  assert.deepEqual(stage.sender.sent, []);
  away = false;
  await stage.clock.advance(2_000);
  assert.deepEqual(await outcomes(stage.log), { delivered: 1 });
});

function leasing(lease: StateStore["lease"]): StateStore {
  return { ...openMemoryState(), lease };
}
