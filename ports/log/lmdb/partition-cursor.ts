import type { LogRecord } from "../event-log.ts";
import type { LogStore } from "./log-store.ts";
import { recordRuns } from "./record-reader.ts";
import type { Topic } from "./topic-registry.ts";

/** Where a consumer stands in one partition. */
export interface PartitionCursor {
  topic: Topic;
  partition: number;
  /** The next offset to read from the log; what is held here comes before. */
  offset: number;
  /** Whether `offset` is the first of a block. */
  aligned: boolean;
  /** Read but not yet handed out. */
  held: LogRecord[];
}

/** What a batch may still take. */
export interface Budget {
  records: number;
  bytes: number;
}

export function cursorAt(topic: Topic, partition: number, offset: number): PartitionCursor {
  return { topic, partition, offset, aligned: false, held: [] };
}

/**
 * Fills a batch from all partitions, each its fair share first, then what is left of the budget.
 * @param turn which partition comes first; counting it up shares small batches fairly
 */
export function fillBatch(
  store: LogStore,
  cursors: readonly PartitionCursor[],
  { budget, turn }: { budget: Budget; turn: number },
) {
  const batch: LogRecord[] = [];
  const order = cursors.map((_, index) => cursors[(index + turn) % cursors.length]);
  const share = Math.ceil(budget.records / Math.max(1, cursors.length));
  const unfinished: PartitionCursor[] = [];
  for (const cursor of order) {
    if (cursor !== undefined && drain(store, cursor, { batch, budget, most: share })) unfinished.push(cursor);
  }
  for (const cursor of unfinished) drain(store, cursor, { batch, budget, most: Infinity });
  return batch;
}

interface Filling {
  batch: LogRecord[];
  budget: Budget;
  most: number;
}

/** Takes records of one partition; true when it stopped with more to come. */
function drain(store: LogStore, cursor: PartitionCursor, filling: Filling): boolean {
  const limit = { left: filling.most };
  if (cursor.held.length > 0 && !hand(cursor, filling, limit)) return true;
  if (filling.budget.records <= 0) return true;
  for (const run of recordRuns(store, cursor, cursor.aligned)) {
    cursor.held = run;
    cursor.offset = (run.at(-1)?.offset ?? cursor.offset) + 1;
    cursor.aligned = true;
    if (!hand(cursor, filling, limit) || limit.left <= 0) return true;
  }
  return false;
}

/** Hands out what is held as far as the batch takes it; true when nothing is left. */
function hand(cursor: PartitionCursor, { batch, budget }: Filling, limit: { left: number }): boolean {
  let taken = 0;
  for (const record of cursor.held) {
    const bytes = record.value.byteLength;
    if (budget.records <= 0 || limit.left <= 0 || (batch.length > 0 && bytes > budget.bytes)) break;
    batch.push(record);
    budget.records -= 1;
    budget.bytes -= bytes;
    limit.left -= 1;
    taken += 1;
  }
  cursor.held = taken === cursor.held.length ? [] : cursor.held.slice(taken);
  return cursor.held.length === 0;
}
