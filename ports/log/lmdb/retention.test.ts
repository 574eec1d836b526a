import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { PROCESSOR_GROUP, RAW_EVENTS } from "@datafly-signal/core";
import { everything, offsetsAfter, record, take, texts, topicSpec } from "../suite-support.ts";
import { type LmdbLog, openLmdbLog } from "./lmdb-log.ts";

const HOUR = 3_600_000;
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Timed {
  log: LmdbLog;
  clock: { now: number };
  directory: string;
}

async function openTimed(): Promise<Timed> {
  const directory = await mkdtemp(join(tmpdir(), "signal-retention-"));
  folders.push(directory);
  const clock = { now: 1_000_000_000 };
  const log = openLmdbLog({ directory, writesIngest: true, wall: () => clock.now });
  await log.ensureTopics(
    [RAW_EVENTS, "delivery"].map((name) => topicSpec(name, { partitions: 1, retentionMs: 10 * HOUR })),
  );
  await log.ensureTopics([topicSpec("table", { compacted: true, retentionMs: null, partitions: 1 })]);
  return { log, clock, directory };
}

/** One append an hour, of three records each. */
async function appendHours({ log, clock }: Timed, topic: string, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    await log.append([0, 1, 2].map((index) => record(topic, "k", `${hour}.${index}`)));
    clock.now += HOUR;
  }
}

test("what is older than its topic keeps goes, the rest stays, and reading goes on at the first kept", async () => {
  const timed = await openTimed();
  const { log, clock } = timed;
  await appendHours(timed, "delivery", 20);
  await log.append([record("table", "k", "kept")]);
  const retained = await log.retain({ side: "work", now: clock.now });
  assert.deepEqual(retained, [{ topic: "delivery", partition: 0, records: 30, first: 30 }]);
  assert.equal(texts(await everything(log, "delivery"))[0], "10.0");
  assert.deepEqual(await log.readAt([{ topic: "delivery", partition: 0, offset: 29 }]), [undefined]);
  assert.equal((await log.table("table", "")).size, 1);
  const consumer = await log.consumer({ group: "late", topics: ["delivery"] });
  assert.equal(texts(await take(consumer, 30))[0], "10.0");
  assert.deepEqual(await log.retain({ side: "work", now: clock.now }), []);
  await log.close();
});

test("when everything is gone offsets go on where they were, also after reopening", async () => {
  const timed = await openTimed();
  await appendHours(timed, "delivery", 3);
  await timed.log.retain({ side: "work", now: timed.clock.now + 100 * HOUR });
  assert.deepEqual(await timed.log.bounds("delivery"), [{ partition: 0, first: 9, next: 9 }]);
  await timed.log.close();
  const again = openLmdbLog({ directory: timed.directory });
  assert.deepEqual(await again.append([record("delivery", "k", "x")]), [{ partition: 0, offset: 9 }]);
  await again.close();
});

test("a raw event that is not processed stays, however old", async () => {
  const timed = await openTimed();
  const { log, clock } = timed;
  await appendHours(timed, RAW_EVENTS, 20);
  const now = clock.now + 1000 * HOUR;
  assert.deepEqual(await log.retain({ side: "ingest", now }), []);
  const processor = await log.consumer({ group: PROCESSOR_GROUP, topics: [RAW_EVENTS] });
  const records = await take(processor, 60);
  await processor.transact({ offsets: offsetsAfter(records.slice(0, 31)), append: [] });
  const [retained] = await log.retain({ side: "ingest", now });
  assert.equal(retained?.first, 30, "an append goes as a whole, so the one with the 31st record stays");
  await processor.transact({ offsets: offsetsAfter(records), append: [] });
  assert.equal((await log.retain({ side: "ingest", now: clock.now }))[0]?.records ?? 0, 0);
  assert.equal((await log.retain({ side: "ingest", now }))[0]?.records, 30);
  await log.close();
});

test("a delivery that still waits stays", async () => {
  const timed = await openTimed();
  await appendHours(timed, "delivery", 20);
  const keepFrom = (topic: string): number | undefined => (topic === "delivery" ? 7 : undefined);
  const now = timed.clock.now + 1000 * HOUR;
  assert.equal((await timed.log.retain({ side: "work", now, keepFrom }))[0]?.first, 6);
  assert.equal((await timed.log.retain({ side: "work", now }))[0]?.first, 60);
  await timed.log.close();
});

test("deleting happens in slices, lets others write between, and can be stopped", async () => {
  const timed = await openTimed();
  const { log } = timed;
  for (let index = 0; index < 40; index += 1) {
    await log.append(
      Array.from({ length: 20 }, () => ({ topic: "delivery", key: "k", value: Buffer.alloc(40_000, index) })),
    );
  }
  const stop = new AbortController();
  const now = timed.clock.now + 1000 * HOUR;
  const running = log.retain({ side: "work", now, signal: stop.signal, sliceMs: 0 });
  await log.append([record("table", "k", "written meanwhile")]);
  stop.abort();
  await running;
  const [bounds] = await log.bounds("delivery");
  assert.ok(bounds !== undefined && bounds.first > 0 && bounds.first < 800, `${bounds?.first}`);
  await log.retain({ side: "work", now });
  assert.equal((await log.bounds("delivery"))[0]?.first, 800);
  await log.close();
});

test("what retention freed is counted as room, and is used before the files grow", async () => {
  const timed = await openTimed();
  const { log, clock } = timed;
  const mib = 1_048_576;
  const fill = async (topic: string): Promise<void> => {
    for (let index = 0; index < 20; index += 1) {
      await log.append(Array.from({ length: 16 }, () => ({ topic, key: "k", value: randomBytes(32_000) })));
    }
  };
  const trim = async (): Promise<void> => {
    const processor = await log.consumer({ group: PROCESSOR_GROUP, topics: [RAW_EVENTS] });
    const [raw] = await log.bounds(RAW_EVENTS);
    await processor.transact({ offsets: [{ topic: RAW_EVENTS, partition: 0, offset: raw?.next ?? 0 }], append: [] });
    await log.retain({ side: "ingest", now: clock.now + 100 * HOUR });
    await log.retain({ side: "work", now: clock.now + 100 * HOUR });
  };
  await fill(RAW_EVENTS);
  await fill("delivery");
  assert.ok(log.reusableBytes() < mib, `${log.reusableBytes()} while full`);
  await trim();
  const room = log.reusableBytes();
  assert.ok(room > 8 * mib && room < 16 * mib, `${room} after retention`);
  const sizes = () => ["ingest", "work"].map((name) => statSync(join(timed.directory, name, "data.mdb")).size);
  const before = sizes();
  await fill(RAW_EVENTS);
  await trim();
  await fill(RAW_EVENTS);
  sizes().forEach((size, index) => assert.ok(size < (before[index] ?? 0) * 1.3, `${size} from ${before[index]}`));
  await log.close();
});

test("time finds its record among many appends", async () => {
  const timed = await openTimed();
  const start = timed.clock.now;
  await appendHours(timed, "delivery", 50);
  for (const hour of [0, 1, 17, 33, 49]) {
    for (const [shift, expected] of [
      [0, hour],
      [-1, hour],
      [1, hour + 1],
    ] as const) {
      const from = { time: start + hour * HOUR + shift };
      const found = await timed.log.read({ topic: "delivery", partition: 0, from, maxRecords: 1, maxBytes: 100 });
      assert.deepEqual(texts(found), expected < 50 ? [`${expected}.0`] : []);
    }
  }
  await timed.log.close();
});
