import {
  type Consumer,
  type ConsumerOptions,
  type LogRecord,
  type PollOptions,
  type WriteSet,
  LogError,
} from "../event-log.ts";
import { type Member, type MemoryGroup, type TopicPartition, partitionName } from "./memory-group.ts";
import { type MemoryTopic, indexFrom, partitionAt } from "./memory-topic.ts";

/** What a consumer asks of the log it reads. */
export interface ConsumerHost {
  topic(name: string): MemoryTopic;
  isClosed(): boolean;
  /** Applies a write set or throws; all or nothing. */
  commit(set: WriteSet, group: MemoryGroup, member: Member): void;
  /** Called before each poll: the place where faults of the group happen. */
  beforePoll(member: Member): void;
  /** Resolves at the next append, change of the group, or after `ms`. */
  changed(ms: number): Promise<void>;
  leave(group: MemoryGroup, member: Member): void;
  wake(): void;
}

interface Membership {
  group: MemoryGroup;
  member: Member;
}

/** Reads the owned partitions in turn, each from where it stands. */
export class MemoryConsumer implements Consumer {
  readonly #host: ConsumerHost;
  readonly #options: ConsumerOptions;
  readonly #group: MemoryGroup;
  readonly #member: Member;
  /** Next offset to read, by partition name. */
  readonly #positions = new Map<string, number>();
  #turn = 0;
  #paused = false;
  #closed = false;

  constructor(host: ConsumerHost, options: ConsumerOptions, membership: Membership) {
    this.#host = host;
    this.#options = options;
    this.#group = membership.group;
    this.#member = membership.member;
  }

  async poll(options: PollOptions): Promise<LogRecord[]> {
    const deadline = performance.now() + options.waitMs;
    if (!this.#closed) this.#host.beforePoll(this.#member);
    for (;;) {
      if (this.#closed || this.#host.isClosed()) return [];
      await this.#settleGroup();
      const records = this.#paused ? [] : this.#take(options);
      const left = deadline - performance.now();
      if (records.length > 0 || left <= 0) return records;
      await this.#host.changed(left);
    }
  }

  async transact(set: WriteSet): Promise<void> {
    if (this.#closed) throw new LogError("closed", "The consumer is closed.");
    this.#host.commit(set, this.#group, this.#member);
  }

  async rewind(): Promise<void> {
    for (const name of this.#positions.keys()) this.#positions.set(name, this.#group.committed.get(name) ?? 0);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#host.wake();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.leave(this.#group, this.#member);
    this.#host.wake();
  }

  async #settleGroup(): Promise<void> {
    const { lost, gained } = this.#member;
    if (lost.size > 0) {
      const partitions = [...lost.values()];
      for (const name of lost.keys()) this.#positions.delete(name);
      lost.clear();
      await this.#options.onRevoked?.(partitions);
    }
    if (gained.size > 0) {
      const partitions = [...gained.values()];
      gained.clear();
      await this.#options.onAssigned?.(partitions);
      for (const partition of partitions) this.#start(partition);
    }
  }

  #start({ topic, partition }: TopicPartition): void {
    const name = partitionName(topic, partition);
    if (this.#member.owned.has(name)) this.#positions.set(name, this.#group.committed.get(name) ?? 0);
  }

  #take(options: PollOptions): LogRecord[] {
    const sources = this.#options.topics.flatMap((topic) =>
      this.#host.topic(topic).partitions.map((_, partition) => ({ topic, partition })),
    );
    this.#turn += 1;
    const batch: LogRecord[] = [];
    const budget = { records: options.maxRecords, bytes: options.maxBytes };
    for (let index = 0; index < sources.length; index += 1) {
      const source = sources[(index + this.#turn) % sources.length];
      if (source !== undefined) this.#takeFrom(source, batch, budget);
    }
    return batch;
  }

  #takeFrom(source: TopicPartition, batch: LogRecord[], budget: { records: number; bytes: number }): void {
    const name = partitionName(source.topic, source.partition);
    const position = this.#positions.get(name);
    if (position === undefined || !this.#member.owned.has(name)) return;
    const { records } = partitionAt(this.#host.topic(source.topic), source.partition);
    for (let index = indexFrom(records, position); index < records.length; index += 1) {
      const record = records[index];
      if (record === undefined || budget.records <= 0) return;
      if (batch.length > 0 && record.value.byteLength > budget.bytes) return;
      batch.push(record);
      budget.records -= 1;
      budget.bytes -= record.value.byteLength;
      this.#positions.set(name, record.offset + 1);
    }
  }
}
