import type { Position } from "@datafly-signal/core";
import { type NewRecord, type OffsetCommit, LogError } from "../event-log.ts";
import { type CheckedRecord, type PartitionRun, blocksOf, headPut, planAppend } from "./append-plan.ts";
import { syncFault } from "./lmdb-fault.ts";
import { commitKey, offsetKey, tableKey } from "./log-keys.ts";
import { type LogStore, headOf } from "./log-store.ts";
import { encodeEntry, tablePosition } from "./table-entry.ts";

/** What one transaction on `work` does. */
export interface WorkCommit {
  records: readonly CheckedRecord[];
  /** A consumer's group, its number there, and how far it has read. */
  group?: { name: string; member: number; offsets: readonly OffsetCommit[] };
  wall: number;
}

/**
 * One synchronous, atomic, durable transaction. Offsets are given inside it, since several threads append.
 * @throws {LogError} `fenced`, `log_full`, `commit_failed`: nothing of it was kept
 */
export function commitWork(store: LogStore, commit: WorkCommit): Position[] {
  try {
    return store.environments.work.transact(() => {
      if (commit.group !== undefined) checkMember(store, commit.group);
      const plan = planAppend(commit.records, (topic, partition) => headOf(store.work, topic, partition), commit.wall);
      for (const run of plan.runs) writeRun(store, run);
      if (commit.group !== undefined) writeOffsets(store, commit.group.name, commit.group.offsets);
      return plan.positions;
    });
  } catch (error) {
    throw syncFault(error);
  }
}

/** The newest consumer of a group is the group; it reads everything. */
export function joinGroup(store: LogStore, group: string): number {
  try {
    return store.environments.work.root.transactionSync(() => {
      const member = newestMember(store, group) + 1;
      const stored = Buffer.allocUnsafe(8);
      stored.writeDoubleLE(member, 0);
      store.members.putSync(Buffer.from(group), stored);
      return member;
    });
  } catch (error) {
    throw syncFault(error);
  }
}

export function newestMember(store: LogStore, group: string): number {
  return store.members.get(Buffer.from(group))?.readDoubleLE(0) ?? 0;
}

/** @throws {LogError} `not_writable` for a record of raw-events, which is in another environment */
export function checkHome(records: readonly CheckedRecord[]): void {
  const foreign = records.find((record) => record.to.home !== "work");
  if (foreign === undefined) return;
  throw new LogError("not_writable", `${foreign.topic} is written by its own writer alone, not in this transaction.`);
}

function checkMember(store: LogStore, { name, member }: { name: string; member: number }): void {
  if (newestMember(store, name) === member) return;
  throw new LogError("fenced", `Another consumer of ${name} has taken over.`);
}

function writeRun(store: LogStore, run: PartitionRun): void {
  if (run.topic.compacted) {
    run.records.forEach((record, index) => writeEntry(store, run, { record, offset: run.offset + index }));
  } else {
    for (const { key, value } of blocksOf(run)) store.work.blocks.putSync(key, value);
  }
  const head = headPut(run);
  store.work.heads.putSync(head.key, head.value);
}

/** Puts a key of a compacted topic in its new place, or removes it. */
function writeEntry(
  store: LogStore,
  run: PartitionRun,
  { record, offset }: { record: NewRecord; offset: number },
): void {
  const { topic, partition, timestamp } = run;
  const key = tableKey(topic.number, record.key);
  const earlier = store.tables.get(key);
  if (earlier !== undefined) {
    const place = tablePosition(earlier);
    store.tableIndex.removeSync(offsetKey(topic.number, place.partition, place.offset));
  }
  if (record.value === null) {
    if (earlier !== undefined) store.tables.removeSync(key);
    return;
  }
  store.tables.putSync(key, encodeEntry(record, { partition, offset, timestamp }));
  store.tableIndex.putSync(offsetKey(topic.number, partition, offset), Buffer.from(record.key));
}

function writeOffsets(store: LogStore, group: string, offsets: readonly OffsetCommit[]): void {
  for (const { topic, partition, offset } of offsets) {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new LogError("commit_failed", `${offset} is not an offset.`);
    const stored = Buffer.allocUnsafe(8);
    stored.writeDoubleLE(offset, 0);
    store.commits.putSync(commitKey(group, store.topics.get(topic).number, partition), stored);
  }
}

export function committedOffset(
  store: LogStore,
  group: string,
  place: { topic: number; partition: number },
): number | undefined {
  return store.commits.get(commitKey(group, place.topic, place.partition))?.readDoubleLE(0);
}
