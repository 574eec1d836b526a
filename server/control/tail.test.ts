import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConfigSnapshot,
  type ProcessedTrace,
  RAW_EVENTS,
  type SentTrace,
  type TraceRecord,
} from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import { type TailFilter, type TailItem, tail } from "./tail.ts";
import { tailWindow } from "./tail-window.ts";

const snapshot = {
  number: 1,
  pipelines: [{ id: "pip_1", name: "Shop" }],
  integrations: [{ id: "tmpl_1", name: "orders" }],
  lanes: [{ id: "pi_1", pipelineId: "pip_1", integrationId: "tmpl_1", enabled: true }],
} as unknown as ConfigSnapshot;

const lane = { pipelineId: "pip_1", integrationId: "tmpl_1", pipelineIntegrationId: "pi_1" };

function raw(messageId: string, more: object = {}) {
  const at = "2026-11-21T09:00:00.000Z";
  return {
    type: "track",
    event: "Order Completed",
    messageId,
    pipelineId: "pip_1",
    receivedAt: at,
    input: "browser",
    ...more,
  };
}

function processed(
  messageId: string,
  outcome: object = { outcome: "mapped", vendorEventName: null, payload: {} },
): TraceRecord {
  return {
    stage: "processed",
    ...head(messageId),
    lanes: [{ ...lane, revision: 1, ...outcome }],
  } as unknown as ProcessedTrace;
}

function sent(messageId: string, outcome: string, attempt = 1): TraceRecord {
  const response = { status: outcome === "delivered" ? 200 : 500, headers: {}, body: "" };
  return {
    stage: "sent",
    ...head(messageId),
    lane,
    attempt,
    outcome,
    reason: null,
    response,
    durationMs: 5,
  } as unknown as SentTrace;
}

function head(messageId: string) {
  const at = "2026-11-21T09:00:01.000Z";
  return { v: 1, at, messageId, pipelineId: "pip_1", anonymousId: "a", userId: "u", eventName: "Order Completed" };
}

function openWindow(traceShare = 1) {
  let time = 0;
  const window = tailWindow({ snapshot: () => snapshot, traceShare, now: () => time });
  const take = (after: number): string[] => {
    time += after;
    return window.take().map((item) => {
      if (item.kind === "rejected") return `rejected ${item.message_id} ${item.error}`;
      const outcomes = item.kind === "event" ? item.outcomes : [item];
      return `${item.kind} ${item.message_id} ${outcomes.map(({ outcome }) => outcome).join()}`.trim();
    });
  };
  return { window, take };
}

test("an event that was set aside is shown at once with why; late, as a line of its own", () => {
  const rejected = { error: "schema_validation_failed", details: "properties.value is missing" } as const;
  const { window, take } = openWindow();
  window.addEvent(raw("m-1"));
  window.addTrace({ ...(processed("m-1") as ProcessedTrace), lanes: [], rejected });
  const [item] = window.take();
  assert.ok(item?.kind === "event");
  assert.deepEqual([item.rejected, item.outcomes], [rejected, []]);
  window.addTrace({ ...(processed("m-2") as ProcessedTrace), lanes: [], rejected });
  assert.deepEqual(take(500), []);
  assert.deepEqual(take(600), ["rejected m-2 schema_validation_failed"]);
});

test("an event waits for its outcomes, whichever is read first", () => {
  const { window, take } = openWindow();
  window.addEvent(raw("m1"));
  assert.deepEqual(take(0), []);
  window.addTrace(processed("m1"));
  assert.deepEqual(take(100), []);
  window.addTrace(sent("m1", "delivered"));
  assert.deepEqual(take(100), ["event m1 delivered"]);
  window.addTrace(processed("m2"));
  window.addTrace(sent("m2", "delivered"));
  assert.deepEqual(take(100), []);
  window.addEvent(raw("m2"));
  assert.deepEqual(take(100), ["event m2 delivered"]);
});

