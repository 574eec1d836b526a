/** Finds trace records by messageId and visitor: one small filter for each few thousand of them says where not to look. */
import { hash } from "node:crypto";
import { addKey, bloomFilter, type BloomFilter, mayHold, TRACES } from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";

/** Records of one filter. */
const SEGMENT_RECORDS = 4096;
/** MessageId, anonymousId, userId. */
const KEYS_A_RECORD = 3;
const BATCH = { maxRecords: 1000, maxBytes: 8_388_608 };
const PREFIX = "trace-segment/";
const PAGE = 500;

/** Offsets from `first` to before `end`, and what their records may be found by. */
interface Segment {
  first: number;
  end: number;
  filter: BloomFilter;
}

/** Of which id it is asked; the two kinds never meet. */
export type TraceKey = { messageId: string } | { visitor: string };

export interface TraceIndex {
  /** The records with the id, oldest first, the newest `limit` of them. */
  find(by: TraceKey, limit: number): Promise<LogRecord[]>;
}

/** @param partition of the topic `traces`, which has one */
export async function openTraceIndex(log: EventLog, records: RecordTable, partition = 0): Promise<TraceIndex> {
  const sealed = await storedSegments(records);
  let open: { segment: Segment; count: number } | null = null;

  const seal = async (): Promise<void> => {
    if (open === null) return;
    const { segment } = open;
    open = null;
    sealed.push(segment);
    await records.put([[segmentKey(segment.first), encode(segment)]]);
  };

  const add = async (record: LogRecord): Promise<void> => {
    open ??= {
      segment: { first: record.offset, end: 0, filter: bloomFilter(SEGMENT_RECORDS * KEYS_A_RECORD) },
      count: 0,
    };
    for (const key of keysOf(record)) addKey(open.segment.filter, key);
    open.segment.end = record.offset + 1;
    open.count += 1;
    if (open.count === SEGMENT_RECORDS) await seal();
  };

  const catchUp = async (): Promise<void> => {
    const bounds = (await log.bounds(TRACES)).find((one) => one.partition === partition);
    const first = bounds?.first ?? 0;
    await forget(records, sealed, first);
    let offset = Math.max(open?.segment.end ?? sealed.at(-1)?.end ?? 0, first);
    for (;;) {
      const batch = await log.read({ topic: TRACES, partition, from: { offset }, ...BATCH });
      const last = batch.at(-1);
      if (last === undefined) return;
      for (const record of batch) await add(record);
      offset = last.offset + 1;
    }
  };

  const search = async (by: TraceKey, limit: number): Promise<LogRecord[]> => {
    await catchUp();
    const key = "messageId" in by ? idKey("m", by.messageId) : idKey("v", by.visitor);
    const segments: Segment[] = open === null ? sealed : [...sealed, open.segment];
    // By segment, the newest first.
    const found: LogRecord[][] = [];
    let count = 0;
    for (const segment of segments.toReversed()) {
      if (!mayHold(segment.filter, key)) continue;
      const records = await scan(log, { segment, by, partition });
      found.push(records);
      count += records.length;
      if (count >= limit) break;
    }
    return found.toReversed().flat().slice(-limit);
  };

  let running: Promise<unknown> = Promise.resolve();
  return {
    find(by, limit) {
      const result = running.then(() => search(by, limit));
      running = result.catch(() => undefined);
      return result;
    },
  };
}

async function scan(
  log: EventLog,
  { segment, by, partition }: { segment: Segment; by: TraceKey; partition: number },
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  let offset = segment.first;
  while (offset < segment.end) {
    const batch = await log.read({ topic: TRACES, partition, from: { offset }, ...BATCH });
    const last = batch.at(-1);
    if (last === undefined) break;
    found.push(...batch.filter((record) => record.offset < segment.end && isAbout(record, by)));
    offset = last.offset + 1;
  }
  return found;
}

function isAbout({ key, headers }: LogRecord, by: TraceKey): boolean {
  if ("messageId" in by) return key === by.messageId;
  return headers["anonymousId"] === by.visitor || headers["userId"] === by.visitor;
}

function keysOf({ key, headers }: LogRecord): Uint8Array[] {
  const { anonymousId, userId } = headers;
  const visitors = [anonymousId, userId].filter((id) => id !== undefined);
  return [idKey("m", key), ...visitors.map((id) => idKey("v", id))];
}

function idKey(kind: "m" | "v", id: string): Uint8Array {
  return hash("sha1", `${kind}\0${id}`, "buffer").subarray(0, 12);
}

/** Filters of records that retention has taken go too. */
async function forget(records: RecordTable, sealed: Segment[], first: number): Promise<void> {
  const kept = sealed.findIndex(({ end }) => end > first);
  const gone = sealed.splice(0, kept === -1 ? sealed.length : kept);
  await records.put(gone.map((segment) => [segmentKey(segment.first), null] as const));
}

async function storedSegments(records: RecordTable): Promise<Segment[]> {
  const segments: Segment[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await records.list({ prefix: PREFIX, ...(after === undefined ? {} : { after }), limit: PAGE });
    for (const [key, value] of page) segments.push(decode(Number(key.slice(PREFIX.length)), value));
    after = page.at(-1)?.[0];
    if (page.length < PAGE) return segments;
  }
}

function segmentKey(first: number): string {
  return `${PREFIX}${String(first).padStart(16, "0")}`;
}

function encode({ end, filter }: Segment): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeDoubleLE(end);
  return Buffer.concat([head, filter.bits]);
}

function decode(first: number, value: Uint8Array): Segment {
  const bytes = Buffer.from(value);
  return { first, end: bytes.readDoubleLE(0), filter: { bits: bytes.subarray(8) } };
}
