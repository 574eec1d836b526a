import { type LogRecord, LogError } from "../event-log.ts";
import { blockCount, blockTimestamp, decodeBlock, decodeRecord } from "./block-format.ts";
import { offsetKey, offsetOfKey, partitionEnd, tableKey } from "./log-keys.ts";
import { type LogStore, headOf, storeOf } from "./log-store.ts";
import { tableRecord, tableTimestamp } from "./table-entry.ts";
import type { Topic } from "./topic-registry.ts";

/** One partition of a topic, read from an offset on. */
export interface ReadPlace {
  topic: Topic;
  partition: number;
  offset: number;
}

/**
 * Runs of records from an offset on. Read them out before anything is awaited: no read transaction stays open between.
 * @param aligned the offset is known to be the first of a block, as it is after a whole block was read
 */
export function* recordRuns(store: LogStore, place: ReadPlace, aligned = false): Generator<LogRecord[]> {
  if (place.topic.compacted) yield* tableRuns(store, place);
  else yield* blockRuns(store, place, aligned);
}

function* blockRuns(store: LogStore, place: ReadPlace, aligned: boolean): Generator<LogRecord[]> {
  const { topic, partition } = place;
  const { blocks } = storeOf(store, topic);
  const first = aligned ? undefined : blockBefore(store, place);
  const start = offsetKey(topic.number, partition, Math.max(place.offset, first?.end ?? 0));
  if (first !== undefined && first.end > place.offset) {
    const records = decodeBlock(first.bytes, { topic: topic.name, partition, offset: first.start });
    yield records.slice(place.offset - first.start);
  }
  for (const { key, value } of blocks.getRange({ start, end: partitionEnd(topic.number, partition) })) {
    yield decodeBlock(value, { topic: topic.name, partition, offset: offsetOfKey(key) });
  }
}

/** The block that begins before an offset, and may hold it. */
function blockBefore(store: LogStore, { topic, partition, offset }: ReadPlace) {
  const range = storeOf(store, topic).blocks.getRange({
    start: offsetKey(topic.number, partition, offset),
    end: offsetKey(topic.number, partition, 0),
    inclusiveEnd: true,
    reverse: true,
    limit: 1,
  });
  for (const { key, value } of range) {
    const start = offsetOfKey(key);
    return { start, end: start + blockCount(value), bytes: value };
  }
  return undefined;
}

function* tableRuns(store: LogStore, { topic, partition, offset }: ReadPlace): Generator<LogRecord[]> {
  const start = offsetKey(topic.number, partition, offset);
  for (const { value } of store.tableIndex.getRange({ start, end: partitionEnd(topic.number, partition) })) {
    const key = value.toString();
    const entry = store.tables.get(tableKey(topic.number, key));
    if (entry !== undefined) yield [tableRecord(entry, topic.name)];
  }
}

/** The record at exactly this offset. */
export function recordAt(store: LogStore, place: ReadPlace): LogRecord | undefined {
  const { topic, partition, offset } = place;
  if (!topic.compacted) {
    const block = blockBefore(store, place);
    if (block === undefined) return undefined;
    return decodeRecord(block.bytes, { topic: topic.name, partition, offset: block.start }, offset - block.start);
  }
  const key = store.tableIndex.get(offsetKey(topic.number, partition, offset));
  const entry = key === undefined ? undefined : store.tables.get(tableKey(topic.number, key.toString()));
  return entry === undefined ? undefined : tableRecord(entry, topic.name);
}

/** First kept offset and the one after the last. */
export function boundsOf(store: LogStore, topic: Topic, partition: number): { first: number; next: number } {
  const { next } = headOf(storeOf(store, topic), topic, partition);
  const database = topic.compacted ? store.tableIndex : storeOf(store, topic).blocks;
  const range = { start: offsetKey(topic.number, partition, 0), end: partitionEnd(topic.number, partition), limit: 1 };
  for (const key of database.getKeys(range)) return { first: offsetOfKey(key), next };
  return { first: next, next };
}

/** The first offset whose record was appended at or after a time; the next offset when there is none. */
export function offsetOfTime(
  store: LogStore,
  topic: Topic,
  { partition, time }: { partition: number; time: number },
): number {
  const { first, next } = boundsOf(store, topic, partition);
  let low = first;
  let high = next;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const probe = runAtOrAfter(store, { topic, partition, offset: middle });
    if (probe === undefined || probe.start >= high) high = middle;
    else if (probe.timestamp >= time) high = Math.min(middle, probe.start);
    else low = probe.end;
  }
  return low;
}

/** Bounds and time of the run that holds an offset, else of the next one. */
function runAtOrAfter(
  store: LogStore,
  place: ReadPlace,
): { start: number; end: number; timestamp: number } | undefined {
  const { topic, partition, offset } = place;
  if (!topic.compacted) {
    const before = blockBefore(store, place);
    if (before !== undefined && before.end > offset) {
      return { start: before.start, end: before.end, timestamp: blockTimestamp(before.bytes) };
    }
  }
  const database = topic.compacted ? store.tableIndex : storeOf(store, topic).blocks;
  const range = {
    start: offsetKey(topic.number, partition, offset),
    end: partitionEnd(topic.number, partition),
    limit: 1,
  };
  for (const { key, value } of database.getRange(range)) {
    const start = offsetOfKey(key);
    if (!topic.compacted) return { start, end: start + 1, timestamp: blockTimestamp(value) };
    const entry = store.tables.get(tableKey(topic.number, value.toString()));
    if (entry !== undefined) return { start, end: start + 1, timestamp: tableTimestamp(entry) };
  }
  return undefined;
}

/** @throws {LogError} `unknown_topic` */
export function checkPartition(topic: Topic, partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < topic.partitions) return;
  throw new LogError("unknown_topic", `${topic.name} has no partition ${partition}.`);
}
