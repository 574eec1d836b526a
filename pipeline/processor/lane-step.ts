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

type Mapped = { payload: string; vendorEventName: string } | { stopped: Filtered } | { failed: string };

/** Where records go until the batch is committed. */
export interface Sink {
  append: NewRecord[];
  /** Bytes of the values. */
  bytes: number;
}

/** The largest value a delivery or dead-letter topic takes. */
const MAX_RECORD_BYTES = Math.min(...integrationTopics("", 1).map(({ maxRecordBytes }) => maxRecordBytes));

/** The checks in their order, then the mapping. Null is a delivery. */
export function laneStep(lane: LanePlan, prepared: PreparedEvent, sink: Sink): Filtered | DeadLettered | null {
  if (!lane.enabled) return "integration_disabled";
  if (prepared.choice?.(lane.names)) return "integrations_object";
  if (!consentGranted(prepared.consent, lane.consent)) return "consent_denied";
  const mapped = mapFor(lane, prepared);
  if ("stopped" in mapped) return mapped.stopped;
  if ("failed" in mapped) return mappingFailed(lane, prepared, { detail: mapped.failed, sink });

  const value = Buffer.from(deliveryText(lane.text, prepared.text, mapped));
  if (value.byteLength > MAX_RECORD_BYTES) {
    pushDeadLetter(lane, prepared, {
      reason: "record_too_large",
      detail: null,
      delivery: { bytes: value.byteLength },
      sink,
    });
    return "record_too_large";
  }
  push(sink, lane.deliveryTopic, keyOf(lane, prepared), value);
  return null;
}

function mapFor(lane: LanePlan, { event, text }: PreparedEvent): Mapped {
  const { mapping } = lane;
  if (mapping.kind === "none") return { payload: text.event, vendorEventName: "null" };
  if (mapping.kind === "faulty") return { failed: mapping.detail };
  try {
    const result = mapping.mapping.apply(event, lane.parameters);
    if (result.kind === "stopped") return { stopped: result.reason };
    const name = result.vendorEventName;
    // A pass-through is the event itself, which is written already.
    const payload = result.payload === event ? text.event : JSON.stringify(result.payload);
    return { payload, vendorEventName: name === null ? "null" : JSON.stringify(name) };
  } catch (error) {
    // Any other error is a fault of this lane's mapping too: the event's other lanes have nothing to do with it.
    if (error instanceof MappingError) return { failed: `${error.path}: ${error.message}`.slice(0, 500) };
    return { failed: `The mapping failed unexpectedly (${error instanceof Error ? error.name : "unknown error"}).` };
  }
}

function mappingFailed(
  lane: LanePlan,
  prepared: PreparedEvent,
  { detail, sink }: { detail: string; sink: Sink },
): DeadLettered {
  const delivery = deliveryText(lane.text, prepared.text, { payload: "null", vendorEventName: "null" });
  pushDeadLetter(lane, prepared, { reason: "mapping_failed", detail, delivery, sink });
  return "mapping_failed";
}

function pushDeadLetter(
  lane: LanePlan,
  prepared: PreparedEvent,
  letter: { reason: DeadLettered; detail: string | null; delivery: string | { bytes: number }; sink: Sink },
): void {
  const { record, text } = prepared;
  const facts = {
    lane: lane.ref,
    event: text,
    reason: letter.reason,
    detail: letter.detail,
    deadLetteredAt: record.timestamp,
    position: { partition: record.partition, offset: record.offset },
  };
  let value = Buffer.from(untriedDeadLetterText({ ...facts, delivery: letter.delivery }));
  if (value.byteLength > MAX_RECORD_BYTES) {
    value = Buffer.from(untriedDeadLetterText({ ...facts, delivery: { bytes: value.byteLength } }));
  }
  push(letter.sink, lane.deadLetterTopic, keyOf(lane, prepared), value);
}

function push(sink: Sink, topic: string, key: string, value: Uint8Array): void {
  sink.append.push({ topic, key, value });
  sink.bytes += value.byteLength;
}

function keyOf(lane: LanePlan, prepared: PreparedEvent): string {
  return deliveryKey(lane.ref.pipelineIntegrationId, prepared.visitor);
}
