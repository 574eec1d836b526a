/** A state store in memory, correct by the contract; for tests and trials. */
import type { Position } from "@datafly-signal/core";
import { type BucketInfo, BUCKET_MS, DEDUPE_WINDOW_MS, expiredBuckets, isOver, windowLeft } from "../dedupe-window.ts";
import type { RecordTable, StateStore, StateValue, StateWrite, TokenLease, TokenRequest } from "../state-store.ts";
import { type DailyCount, type TokenBucket, countOfToday, grantable, leaseOf, refill } from "../token-bucket.ts";
import { type StoredState, mergeWrites, nextState, stateAt } from "../visitor-state.ts";

export interface MemoryStateOptions {
  /** How long a key is remembered at least, in milliseconds. Default 24 hours. */
  dedupeWindowMs?: number;
  /** How many keys are remembered at most. Default 50 million. */
  dedupeMaxKeys?: number;
}

export interface MemoryState extends StateStore {
  /** How far back a key is surely remembered, in milliseconds; less than the window when the bound on keys shortened it. */
  dedupeWindowMs(): number;
}

export function openMemoryState(options: MemoryStateOptions = {}): MemoryState {
  const dedupe = memoryDedupe({
    windowMs: options.dedupeWindowMs ?? DEDUPE_WINDOW_MS,
    maxKeys: options.dedupeMaxKeys ?? 50_000_000,
  });
  const states = new Map<string, StoredState>();
  const lease = memoryLeases();
  return {
    firstSeen: async (keys, positions, now) => dedupe.firstSeen(keys, positions, now),
    dedupeWindowMs: () => dedupe.windowMs(),
    read: async (keys, positions) => keys.map((key, index) => copy(readOne(states.get(key), positions[index]))),
    write: async (entries) => writeAll(states, entries),
    lease: async (request) => lease(request),
    records: memoryRecords(),
    close: async () => {},
  };
}

function readOne(stored: StoredState | undefined, position: Position | undefined): StateValue {
  return position === undefined ? undefined : stateAt(stored, position);
}

function writeAll(states: Map<string, StoredState>, entries: readonly StateWrite[]): void {
  for (const [key, write] of mergeWrites(entries)) {
    states.set(key, nextState(states.get(key), { ...write, value: Uint8Array.from(write.value) }));
  }
}

function memoryDedupe(bounds: { windowMs: number; maxKeys: number }) {
  const buckets: (BucketInfo & { seen: Map<string, Position> })[] = [];
  let droppedEarlyUntil: number | undefined;
  let last = 0;

  function turn(now: number): void {
    const newest = buckets.at(-1);
    if (newest === undefined || isOver(newest, now, bounds)) {
      const start = now - (now % BUCKET_MS);
      buckets.push({ number: (newest?.number ?? 0) + 1, start, keys: 0, seen: new Map() });
    }
    for (const gone of buckets.splice(0, expiredBuckets(buckets, now, bounds))) {
      if (now - (gone.start + BUCKET_MS) < bounds.windowMs) droppedEarlyUntil = Math.min(now, gone.start + BUCKET_MS);
    }
  }

  function isFirst(name: string, position: Position, now: number): boolean {
    for (const bucket of buckets) {
      const seen = bucket.seen.get(name);
      if (seen !== undefined) return seen.partition === position.partition && seen.offset === position.offset;
    }
    turn(now);
    const newest = buckets.at(-1);
    newest?.seen.set(name, { partition: position.partition, offset: position.offset });
    if (newest !== undefined) newest.keys += 1;
    return true;
  }

  return {
    firstSeen(keys: readonly Uint8Array[], positions: readonly Position[], now: number): boolean[] {
      last = now;
      turn(now);
      const inThisCall = new Set<string>();
      return keys.map((key, index) => {
        const name = Buffer.from(key).toString("latin1");
        const position = positions[index];
        if (position === undefined || inThisCall.has(name)) return false;
        inThisCall.add(name);
        return isFirst(name, position, now);
      });
    },
    windowMs: () => windowLeft(droppedEarlyUntil, last, bounds),
  };
}

function memoryLeases(): (request: TokenRequest) => TokenLease {
  const buckets = new Map<string, TokenBucket>();
  const days = new Map<string, DailyCount>();
  return (request) => {
    const bucket = refill(buckets.get(request.bucket), request);
    const today = countOfToday(days.get(request.bucket), request.now);
    const dayLeft = request.daily > 0 ? request.daily - today.spent : Infinity;
    const granted = grantable(bucket.tokens, dayLeft, request);
    const tokens = bucket.tokens - granted;
    buckets.set(request.bucket, { tokens, at: bucket.at });
    days.set(request.bucket, { day: today.day, spent: today.spent + granted });
    return leaseOf(granted, tokens, dayLeft, request);
  };
}

function memoryRecords(): RecordTable {
  const table = new Map<string, Uint8Array>();
  return {
    get: async (key) => copy(table.get(key)),
    async put(entries) {
      for (const [key, value] of entries) {
        if (value === null) table.delete(key);
        else table.set(key, Uint8Array.from(value));
      }
    },
    async list({ prefix, after, limit }) {
      return [...table]
        .filter(([key]) => key.startsWith(prefix) && (after === undefined || compareText(key, after) > 0))
        .sort(([a], [b]) => compareText(a, b))
        .slice(0, limit)
        .map(([key, value]) => [key, Uint8Array.from(value)]);
    },
  };
}

/** By UTF-8 bytes, as the stores on disk order their keys. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function copy(value: Uint8Array | undefined): StateValue {
  return value === undefined ? undefined : Uint8Array.from(value);
}
