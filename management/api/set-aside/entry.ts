/** One record of `dlq-events` as it is listed and shown. */
import { isJsonObject, type JsonObject, type JsonValue, type RejectedEventRecord } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";

/** An event that became no delivery at all. What the event itself does not say as text is null. */
interface SetAsideEntry {
  /** Where it stands on `dlq-events`; its name for `show`. */
  position: number;
  /** ISO times. */
  setAsideAt: string;
  receivedAt: string;
  error: RejectedEventRecord["error"];
  details: string | null;
  messageId: string | null;
  type: string | null;
  /** A track event's name, else its type. */
  event: string | null;
  pipelineId: string | null;
  /** Size on `raw-events`. */
  bytes: number;
  /** How the original was kept: as an event, as its bytes when it is none, or not at all when it was too large. */
  kept: "event" | "bytes" | "nothing";
  /** The entry that this one was a replay of, as `dl_…`. */
  replayOf: string | null;
}

/** An entry with its original and what was done with it since. */
export interface ShownSetAside extends SetAsideEntry {
  state: SetAsideState;
  /** ISO time. */
  replayedAt: string | null;
  /** The pipeline's name; null when the configuration does not have it any more. */
  pipeline: string | null;
  /** The record of `raw-events`, as it was stored; null when it was not kept as an event. */
  original: JsonValue;
  /** The record's bytes, when it is not JSON. */
  originalBase64?: string;
}

export type SetAsideState = "open" | "replayed";

/** An entry of a list: without the original. */
export type ListedSetAside = Omit<ShownSetAside, "original" | "originalBase64">;

/** What the record says, with the original beside it. */
export function readEntry({ value, offset, timestamp }: LogRecord): {
  entry: SetAsideEntry;
  record: RejectedEventRecord;
} {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  const record = JSON.parse(text) as RejectedEventRecord;
  const { original_event: original, original_base64: bytes } = record;
  const event: JsonObject = isJsonObject(original) ? original : {};
  const type = textOf(event, "type");
  const entry: SetAsideEntry = {
    position: offset,
    setAsideAt: new Date(timestamp).toISOString(),
    receivedAt: record.receivedAt,
    error: record.error,
    details: record.details,
    messageId: textOf(event, "messageId"),
    type,
    event: type === "track" ? textOf(event, "event") : type,
    pipelineId: textOf(event, "pipelineId"),
    bytes: record.bytes,
    kept: original !== null ? "event" : bytes !== undefined ? "bytes" : "nothing",
    replayOf: textOf(event, "replayOf"),
  };
  return { entry, record };
}

function textOf(event: JsonObject, name: string): string | null {
  const value = event[name];
  return typeof value === "string" && value !== "" ? value : null;
}
