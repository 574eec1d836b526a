import type { TopicSpec } from "@datafly-signal/core";
import { type LogRecord, type NewRecord, LogError, partitionOf } from "../event-log.ts";

export interface MemoryPartition {
  /** Kept records, by rising offset. */
  records: LogRecord[];
  /** The offset after the last one. */
  next: number;
  lastTimestamp: number;
}

export interface MemoryTopic {
  spec: TopicSpec;
  partitions: MemoryPartition[];
  /** Where the last value of each live key stands; compacted topics only. */
  keys: Map<string, LogRecord>;
}

export function memoryTopic(spec: TopicSpec): MemoryTopic {
  const partitions = Array.from({ length: spec.partitions }, () => ({
    records: [],
    next: 0,
    lastTimestamp: 0,
  }));
  return { spec, partitions, keys: new Map() };
}

/** The topic of a record that may be written. @throws {LogError} `unknown_topic`, `record_too_large` */
export function checkRecord(topics: ReadonlyMap<string, MemoryTopic>, record: NewRecord): MemoryTopic {
  const topic = topics.get(record.topic);
  if (topic === undefined) throw new LogError("unknown_topic", `There is no topic ${record.topic}.`);
  const bytes = record.value?.byteLength ?? 0;
  if (bytes > topic.spec.maxRecordBytes) {
    throw new LogError("record_too_large", `${record.topic} takes ${topic.spec.maxRecordBytes} bytes, not ${bytes}.`);
  }
  if (record.value === null && !topic.spec.compacted) {
    throw new LogError("commit_failed", `${record.topic} is not compacted: a record needs a value.`);
  }
  return topic;
}

export interface AppendPlace {
  /** How many offsets are left out before the record. */
  skip: number;
  wall: number;
}

/** Writes one checked record. */
export function appendRecord(topic: MemoryTopic, record: NewRecord, place: AppendPlace): LogRecord {
  const index = partitionOf(record.key, topic.spec.partitions);
  const partition = partitionAt(topic, index);
  const offset = partition.next + place.skip;
  partition.next = offset + 1;
  partition.lastTimestamp = Math.max(partition.lastTimestamp, place.wall);
  const stored: LogRecord = {
    topic: topic.spec.name,
    partition: index,
    offset,
    key: record.key,
    value: Uint8Array.from(record.value ?? []),
    timestamp: partition.lastTimestamp,
    headers: { ...record.headers },
  };
  if (topic.spec.compacted) compact(topic, stored);
  if (record.value === null) topic.keys.delete(record.key);
  else partition.records.push(stored);
  return stored;
}

/** The new record takes the place of the key's earlier one. */
function compact(topic: MemoryTopic, stored: LogRecord): void {
  const earlier = topic.keys.get(stored.key);
  topic.keys.set(stored.key, stored);
  if (earlier === undefined) return;
  const { records } = partitionAt(topic, earlier.partition);
  records.splice(indexFrom(records, earlier.offset), 1);
}

export function partitionAt(topic: MemoryTopic, index: number): MemoryPartition {
  const partition = topic.partitions[index];
  if (partition === undefined) throw new LogError("unknown_topic", `${topic.spec.name} has no partition ${index}.`);
  return partition;
}

/** Index of the first record at or after an offset. */
export function indexFrom(records: readonly LogRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function trimPartition(partition: MemoryPartition, before: number): void {
  partition.records.splice(0, indexFrom(partition.records, before));
}
