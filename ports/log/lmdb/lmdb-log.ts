/** The event log in the data folder: LMDB, several threads of one process, every answer durable. */
import type { Position, TopicSpec } from "@datafly-signal/core";
import { openEnvironments } from "../../lmdb-environments.ts";
import {
  type Consumer,
  type ConsumerOptions,
  type EventLog,
  type LogRecord,
  type NewRecord,
  type PartitionBounds,
  type TopicPosition,
  LogError,
} from "../event-log.ts";
import { type CheckedRecord, checkRecords } from "./append-plan.ts";
import { copyEnvironments } from "./copy-environments.ts";
import { type IngestWriter, ingestWriter } from "./ingest-writer.ts";
import { LmdbConsumer } from "./lmdb-consumer.ts";
import { syncFault } from "./lmdb-fault.ts";
import { type LogBell, createLogBell, logBell } from "./log-bell.ts";
import { afterPrefix, tableKey } from "./log-keys.ts";
import { type LogStore, openLogStore, refreshReads } from "./log-store.ts";
import { boundsOf, checkPartition, offsetOfTime, recordAt, recordRuns } from "./record-reader.ts";
import { type Retained, type RetainOptions, retain } from "./retention.ts";
import { tableRecord } from "./table-entry.ts";
import { type WorkQueue, workQueue } from "./work-queue.ts";
import { checkHome, committedOffset } from "./work-writer.ts";

export { type DiskReserve, type DiskReserveOptions, type FileSystemSpace, openDiskReserve } from "./disk-reserve.ts";
export { isLmdbFullRejection } from "./lmdb-fault.ts";
export { createLogBell } from "./log-bell.ts";
export type { Retained, RetainOptions } from "./retention.ts";

export interface LmdbLogOptions {
  /** The data folder; `ingest` and `work` are made in it. */
  directory: string;
  /** Whether this thread writes raw-events. One thread of the process does; opening a second one fences the first. Default false. */
  writesIngest?: boolean;
  /** From `createLogBell`, the same for all threads, so that they wake each other. Without it another thread's records are noticed within 250 ms. */
  bell?: SharedArrayBuffer;
  /** Wall clock of the records, epoch milliseconds. Default the system's. */
  wall?: () => number;
}

export interface LmdbLog extends EventLog {
  /** Deletes what its topics no longer keep, in short commits. Says how much went, by partition. */
  retain(options: RetainOptions): Promise<Retained[]>;
  /** Bytes that both environments can still take without growing their files, after retention has made room in them. */
  reusableBytes(): number;
  /** Bytes of both environments that hold something: about what a backup takes. Walks every database. */
  usedBytes(): number;
  /**
   * Copies both environments into a folder that does not hold any yet, while everything runs; starting on the copy goes
   * on where it was, with everything that was durable before the call. While it copies, no page of the files is used
   * again: they grow by what is written meanwhile.
   */
  backup(directory: string): Promise<void>;
}

/** Opens the log; every thread opens it for itself. */
export function openLmdbLog(options: LmdbLogOptions): LmdbLog {
  return new ThreadLog(options);
}

class ThreadLog implements LmdbLog {
  readonly #store: LogStore;
  readonly #bell: LogBell;
  readonly #wall: () => number;
  readonly #work: WorkQueue;
  readonly #ingest: IngestWriter | undefined;
  readonly #consumers = new Set<Consumer>();
  /** Copies under way: the environments may not be closed under them. */
  readonly #copies = new Set<Promise<void>>();
  #closed = false;

