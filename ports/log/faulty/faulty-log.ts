/** A test double of the event log, in memory: correct with all rates 0, else it skips offsets, aborts commits and delivers again. */
import type { Position, TopicSpec } from "@datafly-signal/core";
import {
  type Consumer,
  type ConsumerOptions,
  type EventLog,
  type LogErrorCode,
  type LogRecord,
  type NewRecord,
  type PartitionBounds,
  type TopicPosition,
  type WriteSet,
  LogError,
} from "../event-log.ts";
import { type ConsumerHost, MemoryConsumer } from "./memory-consumer.ts";
import { type Member, type MemoryGroup, bounce, memoryGroup, partitionName, rebalance } from "./memory-group.ts";
import {
  type MemoryTopic,
  appendRecord,
  checkRecord,
  indexFrom,
  memoryTopic,
  partitionAt,
  trimPartition,
} from "./memory-topic.ts";

export interface FaultyLogOptions {
  /** Decides which faults happen; equal seeds and calls give equal faults. Default 1. */
  seed?: number;
  /** Share of records that leave 1–3 offsets out before them, as Kafka's transaction markers do. Default 0. */
  skipOffsets?: number;
  /** Share of `append` and `transact` calls that fail with `commit_failed` and leave nothing. Default 0. */
  abortRate?: number;
  /** Share of polls before which a partition is revoked and assigned again, so that what was not committed comes twice. Default 0. */
  duplicateRate?: number;
  /** Wall clock of the records, epoch milliseconds. Default the system's. */
  wall?: () => number;
}

export interface FaultyLog extends EventLog {
  /** The next `times` appends and transactions fail with this code, whatever the rates say. */
  failNext(times: number, code?: LogErrorCode): void;
  /** Takes a partition away from its member until it is assigned again; the member hears of it at its next poll. */
  revoke(group: string, topic: string, partition: number): void;
  assign(group: string, topic: string, partition: number): void;
  /** Removes the records below an offset, as retention does. */
  trim(topic: string, partition: number, before: number): void;
}

/** Opens an empty log. */
export function openFaultyLog(options: FaultyLogOptions = {}): FaultyLog {
  return new MemoryLog(options);
}

class MemoryLog implements FaultyLog, ConsumerHost {
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #random: () => number;
  readonly #rates: { skip: number; abort: number; duplicate: number };
  readonly #wall: () => number;
  #waiting: (() => void)[] = [];
  #forced: LogErrorCode[] = [];
  #closed = false;

