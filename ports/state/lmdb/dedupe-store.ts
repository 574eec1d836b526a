import type { Position } from "@datafly-signal/core";
import { type Bytes, type Environment, DEDUPE_SLOTS } from "../../lmdb-environments.ts";
import { type BucketInfo, type WindowBounds, BUCKET_MS, expiredBuckets, isOver } from "../dedupe-window.ts";
import { POSITION_BYTES, readPosition, writePosition } from "./stored-position.ts";

const WINDOW = Buffer.from("window");
const COUNT = Buffer.from("count");

/** The buckets as they are stored. */
export interface DedupeWindow {
  /** Grows with each bucket that is opened or dropped. */
  version: number;
  /** In order of opening; the newest, last, takes the keys. Its `keys` is kept apart. */
  buckets: BucketInfo[];
  /** End of the newest bucket that the bound on keys dropped, epoch milliseconds. */
  droppedEarlyUntil?: number;
}

/** The databases behind the window. All writing happens inside a transaction of the caller. */
export interface DedupeStore {
  window(): DedupeWindow;
  /** The version of the stored window and the keys of its newest bucket. */
  head(): { version: number; keys: number };
  /** Opens the next bucket and drops those that have left the window. */
  turn(window: DedupeWindow, now: number, bounds: WindowBounds): DedupeWindow;
  writeHead(head: { version: number; keys: number }): void;
  seen(bucket: BucketInfo, key: Uint8Array): Position | undefined;
  see(bucket: BucketInfo, key: Uint8Array, position: Position): void;
  /** Keys of a bucket after one of them, for reading it through in parts. */
  keysAfter(bucket: BucketInfo, after: Uint8Array | undefined, limit: number): Uint8Array[];
  filter(bucket: BucketInfo): Uint8Array | undefined;
  writeFilter(bucket: BucketInfo, bits: Uint8Array): void;
}

export function dedupeStore(work: Environment): DedupeStore {
  const meta = work.database("dedupe");
  const filters = work.database("dedupe-filters");
  const slots: Bytes[] = Array.from({ length: DEDUPE_SLOTS }, (_, slot) => work.database(`dedupe-${slot}`));

  function slotOf({ number }: BucketInfo): Bytes {
    const slot = slots[number % DEDUPE_SLOTS];
    if (slot === undefined) throw new RangeError(`Bucket ${number} has no database.`);
    return slot;
  }

  function readHead(): { version: number; keys: number } {
    const stored = meta.get(COUNT);
    return stored === undefined
      ? { version: 0, keys: 0 }
      : { version: stored.readDoubleBE(0), keys: stored.readDoubleBE(8) };
  }

  function writeHead({ version, keys }: { version: number; keys: number }): void {
    const stored = Buffer.allocUnsafe(16);
    stored.writeDoubleBE(version, 0);
    stored.writeDoubleBE(keys, 8);
    meta.putSync(COUNT, stored);
  }

  return {
    head: readHead,
    writeHead,
    window() {
      const stored = meta.get(WINDOW);
      return stored === undefined ? { version: 0, buckets: [] } : (JSON.parse(stored.toString()) as DedupeWindow);
    },
    turn(window, now, bounds) {
      const next = nextWindow(window, now, bounds);
      for (const bucket of next.dropped) {
        slotOf(bucket).clearSync();
        filters.removeSync(numberKey(bucket));
      }
      meta.putSync(WINDOW, Buffer.from(JSON.stringify(next.window)));
      writeHead({ version: next.window.version, keys: next.window.buckets.at(-1)?.keys ?? 0 });
      return next.window;
    },
    seen(bucket, key) {
      const stored = slotOf(bucket).get(key);
      return stored === undefined ? undefined : readPosition(stored, 0);
    },
    see(bucket, key, position) {
      const stored = Buffer.allocUnsafe(POSITION_BYTES);
      writePosition(stored, 0, position);
      slotOf(bucket).putSync(key, stored);
    },
    keysAfter(bucket, after, limit) {
      const start = after === undefined ? {} : { start: after, exclusiveStart: true };
      return [...slotOf(bucket).getKeys({ ...start, limit })];
    },
    filter: (bucket) => filters.get(numberKey(bucket)),
    writeFilter: (bucket, bits) =>
      void filters.putSync(numberKey(bucket), Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength)),
  };
}

/** Opens a bucket when the newest is over, and takes out those that have left the window. */
function nextWindow(window: DedupeWindow, now: number, bounds: WindowBounds) {
  const buckets = [...window.buckets];
  const newest = buckets.at(-1);
  if (newest === undefined || isOver(newest, now, bounds)) {
    buckets.push({ number: (newest?.number ?? 0) + 1, start: now - (now % BUCKET_MS), keys: 0 });
  }
  const dropped = buckets.splice(0, expiredBuckets(buckets, now, bounds));
  const early = dropped.findLast(({ start }) => now - (start + BUCKET_MS) < bounds.windowMs);
  const droppedEarlyUntil = early === undefined ? window.droppedEarlyUntil : Math.min(now, early.start + BUCKET_MS);
  const next: DedupeWindow = {
    version: window.version + 1,
    buckets,
    ...(droppedEarlyUntil === undefined ? {} : { droppedEarlyUntil }),
  };
  return { window: next, dropped };
}

function numberKey({ number }: BucketInfo): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(number, 0);
  return key;
}
