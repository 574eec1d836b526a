import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  type ConfigSnapshot,
  DLQ_EVENTS,
  fixedTopics,
  type JsonValue,
  type RejectedEventRecord,
} from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { openFaultyLog } from "@datafly-signal/ports/log/faulty";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { openSetAside, type Readmit, type SetAside } from "./set-aside.ts";

const NOW = Date.UTC(2026, 10, 21);
const pipelines = [{ id: "pip_1", name: "Shop" }];
const snapshot = { number: 1, pipelines } as unknown as ConfigSnapshot;

let log: EventLog;
let setAside: SetAside;
let readmitted: [messageId: JsonValue | undefined, replayOf: string][];

beforeEach(async () => {
  log = openFaultyLog({ seed: 3, skipOffsets: 0.3, abortRate: 0, duplicateRate: 0, wall: () => NOW });
  await log.ensureTopics(fixedTopics(4));
  setAside = openSetAside({
    log,
    records: openMemoryState().records,
    snapshots: { current: () => snapshot },
    clock: { wall: () => NOW },
  });
  readmitted = [];
});

const take: Readmit = (event, replayOf) => {
  readmitted.push([event["messageId"], replayOf]);
  return Promise.resolve({ ok: true });
};

function rawEvent(messageId: string, more: object = {}) {
  const at = "2026-11-20T00:00:00.000Z";
  const times = { timestamp: at, receivedAt: at };
  const facts = { pipelineId: "pip_1", input: "server", request: { ip: "", browser: false } };
  return { type: "track", event: "Order Completed", messageId, ...times, ...facts, ...more };
}

async function give(...records: Partial<RejectedEventRecord>[]): Promise<void> {
  const facts = { v: 1, error: "schema_validation_failed", details: "properties.value is missing.\nMore." };
  const where = { raw: { partition: 0, offset: 1 }, receivedAt: "2026-11-20T00:00:00.000Z", bytes: 9 };
  await log.append(
    records.map((record, index) => ({
      topic: DLQ_EVENTS,
      key: `0:${index}`,
      value: Buffer.from(JSON.stringify({ ...facts, ...where, original_event: null, ...record })),
    })),
  );
}

const ids = (many: readonly { messageId: string | null }[]): (string | null)[] =>
  many.map(({ messageId }) => messageId);

