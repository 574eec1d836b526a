import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openLmdbLog } from "../../log/lmdb/lmdb-log.ts";
import { dedupeKey, stateStoreSuite } from "../contract-suite.ts";
import { openLmdbState } from "./lmdb-state.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 5, 10, 30);
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signal-state-"));
  folders.push(directory);
  return directory;
}

stateStoreSuite("LMDB", async () => openLmdbState({ directory: await folder() }));
stateStoreSuite("LMDB, staged", async () => openLmdbState({ directory: await folder(), staged: true }));

test("what is staged is durable with the log's next commit, and not before", async () => {
  const directory = await folder();
  const wall = (): number => NOW;
  const log = openLmdbLog({ directory, wall });
  await log.ensureTopics([{ name: "t", partitions: 1, retentionMs: null, compacted: false, maxRecordBytes: 1000 }]);
  const staged = openLmdbState({ directory, staged: true });
  const [key = new Uint8Array()] = keysOf("staged", 1);
  const position = { partition: 0, offset: 7 };
  const other = { partition: 0, offset: 8 };
  assert.deepEqual(await staged.firstSeen([key], [position], NOW), [true]);
  await staged.write([{ key: "visitor", value: Buffer.from("one"), position }]);
  assert.deepEqual(await staged.firstSeen([key], [other], NOW), [false], "seen by the thread that staged it");
  assert.equal(String((await staged.read(["visitor"], [other]))[0]), "one");
  const plain = openLmdbState({ directory });
  assert.deepEqual(await plain.read(["visitor"], [other]), [undefined], "not stored yet");
  const consumer = await log.consumer({ group: "g", topics: ["t"] });
  await assert.rejects(consumer.transact({ offsets: [{ topic: "none", partition: 0, offset: 1 }], append: [] }));
  assert.deepEqual(await plain.read(["visitor"], [other]), [undefined], "a failed commit stores nothing");
  await consumer.transact({ offsets: [{ topic: "t", partition: 0, offset: 1 }], append: [] });
  assert.equal(String((await plain.read(["visitor"], [other]))[0]), "one");
  assert.deepEqual(await plain.firstSeen([key], [other], NOW), [false]);
  await Promise.all([staged.close(), plain.close(), log.close()]);
});

function keysOf(name: string, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => dedupeKey(`${name} ${index}`));
}

function positionsOf(count: number, from = 0): { partition: number; offset: number }[] {
  return Array.from({ length: count }, (_, index) => ({ partition: 0, offset: from + index }));
}

test("keys of closed buckets are found with their filters, without them, and after a restart", async () => {
  const directory = await folder();
  let store = openLmdbState({ directory });
  const count = 5000;
  for (let hour = 0; hour < 3; hour += 1) {
    const answers = await store.firstSeen(
      keysOf(`hour ${hour}`, count),
      positionsOf(count, hour * count),
      NOW + hour * HOUR,
    );
    assert.ok(answers.every((first) => first));
  }
  const all = [0, 1, 2].flatMap((hour) => keysOf(`hour ${hour}`, count));
  const isDuplicate = async (): Promise<boolean> => {
    const answers = await store.firstSeen(all, positionsOf(all.length, 1e6), NOW + 2 * HOUR);
    return answers.every((first) => !first);
  };
  assert.ok(await isDuplicate(), "before the filters are ready");
  await store.filtersReady();
  assert.ok(await isDuplicate(), "with filters");
  await store.close();
  store = openLmdbState({ directory });
  assert.ok(await isDuplicate(), "after a restart");
  await store.filtersReady();
  const again = await store.firstSeen(all, positionsOf(all.length), NOW + 2 * HOUR);
  assert.ok(
    again.every((first) => first),
    "the same positions are no duplicates",
  );
  await store.close();
});

test("the bound on keys shortens the window, and that is reported", async () => {
  const store = openLmdbState({ directory: await folder(), dedupeMaxKeys: 1000 });
  await store.firstSeen(keysOf("a", 600), positionsOf(600), NOW);
  assert.equal(store.dedupeWindowMs(), 24 * HOUR);
  await store.firstSeen(keysOf("b", 600), positionsOf(600, 1000), NOW + HOUR);
  await store.firstSeen(keysOf("c", 10), positionsOf(10, 2000), NOW + 3 * HOUR);
  assert.ok(store.dedupeWindowMs() < 3 * HOUR, `${store.dedupeWindowMs()}`);
  assert.deepEqual(await store.firstSeen(keysOf("b", 1), [{ partition: 0, offset: 5 }], NOW + 3 * HOUR), [false]);
  assert.deepEqual(await store.firstSeen(keysOf("a", 1), [{ partition: 0, offset: 5 }], NOW + 3 * HOUR), [true]);
  await store.firstSeen(keysOf("d", 1), [{ partition: 0, offset: 6 }], NOW + 40 * HOUR);
  assert.equal(store.dedupeWindowMs(), 24 * HOUR);
  await store.close();
});

test("two days of hours use the databases in turn", async () => {
  const store = openLmdbState({ directory: await folder() });
  for (let hour = 0; hour < 130; hour += 1) {
    const now = NOW + hour * HOUR;
    const ago = (hours: number): string => (hour < hours ? `never ${hour}` : `hour ${hour - hours}`);
    const keys = [...keysOf(`hour ${hour}`, 3), ...keysOf(ago(20), 1), ...keysOf(`${ago(30)}`, 1)];
    const answers = await store.firstSeen(keys, positionsOf(5, hour * 10), now);
    assert.deepEqual(answers, [true, true, true, hour < 20, hour >= 20], `hour ${hour}`);
  }
  await store.close();
});

test("the daily count survives a restart, exactly after a close and never too low after a crash", async () => {
  const directory = await folder();
  const request = { bucket: "meta", rps: 1e6, burst: 1e6, daily: 10_000, want: 10, now: NOW };
  const first = openLmdbState({ directory });
  for (let turn = 0; turn < 30; turn += 1) await first.lease(request);
  await first.close();
  const second = openLmdbState({ directory });
  assert.equal((await second.lease({ ...request, want: 20_000 })).granted, 9700);
  await second.close();
});

test("a closed store says so", async () => {
  const store = openLmdbState({ directory: await folder() });
  await store.close();
  await assert.rejects(store.read(["a"], [{ partition: 0, offset: 0 }]), { code: "closed" });
});
