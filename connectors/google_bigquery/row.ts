/** From a delivery's payload to the row that is inserted. */
import { createHash } from "node:crypto";
import { type DeliveryRecord, isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { type Column, ROW_COLUMNS, sameName } from "./columns.ts";

/** The longest insertId, in bytes (https://docs.cloud.google.com/bigquery/quotas#streaming_inserts). */
const LONGEST_INSERT_ID = 128;

/** The row with its insertId: the event's id, or its digest where that is too long. */
export type MakeRow = (payload: JsonValue, delivery: DeliveryRecord) => { value: JsonObject } | Refusal;

export function rowMaker(columns: readonly Column[]): MakeRow {
  const known = new Map(columns.map((column) => [sameName(column.name), column]));
  return (payload, delivery) => {
    if (!isJsonObject(payload)) return { refuse: "The payload is no object: a row has a value for each column." };
    const given = isWholeEvent(payload) ? eventRow(payload, known) : payload;
    const values = {
      ...usualValues(delivery),
      ...withoutMissing({ ...given, sent_at: readableTime(given["sent_at"]) }),
    };
    const row: JsonObject = {};
    for (const name of inOrder(Object.keys(values), columns)) {
      row[name] = writtenFor(known.get(sameName(name)), values[name] ?? null);
    }
    return { value: { insertId: insertIdOf(delivery), json: row } };
  };
}

/** As the table has them; what it may not have comes last. */
function inOrder(names: readonly string[], columns: readonly Column[]): string[] {
  const places = new Map(columns.map(({ name }, place) => [name, place]));
  const placeOf = (name: string): number => places.get(name) ?? places.size;
  return names.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function insertIdOf({ messageId }: DeliveryRecord): string {
  if (Buffer.byteLength(messageId) <= LONGEST_INSERT_ID) return messageId;
  return createHash("sha256").update(messageId).digest("hex");
}

/** What every row has, also where a mapping leaves it out. */
function usualValues({ messageId, event, eventName, timestamp, receivedAt, ...ids }: DeliveryRecord): JsonObject {
  return {
    event_id: messageId,
    type: event.type,
    event: eventName,
    timestamp,
    received_at: receivedAt,
    source_id: ids.pipelineId,
    integration_id: ids.integrationId,
  };
}

/** The event itself, which is the payload where there is no mapping. */
function isWholeEvent(payload: JsonObject): boolean {
  return typeof payload["messageId"] === "string" && payload["event_id"] === undefined;
}

/** Names of an event's fields, by their columns; other columns have their own. */
const FIELDS: Readonly<Record<string, string>> = {
  event_id: "messageId",
  anonymous_id: "anonymousId",
  user_id: "userId",
  received_at: "receivedAt",
  sent_at: "sentAt",
};

/** Fields of the event that are no columns are left out: they are not meant for the table. */
function eventRow(payload: JsonObject, known: ReadonlyMap<string, Column>): JsonObject {
  const { event, name, type = null, context, groupId, previousId, vendor_ids } = payload;
  const row: JsonObject = {};
  for (const { name: column } of [...ROW_COLUMNS, ...known.values()]) {
    const field = FIELDS[column] ?? column;
    const value = Object.hasOwn(payload, field) ? payload[field] : undefined;
    if (value !== undefined) row[column] = value;
  }
  // What stands beside the context in an event and has no column.
  const beside = withoutMissing({
    groupId: groupId ?? null,
    previousId: previousId ?? null,
    vendor_ids: vendor_ids ?? null,
  });
  return { ...row, event: event ?? name ?? type, context: { ...(isJsonObject(context) && context), ...beside } };
}

/** As TIMESTAMP takes it; without a zone it is UTC. */
const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?)?$/;

/** The client's own clock says what it likes: what is no time would have the whole row refused. */
function readableTime(value: JsonValue | undefined): JsonValue {
  if (typeof value !== "string") return value ?? null;
  return TIME.test(value) && !value.startsWith("0000") && !Number.isNaN(Date.parse(value)) ? value : null;
}

function withoutMissing(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
}

/** The value as the column takes it; one of an unknown column stays as it is. */
function writtenFor(column: Column | undefined, value: JsonValue): JsonValue {
  if (column === undefined) return value;
  if (column.mode !== "REPEATED") return scalarFor(column, value);
  const all = (Array.isArray(value) ? value : [value]).filter((each) => each !== null);
  return all.map((each) => scalarFor(column, each));
}

/** Columns of JSON take its text; texts take what is no text as its text. */
function scalarFor({ type }: Column, value: JsonValue): JsonValue {
  if (type === "JSON") return isJsonText(value) ? value : JSON.stringify(value);
  if (type !== "STRING" || typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A mapping may have written it out already. */
function isJsonText(value: JsonValue): boolean {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
