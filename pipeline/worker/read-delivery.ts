/** From a log record to a delivery record: anything that is not one is told apart, never thrown. */
import { type DeliveryRecord, deliveryTimes, isJsonObject } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";
import type { Entry } from "./lane.ts";
import type { Parked, PartitionLedger } from "./partition-ledger.ts";

const TEXT_FIELDS = [
  "deliveryId",
  "messageId",
  "pipelineId",
  "integrationId",
  "pipelineIntegrationId",
  "eventName",
  "timestamp",
  "receivedAt",
] as const;

/** The delivery, or null when the record cannot be read as one of this integration. */
export function readDelivery(record: LogRecord, integrationId: string): DeliveryRecord | null {
  const { value } = record;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"));
    return isDelivery(parsed) && parsed.integrationId === integrationId ? parsed : null;
  } catch {
    return null;
  }
}

function isDelivery(value: unknown): value is DeliveryRecord {
  if (!isJsonObject(value) || value.v !== 1) return false;
  if (typeof value.revision !== "number" || typeof value.snapshot !== "number") return false;
  if (!isJsonObject(value.event) || value.payload === undefined) return false;
  if (value.consent !== null && !isJsonObject(value.consent)) return false;
  for (const field of TEXT_FIELDS) {
    if (typeof value[field] !== "string") return false;
  }
  return true;
}

/** Memory that a parsed record takes, by its bytes: objects and strings are larger than their text. */
const MEMORY_FACTOR = 3;
const MEMORY_BASE = 600;

/** A delivery as it is held in memory. */
export function makeEntry(
  record: LogRecord,
  delivery: DeliveryRecord,
  facts: { home: PartitionLedger; parked: Parked | null; now: number },
): Entry {
  const size = record.value.byteLength;
  return {
    home: facts.home,
    offset: record.offset,
    delivery,
    times: facts.parked ?? deliveryTimes(delivery),
    bytes: size * MEMORY_FACTOR + MEMORY_BASE,
    size,
    arrivedAt: facts.now,
    parked: facts.parked,
  };
}
