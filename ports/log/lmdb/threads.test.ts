import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { RAW_EVENTS } from "@datafly-signal/core";
import { openLmdbState } from "../../state/lmdb/lmdb-state.ts";
import { LogError } from "../event-log.ts";
import { everything, record, take, texts, topicSpec } from "../suite-support.ts";
import { createLogBell, openLmdbLog } from "./lmdb-log.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signal-threads-"));
  folders.push(directory);
  return directory;
}

const POLL = { maxRecords: 100, maxBytes: 1e6, waitMs: 5000 };

/** Runs `thread-worker.ts` in a thread of its own. */
function start(data: object): { ready: Promise<void>; done: Promise<unknown> } {
  const worker = new Worker(new URL("./thread-worker.ts", import.meta.url), { workerData: data });
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<unknown>();
  worker.on("message", (message: { ready?: boolean; result?: unknown }) => {
    if (message.ready === true) ready.resolve();
    else done.resolve(message.result);
  });
  worker.on("error", (error) => {
    ready.reject(error);
    done.reject(error);
  });
  return { ready: ready.promise, done: done.promise };
}

test("gateway, processor and two appending threads work at once, and nothing is lost or doubled", async () => {
  const directory = await folder();
  const bell = createLogBell();
  const count = 2000;
  const main = openLmdbLog({ directory, bell });
  await main.ensureTopics([topicSpec(RAW_EVENTS, { partitions: 4 }), topicSpec("output"), topicSpec("side")]);
  const threads = [
    start({ role: "processor", directory, bell, count }),
    start({ role: "gateway", directory, bell, count }),
    start({ role: "appender", directory, bell, count: 300, name: "a" }),
    start({ role: "appender", directory, bell, count: 300, name: "b" }),
  ];
  await Promise.all(threads.map(({ ready }) => ready));
  await Promise.all(threads.map(({ done }) => done));
  const copies = texts(await everything(main, "output"));
  assert.deepEqual(
    copies.map(Number).toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, index) => index),
  );
  const side = texts(await everything(main, "side"));
  assert.equal(new Set(side).size, 600);
  assert.equal(side.length, 600);
  await main.close();
});

test("a waiting poll wakes for another thread's record without looking for it", async () => {
  const directory = await folder();
  const bell = createLogBell();
  const main = openLmdbLog({ directory, bell });
  await main.ensureTopics([topicSpec("side")]);
  const consumer = await main.consumer({ group: "g", topics: ["side"] });
  assert.deepEqual(await consumer.poll({ ...POLL, waitMs: 1 }), []);
  const waiting = take(consumer, 1, POLL);
  const thread = start({ role: "appender", directory, bell, count: 1, name: "x" });
  assert.deepEqual(texts(await waiting), ["x 0"]);
  await thread.done;
  await main.close();
});

test("without a shared bell another thread's record is still noticed", async () => {
  const directory = await folder();
  const main = openLmdbLog({ directory });
  await main.ensureTopics([topicSpec("side")]);
  const consumer = await main.consumer({ group: "g", topics: ["side"] });
  const waiting = take(consumer, 1, POLL);
  await start({ role: "appender", directory, bell: createLogBell(), count: 1, name: "y" }).done;
  assert.deepEqual(texts(await waiting), ["y 0"]);
  await main.close();
});

test("a second writer of raw-events fences the first; one that only reads may not write", async () => {
  const directory = await folder();
  const bell = createLogBell();
  const first = openLmdbLog({ directory, bell, writesIngest: true });
  await first.ensureTopics([topicSpec(RAW_EVENTS)]);
  await first.append([record(RAW_EVENTS, "a", "1")]);
  const second = openLmdbLog({ directory, bell, writesIngest: true });
  await second.append([record(RAW_EVENTS, "a", "2")]);
  const refused = (code: string) => (error: unknown) => error instanceof LogError && error.code === code;
  await assert.rejects(first.append([record(RAW_EVENTS, "a", "3")]), refused("fenced"));
  const reader = openLmdbLog({ directory, bell });
  await assert.rejects(reader.append([record(RAW_EVENTS, "a", "4")]), refused("not_writable"));
  assert.deepEqual(texts(await everything(reader, RAW_EVENTS)), ["1", "2"]);
  await Promise.all([first.close(), second.close(), reader.close()]);
});

test("a newer consumer of the group takes over; the older one hears of it and commits nothing more", async () => {
  const directory = await folder();
  const log = openLmdbLog({ directory });
  await log.ensureTopics([topicSpec("side", { partitions: 1 })]);
  await log.append([record("side", "a", "1")]);
  const revoked: number[] = [];
  const onRevoked = (partitions: readonly { partition: number }[]) => void revoked.push(partitions.length);
  const older = await log.consumer({ group: "g", topics: ["side"], onRevoked });
  assert.equal((await older.poll(POLL)).length, 1);
  const newer = await log.consumer({ group: "g", topics: ["side"] });
  assert.equal((await newer.poll(POLL)).length, 1);
  const set = { offsets: [{ topic: "side", partition: 0, offset: 1 }], append: [record("side", "b", "2")] };
  await assert.rejects(older.transact(set), (error: unknown) => error instanceof LogError && error.code === "fenced");
  assert.deepEqual(await older.poll({ ...POLL, waitMs: 1 }), []);
  assert.deepEqual(revoked, [1]);
  assert.equal((await log.bounds("side"))[0]?.next, 1);
  await log.close();
});

test("several threads ask for first sights, and each key is first exactly once", async () => {
  const directory = await folder();
  const store = openLmdbState({ directory });
  const bell = createLogBell();
  const threads = ["a", "b", "c"].map((name) => start({ role: "deduper", directory, bell, count: 3000, name }));
  const firsts = (await Promise.all(threads.map(({ done }) => done))) as number[];
  assert.equal(
    firsts.reduce((sum, each) => sum + each, 0),
    3000,
  );
  await store.close();
});
