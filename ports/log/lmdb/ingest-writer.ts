import type { Position } from "@datafly-signal/core";
import { LogError } from "../event-log.ts";
import { type CheckedRecord, type Head, type Put, blocksOf, headAfter, headPut, planAppend } from "./append-plan.ts";
import { commitFault } from "./lmdb-fault.ts";
import { type LogStore, headOf } from "./log-store.ts";

interface Waiting {
  records: CheckedRecord[];
  bytes: number;
  resolve(positions: Position[]): void;
  reject(fault: LogError): void;
}

export interface IngestWriter {
  /** Resolves when the records are on disk. */
  append(records: CheckedRecord[]): Promise<Position[]>;
  /** Removes keys of blocks; resolves when that is on disk. */
  remove(keys: readonly Uint8Array[]): Promise<void>;
  /** Resolves when everything appended before has been answered. */
  drained(): Promise<void>;
}

export interface IngestWriterOptions {
  wall: () => number;
  /** Called after each commit with the numbers of the topics that grew. */
  onCommit(topics: Iterable<number>): void;
}

const WRITER_KEY = Buffer.from("writer");
/** A commit takes this much at most; what waits longer goes with the next one. */
const MAX_FLUSH_BYTES = 16 * 1_048_576;

/**
 * The one writer of `ingest`: commits run off this thread, one at a time, and what is appended meanwhile goes together
 * into the next. Offsets are kept here; a newer writer, should there ever be one, fences this one inside LMDB.
 */
export function ingestWriter(store: LogStore, options: IngestWriterOptions): IngestWriter {
  const number = takeOver(store);
  const heads = new Map<number, Head>();
  let queue: Waiting[] = [];
  let flushing: Promise<void> | undefined;

  function headFor(topic: CheckedRecord["to"], partition: number): Head {
    const name = topic.number * 65_536 + partition;
    const head = heads.get(name) ?? headOf(store.ingest, topic, partition);
    heads.set(name, head);
    return head;
  }

  function takeBatch(): Waiting[] {
    let bytes = 0;
    const fits = queue.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index > 0 && bytes > MAX_FLUSH_BYTES;
    });
    const batch = fits < 0 ? queue : queue.slice(0, fits);
    queue = fits < 0 ? [] : queue.slice(fits);
    return batch;
  }

  async function flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const records = batch.length === 1 ? (batch[0]?.records ?? []) : batch.flatMap((waiting) => waiting.records);
      const plan = planAppend(records, headFor, options.wall());
      await commit(store, number, { puts: plan.runs.flatMap(blocksOf), heads: plan.runs.map(headPut), removes: [] });
      for (const run of plan.runs) heads.set(run.topic.number * 65_536 + run.partition, headAfter(run));
      options.onCommit(new Set(plan.runs.map((run) => run.topic.number)));
      let from = 0;
      for (const waiting of batch) waiting.resolve(plan.positions.slice(from, (from += waiting.records.length)));
    } catch (error) {
      const fault = await commitFault(error);
      for (const waiting of batch) waiting.reject(fault);
    }
  }

  async function flushAll(): Promise<void> {
    // One turn of the event loop gathers what arrived together.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) await flush(takeBatch());
    flushing = undefined;
  }

  return {
    append(records) {
      return new Promise((resolve, reject) => {
        const bytes = records.reduce((sum, record) => sum + (record.value?.byteLength ?? 0), 0);
        queue.push({ records, bytes, resolve, reject });
        flushing ??= flushAll();
      });
    },
    async remove(keys) {
      try {
        await commit(store, number, { puts: [], heads: [], removes: keys });
      } catch (error) {
        throw await commitFault(error);
      }
    },
    async drained() {
      await flushing;
    },
  };
}

/** Becomes the newest writer; older ones write nothing more. */
function takeOver({ writer, ingest }: LogStore): number {
  return ingest.environment.root.transactionSync(() => {
    const number = (writer.getEntry(WRITER_KEY)?.version ?? 0) + 1;
    writer.putSync(WRITER_KEY, Buffer.from([1]), number);
    return number;
  });
}

interface IngestCommit {
  puts: readonly Put[];
  heads: readonly Put[];
  removes: readonly Uint8Array[];
}

/** One atomic, asynchronous commit, done only while this is the newest writer. */
async function commit({ writer, ingest }: LogStore, number: number, set: IngestCommit): Promise<void> {
  const done = await writer.ifVersion(WRITER_KEY, number, () => {
    for (const { key, value } of set.puts) silence(ingest.blocks.put(key, value));
    for (const { key, value } of set.heads) silence(ingest.heads.put(key, value));
    for (const key of set.removes) silence(ingest.blocks.remove(key));
  });
  if (!done) throw new LogError("fenced", "Another writer of raw-events has taken over.");
}

/** The commit's own promise tells of a failure; those of its parts must not tell it a second time, unhandled. */
function silence(part: Promise<unknown>): void {
  part.catch(() => {});
}
