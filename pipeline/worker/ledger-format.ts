/** How the ledger of a partition is written on the topic `worker-ledger`. */
import type { DeliveryTimes } from "@datafly-signal/core";

/**
 * The value of `<group>/<partition>`. A delivery is done when its offset is below `high`, not unfinished and not parked.
 * `unfinished` are runs of offsets below `high`, flat: start, length, start, length, …
 */
interface LedgerHead {
  v: 1;
  high: number;
  unfinished: number[];
}

/** Deliveries that failed in one request are sent as one again, in the same order, so that the vendor sees the same batch id. */
interface BatchPlace {
  batchId: string;
  place: number;
}

/** The value of `<group>/<partition>/<offset>`: a delivery that waits for its next try, or for its lane. */
export interface ParkedFacts extends DeliveryTimes {
  laneId: string;
  /** Tries made; 0 when it only waits for its lane. */
  tries: number;
  /** Wall clock, epoch milliseconds; only a restart reads it. */
  dueAt: number;
  lastStatus: number | null;
  /** Wall clock, epoch milliseconds. */
  firstTriedAt: number | null;
  lastTriedAt: number | null;
  group: BatchPlace | null;
  /** Parts of a fan-out that the vendor has accepted, by their order. */
  doneParts: readonly number[];
}

interface StoredParked {
  v: 1;
  lane: string;
  tries: number;
  due: number;
  status: number | null;
  first: number | null;
  last: number | null;
  since: number | null;
  at: number | null;
  batch?: [batchId: string, place: number];
  parts?: readonly number[];
}

export interface LoadedPartition {
  high: number;
  unfinished: number[];
  parked: Map<number, ParkedFacts>;
}

export function headKey(group: string, partition: number): string {
  return `${group}/${partition}`;
}

export function parkedKey(group: string, partition: number, offset: number): string {
  return `${group}/${partition}/${offset}`;
}

/** @param unfinished rising offsets */
export function encodeHead(high: number, unfinished: Iterable<number>): Uint8Array {
  const runs: number[] = [];
  let expected = -1;
  for (const offset of unfinished) {
    if (offset === expected) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
    else runs.push(offset, 1);
    expected = offset + 1;
  }
  return encode({ v: 1, high, unfinished: runs } satisfies LedgerHead);
}

export function encodeParked(parked: ParkedFacts): Uint8Array {
  const stored: StoredParked = {
    v: 1,
    lane: parked.laneId,
    tries: parked.tries,
    due: Math.round(parked.dueAt),
    status: parked.lastStatus,
    first: parked.firstTriedAt,
    last: parked.lastTriedAt,
    since: parked.waitsSince,
    at: parked.timestamp,
  };
  if (parked.group !== null) stored.batch = [parked.group.batchId, parked.group.place];
  if (parked.doneParts.length > 0) stored.parts = parked.doneParts;
  return encode(stored);
}

/** The ledgers of a group's partitions from its records, by partition; a partition without a record is absent. */
export function decodeLedger(group: string, table: ReadonlyMap<string, Uint8Array>): Map<number, LoadedPartition> {
  const partitions = new Map<number, LoadedPartition>();
  for (const [key, value] of table) {
    const [partition = NaN, offset] = key
      .slice(group.length + 1)
      .split("/")
      .map(Number);
    const loaded = partitions.get(partition) ?? { high: 0, unfinished: [], parked: new Map<number, ParkedFacts>() };
    partitions.set(partition, loaded);
    if (offset === undefined) Object.assign(loaded, decodeHead(value));
    else loaded.parked.set(offset, decodeParked(value));
  }
  return partitions;
}

function decodeHead(value: Uint8Array): { high: number; unfinished: number[] } {
  const head = decode(value) as LedgerHead;
  const unfinished: number[] = [];
  for (let index = 0; index < head.unfinished.length; index += 2) {
    const start = head.unfinished[index] ?? 0;
    const length = head.unfinished[index + 1] ?? 0;
    for (let offset = start; offset < start + length; offset += 1) unfinished.push(offset);
  }
  return { high: head.high, unfinished };
}

function decodeParked(value: Uint8Array): ParkedFacts {
  const stored = decode(value) as StoredParked;
  return {
    laneId: stored.lane,
    tries: stored.tries,
    dueAt: stored.due,
    lastStatus: stored.status,
    firstTriedAt: stored.first,
    lastTriedAt: stored.last,
    waitsSince: stored.since ?? NaN,
    timestamp: stored.at ?? NaN,
    group: stored.batch === undefined ? null : { batchId: stored.batch[0], place: stored.batch[1] },
    doneParts: stored.parts ?? [],
  };
}

function encode(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function decode(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"));
}
