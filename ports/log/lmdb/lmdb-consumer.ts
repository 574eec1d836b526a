import {
  type Consumer,
  type ConsumerOptions,
  type LogRecord,
  type PollOptions,
  type WriteSet,
  LogError,
} from "../event-log.ts";
import { checkRecords } from "./append-plan.ts";
import type { LogBell, Waker } from "./log-bell.ts";
import { type LogStore, headOf, refreshReads, storeOf } from "./log-store.ts";
import { type PartitionCursor, cursorAt, fillBatch } from "./partition-cursor.ts";
import { checkHome, commitWork, committedOffset, joinGroup, newestMember } from "./work-writer.ts";

/** The bell wakes a waiting poll at once; should a ring be lost, it looks again after this long. */
const FALLBACK_MS = 250;

export interface ConsumerHost {
  store: LogStore;
  bell: LogBell;
  wall: () => number;
  onClose(consumer: Consumer): void;
}

/** Reads every partition of its topics; a newer consumer of the group, in whatever thread, takes them over. */
export class LmdbConsumer implements Consumer {
  readonly #host: ConsumerHost;
  readonly #options: ConsumerOptions;
  readonly #member: number;
  readonly #cursors: PartitionCursor[];
  readonly #waker: Waker = { wake: () => {} };
  #state: "joining" | "member" | "fenced" | "closed" = "joining";
  #paused = false;
  #turn = 0;

  constructor(host: ConsumerHost, options: ConsumerOptions) {
    this.#host = host;
    this.#options = options;
    const topics = options.topics.map((name) => host.store.topics.get(name));
    this.#member = joinGroup(host.store, options.group);
    this.#cursors = topics.flatMap((topic) =>
      Array.from({ length: topic.partitions }, (_, partition) => cursorAt(topic, partition, 0)),
    );
  }

  async poll(options: PollOptions): Promise<LogRecord[]> {
    const deadline = performance.now() + options.waitMs;
    // A consumer that always finds records must not keep timers and sockets of its thread waiting.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      if (this.#state === "closed") return [];
      const heard = new Map(this.#cursors.map(({ topic }) => [topic.number, this.#host.bell.heard(topic.number)]));
      refreshReads(this.#host.store);
      await this.#settle();
      const records = this.#paused || this.#state !== "member" ? [] : this.#take(options);
      // The caller may now compute for long; the snapshot this was read from must not wait for it.
      refreshReads(this.#host.store);
      const left = deadline - performance.now();
      if (records.length > 0 || left <= 0) return records;
      await this.#host.bell.wait(heard, Math.min(left, FALLBACK_MS), this.#waker);
    }
  }

  async transact(set: WriteSet): Promise<void> {
    if (this.#state === "closed") throw new LogError("closed", "The consumer is closed.");
    const { store, bell, wall } = this.#host;
    const records = checkRecords(store.topics, set.append);
    checkHome(records);
    const group = { name: this.#options.group, member: this.#member, offsets: set.offsets };
    commitWork(store, { records, group, wall: wall() });
    for (const number of new Set(records.map(({ to }) => to.number))) bell.ring(number);
  }

  async rewind(): Promise<void> {
    if (this.#state === "closed") return;
    refreshReads(this.#host.store);
    this.#toCommitted();
    this.#waker.wake();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#waker.wake();
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#host.onClose(this);
    this.#waker.wake();
  }

  async #settle(): Promise<void> {
    if (this.#state === "fenced" || this.#state === "closed") return;
    const partitions = this.#cursors.map(({ topic, partition }) => ({ topic: topic.name, partition }));
    if (newestMember(this.#host.store, this.#options.group) !== this.#member) {
      const held = this.#state === "member";
      this.#state = "fenced";
      if (held) await this.#options.onRevoked?.(partitions);
    } else if (this.#state === "joining") {
      await this.#options.onAssigned?.(partitions);
      if (this.#isClosed()) return;
      refreshReads(this.#host.store);
      this.#toCommitted();
      this.#state = "member";
    }
  }

  /** Whether it was closed while something was awaited. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #toCommitted(): void {
    const { store } = this.#host;
    for (const cursor of this.#cursors) {
      const { topic, partition } = cursor;
      const committed = committedOffset(store, this.#options.group, { topic: topic.number, partition }) ?? 0;
      // Beyond the end only after a wrong restore: what is appended from now on must not be skipped.
      const { next } = headOf(storeOf(store, topic), topic, partition);
      Object.assign(cursor, cursorAt(topic, partition, Math.min(committed, next)));
    }
  }

  #take({ maxRecords, maxBytes }: PollOptions): LogRecord[] {
    this.#turn += 1;
    const budget = { records: maxRecords, bytes: maxBytes };
    return fillBatch(this.#host.store, this.#cursors, { budget, turn: this.#turn });
  }
}
