/** The event log port: durable topics with consumer groups, and one atomic step that makes processing exactly-once. */
import { fnv1a, type Position, type TopicSpec } from "@datafly-signal/core";

/** A record to append. A null value on a compacted topic removes its key. */
export interface NewRecord {
  topic: string;
  /** Chooses the partition; records of one key keep their order. */
  key: string;
  value: Uint8Array | null;
  headers?: Readonly<Record<string, string>>;
}

export interface LogRecord extends Position {
  topic: string;
  key: string;
  value: Uint8Array;
  /** When it was appended: wall clock, epoch milliseconds. */
  timestamp: number;
  headers: Readonly<Record<string, string>>;
}

export interface TopicPosition extends Position {
  topic: string;
}

/** First kept offset and the offset after the last one. */
export interface PartitionBounds {
  partition: number;
  first: number;
  next: number;
}

/** `offset` is the next one to read: everything below it counts as read. */
export type OffsetCommit = TopicPosition;

export interface WriteSet {
  /** Where the group reads on; may be empty. */
  offsets: readonly OffsetCommit[];
  append: readonly NewRecord[];
}

export interface PollOptions {
  maxRecords: number;
  /** Stops adding records once this many bytes of values are held; the first record is always returned. */
  maxBytes: number;
  /** How long to wait for a first record, in milliseconds. */
  waitMs: number;
}

export interface ConsumerOptions {
  group: string;
  topics: readonly string[];
  /** Called, and awaited, before the first record of these partitions is returned. */
  onAssigned?: (partitions: readonly { topic: string; partition: number }[]) => Promise<void> | void;
  /** Called when they were taken away; nothing may be committed for them any more. */
  onRevoked?: (partitions: readonly { topic: string; partition: number }[]) => Promise<void> | void;
}

/**
 * A member of a consumer group. Embedded, one member holds every partition.
 * A group that has never committed starts at the first kept record.
 */
export interface Consumer {
  /** The next records, ordered within each partition. Empty when the wait ended, while paused, or after `close`. One call at a time. */
  poll(options: PollOptions): Promise<LogRecord[]>;
  /**
   * Appends and commits in one atomic step, durable when it resolves. Whatever the step needs is read before; this is plain data.
   * @throws {LogError} `commit_failed`: nothing of it happened; `rewind()` and work again. `fenced`: the partitions belong to another member now.
   */
  transact(set: WriteSet): Promise<void>;
  /** Reads on from the last committed offsets. */
  rewind(): Promise<void>;
  /** While paused, `poll` waits and returns nothing. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface EventLog {
  /** Creates what is missing. @throws {LogError} `topic_mismatch` when one exists with other partitions. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Appends records of one or more topics atomically; resolves when they are durable, with their positions in order.
   * @throws {LogError} `unknown_topic`, `record_too_large`, `log_full`, `commit_failed`: none of them was kept.
   */
  append(records: readonly NewRecord[]): Promise<Position[]>;
  consumer(options: ConsumerOptions): Promise<Consumer>;
  /** Records from an offset or a time on, without a group. */
  read(options: {
    topic: string;
    partition: number;
    from: { offset: number } | { time: number };
    maxRecords: number;
    maxBytes: number;
  }): Promise<LogRecord[]>;
  /** The records at exactly these positions, in their order; undefined where retention or compaction took one. */
  readAt(positions: readonly TopicPosition[]): Promise<(LogRecord | undefined)[]>;
  /** The last value of each live key of a compacted topic that starts with `prefix`. */
  table(topic: string, prefix: string): Promise<Map<string, Uint8Array>>;
  bounds(topic: string): Promise<PartitionBounds[]>;
  /** Committed offsets of a group, by partition; absent where it never committed. */
  committed(group: string, topic: string): Promise<Map<number, number>>;
  close(): Promise<void>;
}

export type LogErrorCode =
  | "unknown_topic"
  | "topic_mismatch"
  | "record_too_large"
  | "log_full"
  | "commit_failed"
  | "fenced"
  /** This member of the log does not write that topic (raw-events has one writer). */
  | "not_writable"
  | "closed";

/** A fault of the log, by code; the message names topic and sizes, never contents. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LogError";
    this.code = code;
  }
}

/** The partition of a key: the first four bytes of its FNV-1a hash, modulo the partitions. */
export function partitionOf(key: string, partitions: number): number {
  return fnv1a(key) % partitions;
}
