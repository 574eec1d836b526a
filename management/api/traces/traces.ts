/** What events looked like on their way: the newest, those of one event or visitor, and live. */
import { type Clock, type Logger, TRACES, type TraceRecord } from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";
import { openTraceIndex, type TraceIndex, type TraceKey } from "./trace-index.ts";

export interface Traces {
  /** The last `limit` records, oldest first. */
  recent(limit: number): Promise<TraceRecord[]>;
  /** The records of one event, or of a visitor's anonymousId or userId, oldest first; the newest 1,000 of them. */
  find(by: TraceKey): Promise<TraceRecord[]>;
  /** Calls with each record from now on; what comes faster than it can be read is left out. Answers how to end it. */
  follow(listener: (record: TraceRecord) => void): () => void;
  close(): Promise<void>;
}

const PARTITION = 0;
const LOOK_EVERY_MS = 100;
const LOOK = { maxRecords: 500, maxBytes: 8_388_608 };
/** Behind by more than this, live goes on from the end. */
const FAR_BEHIND = 2_000;
const FOUND_LIMIT = 1_000;

export function openTraces(options: { log: EventLog; records: RecordTable; clock: Clock; logger: Logger }): Traces {
  const { log, records } = options;
  let index: Promise<TraceIndex> | null = null;
  const tail = traceTail(options);
  return {
    async recent(limit) {
      const { first, next } = await boundsOf(log);
      const offset = Math.max(first, next - limit);
      return (
        await log.read({ topic: TRACES, partition: PARTITION, from: { offset }, ...LOOK, maxRecords: limit })
      ).flatMap(parse);
    },
    async find(by) {
      index ??= openTraceIndex(log, records, PARTITION).catch((error: unknown) => {
        index = null;
        throw error;
      });
      return (await (await index).find(by, FOUND_LIMIT)).flatMap(parse);
    },
    follow: tail.follow,
    close: tail.close,
  };
}

/** One reader of the topic's end for all listeners; it rests while there is none. */
function traceTail({ log, clock, logger }: { log: EventLog; clock: Clock; logger: Logger }): {
  follow: Traces["follow"];
  close(): Promise<void>;
} {
  const listeners = new Set<(record: TraceRecord) => void>();
  let offset: number | null = null;
  let looking: Promise<void> | null = null;
  let cancel = (): void => undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const { next } = await boundsOf(log);
    if (offset === null || next - offset > FAR_BEHIND) offset = next;
    for (;;) {
      const batch = await log.read({ topic: TRACES, partition: PARTITION, from: { offset }, ...LOOK });
      const last = batch.at(-1);
      if (last === undefined) return;
      offset = last.offset + 1;
      for (const record of batch.flatMap(parse)) for (const listener of listeners) listener(record);
      if (batch.length < LOOK.maxRecords) return;
    }
  };
  const next = (): void => {
    if (closed || listeners.size === 0) {
      looking = null;
      offset = null;
      return;
    }
    looking = look()
      .catch((error: unknown) => logger.warn({ error: String(error) }, "traces could not be read; trying again"))
      .then(() => void (cancel = clock.after(LOOK_EVERY_MS, next)));
  };
  return {
    follow(listener) {
      listeners.add(listener);
      if (looking === null) next();
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      listeners.clear();
      await looking;
      cancel();
    },
  };
}

async function boundsOf(log: EventLog): Promise<{ first: number; next: number }> {
  const bounds = (await log.bounds(TRACES)).find(({ partition }) => partition === PARTITION);
  return bounds ?? { first: 0, next: 0 };
}

/** A record that cannot be read is left out: it was written by another version. */
function parse({ value }: LogRecord): TraceRecord[] {
  try {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return [JSON.parse(bytes.toString("utf8")) as TraceRecord];
  } catch {
    return [];
  }
}