test("newest first over many windows, each once, to the end of the pages", async () => {
  const names = Array.from({ length: 950 }, (_, index) => `m-${index}`);
  await give(...names.map((id) => ({ original_event: rawEvent(id) })));
  const found: (string | null)[] = [];
  let cursor: string | null = null;
  do {
    const page = await setAside.list({}, { cursor: cursor === null ? null : Number(cursor), limit: 190 });
    assert.equal(page.data.length, 190);
    found.push(...ids(page.data));
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.deepEqual(found, names.toReversed());
  const exported = [];
  for await (const one of setAside.records({})) exported.push(one);
  assert.deepEqual(ids(exported), names);
});

test("filters by each of its fields", async () => {
  await give(
    { original_event: rawEvent("m-1") },
    { original_event: rawEvent("m-2", { type: "page", event: null }), error: "pipeline_deleted" },
    { original_event: rawEvent("m-3", { pipelineId: "pip_2" }) },
  );
  const cases: [filter: Parameters<SetAside["list"]>[0], expected: string[]][] = [
    [{ error: "pipeline_deleted" }, ["m-2"]],
    [{ event: "Order Completed" }, ["m-3", "m-1"]],
    [{ event: "page" }, ["m-2"]],
    [{ messageId: "m-1" }, ["m-1"]],
    [{ pipelineId: "pip_2" }, ["m-3"]],
    [{ from: new Date(NOW).toISOString() }, ["m-3", "m-2", "m-1"]],
    [{ to: new Date(NOW).toISOString() }, []],
    [{ state: "replayed" }, []],
  ];
  for (const [filter, expected] of cases) {
    assert.deepEqual(ids((await setAside.list(filter, { cursor: null, limit: 9 })).data), expected);
  }
});

test("what cannot be sent again is left with its reason, and is shown all the same", async () => {
  await give(
    { original_event: rawEvent("m-1") },
    { original_event: rawEvent("m-2", { pipelineId: "pip_gone" }), error: "pipeline_deleted" },
    { original_event: null },
    { original_event: null, original_base64: "e25v", error: "unreadable_record" },
    { original_event: { ...rawEvent("m-3"), timestamp: 7 }, error: "invalid_envelope" },
    { original_event: ["x"], error: "invalid_envelope" },
  );
  const skipped = { pipeline_gone: 1, too_large_to_keep: 1, not_an_event: 3 };
  const dry = await setAside.replay({}, { dryRun: true, readmit: take });
  assert.deepEqual([dry, readmitted], [{ replayed: 1, skipped, stopped: null }, []]);
  assert.deepEqual(await setAside.replay({}, { dryRun: false, readmit: take }), dry);
  const [only] = readmitted;
  assert.equal(readmitted.length, 1);
  assert.match(only?.[1] ?? "", /^dl_[0-9a-z]{26}$/);
  const { data } = await setAside.list({ error: "unreadable_record" }, { cursor: null, limit: 1 });
  const shown = await setAside.show({ position: data[0]?.position ?? -1 });
  assert.deepEqual(
    [shown?.kept, shown?.original, shown?.originalBase64, shown?.messageId],
    ["bytes", null, "e25v", null],
  );
  assert.equal(await setAside.show({ position: 99_999 }), undefined);
  assert.equal(await setAside.show({ messageId: "m-9" }), undefined);
});

test("two replays at once send each once; the first stays marked, and is counted", async () => {
  await give(...Array.from({ length: 120 }, (_, index) => ({ original_event: rawEvent(`m-${index}`) })));
  assert.equal((await setAside.summary()).newest?.messageId, "m-119");
  const run = () => setAside.replay({}, { dryRun: false, readmit: take });
  const [one, two] = await Promise.all([run(), run()]);
  assert.deepEqual([one.replayed, two.replayed, two.skipped], [120, 0, { already_replayed: 120 }]);
  assert.deepEqual(
    readmitted.map(([id]) => id),
    Array.from({ length: 120 }, (_, index) => `m-${index}`),
  );
  assert.equal(new Set(readmitted.map(([, replayOf]) => replayOf)).size, 120);
  assert.deepEqual(await setAside.summary(), { replayed: { schema_validation_failed: 120 }, newest: null });
});

test("a gateway that takes no more ends it; what was taken is marked, the rest goes with the next", async () => {
  await give(...Array.from({ length: 120 }, (_, index) => ({ original_event: rawEvent(`m-${index}`) })));
  const half: Readmit = (event, replayOf) => {
    if (readmitted.length === 20) throw new TypeError("gone");
    if (readmitted.length >= 10) return Promise.resolve({ ok: false, code: "overloaded", message: "Full." });
    return take(event, replayOf);
  };
  const first = await setAside.replay({}, { dryRun: false, readmit: half });
  assert.deepEqual(first, { replayed: 10, skipped: {}, stopped: "Full." });
  const second = await setAside.replay({}, { dryRun: false, readmit: take });
  assert.deepEqual([second.replayed, second.skipped], [110, { already_replayed: 10 }]);
  const all = readmitted.map(([id]) => id);
  assert.deepEqual([all.length, new Set(all).size], [120, 120]);
});

test("one that the gateway refuses does not keep the others", async () => {
  await give({ original_event: rawEvent("m-1") }, { original_event: rawEvent("m-2") });
  const picky: Readmit = (event, replayOf) =>
    event["messageId"] === "m-1"
      ? Promise.resolve({ ok: false, code: "payload_too_large", message: "Large." })
      : take(event, replayOf);
  const result = await setAside.replay({}, { dryRun: false, readmit: picky });
  assert.deepEqual(result, { replayed: 1, skipped: { refused: 1 }, stopped: null });
});
