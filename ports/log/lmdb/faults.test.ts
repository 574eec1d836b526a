import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { RAW_EVENTS } from "@datafly-signal/core";
import { LogError } from "../event-log.ts";
import { everything, offsetsAfter, record, take, texts, topicSpec } from "../suite-support.ts";
import { commitFault, isLmdbFullRejection } from "./lmdb-fault.ts";
import { openLmdbLog } from "./lmdb-log.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signal-faults-"));
  folders.push(directory);
  return directory;
}

test("a transaction that breaks after its records were written leaves none of them", async () => {
  const directory = await folder();
  let log = openLmdbLog({ directory });
  await log.ensureTopics([
    topicSpec("input"),
    topicSpec("output"),
    topicSpec("table", { compacted: true, partitions: 1 }),
  ]);
  await log.append([record("input", "a", "1"), record("table", "t", "before")]);
  const consumer = await log.consumer({ group: "g", topics: ["input"] });
  const records = await take(consumer, 1);
  const append = [record("output", "a", "x"), record("table", "t", "after"), record("table", "new", "y")];
  const broken = { topic: "input", partition: 0, offset: Number.NaN };
  const set = { offsets: [...offsetsAfter(records), broken], append };
  await assert.rejects(
    consumer.transact(set),
    (error: unknown) => error instanceof LogError && error.code === "commit_failed",
  );
  const isUntouched = async (): Promise<void> => {
    assert.deepEqual(await everything(log, "output"), []);
    assert.deepEqual(
      [...(await log.table("table", ""))].map(([key, value]) => [key, String(value)]),
      [["t", "before"]],
    );
    assert.equal((await log.committed("g", "input")).size, 0);
    assert.deepEqual(
      (await log.bounds("output")).map(({ next }) => next),
      [0, 0, 0],
    );
  };
  await isUntouched();
  await log.close();
  log = openLmdbLog({ directory });
  await isUntouched();
  assert.equal((await log.append([record("output", "a", "x")]))[0]?.offset, 0);
  await log.close();
});

test("raw-events cannot be part of a transaction on the rest", async () => {
  const log = openLmdbLog({ directory: await folder(), writesIngest: true });
  await log.ensureTopics([topicSpec(RAW_EVENTS), topicSpec("output")]);
  const refused = (error: unknown) => error instanceof LogError && error.code === "not_writable";
  await assert.rejects(log.append([record("output", "a", "1"), record(RAW_EVENTS, "a", "2")]), refused);
  const consumer = await log.consumer({ group: "g", topics: [RAW_EVENTS] });
  await assert.rejects(consumer.transact({ offsets: [], append: [record(RAW_EVENTS, "a", "2")] }), refused);
  assert.deepEqual(await everything(log, RAW_EVENTS), []);
  await log.close();
});

test("offsets beyond the end, as a wrong restore leaves them, skip nothing that is appended later", async () => {
  const log = openLmdbLog({ directory: await folder() });
  await log.ensureTopics([topicSpec("input", { partitions: 1 })]);
  const first = await log.consumer({ group: "g", topics: ["input"] });
  await first.transact({ offsets: [{ topic: "input", partition: 0, offset: 500 }], append: [] });
  await first.close();
  const second = await log.consumer({ group: "g", topics: ["input"] });
  await second.poll({ maxRecords: 1, maxBytes: 1, waitMs: 1 });
  await log.append([record("input", "a", "1")]);
  assert.deepEqual(texts(await take(second, 1)), ["1"]);
  await log.close();
});

test("topics made by another member are there at once", async () => {
  const directory = await folder();
  const [one, other] = [openLmdbLog({ directory }), openLmdbLog({ directory })];
  await one.ensureTopics([topicSpec("input")]);
  assert.deepEqual(texts(await everything(other, "input")), []);
  await other.append([record("input", "a", "seen")]);
  assert.deepEqual(texts(await everything(one, "input")), ["seen"]);
  await Promise.all([one.close(), other.close()]);
});

test("a backup starts where the log was", async () => {
  const [directory, copy] = [await folder(), await folder()];
  const log = openLmdbLog({ directory, writesIngest: true });
  await log.ensureTopics([topicSpec(RAW_EVENTS), topicSpec("output")]);
  await log.append([record(RAW_EVENTS, "a", "1"), record(RAW_EVENTS, "a", "2")]);
  const consumer = await log.consumer({ group: "g", topics: [RAW_EVENTS] });
  await consumer.transact({
    offsets: offsetsAfter((await take(consumer, 2)).slice(0, 1)),
    append: [record("output", "a", "1")],
  });
  await log.backup(copy);
  await log.close();
  const restored = openLmdbLog({ directory: copy, writesIngest: true });
  const again = await restored.consumer({ group: "g", topics: [RAW_EVENTS] });
  assert.deepEqual(texts(await take(again, 1)), ["2"]);
  assert.deepEqual(texts(await everything(restored, "output")), ["1"]);
  await restored.close();
});

test("a full disk is told from other faults, and the library's own late rejections are known", async () => {
  const late = Object.assign(new Error("Input/output error"), { code: 5 });
  const commitError = Promise.reject(late) as Promise<never>;
  const failed = Object.assign(new Error("Commit failed (see commitError for details)"), { commitError });
  assert.equal((await commitFault(failed)).code, "log_full");
  assert.equal((await commitFault(Object.assign(new Error("no space"), { code: 28 }))).code, "log_full");
  assert.equal((await commitFault(new Error("other"))).code, "commit_failed");
  assert.deepEqual([failed, late].map(isLmdbFullRejection), [true, true]);
  const others = [
    new Error("x"),
    Object.assign(new Error("x"), { code: 5, syscall: "read" }),
    "text",
    undefined,
    new LogError("log_full", "x"),
  ];
  assert.deepEqual(
    others.map(isLmdbFullRejection),
    others.map(() => false),
  );
});