test("it waits so long and no longer; what comes after stands by itself", () => {
  const { window, take } = openWindow();
  window.addEvent(raw("m1"));
  window.addTrace(processed("m1"));
  assert.deepEqual(take(1999), []);
  assert.deepEqual(take(1), ["event m1 waiting"]);
  window.addTrace(sent("m1", "retry"));
  assert.deepEqual(take(500), []);
  assert.deepEqual(take(500), ["outcome m1 retry"]);
});

test("an event that is not traced does not wait long, one of the operator's is always traced", () => {
  const { window, take } = openWindow(0);
  window.addEvent(raw("m1"));
  window.addEvent(raw("m2", { input: "test" }));
  assert.deepEqual(take(300), ["event m1"]);
  assert.deepEqual(take(1700), ["event m2"]);
});

test("the same id again is another event", () => {
  const { window, take } = openWindow();
  window.addEvent(raw("m1"));
  window.addTrace(processed("m1", { outcome: "filtered", reason: "mapping_filter" }));
  window.addEvent(raw("m1"));
  window.addTrace(processed("m1", { outcome: "filtered", reason: "duplicate" }));
  assert.deepEqual(take(0), ["event m1 filtered", "event m1 filtered"]);
});

test("memory is bounded: what is over is counted", () => {
  const { window, take } = openWindow();
  for (let index = 0; index < 2500; index += 1) window.addEvent(raw(`m${index}`));
  assert.equal(take(0).length, 500);
  for (let index = 0; index < 5000; index += 1) window.addTrace(sent(`x${index}`, "retry"));
  assert.equal(window.takeSkipped(), 3000);
  assert.equal(take(3000).filter((line) => line.startsWith("outcome")).length, 1000);
  assert.equal(window.takeSkipped(), 1000);
});

const NO_FILTER: TailFilter = { pipelineId: null, integrationId: null, event: null, user: null, failed: false };

/** One partition that the test appends to. */
function logOf(records: string[]): Pick<EventLog, "bounds" | "read"> & { reads: number } {
  return {
    reads: 0,
    bounds: async () => [{ partition: 0, first: 0, next: records.length }],
    async read({ from, maxRecords }) {
      this.reads += 1;
      const offset = "offset" in from ? from.offset : 0;
      return records.slice(offset, offset + maxRecords).map((value, index): LogRecord => {
        const position = { partition: 0, offset: offset + index, timestamp: 0 };
        return { topic: RAW_EVENTS, key: "", value: Buffer.from(value), headers: {}, ...position };
      });
    },
  };
}

test("a reader that does not take makes nothing be read; what it missed is skipped with a count", async () => {
  const records = ["{}"];
  const log = logOf(records);
  let time = 0;
  const gone = new AbortController();
  let ended = false;
  const items = tail(
    {
      log,
      snapshots: { current: () => snapshot, onChange: () => () => undefined, refresh: async () => undefined },
      traces: { follow: () => () => (ended = true) },
      clock: {
        wall: () => time,
        monotonic: () => time,
        after(ms, run) {
          time += ms;
          setImmediate(run);
          return () => undefined;
        },
      },
      traceShare: 0,
    },
    NO_FILTER,
    gone.signal,
  );
  const next = async (): Promise<TailItem | undefined> => (await items.next()).value as TailItem | undefined;
  assert.deepEqual(await next(), { kind: "start", trace_share: 0 });
  const reads = log.reads;
  for (let index = 0; index < 50_000; index += 1) records.push(JSON.stringify(raw(`m${index}`)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(log.reads, reads, "it reads only when it is asked");
  assert.deepEqual(await next(), { kind: "skipped", count: 49_750 });
  const event = await next();
  assert.equal(event?.kind === "event" && event.message_id, "m49750");
  gone.abort();
  for (let left = 0; left < 300 && !ended; left += 1) await next();
  assert.equal(ended, true);
});
