/** Requests a minute for each of many, in bounded memory. */
import { type RateBucket, rateBucket } from "@datafly-signal/core";

export interface MinuteLimits {
  /** 0 when it may pass, else the milliseconds until it may. @param now monotonic milliseconds */
  take(key: string, now: number): number;
}

const SECONDS = 60;
/** Those who were heard of last; the rest begins anew. */
const MOST = 10_000;

/** @param perMinute as many at once after a pause, and as many a minute in the long run */
export function minuteLimits(perMinute: number, most: number = MOST): MinuteLimits {
  const buckets = new Map<string, RateBucket>();
  return {
    take(key, now) {
      const bucket = buckets.get(key) ?? rateBucket(perMinute / SECONDS, now, perMinute);
      // Back to the end: the first ones are those that nobody asked for in the longest time.
      buckets.delete(key);
      buckets.set(key, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > most && oldest !== undefined) buckets.delete(oldest);
      return bucket.take(1, now);
    },
  };
}
