/** The delivery record: one event on its way to one integration. */
import type { SignalEvent } from "../event/event.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { DeadLetterReason } from "./reasons.ts";

/** A place in the log. Offsets grow by at least one; they are not promised to be contiguous. */
export interface Position {
  partition: number;
  offset: number;
}

/** The value of a record on `delivery-{integration_id}`, as UTF-8 JSON. */
export interface DeliveryRecord {
  v: 1;
  /** `<pipelineIntegrationId>:<messageId>`. */
  deliveryId: string;
  messageId: string;
  pipelineId: string;
  integrationId: string;
  pipelineIntegrationId: string;
  /** The revision whose mapping made the payload. */
  revision: number;
  /** The configuration snapshot's number at the time. */
  snapshot: number;
  /** The event's own name: `event` of a track, else its section key (`page`, `identify`, `group`). */
  eventName: string;
  vendorEventName: string | null;
  payload: JsonValue;
  /** The event after the data layer; re-mapping runs on it. */
  event: SignalEvent;
  /** `event.context.consent` as the consent step left it, null when there is none. */
  consent: JsonObject | null;
  timestamp: string;
  receivedAt: string;
  /** Where the event stands on `raw-events`. */
  raw: Position;
  derivedFrom?: string;
  /** It is traced whatever the share: a test event. */
  trace?: true;
  /** The dead letter (`dl_…`) this delivery replays. */
  replayOf?: string;
  /** ISO time of the replay; `max_wait` counts from it instead of `receivedAt`. */
  replayedAt?: string;
}

/** The value of a record on `dlq-delivery-{integration_id}`. */
export interface DeadLetterRecord {
  v: 1;
  /** `dl_` and 26 characters of base32, derived from the delivery's position and time, made once. */
  id: string;
  /** Null when the record was too large to keep: then `position` and `bytes` say where it stood. */
  delivery: DeliveryRecord | null;
  integrationId: string;
  pipelineIntegrationId: string;
  messageId: string;
  eventName: string;
  reason: DeadLetterReason;
  /** The connector's own words, redacted, at most 500 characters. */
  detail: string | null;
  lastStatus: number | null;
  /** The start of the vendor's last answer, redacted, at most 2,000 characters. */
  responseExcerpt: string | null;
  tries: number;
  firstTriedAt: string | null;
  lastTriedAt: string | null;
  deadLetteredAt: string;
  position: Position;
  bytes?: number;
}