  constructor(options: FaultyLogOptions) {
    this.#random = seeded(options.seed ?? 1);
    this.#rates = {
      skip: options.skipOffsets ?? 0,
      abort: options.abortRate ?? 0,
      duplicate: options.duplicateRate ?? 0,
    };
    this.#wall = options.wall ?? Date.now;
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#checkOpen();
    for (const spec of specs) {
      const existing = this.#topics.get(spec.name);
      if (existing !== undefined && existing.spec.partitions !== spec.partitions) {
        throw new LogError("topic_mismatch", `${spec.name} has ${existing.spec.partitions} partitions.`);
      }
    }
    for (const spec of specs) {
      const existing = this.#topics.get(spec.name);
      if (existing === undefined) this.#topics.set(spec.name, memoryTopic(spec));
      else existing.spec = spec;
    }
  }

  async append(records: readonly NewRecord[]): Promise<Position[]> {
    this.#checkOpen();
    const positions = this.#write(records);
    this.wake();
    return positions;
  }

  async consumer(options: ConsumerOptions): Promise<Consumer> {
    this.#checkOpen();
    for (const name of options.topics) this.topic(name);
    const group = this.#group(options.group);
    const member: Member = { topics: options.topics, owned: new Set(), lost: new Map(), gained: new Map() };
    group.members.push(member);
    this.#rebalance(group);
    return new MemoryConsumer(this, options, { group, member });
  }

  async read(options: Parameters<EventLog["read"]>[0]): Promise<LogRecord[]> {
    this.#checkOpen();
    const { records } = partitionAt(this.topic(options.topic), options.partition);
    const { from } = options;
    let index = "offset" in from ? indexFrom(records, from.offset) : records.findIndex((r) => r.timestamp >= from.time);
    if (index < 0) index = records.length;
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const record of records.slice(index, index + options.maxRecords)) {
      bytes += record.value.byteLength;
      if (found.length > 0 && bytes > options.maxBytes) break;
      found.push(record);
    }
    return found;
  }

  async readAt(positions: readonly TopicPosition[]): Promise<(LogRecord | undefined)[]> {
    this.#checkOpen();
    return positions.map(({ topic, partition, offset }) => {
      const { records } = partitionAt(this.topic(topic), partition);
      const record = records[indexFrom(records, offset)];
      return record?.offset === offset ? record : undefined;
    });
  }

  async table(topic: string, prefix: string): Promise<Map<string, Uint8Array>> {
    this.#checkOpen();
    const entries = [...this.topic(topic).keys].filter(([key]) => key.startsWith(prefix));
    return new Map(entries.map(([key, record]) => [key, record.value]));
  }

  async bounds(topic: string): Promise<PartitionBounds[]> {
    this.#checkOpen();
    return this.topic(topic).partitions.map(({ records, next }, partition) => ({
      partition,
      first: records[0]?.offset ?? next,
      next,
    }));
  }

  async committed(group: string, topic: string): Promise<Map<number, number>> {
    this.#checkOpen();
    const { committed } = this.#group(group);
    const found = new Map<number, number>();
    for (let partition = 0; partition < this.topic(topic).spec.partitions; partition += 1) {
      const offset = committed.get(partitionName(topic, partition));
      if (offset !== undefined) found.set(partition, offset);
    }
    return found;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
  }

  failNext(times: number, code: LogErrorCode = "commit_failed"): void {
    this.#forced.push(...Array.from({ length: times }, () => code));
  }

  revoke(group: string, topic: string, partition: number): void {
    this.#group(group).withheld.add(partitionName(topic, partition));
    this.#rebalance(this.#group(group));
  }

  assign(group: string, topic: string, partition: number): void {
    this.#group(group).withheld.delete(partitionName(topic, partition));
    this.#rebalance(this.#group(group));
  }

  trim(topic: string, partition: number, before: number): void {
    trimPartition(partitionAt(this.topic(topic), partition), before);
  }

  topic(name: string): MemoryTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new LogError("unknown_topic", `There is no topic ${name}.`);
    return topic;
  }

  commit(set: WriteSet, group: MemoryGroup, member: Member): void {
    this.#checkOpen();
    const names = set.offsets.map(({ topic, partition }) => partitionName(topic, partition));
    const foreign = names.find((name) => !member.owned.has(name) || member.gained.has(name));
    if (foreign !== undefined) throw new LogError("fenced", `${foreign} belongs to another member now.`);
    this.#write(set.append);
    set.offsets.forEach(({ offset }, index) => group.committed.set(names[index] ?? "", offset));
    this.wake();
  }

  beforePoll(member: Member): void {
    if (!this.#happens(this.#rates.duplicate)) return;
    const owned = [...member.owned];
    const name = owned[Math.floor(this.#random() * owned.length)];
    if (name !== undefined) bounce(member, name);
  }

  isClosed(): boolean {
    return this.#closed;
  }

  async changed(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  leave(group: MemoryGroup, member: Member): void {
    group.members = group.members.filter((other) => other !== member);
    member.owned.clear();
    this.#rebalance(group);
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** All or nothing: everything is checked, and the faults happen, before the first record is written. */
  #write(records: readonly NewRecord[]): Position[] {
    const topics = records.map((record) => checkRecord(this.#topics, record));
    const forced = this.#forced.shift();
    if (forced !== undefined) throw new LogError(forced, "This commit was made to fail.");
    if (this.#happens(this.#rates.abort)) throw new LogError("commit_failed", "This commit was made to fail.");
    const wall = this.#wall();
    return records.map((record, index) => {
      const topic = topics[index] ?? this.topic(record.topic);
      const skip = this.#happens(this.#rates.skip) ? 1 + Math.floor(this.#random() * 3) : 0;
      const { partition, offset } = appendRecord(topic, record, { skip, wall });
      return { partition, offset };
    });
  }

  #rebalance(group: MemoryGroup): void {
    rebalance(group, (topic) => this.topic(topic).spec.partitions);
    this.wake();
  }

  #group(name: string): MemoryGroup {
    const group = this.#groups.get(name) ?? memoryGroup();
    this.#groups.set(name, group);
    return group;
  }

  #happens(rate: number): boolean {
    return rate > 0 && this.#random() < rate;
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError("closed", "The log is closed.");
  }
}

/** Mulberry32: small, and the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
