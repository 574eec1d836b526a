import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { type Clock, fixedTopics, type Logger, type TraceRecord, TRACES, traceLogRecord } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { openFaultyLog } from "@datafly-signal/ports/log/faulty";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { openTraces } from "./traces.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Time passes at once. */
const clock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(_ms, run) {
    const timer = setTimeout(run, 1);
    return () => clearTimeout(timer);
  },
};

function trace(messageId: string, ids: { anonymousId?: string; userId?: string } = {}): TraceRecord {
  return {
    v: 1,
    stage: "processed",
    at: "2026-02-25T14:30:00.000Z",
    messageId,
    pipelineId: "pip_a",
    anonymousId: ids.anonymousId ?? null,
    userId: ids.userId ?? null,
    eventName: "purchase",
    receivedAt: "2026-02-25T14:30:00.000Z",
    event: { left_out: true, bytes: 1 },
    lanes: [],
  };
}

async function write(log: EventLog, traces: readonly TraceRecord[]): Promise<void> {
  await log.append(traces.map((one) => traceLogRecord(one, JSON.stringify(one))).filter((record) => record !== null));
}

async function open() {
  const log = openFaultyLog({});
  await log.ensureTopics(fixedTopics(1));
  const { records } = openMemoryState();
  return { log, records, traces: openTraces({ log, records, clock, logger }) };
}

test("traces are found by event and by visitor, also across many segments and after a restart", async () => {
  const { log, records, traces } = await open();
  const many = Array.from({ length: 10_000 }, (_, index) =>
    trace(`m${index}`, { anonymousId: `a${index % 3000}`, ...(index % 2 === 0 ? { userId: `u${index % 500}` } : {}) }),
  );
  await write(log, many);
  assert.deepEqual(ids(await traces.find({ messageId: "m4999" })), ["m4999"]);
  assert.deepEqual(ids(await traces.find({ visitor: "a17" })), ["m17", "m3017", "m6017", "m9017"]);
  assert.equal((await traces.find({ visitor: "u2" })).length, 20);
  assert.deepEqual(await traces.find({ messageId: "a17" }), []);
  await write(log, [trace("m17", { anonymousId: "a17" })]);
  const again = openTraces({ log, records, clock, logger });
  assert.deepEqual(ids(await again.find({ visitor: "a17" })), ["m17", "m3017", "m6017", "m9017", "m17"]);
  assert.equal((await records.list({ prefix: "trace-segment/", limit: 10 })).length, 2);
});

test("the newest are read from the end, what cannot be read is left out", async () => {
  const { log, traces } = await open();
  assert.deepEqual(await traces.recent(10), []);
  await write(log, [trace("m1"), trace("m2"), trace("m3")]);
  await log.append([{ topic: TRACES, key: "x", value: Buffer.from("not JSON") }]);
  assert.deepEqual(ids(await traces.recent(3)), ["m2", "m3"]);
});

test("followers get what comes, until they end; one reader serves all", async () => {
  const { log, traces } = await open();
  await write(log, [trace("before")]);
  const one: string[] = [];
  const other: string[] = [];
  const end = traces.follow((record) => one.push(record.messageId));
  traces.follow((record) => other.push(record.messageId));
  await until(async () => {
    await write(log, [trace("live")]);
    return one.length > 0;
  });
  end();
  const seen = one.length;
  await until(async () => {
    await write(log, [trace("later")]);
    return other.includes("later");
  });
  assert.equal(one.length, seen);
  assert.ok(!other.includes("before"));
  await traces.close();
});

test("the filters of records that are gone go too", async () => {
  const { log, records, traces } = await open();
  await write(
    log,
    Array.from({ length: 9_000 }, (_, index) => trace(`m${index}`)),
  );
  await traces.find({ messageId: "m1" });
  const bounds = log.bounds.bind(log);
  const shortened: EventLog = {
    ...log,
    read: log.read.bind(log),
    bounds: async (topic) => (await bounds(topic)).map((one) => ({ ...one, first: 5_000 })),
  };
  const later = openTraces({ log: shortened, records, clock, logger });
  assert.deepEqual(ids(await later.find({ messageId: "m8000" })), ["m8000"]);
  assert.equal((await records.list({ prefix: "trace-segment/", limit: 10 })).length, 1);
});

function ids(found: readonly TraceRecord[]): string[] {
  return found.map(({ messageId }) => messageId);
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
    await setImmediate();
  }
  assert.fail("it did not come");
}
