/** What the threads of `threads.test.ts` do. */
import { parentPort, workerData } from "node:worker_threads";
import { RAW_EVENTS } from "@datafly-signal/core";
import { dedupeKey } from "../../state/contract-suite.ts";
import { openLmdbState } from "../../state/lmdb/lmdb-state.ts";
import { offsetsAfter, record } from "../suite-support.ts";
import { openLmdbLog } from "./lmdb-log.ts";

interface Task {
  role: "gateway" | "processor" | "appender" | "deduper";
  directory: string;
  bell: SharedArrayBuffer;
  count: number;
  name: string;
}

const task = workerData as Task;

async function gateway({ directory, bell, count }: Task): Promise<void> {
  const log = openLmdbLog({ directory, bell, writesIngest: true });
  tellReady();
  for (let from = 0; from < count; from += 50) {
    const appends = Array.from({ length: 50 }, (_, index) =>
      log.append([record(RAW_EVENTS, `visitor ${(from + index) % 13}`, String(from + index))]),
    );
    await Promise.all(appends);
  }
  await log.close();
}

async function processor({ directory, bell, count }: Task): Promise<void> {
  const log = openLmdbLog({ directory, bell });
  const state = openLmdbState({ directory });
  const consumer = await log.consumer({ group: "event-processor", topics: [RAW_EVENTS] });
  tellReady();
  for (let copied = 0; copied < count;) {
    const records = await consumer.poll({ maxRecords: 200, maxBytes: 1e6, waitMs: 1000 });
    const keys = records.map(({ value }) => dedupeKey(Buffer.from(value).toString()));
    const first = await state.firstSeen(keys, records, Date.now());
    const append = records
      .filter((_, index) => first[index])
      .map(({ key, value }) => ({ topic: "output", key, value }));
    await consumer.transact({ offsets: offsetsAfter(records), append });
    copied += append.length;
  }
  await state.close();
  await log.close();
}

async function appender({ directory, bell, count, name }: Task): Promise<void> {
  const log = openLmdbLog({ directory, bell });
  tellReady();
  for (let index = 0; index < count; index += 1) await log.append([record("side", name, `${name} ${index}`)]);
  await log.close();
}

async function deduper({ directory, count, name }: Task): Promise<number> {
  const state = openLmdbState({ directory });
  tellReady();
  let firsts = 0;
  const partition = name.charCodeAt(0);
  for (let from = 0; from < count; from += 100) {
    const keys = Array.from({ length: 100 }, (_, index) => dedupeKey(`shared ${from + index}`));
    const positions = keys.map((_, index) => ({ partition, offset: from + index }));
    firsts += (await state.firstSeen(keys, positions, 1_767_600_000_000 + from * 3000)).filter(Boolean).length;
  }
  await state.filtersReady();
  await state.close();
  return firsts;
}

function tellReady(): void {
  parentPort?.postMessage({ ready: true });
}

const roles = { gateway, processor, appender, deduper };
parentPort?.postMessage({ result: await roles[task.role](task) });
