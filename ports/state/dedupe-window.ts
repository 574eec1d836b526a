/** How long a key is remembered at least, unless the bound on keys shortens it: 24 hours. */
export const DEDUPE_WINDOW_MS = 24 * 3_600_000;
export const BUCKET_MS = 3_600_000;
/** Above this many closed buckets the oldest goes whatever its time says: a clock once far ahead must not keep it for ever. */
const MAX_CLOSED = 50;

/** Keys first seen in one hour, at most; numbered in order of opening. */
export interface BucketInfo {
  number: number;
  /** Wall clock of its first key, rounded down to the hour; epoch milliseconds. */
  start: number;
  keys: number;
}

export interface WindowBounds {
  windowMs: number;
  maxKeys: number;
}

/** Whether the newest bucket takes no more keys: its hour is over, the clock stepped back by hours, or it holds its share. */
export function isOver(bucket: BucketInfo, now: number, { maxKeys }: WindowBounds): boolean {
  const age = now - bucket.start;
  return age >= BUCKET_MS || age < -BUCKET_MS || bucket.keys >= Math.max(1, Math.ceil(maxKeys / 24));
}

/** How many of the oldest buckets have left the window. `buckets` in order of opening, the newest last. */
export function expiredBuckets(buckets: readonly BucketInfo[], now: number, bounds: WindowBounds): number {
  let total = buckets.reduce((sum, bucket) => sum + bucket.keys, 0);
  let expired = 0;
  while (expired < buckets.length - 1) {
    const bucket = buckets[expired];
    if (bucket === undefined) break;
    const over = now - (bucket.start + BUCKET_MS) >= bounds.windowMs;
    if (!over && total <= bounds.maxKeys && buckets.length - 1 - expired <= MAX_CLOSED) break;
    total -= bucket.keys;
    expired += 1;
  }
  return expired;
}

/**
 * How far back a key is surely remembered: the whole window until a bucket was dropped early.
 * @param droppedEarlyUntil end of the newest bucket dropped for the bound on keys, epoch milliseconds
 */
export function windowLeft(droppedEarlyUntil: number | undefined, now: number, { windowMs }: WindowBounds): number {
  if (droppedEarlyUntil === undefined) return windowMs;
  return Math.max(0, Math.min(windowMs, now - droppedEarlyUntil));
}
