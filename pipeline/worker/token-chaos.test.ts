import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendResult } from "./http/sender.ts";
import { hireMortal } from "./testing/mortal.ts";
import { answer, failed, given, type PlayPreparing, type PlayToken, testConnector } from "./testing/test-vendor.ts";
import { withAccount } from "./testing/token-trial.ts";
import { deadLetters, delivery, hire, ledger, outcomes, post, setStage, snapshotOf } from "./testing/trial.ts";

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

const LANES = ["one", "two", "three"];
const COUNT = 300;

function unsteady(random: () => number): PlayToken {
  return (_, index) => {
    const die = random();
    if (die < 0.2) return answer(503);
    if (die < 0.3) return answer(429, { headers: { "retry-after": "3" } });
    if (die < 0.35) return failed("timeout");
    if (die < 0.37) return answer(400, { body: "invalid_grant" });
    return given(`T${index}`, 5 + random() * 60);
  };
}

function unsteadyPreparing(random: () => number): PlayPreparing {
  return () => {
    const die = random();
    if (die < 0.2) return answer(503);
    if (die < 0.3) return answer(401);
    if (die < 0.32) return answer(403);
    return answer(die < 0.5 ? 404 : 200);
  };
}

test(
  "the sum holds with tokens that end, fail and are refused, and with vendors that are prepared, over crashes and changes",
  { timeout: 120_000 },
  async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const random = seeded(seed * 131);
      const size = seed % 2 === 0 ? 1 : 9;
      const account = (name: string) => ({ 1: withAccount(name, { table: "events" }) });
      const lanes = LANES.map((id) => ({ id }));
      const stage = await setStage({
        snapshot: snapshotOf({ tmpl_a: { lanes, revisions: account("shop") } }),
        connector: testConnector({
          limits: { rps: 2_000, daily: 0, batch: { size, bytes: 1e6, intervalMs: 50 }, concurrency: 5 },
        }),
        faults: { seed, abortRate: 0.1, duplicateRate: seed % 2 === 0 ? 0.02 : 0, skipOffsets: 0.1 },
        settings: { maxInMemoryBytes: 300_000, pollWaitMs: 200 },
        random: seeded(seed),
      });
      const calm: { is: boolean } = { is: false };
      const late = (result: SendResult): Promise<SendResult> =>
        new Promise((resolve) => void stage.clock.after(random() * 30, () => resolve(result)));
      const failing = (): SendResult => answer([401, 503, 404, 404][Math.floor(random() * 4)] ?? 503);
      stage.sender.play = () => late(calm.is || random() > 0.25 ? answer(200) : failing());
      const preparing = unsteadyPreparing(random);
      stage.sender.playPreparing = async (asked, index) => late(await preparing(asked, index));
      const play = unsteady(random);
      stage.sender.playToken = (asked, index) =>
        calm.is ? late(given(`T${index}`)) : Promise.resolve(play(asked, index)).then(late);
      const ids = Array.from({ length: LANES.length * COUNT }, (_, index) => `m${index}`);
      const laneOf = (index: number): string => LANES[index % LANES.length] ?? "";
      await post(
        stage,
        ids.map((id, index) => delivery(id, stage.clock, { pipelineIntegrationId: laneOf(index) })),
      );
      for (let kills = 0; kills < 4; kills += 1) {
        const mortal = await hireMortal(stage);
        await stage.clock.advance(random() * 8_000);
        await mortal.kill(random() < 0.5);
      }
      await hire(stage, stage.log);
      await stage.clock.advance(20_000);
      stage.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions: account("other") } }, { number: 2 }));
      await stage.clock.advance(20_000);
      const left = lanes.slice(0, 2);
      stage.snapshots.set(snapshotOf({ tmpl_a: { lanes: left, revisions: account("other") } }, { number: 3 }));
      calm.is = true;
      await stage.clock.advance(3_600_000);
      for (const lane of LANES) {
        const sums = await outcomes(stage.log, lane);
        const ended = Object.entries(sums).reduce((sum, [name, count]) => (name === "retried" ? sum : sum + count), 0);
        assert.equal(ended, COUNT, `seed ${seed}, ${lane}: ${JSON.stringify(sums)}`);
      }
      const letters = await deadLetters(stage.log);
      const places = letters.map(({ position }) => `${position.partition}/${position.offset}`);
      assert.equal(new Set(places).size, places.length, `seed ${seed}: a dead letter twice`);
      assert.ok(letters.every(({ tries, reason }) => reason !== "retries_exhausted" || tries === 6));
      assert.deepEqual((await ledger(stage.log)).parked, {}, `seed ${seed}`);
    }
  },
);
