import assert from "node:assert/strict";
import { test } from "node:test";
import { hireMortal } from "./testing/mortal.ts";
import { answer, testConnector } from "./testing/test-vendor.ts";
import { delivery, hire, openTrial, outcomes, post, setStage, type Trial } from "./testing/trial.ts";

const LIMIT = 64;
const LATENCY_MS = 10;
const BATCH = { size: 1, bytes: 1e6, intervalMs: 0 };

function wide(): ReturnType<typeof testConnector> {
  return testConnector({ limits: { rps: 1e6, daily: 0, batch: BATCH, concurrency: LIMIT } });
}

/** Answers after `latencyMs`; `most` is the largest number of requests under way since it was last set. */
function watched(trial: Pick<Trial, "clock" | "sender">, latencyMs: number): { now: number; most: number } {
  const seen = { now: 0, most: 0 };
  trial.sender.play = async () => {
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    await new Promise<void>((resolve) => void trial.clock.after(latencyMs, resolve));
    seen.now -= 1;
    return answer(200);
  };
  return seen;
}

async function many(trial: Pick<Trial, "clock" | "log">, count: number, from = 0): Promise<void> {
  await post(
    trial,
    Array.from({ length: count }, (_, index) => delivery(`m${from + index}`, trial.clock)),
  );
}

test("few requests are under way at first, as many as the connector allows while a backlog lasts, few again after it", async () => {
  const trial = await openTrial({ connector: wide() });
  const seen = watched(trial, LATENCY_MS);
  await many(trial, 14_000);
  await trial.clock.advance(990);
  assert.equal(seen.most, 8);
  await trial.clock.advance(1_000);
  assert.equal(seen.most, 16);
  await trial.clock.advance(2_000);
  assert.equal(seen.most, LIMIT);
  const before = trial.sender.sent.length;
  await trial.clock.advance(200);
  assert.ok(trial.sender.sent.length - before >= (200 / LATENCY_MS - 1) * LIMIT, "every slot is in use all the time");
  await trial.clock.advance(6_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 14_000 });
  seen.most = 0;
  await many(trial, 40, 14_000);
  await trial.clock.advance(500);
  assert.equal(seen.most, 8);
});

test("a slow vendor's lane widens as soon, without waiting for answers", async () => {
  const trial = await openTrial({ connector: wide() });
  const seen = watched(trial, 10_000);
  await many(trial, 500);
  await trial.clock.advance(3_100);
  assert.equal(seen.now, LIMIT);
});

test("a lane that the rate limit holds back stays narrow", async () => {
  const limits = { rps: 100, burst: 2, daily: 0, batch: BATCH, concurrency: LIMIT };
  const trial = await openTrial({ connector: testConnector({ limits }) });
  const seen = watched(trial, 30);
  await many(trial, 200);
  await trial.clock.advance(1_900);
  assert.ok(seen.most <= 8, String(seen.most));
});

test("a crash early in a backlog repeats what a narrow window holds", async () => {
  for (const killAt of [15, 80, 450]) {
    const stage = await setStage({ connector: wide() });
    watched(stage, LATENCY_MS);
    await many(stage, 900);
    const mortal = await hireMortal(stage);
    await stage.clock.advance(killAt);
    await mortal.kill(false);
    await hire(stage, stage.log);
    await stage.clock.advance(5_000);
    assert.deepEqual(await outcomes(stage.log), { delivered: 900 });
    const repeated = stage.sender.sent.length - 900;
    assert.ok(repeated <= 2 * 8, `${repeated} repeated after ${killAt} ms`);
  }
});
