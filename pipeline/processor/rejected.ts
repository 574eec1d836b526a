/** Writes events that become no delivery at all to `dlq-events`. */
import { type EventRejection, type RejectedEventRecord, DLQ_EVENTS, fixedTopics } from "@datafly-signal/core";
import type { LogRecord, NewRecord } from "@datafly-signal/ports/log";

const MAX_BYTES = fixedTopics(1).find(({ name }) => name === DLQ_EVENTS)?.maxRecordBytes ?? 0;

export interface Rejection {
  error: EventRejection;
  /** Names a field or the kind of an error; never event content. */
  details: string | null;
}

/** @param keepOriginal false leaves the event's content out, for a log that took no larger record */
export function rejectedRecord(record: LogRecord, rejection: Rejection, keepOriginal = true): NewRecord {
  const facts: Omit<RejectedEventRecord, "original_event"> = {
    v: 1,
    error: rejection.error,
    details: rejection.details,
    raw: { partition: record.partition, offset: record.offset },
    receivedAt: new Date(record.timestamp).toISOString(),
    bytes: record.value.byteLength,
  };
  const original = keepOriginal ? originalOf(record) : [{ original_event: null }];
  let value = Buffer.alloc(0);
  for (const part of original) {
    value = Buffer.from(JSON.stringify({ ...facts, ...part }));
    if (value.byteLength <= MAX_BYTES) break;
  }
  return { topic: DLQ_EVENTS, key: `${record.partition}:${record.offset}`, value };
}

/** The original in the forms it may be kept in, the best first. */
function originalOf(record: LogRecord): Pick<RejectedEventRecord, "original_event" | "original_base64">[] {
  const bytes = Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength);
  const forms: Pick<RejectedEventRecord, "original_event" | "original_base64">[] = [
    { original_event: null, original_base64: bytes.toString("base64") },
    { original_event: null },
  ];
  try {
    const event = JSON.parse(bytes.toString());
    // Nested too deeply it can be read but not written.
    JSON.stringify(event);
    return [{ original_event: event }, ...forms];
  } catch {
    return forms;
  }
}
