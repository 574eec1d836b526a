/** One event for one lane: filtered, a delivery record, or a dead letter. */
import {
  type EventText,
  type JsonObject,
  type SignalEvent,
  MappingError,
  consentGranted,
  deliveryKey,
  deliveryText,
  integrationTopics,
  untriedDeadLetterText,
} from "@datafly-signal/core";
import type { LogRecord, NewRecord } from "@datafly-signal/ports/log";
import type { IntegrationsChoice } from "./integrations-object.ts";
import type { LanePlan } from "./lane-plans.ts";
import type { DeadLettered, Filtered } from "./tally.ts";

/** An event as all its lanes see it. */
export interface PreparedEvent {
  record: LogRecord;
  event: SignalEvent;
  text: EventText;
  consent: JsonObject | null;
  choice: IntegrationsChoice | null;
  visitor: string;
}

/** What became of an event in one lane; payload and vendor event name are JSON text. */
export type LaneResult =
  | { payload: string; vendorEventName: string }
  | { filtered: Filtered }
  | { deadLettered: DeadLettered; detail: string | null };

const DISABLED: LaneResult = { filtered: "integration_disabled" };
const LEFT_OUT: LaneResult = { filtered: "integrations_object" };
const DENIED: LaneResult = { filtered: "consent_denied" };

/** Where records go until the batch is committed. */
export interface Sink {
  append: NewRecord[];
  /** Bytes of the values. */
  bytes: number;
}

/** The largest value a delivery or dead-letter topic takes. */
const MAX_RECORD_BYTES = Math.min(...integrationTopics("", 1).map(({ maxRecordBytes }) => maxRecordBytes));

/** The checks in their order, then the mapping. */
export function laneStep(lane: LanePlan, prepared: PreparedEvent, sink: Sink): LaneResult {
  if (!lane.enabled) return DISABLED;
  if (prepared.choice?.(lane.names)) return LEFT_OUT;
  if (!consentGranted(prepared.consent, lane.consent)) return DENIED;
  const result = mapFor(lane, prepared);
  if ("filtered" in result) return result;
  if ("deadLettered" in result) {
    const delivery = deliveryText(lane.text, prepared.text, { payload: "null", vendorEventName: "null" });
    return pushDeadLetter(lane, prepared, { ...result, delivery, sink });
  }
  const value = Buffer.from(deliveryText(lane.text, prepared.text, result));
  if (value.byteLength > MAX_RECORD_BYTES) {
    const delivery = { bytes: value.byteLength };
    return pushDeadLetter(lane, prepared, { deadLettered: "record_too_large", detail: null, delivery, sink });
  }
  push(sink, lane.deliveryTopic, keyOf(lane, prepared), value);
  return result;
}

function mapFor(lane: LanePlan, { event, text }: PreparedEvent): LaneResult {
  const { mapping } = lane;
  if (mapping.kind === "none") return { payload: text.event, vendorEventName: "null" };
  if (mapping.kind === "faulty") return { deadLettered: "mapping_failed", detail: mapping.detail };
  try {
    const result = mapping.mapping.apply(event, lane.parameters);
    if (result.kind === "stopped") return { filtered: result.reason };
    const name = result.vendorEventName;
    // A pass-through is the event itself, which is written already.
    const payload = result.payload === event ? text.event : JSON.stringify(result.payload);
    return { payload, vendorEventName: name === null ? "null" : JSON.stringify(name) };
  } catch (error) {
    // Any other error is a fault of this lane's mapping too: the event's other lanes have nothing to do with it.
    const detail =
      error instanceof MappingError
        ? `${error.path}: ${error.message}`.slice(0, 500)
        : `The mapping failed unexpectedly (${error instanceof Error ? error.name : "unknown error"}).`;
    return { deadLettered: "mapping_failed", detail };
  }
}

function pushDeadLetter(
  lane: LanePlan,
  prepared: PreparedEvent,
  letter: { deadLettered: DeadLettered; detail: string | null; delivery: string | { bytes: number }; sink: Sink },
): LaneResult {
  const { record, text } = prepared;
  const facts = {
    lane: lane.ref,
    event: text,
    reason: letter.deadLettered,
    detail: letter.detail,
    deadLetteredAt: record.timestamp,
    position: { partition: record.partition, offset: record.offset },
  };
  let value = Buffer.from(untriedDeadLetterText({ ...facts, delivery: letter.delivery }));
  if (value.byteLength > MAX_RECORD_BYTES) {
    value = Buffer.from(untriedDeadLetterText({ ...facts, delivery: { bytes: value.byteLength } }));
  }
  push(letter.sink, lane.deadLetterTopic, keyOf(lane, prepared), value);
  return { deadLettered: letter.deadLettered, detail: letter.detail };
}

function push(sink: Sink, topic: string, key: string, value: Uint8Array): void {
  sink.append.push({ topic, key, value });
  sink.bytes += value.byteLength;
}

function keyOf(lane: LanePlan, prepared: PreparedEvent): string {
  return deliveryKey(lane.ref.pipelineIntegrationId, prepared.visitor);
}
