import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, fixedTopics, type Logger, OUTCOMES, type OutcomeRecord } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { openFaultyLog } from "@datafly-signal/ports/log/faulty";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { startAggregator } from "./aggregator.ts";
import { inFlight } from "./totals.ts";

const clock: Clock = { wall: () => 0, monotonic: () => 0, after: () => () => undefined };
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const lane = { pipelineId: "pip_1", integrationId: "tmpl_1", pipelineIntegrationId: "pi_1" };

function outcome(what: Pick<OutcomeRecord, "kind" | "reason">, count: number, of: typeof lane | null = lane): object {
  return { v: 1, minute: 0, lane: of, count, ...what };
}

async function append(log: EventLog, records: readonly object[]): Promise<void> {
  await log.append(
    records.map((record) => ({ topic: OUTCOMES, key: "k", value: Buffer.from(JSON.stringify(record)) })),
  );
}

async function opened(): Promise<{ log: EventLog; state: ReturnType<typeof openMemoryState> }> {
  const log = openFaultyLog({ seed: 1, skipOffsets: 0.3, abortRate: 0, duplicateRate: 0, wall: () => 1 });
  await log.ensureTopics(fixedTopics(4));
  return { log, state: openMemoryState() };
}

test("outcomes add up by lane and reason, replays take from dead letters", async () => {
  const { log, state } = await opened();
  const aggregator = await startAggregator({ log, records: state.records, clock, logger, intervalMs: 1000 });
  await append(log, [
    outcome({ kind: "accepted", reason: null }, 10),
    outcome({ kind: "filtered", reason: "consent_denied" }, 2),
    outcome({ kind: "delivered", reason: null }, 3),
    outcome({ kind: "dead_lettered", reason: "rejected" }, 4),
    outcome({ kind: "processed", reason: null }, 10, null),
    outcome({ kind: "refused", reason: "rate_limited" }, 7, null),
  ]);
  const first = await aggregator.totals();
  const totals = first.lanes["pi_1"];
  assert.ok(totals !== undefined);
  assert.equal(inFlight(totals), 1);
  assert.deepEqual(first.refused, { rate_limited: 7 });
  await append(log, [
    outcome({ kind: "dead_lettered", reason: "rejected" }, -4),
    outcome({ kind: "replayed", reason: null }, 4),
    outcome({ kind: "delivered", reason: null }, 5),
  ]);
  const second = (await aggregator.totals()).lanes["pi_1"];
  assert.ok(second !== undefined);
  assert.deepEqual(second.deadLettered, {});
  assert.equal(second.replayed, 4);
  assert.equal(inFlight(second), 0);
  await aggregator.close();
});

test("after a crash at any point every outcome counts exactly once", async () => {
  const { log, state } = await opened();
  let failAt = 0;
  const records = {
    ...state.records,
    put: async (entries: Parameters<typeof state.records.put>[0]) => {
      failAt -= 1;
      if (failAt === 0) throw new TypeError("killed before the write");
      await state.records.put(entries);
    },
  };
  for (let round = 1; round <= 20; round += 1) {
    await append(log, [
      outcome({ kind: "accepted", reason: null }, 1),
      outcome({ kind: "delivered", reason: null }, 1),
    ]);
    failAt = round % 3 === 0 ? 1 : 0;
    const aggregator = await startAggregator({ log, records, clock, logger, intervalMs: 1000 });
    await aggregator.totals().catch(() => undefined);
    await aggregator.close();
  }
  failAt = 0;
  const aggregator = await startAggregator({ log, records, clock, logger, intervalMs: 1000 });
  const totals = (await aggregator.totals()).lanes["pi_1"];
  assert.equal(totals?.accepted, 20);
  assert.equal(totals?.delivered, 20);
  await aggregator.close();
});
