import { PROCESSOR_GROUP } from "@datafly-signal/core";
import { offsetKey, offsetOfKey } from "./log-keys.ts";
import { type LogStore, headOf, refreshReads, storeOf } from "./log-store.ts";
import { boundsOf, offsetOfTime } from "./record-reader.ts";
import type { Topic } from "./topic-registry.ts";
import { committedOffset } from "./work-writer.ts";

export interface RetainOptions {
  /** `ingest` is called by the thread that writes raw-events, `work` by any one other. */
  side: "ingest" | "work";
  /** Wall clock, epoch milliseconds. */
  now: number;
  /** The lowest offset still needed (the low watermark of what waits); undefined where time alone decides. */
  keepFrom?: (topic: string, partition: number) => number | undefined;
  /** How long one commit of deletions may take, in milliseconds. Default 5. */
  sliceMs?: number;
  /** Ends the work after the current slice. */
  signal?: AbortSignal;
}

/** What retention took from one partition. */
export interface Retained {
  topic: string;
  partition: number;
  records: number;
  /** The first offset kept now. */
  first: number;
}

/** Removes blocks by key in one durable commit. */
export type RemoveBlocks = (keys: readonly Uint8Array[]) => Promise<void> | void;

const DEFAULT_SLICE_MS = 5;
const FIRST_SLICE = 64;
/** Bounds of a slice: on a slow disk it must still outrun what is appended, on a fast one its thread must not notice it. */
const MIN_SLICE = 32;
const MAX_SLICE = 512;

/**
 * Deletes what is older than its topic keeps, whole blocks at a time, in short commits with a pause between them.
 * A raw event that the processors have not committed stays, however old.
 */
export async function retain(store: LogStore, options: RetainOptions, remove: RemoveBlocks): Promise<Retained[]> {
  const pace = { blocks: FIRST_SLICE, sliceMs: options.sliceMs ?? DEFAULT_SLICE_MS };
  const topics = store.topics.all().filter((topic) => topic.home === options.side && !topic.compacted);
  const result: Retained[] = [];
  for (const topic of topics) {
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      const retained = await retainPartition(store, { topic, partition, options, pace, remove });
      if (retained.records > 0) result.push(retained);
    }
  }
  return result;
}

interface Pace {
  /** Blocks in the next slice. */
  blocks: number;
  sliceMs: number;
}

interface PartitionWork {
  topic: Topic;
  partition: number;
  options: RetainOptions;
  pace: Pace;
  remove: RemoveBlocks;
}

async function retainPartition(store: LogStore, work: PartitionWork): Promise<Retained> {
  const { topic, partition, options, pace } = work;
  refreshReads(store);
  const cut = cutOffset(store, work);
  const before = boundsOf(store, topic, partition).first;
  while (options.signal?.aborted !== true) {
    const keys = blocksBelow(store, work, cut);
    if (keys.length === 0) break;
    const start = performance.now();
    await work.remove(keys);
    keepPace(pace, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 1));
    refreshReads(store);
  }
  const { first } = boundsOf(store, topic, partition);
  return { topic: topic.name, partition, records: first - before, first };
}

/** Everything below goes. */
function cutOffset(store: LogStore, { topic, partition, options }: PartitionWork): number {
  if (topic.retentionMs === null) return 0;
  const byTime = offsetOfTime(store, topic, { partition, time: options.now - topic.retentionMs });
  const needed = options.keepFrom?.(topic.name, partition) ?? Infinity;
  if (topic.home === "work") return Math.min(byTime, needed);
  const processed = committedOffset(store, PROCESSOR_GROUP, { topic: topic.number, partition }) ?? 0;
  return Math.min(byTime, needed, processed);
}

/** The next slice of blocks that lie wholly below an offset. */
function blocksBelow(store: LogStore, { topic, partition, pace }: PartitionWork, cut: number): Uint8Array[] {
  const { blocks } = storeOf(store, topic);
  // One more than the slice: a block ends where the next one starts.
  const range = { start: offsetKey(topic.number, partition, 0), end: offsetKey(topic.number, partition + 1, 0) };
  const keys = [...blocks.getKeys({ ...range, limit: pace.blocks + 1 })];
  const { next } = headOf(storeOf(store, topic), topic, partition);
  const below = keys.findIndex((_, index) => {
    const following = keys[index + 1];
    return (following === undefined ? next : offsetOfKey(following)) > cut;
  });
  return keys.slice(0, Math.min(pace.blocks, below < 0 ? keys.length : below));
}

function keepPace(pace: Pace, took: number): void {
  if (took > pace.sliceMs) pace.blocks = Math.max(MIN_SLICE, Math.floor(pace.blocks / 2));
  else if (took < pace.sliceMs / 2) pace.blocks = Math.min(MAX_SLICE, pace.blocks * 2);
}
