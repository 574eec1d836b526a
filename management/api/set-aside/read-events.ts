/** Reads `dlq-events`, forwards or backwards, a bounded piece at a time. */
import { DLQ_EVENTS } from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";

/** The topic has one partition. */
const PARTITION = 0;
const BATCH = { maxRecords: 200, maxBytes: 8_388_608 };
const WINDOW = 200;

interface Kept {
  /** The first kept offset, and the one after the last. */
  first: number;
  next: number;
}

export async function keptEvents(log: Pick<EventLog, "bounds">): Promise<Kept> {
  const bounds = await log.bounds(DLQ_EVENTS);
  return bounds.find(({ partition }) => partition === PARTITION) ?? { first: 0, next: 0 };
}

export async function eventAt(log: Pick<EventLog, "readAt">, offset: number): Promise<LogRecord | undefined> {
  return (await log.readAt([{ topic: DLQ_EVENTS, partition: PARTITION, offset }]))[0];
}

/** What stands from `first` up to and without `next`, oldest first. */
export async function* eventsForwards(log: Pick<EventLog, "read">, { first, next }: Kept): AsyncGenerator<LogRecord> {
  let offset = first;
  while (offset < next) {
    const records = await log.read({ topic: DLQ_EVENTS, partition: PARTITION, from: { offset }, ...BATCH });
    for (const record of records) {
      if (record.offset >= next) return;
      yield record;
      offset = record.offset + 1;
    }
    if (records.length === 0) return;
    await othersTurn();
  }
}

/** The same, newest first; of a record only what `of` makes of it is held. */
export async function* eventsBackwards<T>(
  log: Pick<EventLog, "read">,
  { first, next }: Kept,
  of: (record: LogRecord) => T,
): AsyncGenerator<T> {
  for (let end = next; end > first;) {
    const begin = Math.max(first, end - WINDOW);
    const held: T[] = [];
    for await (const record of eventsForwards(log, { first: begin, next: end })) held.push(of(record));
    yield* held.toReversed();
    end = begin;
  }
}

/** A long look must not keep the rest of the process waiting. */
function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
