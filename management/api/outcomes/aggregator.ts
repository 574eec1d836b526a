/** The aggregator of outcomes: totals and the offset they stand for are one record, so the counts are exact after a crash. */
import { type Clock, type Logger, OUTCOMES, type OutcomeRecord } from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";
import { addOutcome, emptyTotals, type Totals } from "./totals.ts";

const KEY = "outcome-totals";
const BATCH = { maxRecords: 5000, maxBytes: 8_388_608 };

interface Stored {
  /** The next offset to read, by partition. */
  offsets: Record<string, number>;
  totals: Totals;
}

export interface Aggregator {
  /** Totals of everything recorded until now; reads what has come since the last look first. */
  totals(): Promise<Totals>;
  close(): Promise<void>;
}

/** Reads `outcomes` on from where the stored totals end, every `intervalMs` and whenever totals are asked for. */
export async function startAggregator(options: {
  log: EventLog;
  records: RecordTable;
  clock: Clock;
  logger: Logger;
  intervalMs: number;
}): Promise<Aggregator> {
  const { log, records, clock, logger } = options;
  const bytes = await records.get(KEY);
  const stored: Stored = bytes === undefined ? { offsets: {}, totals: emptyTotals() } : parse<Stored>(bytes);
  let running: Promise<void> = Promise.resolve();
  let cancel: () => void = () => undefined;
  let closed = false;

  const catchUp = (): Promise<void> => {
    running = running.then(() => addNew(log, records, stored));
    const result = running;
    running = running.catch(() => undefined);
    return result;
  };
  const tick = (): void => {
    if (closed) return;
    catchUp()
      .catch((error: unknown) => logger.warn({ error: String(error) }, "outcomes could not be added up; trying again"))
      .finally(() => {
        if (!closed) cancel = clock.after(options.intervalMs, tick);
      });
  };
  tick();
  return {
    async totals() {
      await catchUp();
      return structuredClone(stored.totals);
    },
    async close() {
      closed = true;
      cancel();
      await running;
    },
  };
}

async function addNew(log: EventLog, records: RecordTable, stored: Stored): Promise<void> {
  for (const { partition, first } of await log.bounds(OUTCOMES)) {
    let offset = Math.max(stored.offsets[partition] ?? 0, first);
    for (;;) {
      const batch = await log.read({ topic: OUTCOMES, partition, from: { offset }, ...BATCH });
      const last = batch.at(-1);
      if (last === undefined) break;
      const next = structuredClone(stored);
      for (const record of batch) addRecord(next.totals, record);
      offset = last.offset + 1;
      next.offsets[partition] = offset;
      await records.put([[KEY, Buffer.from(JSON.stringify(next))]]);
      Object.assign(stored, next);
    }
  }
}

function addRecord(totals: Totals, record: LogRecord): void {
  addOutcome(totals, parse<OutcomeRecord>(record.value));
}

function parse<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")) as T;
}
