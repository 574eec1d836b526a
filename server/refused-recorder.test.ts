import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, type OutcomeRecord } from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import { refusedRecorder } from "./refused-recorder.ts";

test("counts that the log did not take are recorded later, each once", async () => {
  const sums: Record<string, number> = {};
  let full = false;
  const later: (() => void)[] = [];
  const clock: Clock = {
    wall: () => 90_000,
    monotonic: () => 0,
    after: (_ms, run) => (later.push(run), () => undefined),
  };
  const log = {
    async append(records: readonly NewRecord[]) {
      if (full) throw new Error("full");
      for (const { value } of records) {
        const outcome = JSON.parse(Buffer.from(value ?? []).toString()) as OutcomeRecord;
        assert.deepEqual([outcome.kind, outcome.minute], ["refused", 60_000]);
        sums[String(outcome.reason)] = (sums[String(outcome.reason)] ?? 0) + outcome.count;
      }
      return [];
    },
  };
  const recorder = refusedRecorder(log, { clock, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  recorder.add({ overloaded: 2 });
  await new Promise(setImmediate);
  full = true;
  recorder.add({ overloaded: 3, invalid_event: 1 });
  await new Promise(setImmediate);
  assert.deepEqual(sums, { overloaded: 2 });
  full = false;
  later.shift()?.();
  await new Promise(setImmediate);
  assert.deepEqual(sums, { overloaded: 5, invalid_event: 1 });
  full = true;
  recorder.add({ overloaded: 1 });
  await new Promise(setImmediate);
  full = false;
  await recorder.close();
  assert.deepEqual(sums, { overloaded: 6, invalid_event: 1 });
});