  constructor(options: LmdbLogOptions) {
    this.#store = openLogStore(openEnvironments(options.directory));
    this.#bell = logBell(options.bell ?? createLogBell());
    this.#wall = options.wall ?? Date.now;
    const onCommit = (topics: Iterable<number>): void => {
      for (const topic of topics) this.#bell.ring(topic);
    };
    this.#work = workQueue(this.#store, { wall: this.#wall, onCommit });
    this.#ingest =
      options.writesIngest === true ? ingestWriter(this.#store, { wall: this.#wall, onCommit }) : undefined;
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#checkOpen();
    this.#store.topics.ensure(specs);
  }

  async append(records: readonly NewRecord[]): Promise<Position[]> {
    this.#checkOpen();
    if (records.length === 0) return [];
    const checked = checkRecords(this.#store.topics, records);
    if (checked.every(({ to }) => to.home === "ingest")) return this.#ingestOf(checked).append(checked);
    checkHome(checked);
    return this.#work.append(checked);
  }

  async consumer(options: ConsumerOptions): Promise<Consumer> {
    this.#checkOpen();
    refreshReads(this.#store);
    const onClose = (consumer: Consumer): void => void this.#consumers.delete(consumer);
    const host = { store: this.#store, bell: this.#bell, wall: this.#wall, onClose };
    const consumer = new LmdbConsumer(host, options);
    this.#consumers.add(consumer);
    return consumer;
  }

  async read(options: Parameters<EventLog["read"]>[0]): Promise<LogRecord[]> {
    const topic = this.#topic(options.topic);
    const { partition, from, maxRecords, maxBytes } = options;
    checkPartition(topic, partition);
    const offset = "offset" in from ? from.offset : offsetOfTime(this.#store, topic, { partition, time: from.time });
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const run of recordRuns(this.#store, { topic, partition, offset: Math.max(0, offset) })) {
      for (const record of run) {
        bytes += record.value.byteLength;
        if (found.length >= maxRecords || (found.length > 0 && bytes > maxBytes)) return found;
        found.push(record);
      }
    }
    return found;
  }

  async readAt(positions: readonly TopicPosition[]): Promise<(LogRecord | undefined)[]> {
    this.#checkOpen();
    refreshReads(this.#store);
    return positions.map(({ topic: name, partition, offset }) => {
      const topic = this.#store.topics.get(name);
      checkPartition(topic, partition);
      return recordAt(this.#store, { topic, partition, offset });
    });
  }

  async table(topic: string, prefix: string): Promise<Map<string, Uint8Array>> {
    const start = tableKey(this.#topic(topic).number, prefix);
    const found = new Map<string, Uint8Array>();
    for (const { value } of this.#store.tables.getRange({ start, end: afterPrefix(start) })) {
      const record = tableRecord(value, topic);
      found.set(record.key, record.value);
    }
    return found;
  }

  async bounds(topic: string): Promise<PartitionBounds[]> {
    const found = this.#topic(topic);
    return Array.from({ length: found.partitions }, (_, partition) => ({
      partition,
      ...boundsOf(this.#store, found, partition),
    }));
  }

  async committed(group: string, topic: string): Promise<Map<number, number>> {
    const { number, partitions } = this.#topic(topic);
    const found = new Map<number, number>();
    for (let partition = 0; partition < partitions; partition += 1) {
      const offset = committedOffset(this.#store, group, { topic: number, partition });
      if (offset !== undefined) found.set(partition, offset);
    }
    return found;
  }

  async retain(options: RetainOptions): Promise<Retained[]> {
    this.#checkOpen();
    if (options.side === "work") return retain(this.#store, options, (keys) => this.#removeWork(keys));
    const writer = this.#ingest;
    if (writer === undefined)
      throw new LogError("not_writable", "raw-events is kept short by the thread that writes it.");
    return retain(this.#store, options, (keys) => writer.remove(keys));
  }

  reusableBytes(): number {
    this.#checkOpen();
    const { ingest, work } = this.#store.environments;
    return Math.min(ingest.reusableBytes(), work.reusableBytes());
  }

  usedBytes(): number {
    this.#checkOpen();
    const { ingest, work } = this.#store.environments;
    return ingest.usedBytes() + work.usedBytes();
  }

  async backup(directory: string): Promise<void> {
    this.#checkOpen();
    const copy = copyEnvironments(this.#store.environments, directory);
    this.#copies.add(copy);
    try {
      await copy;
    } finally {
      this.#copies.delete(copy);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const consumer of this.#consumers) await consumer.close();
    await this.#ingest?.drained();
    await this.#work.drained();
    await Promise.allSettled(this.#copies);
    await this.#store.environments.release();
  }

  #removeWork(keys: readonly Uint8Array[]): void {
    const { blocks, environment } = this.#store.work;
    try {
      environment.root.transactionSync(() => {
        for (const key of keys) blocks.removeSync(key);
      });
    } catch (error) {
      throw syncFault(error);
    }
  }

  #ingestOf(records: readonly CheckedRecord[]): IngestWriter {
    if (this.#ingest !== undefined) return this.#ingest;
    throw new LogError(
      "not_writable",
      `${records[0]?.topic ?? "raw-events"} is written by the gateway's thread alone.`,
    );
  }

  /** The topic, and reads that see what other threads have committed. */
  #topic(name: string) {
    this.#checkOpen();
    refreshReads(this.#store);
    return this.#store.topics.get(name);
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError("closed", "The log is closed.");
  }
}
