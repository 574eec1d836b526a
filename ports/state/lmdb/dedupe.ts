import { type BloomFilter, type Position, addKey, bloomFilter, mayHold } from "@datafly-signal/core";
import type { Environment } from "../../lmdb-environments.ts";
import { type BucketInfo, type WindowBounds, expiredBuckets, isOver, windowLeft } from "../dedupe-window.ts";
import { type DedupeWindow, dedupeStore } from "./dedupe-store.ts";
import { commitState } from "./state-commit.ts";

export interface Dedupe {
  firstSeen(keys: readonly Uint8Array[], positions: readonly Position[], now: number): boolean[];
  /** How far back a key is surely remembered, in milliseconds. */
  windowMs(): number;
  /** Resolves when every closed bucket has its filter. */
  filtersReady(): Promise<void>;
  close(): void;
}

/** A first sight that is not stored yet. */
interface Sight {
  bucket: BucketInfo;
  key: Uint8Array;
  position: Position;
}

/** Keys read in one go while a filter is built: about a millisecond. */
const SCAN = 2000;
/** How often a filter that another thread may have built is looked for. */
const LOOK_MS = 1000;

/**
 * First sights in hourly buckets. A key costs one lookup in the newest bucket and a few bits of memory for each closed
 * one; a closed bucket without its filter (just closed, or lost in a crash) is looked up instead, until it is built.
 */
export function dedupe(work: Environment, bounds: WindowBounds, staged: boolean): Dedupe {
  const store = dedupeStore(work);
  const waiting = new Map<string, Sight>();
  const unstage = work.stage({
    apply() {
      if (waiting.size === 0) return;
      for (const { bucket, key, position } of waiting.values()) store.see(bucket, key, position);
      // What waits is of the newest bucket: opening another is a transaction, before which all of it is written.
      const head = store.head();
      store.writeHead({ version: head.version, keys: head.keys + waiting.size });
    },
    applied: () => waiting.clear(),
  });
  const filters = new Map<number, BloomFilter>();
  let window: DedupeWindow = { version: -1, buckets: [] };
  let newestKeys = 0;
  let lastNow = 0;
  let lookedAt = -Infinity;
  let building: Promise<void> | undefined;
  let closed = false;

  function adopt(next: DedupeWindow): void {
    window = next;
    const alive = new Set(next.buckets.map(({ number }) => number));
    for (const number of filters.keys()) if (!alive.has(number)) filters.delete(number);
    lookedAt = -Infinity;
  }

  function withoutFilter(): BucketInfo[] {
    return window.buckets.slice(0, -1).filter(({ number }) => !filters.has(number));
  }

  /** Takes over filters that were saved, by this thread or another, before or after a restart. */
  function loadFilters(): void {
    const missing = withoutFilter();
    if (missing.length === 0 || performance.now() - lookedAt < LOOK_MS) return;
    lookedAt = performance.now();
    for (const bucket of missing) {
      const bits = store.filter(bucket);
      if (bits !== undefined) filters.set(bucket.number, { bits });
    }
  }

  async function buildMissing(): Promise<void> {
    try {
      for (let bucket = withoutFilter()[0]; bucket !== undefined; bucket = withoutFilter()[0]) {
        const filter = await scan(bucket);
        if (filter === undefined) return;
        filters.set(bucket.number, filter);
      }
    } catch {
      // A filter that cannot be saved now is built again later; until then the bucket is looked up.
    } finally {
      building = undefined;
    }
  }

  /** Reads a closed bucket through, a part at a time, and saves its filter; undefined when that came to nothing. */
  async function scan(bucket: BucketInfo): Promise<BloomFilter | undefined> {
    const filter = bloomFilter(bucket.keys);
    let after: Uint8Array | undefined;
    let scanned = 0;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (closed) return undefined;
      work.root.resetReadTxn();
      const keys = store.keysAfter(bucket, after, SCAN);
      for (const key of keys) addKey(filter, key);
      scanned += keys.length;
      after = keys.at(-1);
      if (after === undefined || keys.length < SCAN) break;
    }
    return commitState(work, () => {
      // Only a filter of the whole bucket counts, of one that is closed and still in the window.
      const stored = store
        .window()
        .buckets.slice(0, -1)
        .find(({ number }) => number === bucket.number);
      if (stored === undefined || stored.keys !== scanned) return undefined;
      store.writeFilter(bucket, filter.bits);
      return filter;
    });
  }

  function seenAt(key: Uint8Array): Position | undefined {
    for (let index = window.buckets.length - 1; index >= 0; index -= 1) {
      const bucket = window.buckets[index];
      if (bucket === undefined) continue;
      const filter = index === window.buckets.length - 1 ? undefined : filters.get(bucket.number);
      if (filter !== undefined && !mayHold(filter, key)) continue;
      const seen = store.seen(bucket, key);
      if (seen !== undefined) return seen;
    }
    return undefined;
  }

  /** Inside a transaction: the window as it is now, with a newest bucket that takes keys. Answers its keys. */
  function prepare(now: number): number {
    const head = store.head();
    if (head.version !== window.version) adopt(store.window());
    const newest = window.buckets.at(-1);
    const current = newest === undefined ? undefined : { ...newest, keys: head.keys };
    if (current !== undefined) window.buckets[window.buckets.length - 1] = current;
    const over =
      current === undefined || isOver(current, now, bounds) || expiredBuckets(window.buckets, now, bounds) > 0;
    if (over) adopt(store.turn(window, now, bounds));
    loadFilters();
    return window.buckets.at(-1)?.keys ?? 0;
  }

  /** The bucket that takes keys, without a transaction unless it is over. */
  function prepareStaged(now: number): number {
    work.root.resetReadTxn();
    const newest = window.buckets.at(-1);
    const current = newest === undefined ? undefined : { ...newest, keys: newestKeys };
    if (current === undefined || isOver(current, now, bounds) || expiredBuckets(window.buckets, now, bounds) > 0) {
      return commitState(work, () => prepare(now));
    }
    loadFilters();
    return newestKeys;
  }

  /** Answers and remembers: inside a transaction, or staged for the next one. */
  function seeAll(keys: readonly Uint8Array[], positions: readonly Position[], now: number): boolean[] {
    let count = staged ? prepareStaged(now) : prepare(now);
    const newest = window.buckets.at(-1);
    const inThisCall = new Set<string>();
    const answers = keys.map((key, index) => {
      const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
      const position = positions[index];
      if (position === undefined || newest === undefined || inThisCall.has(name)) return false;
      inThisCall.add(name);
      const seen = waiting.get(name)?.position ?? seenAt(key);
      if (seen !== undefined) return seen.partition === position.partition && seen.offset === position.offset;
      if (staged) waiting.set(name, { bucket: newest, key, position });
      else store.see(newest, key, position);
      count += 1;
      return true;
    });
    newestKeys = count;
    if (!staged) store.writeHead({ version: window.version, keys: count });
    return answers;
  }

  return {
    firstSeen(keys, positions, now) {
      lastNow = now;
      if (keys.length === 0) return [];
      try {
        const see = (): boolean[] => seeAll(keys, positions, now);
        const answers = staged ? see() : commitState(work, see);
        if (withoutFilter().length > 0) building ??= buildMissing();
        return answers;
      } catch (error) {
        // The window in memory may be of a transaction that never was.
        window = { version: -1, buckets: [] };
        throw error;
      }
    },
    windowMs: () => windowLeft(window.droppedEarlyUntil, lastNow, bounds),
    async filtersReady() {
      while (building !== undefined) await building;
    },
    close() {
      closed = true;
      unstage();
    },
  };
}
