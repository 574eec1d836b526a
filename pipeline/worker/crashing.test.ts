import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendResult } from "./http/sender.ts";
import { hireMortal } from "./testing/mortal.ts";
import { answer, failed, type Sent, testConnector } from "./testing/test-vendor.ts";
import {
  deadLetters,
  delivery,
  hire,
  ledger,
  outcomes,
  post,
  setStage,
  snapshotOf,
  type TrialOptions,
} from "./testing/trial.ts";

const CONCURRENCY = 10;
const LATENCY_MS = 5;
const GAP_MS = 20;

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What becomes of a message is in its name. */
function scripted({ messageIds }: Sent): SendResult {
  const failing: Record<string, number> = {};
  for (const id of messageIds) {
    if (id.startsWith("bad")) failing[id] = 400;
    if (id.startsWith("never")) failing[id] = 503;
  }
  return answer(200, { body: JSON.stringify({ failing }) });
}

async function stageOf(seed: number, options: TrialOptions): Promise<Awaited<ReturnType<typeof setStage>>> {
  const stage = await setStage({ ...options, random: seeded(seed) });
  stage.sender.play = (sent) => new Promise((resolve) => stage.clock.after(LATENCY_MS, () => resolve(scripted(sent))));
  return stage;
}

function names(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const die = random();
    return `${die < 0.05 ? "bad" : die < 0.08 ? "never" : "good"}-${index}`;
  });
}

test("killed at any moment: nothing is lost, little is repeated, tries go on", { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seeded(seed);
    const size = seed % 2 === 0 ? 1 : 7;
    const connector = testConnector({
      limits: { rps: 1e6, daily: 0, batch: { size, bytes: 1e6, intervalMs: 20 }, concurrency: CONCURRENCY },
    });
    const stage = await stageOf(seed, { connector, settings: { pollWaitMs: 200 } });
    const ids = names(400, random);
    await post(
      stage,
      ids.map((id) => delivery(id, stage.clock)),
    );
    let kills = 0;
    for (; kills < 12; kills += 1) {
      const mortal = await hireMortal(stage);
      await stage.clock.advance(1 + random() * (kills < 8 ? 60 : 30_000));
      await mortal.kill(random() < 0.5);
    }
    await hire(stage, stage.log);
    await stage.clock.advance(9_000_000);

    const sums = await outcomes(stage.log);
    const bad = ids.filter((id) => id.startsWith("bad")).length;
    const never = ids.filter((id) => id.startsWith("never")).length;
    assert.equal(sums["delivered"], ids.length - bad - never, `seed ${seed}`);
    assert.equal(sums["dead_lettered/rejected"], bad, `seed ${seed}`);
    assert.equal(sums["dead_lettered/retries_exhausted"], never, `seed ${seed}`);
    const letters = await deadLetters(stage.log);
    assert.equal(
      new Set(letters.map(({ messageId }) => messageId)).size,
      letters.length,
      `seed ${seed}: a dead letter twice`,
    );
    assert.ok(
      letters.every(({ reason, tries }) => reason !== "retries_exhausted" || tries === 6),
      `seed ${seed}`,
    );
    assert.deepEqual((await ledger(stage.log)).parked, {}, `seed ${seed}`);

    const times = new Map<string, number>();
    for (const id of stage.sender.sent.flatMap(({ messageIds }) => messageIds)) times.set(id, (times.get(id) ?? 0) + 1);
    const repeated = ids.reduce(
      (sum, id) => sum + Math.max(0, (times.get(id) ?? 0) - (id.startsWith("never") ? 6 : 1)),
      0,
    );
    const perKill = CONCURRENCY * size * (1 + Math.ceil((GAP_MS + LATENCY_MS) / LATENCY_MS));
    assert.ok(repeated <= kills * perKill, `seed ${seed}: ${repeated} repeated over ${kills} kills`);
  }
});

test("killed while the fourth try is parked, the next try is the fifth", async () => {
  const stage = await setStage({ play: () => answer(503) });
  await post(stage, [delivery("m1", stage.clock)]);
  const mortal = await hireMortal(stage);
  await stage.clock.advance(30_000);
  assert.equal(stage.sender.sent.length, 4);
  await mortal.kill(false);
  await hire(stage, stage.log);
  await stage.clock.advance(400_000);
  assert.equal(stage.sender.sent.length, 6);
  assert.deepEqual(
    (await deadLetters(stage.log)).map(({ tries }) => tries),
    [6],
  );
  assert.deepEqual(await outcomes(stage.log), { retried: 5, "dead_lettered/retries_exhausted": 1 });
});

