/** The value of a record on `dlq-events`: an event that became no delivery at all, as UTF-8 JSON. */
import type { JsonValue } from "../json.ts";
import type { Position } from "./delivery.ts";
import type { EventRejection } from "./reasons.ts";

export interface RejectedEventRecord {
  v: 1;
  error: EventRejection;
  details: string | null;
  /** Where the event stands on `raw-events`. */
  raw: Position;
  /** ISO time it was appended to `raw-events`. */
  receivedAt: string;
  /** Size of the record on `raw-events`. */
  bytes: number;
  /** The record of `raw-events`; null when it is not JSON, nested too deeply, or too large to keep. */
  original_event: JsonValue;
  /** Instead of `original_event`, the record's bytes, when they fit. */
  original_base64?: string;
}
