import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { EventLog, LogRecord, NewRecord } from "../log/event-log.ts";
import { openFaultyLog } from "../log/faulty/faulty-log.ts";
import { openLmdbLog } from "../log/lmdb/lmdb-log.ts";
import { append, everything, offsetsAfter, record, texts, topicSpec } from "../log/suite-support.ts";
import { dedupeKey } from "./contract-suite.ts";
import { openLmdbState } from "./lmdb/lmdb-state.ts";
import { openMemoryState } from "./memory/memory-state.ts";
import type { StateStore } from "./state-store.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Parts {
  log: EventLog;
  state: StateStore;
}

function textOf(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString();
}

/** Deduplicates, and numbers the events of each visitor by a counter kept in the state: what it makes depends on both. */
async function work({ state }: Parts, records: readonly LogRecord[]): Promise<NewRecord[]> {
  const seen = await state.firstSeen(
    records.map((each) => dedupeKey(textOf(each.value))),
    records,
    1_767_600_000_000,
  );
  const fresh = records.filter((_, index) => seen[index]);
  const outputs: NewRecord[] = [];
  for (let partition = 0; partition < 3; partition += 1) {
    const own = fresh.filter((each) => each.partition === partition);
    const first = new Map(own.toReversed().map((each) => [each.key, each]));
    const values = await state.read([...first.keys()], [...first.values()]);
    const counters = new Map([...first.keys()].map((key, index) => [key, Number(textOf(values[index]) || "0")]));
    for (const { key, value } of own) {
      counters.set(key, (counters.get(key) ?? 0) + 1);
      outputs.push(record("output", key, `${textOf(value)} is number ${counters.get(key)}`));
    }
    const last = new Map(own.map((each) => [each.key, each]));
    const writes = [...last].map(([key, { offset }]) => ({
      key,
      value: Buffer.from(String(counters.get(key))),
      position: { partition, offset },
      since: first.get(key)?.offset ?? offset,
    }));
    await state.write(writes);
  }
  return outputs;
}

/** Works everything off in batches of changing size; `isAborted` says which commits never happen. */
async function run(parts: Parts, isAborted: (turn: number) => boolean): Promise<string[]> {
  const { log } = parts;
  await log.ensureTopics([topicSpec("input"), topicSpec("output", { partitions: 1 })]);
  const events = Array.from({ length: 120 }, (_, index) =>
    record("input", `visitor ${index % 5}`, `event ${index % 90}`),
  );
  for (let index = 0; index < events.length; index += 10) await append(log, events.slice(index, index + 10));
  const consumer = await log.consumer({ group: "g", topics: ["input"] });
  for (let turn = 0, idle = 0; idle < 2; turn += 1) {
    const records = await consumer.poll({ maxRecords: 5 + ((turn * 7) % 23), maxBytes: 1e6, waitMs: 1 });
    idle = records.length === 0 ? idle + 1 : 0;
    const outputs = await work(parts, records);
    if (isAborted(turn)) await consumer.rewind();
    else await consumer.transact({ offsets: offsetsAfter(records), append: outputs });
  }
  await consumer.close();
  const found = texts(await everything(log, "output")).toSorted();
  await parts.state.close();
  await log.close();
  return found;
}

async function lmdb(): Promise<Parts> {
  const directory = await mkdtemp(join(tmpdir(), "signal-again-"));
  folders.push(directory);
  return { log: openLmdbLog({ directory }), state: openLmdbState({ directory }) };
}

/** Which commits never happen: every second, the first dozen, four of five. */
const ABORTS = [
  (turn: number) => turn % 2 === 0 && turn < 40,
  (turn: number) => turn < 12,
  (turn: number) => turn % 5 !== 4 && turn < 60,
];

const stores: [name: string, open: () => Promise<Parts>][] = [
  ["LMDB", lmdb],
  ["memory", async () => ({ log: openFaultyLog({ seed: 5, skipOffsets: 0.3 }), state: openMemoryState() })],
];

for (const [name, open] of stores) {
  test(`outputs are the same, byte for byte, when commits are aborted after the state was written (${name})`, async () => {
    const undisturbed = await run(await open(), () => false);
    assert.equal(undisturbed.length, 90);
    for (const isAborted of ABORTS) {
      assert.deepEqual(await run(await open(), isAborted), undisturbed);
    }
  });
}