test("a clock that is set back over a crash makes no retry wait longer than it was to wait", async () => {
  const stage = await setStage({ play: (_, index) => answer(index < 3 ? 503 : 200) });
  await post(stage, [delivery("m1", stage.clock)]);
  const mortal = await hireMortal(stage);
  await stage.clock.advance(10_000);
  assert.equal(stage.sender.sent.length, 3);
  await mortal.kill(false);
  stage.clock.step(-2 * 3_600_000);
  await hire(stage, stage.log);
  await stage.clock.advance(21_000);
  assert.equal(stage.sender.sent.length, 4);
});

test("a batch that waits for its retry over a crash keeps its batch id", async () => {
  const connector = testConnector({
    limits: { rps: 1e6, daily: 0, batch: { size: 5, bytes: 1e6, intervalMs: 20 }, concurrency: 4 },
  });
  const stage = await setStage({ connector, play: (_, index) => answer(index === 0 ? 503 : 200) });
  await post(
    stage,
    Array.from({ length: 5 }, (_, index) => delivery(`m${index}`, stage.clock)),
  );
  const mortal = await hireMortal(stage);
  await stage.clock.advance(500);
  await mortal.kill(false);
  await hire(stage, stage.log);
  await stage.clock.advance(2_000);
  assert.equal(stage.sender.sent.length, 2);
  assert.equal(stage.sender.sent[0]?.batchId, stage.sender.sent[1]?.batchId);
  assert.deepEqual(await outcomes(stage.log), { retried: 5, delivered: 5 });
});

test(
  "the sum holds over commits that fail, records that come twice, and offsets that are missing",
  { timeout: 120_000 },
  async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const random = seeded(seed * 97);
      const lanes = [{ id: "one" }, { id: "two" }, { id: "off", enabled: false }];
      const size = seed % 3 === 0 ? 10 : 1;
      const stage = await stageOf(seed, {
        snapshot: snapshotOf({ tmpl_a: { lanes } }),
        connector: testConnector({
          limits: { rps: 2_000, daily: 0, batch: { size, bytes: 1e6, intervalMs: 20 }, concurrency: 5 },
        }),
        faults: { seed, abortRate: 0.2, duplicateRate: seed % 2 === 0 ? 0.02 : 0, skipOffsets: 0.2 },
        settings: { maxInMemoryBytes: 200_000, pollWaitMs: 200 },
      });
      const ids = names(600, random);
      const laneOf = (index: number): string => ["one", "two", "off"][index % 3] ?? "one";
      await post(
        stage,
        ids.map((id, index) => delivery(id, stage.clock, { pipelineIntegrationId: laneOf(index) })),
      );
      const mortal = await hireMortal(stage);
      await stage.clock.advance(50 + random() * 3_000);
      await mortal.kill(random() < 0.5);
      await hire(stage, stage.log);
      await stage.clock.advance(20_000);
      stage.snapshots.set(snapshotOf({ tmpl_a: { lanes: [{ id: "one" }, { id: "off" }] } }, { number: 2 }));
      await stage.clock.advance(3_600_000);
      for (const lane of ["one", "two", "off"]) {
        const sums = await outcomes(stage.log, lane);
        const ended = Object.entries(sums).reduce((sum, [name, count]) => (name === "retried" ? sum : sum + count), 0);
        assert.equal(ended, 200, `seed ${seed}, ${lane}: ${JSON.stringify(sums)}`);
      }
      const letters = await deadLetters(stage.log);
      const keys = letters.map(({ position }) => `${position.partition}/${position.offset}`);
      assert.equal(new Set(keys).size, keys.length, `seed ${seed}: a dead letter twice`);
      assert.deepEqual((await ledger(stage.log)).parked, {}, `seed ${seed}`);
    }
  },
);

test("a vendor that is away over many restarts loses nothing", async () => {
  const stage = await setStage({ play: () => failed("network") });
  await post(
    stage,
    Array.from({ length: 200 }, (_, index) => delivery(`m${index}`, stage.clock)),
  );
  for (let kills = 0; kills < 5; kills += 1) {
    const mortal = await hireMortal(stage);
    await stage.clock.advance(1_000);
    await mortal.kill(kills % 2 === 0);
  }
  stage.sender.play = () => answer(200);
  await hire(stage, stage.log);
  await stage.clock.advance(400_000);
  const sums = await outcomes(stage.log);
  assert.equal((sums["delivered"] ?? 0) + (sums["dead_lettered/retries_exhausted"] ?? 0), 200);
  assert.ok((sums["delivered"] ?? 0) > 100, JSON.stringify(sums));
});
