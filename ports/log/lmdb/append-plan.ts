import type { Position } from "@datafly-signal/core";
import { type NewRecord, LogError, partitionOf } from "../event-log.ts";
import { cutBlocks, encodeBlock } from "./block-format.ts";
import { headKey, offsetKey } from "./log-keys.ts";
import type { Topic, TopicRegistry } from "./topic-registry.ts";

/** Where a partition ends. */
export interface Head {
  /** The offset after the last record. */
  next: number;
  /** Timestamps never fall within a partition, so that time can be searched by halves. */
  lastTimestamp: number;
}

/** A record that may be written. */
export interface CheckedRecord extends NewRecord {
  to: Topic;
  /** Its partition. */
  partition: number;
}

/** Records of one partition, with the offset of the first. */
export interface PartitionRun {
  topic: Topic;
  partition: number;
  offset: number;
  timestamp: number;
  records: CheckedRecord[];
}

export interface AppendPlan {
  /** In the order of the records. */
  positions: Position[];
  runs: PartitionRun[];
}

/** LMDB's bound on keys, less what stands before the record's own. */
const MAX_TABLE_KEY_BYTES = 1900;

/** @throws {LogError} `unknown_topic`, `record_too_large`, `commit_failed` for a null value where nothing is compacted */
export function checkRecords(registry: TopicRegistry, records: readonly NewRecord[]): CheckedRecord[] {
  let to: Topic | undefined;
  return records.map((record) => {
    if (to?.name !== record.topic) to = registry.get(record.topic);
    const bytes = record.value?.byteLength ?? 0;
    if (bytes > to.maxRecordBytes) {
      throw new LogError("record_too_large", `${to.name} takes ${to.maxRecordBytes} bytes, not ${bytes}.`);
    }
    if (to.compacted && Buffer.byteLength(record.key) > MAX_TABLE_KEY_BYTES) {
      throw new LogError("record_too_large", `${to.name} takes keys of ${MAX_TABLE_KEY_BYTES} bytes.`);
    }
    if (record.value === null && !to.compacted) {
      throw new LogError("commit_failed", `${to.name} is not compacted: a record needs a value.`);
    }
    return { ...record, to, partition: partitionOf(record.key, to.partitions) };
  });
}

/** Gives each record its place after the heads. */
export function planAppend(
  records: readonly CheckedRecord[],
  headOf: (topic: Topic, partition: number) => Head,
  wall: number,
): AppendPlan {
  const runs = new Map<number, PartitionRun>();
  const positions = records.map((record) => {
    const { to, partition } = record;
    const name = to.number * 65_536 + partition;
    let run = runs.get(name);
    if (run === undefined) {
      const head = headOf(to, partition);
      run = { topic: to, partition, offset: head.next, timestamp: Math.max(head.lastTimestamp, wall), records: [] };
      runs.set(name, run);
    }
    run.records.push(record);
    return { partition, offset: run.offset + run.records.length - 1 };
  });
  return { positions, runs: [...runs.values()] };
}

export function headAfter(run: PartitionRun): Head {
  return { next: run.offset + run.records.length, lastTimestamp: run.timestamp };
}

export interface Put {
  key: Buffer;
  value: Buffer;
}

/** The blocks that hold a run. */
export function blocksOf(run: PartitionRun): Put[] {
  let offset = run.offset;
  return cutBlocks(run.records).map((records) => {
    const key = offsetKey(run.topic.number, run.partition, offset);
    offset += records.length;
    return { key, value: encodeBlock(records, run.timestamp) };
  });
}

export function headPut(run: PartitionRun): Put {
  return { key: headKey(run.topic.number, run.partition), value: encodeHead(headAfter(run)) };
}

function encodeHead({ next, lastTimestamp }: Head): Buffer {
  const stored = Buffer.allocUnsafe(16);
  stored.writeDoubleLE(next, 0);
  stored.writeDoubleLE(lastTimestamp, 8);
  return stored;
}

export function decodeHead(stored: Buffer | undefined): Head {
  if (stored === undefined) return { next: 0, lastTimestamp: 0 };
  return { next: stored.readDoubleLE(0), lastTimestamp: stored.readDoubleLE(8) };
}
