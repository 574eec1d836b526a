/** Writes delivery records and dead letters as JSON text from parts that are made once per lane and once per event. */
import { eventName as nameOf } from "../event/event-name.ts";
import type { SignalEvent } from "../event/event.ts";
import type { JsonObject } from "../json.ts";
import { deadLetterId } from "./dead-letter-id.ts";
import type { Position } from "./delivery.ts";
import type { DeadLetterReason } from "./reasons.ts";
import type { LaneRef } from "./outcome.ts";

/** What all delivery records of a lane share under one snapshot, as pieces of JSON text. */
export interface LaneText {
  /** The record's start, up to the messageId inside `deliveryId`. */
  start: string;
  /** From the lane's ids to the snapshot's number. */
  facts: string;
}

/** What all delivery records of an event share, as pieces of JSON text. */
export interface EventText {
  /** The messageId, escaped, without quotes. */
  messageId: string;
  /** From the messageId to the consent. */
  facts: string;
  /** The event's own name, as JSON. */
  eventName: string;
  /** The whole event, as JSON. */
  event: string;
}

interface EventTextFacts {
  raw: Position;
  /** The event's `context.consent` as the consent step left it. */
  consent: JsonObject | null;
  trace: boolean;
  /** The messageId of the event that caused this one. */
  derivedFrom: string | null;
}

export function laneText(lane: LaneRef & { revision: number; snapshot: number }): LaneText {
  const { pipelineId, integrationId, pipelineIntegrationId, revision, snapshot } = lane;
  return {
    start: `{"v":1,"deliveryId":${JSON.stringify(`${pipelineIntegrationId}:`).slice(0, -1)}`,
    facts:
      `"pipelineId":${JSON.stringify(pipelineId)},"integrationId":${JSON.stringify(integrationId)},` +
      `"pipelineIntegrationId":${JSON.stringify(pipelineIntegrationId)},"revision":${revision},"snapshot":${snapshot},`,
  };
}

/** @throws {RangeError} when the event is nested too deeply to be written */
export function eventText(event: SignalEvent, { raw, consent, trace, derivedFrom }: EventTextFacts): EventText {
  const messageId = JSON.stringify(event.messageId);
  const eventName = JSON.stringify(nameOf(event));
  return {
    messageId: messageId.slice(1, -1),
    facts:
      `"messageId":${messageId},"eventName":${eventName},"timestamp":${JSON.stringify(event.timestamp)},` +
      `"receivedAt":${JSON.stringify(event.receivedAt)},"raw":{"partition":${raw.partition},"offset":${raw.offset}},` +
      `"consent":${consent === null ? "null" : JSON.stringify(consent)},${trace ? '"trace":true,' : ""}` +
      (derivedFrom === null ? "" : `"derivedFrom":${JSON.stringify(derivedFrom)},`),
    eventName,
    event: JSON.stringify(event),
  };
}

/** A `DeliveryRecord`. `payload` and `vendorEventName` are JSON text. */
export function deliveryText(
  lane: LaneText,
  event: EventText,
  made: { payload: string; vendorEventName: string },
): string {
  return (
    `${lane.start}${event.messageId}",${lane.facts}${event.facts}` +
    `"vendorEventName":${made.vendorEventName},"payload":${made.payload},"event":${event.event}}`
  );
}

/** What a `DeadLetterRecord` of the processor says beside its delivery: nothing was tried yet. */
export interface UntriedDeadLetter {
  lane: LaneRef;
  event: EventText;
  reason: DeadLetterReason;
  detail: string | null;
  /** Epoch milliseconds. */
  deadLetteredAt: number;
  /** Where the event stands on `raw-events`. */
  position: Position;
  /** The delivery as JSON text; or how many bytes it would have had. */
  delivery: string | { bytes: number };
}

/** A `DeadLetterRecord` for a delivery that never reached its topic. */
export function untriedDeadLetterText(letter: UntriedDeadLetter): string {
  const { lane, event, position, delivery } = letter;
  // Of delivery, position and log time, so that the same letter made again has the same id.
  const id = deadLetterId(`${lane.pipelineIntegrationId}:${event.messageId}`, position, letter.deadLetteredAt);
  return (
    `{"v":1,"id":"${id}","integrationId":${JSON.stringify(lane.integrationId)},` +
    `"pipelineIntegrationId":${JSON.stringify(lane.pipelineIntegrationId)},"messageId":"${event.messageId}",` +
    `"eventName":${event.eventName},"reason":"${letter.reason}","detail":${JSON.stringify(letter.detail)},` +
    `"lastStatus":null,"responseExcerpt":null,"tries":0,"firstTriedAt":null,"lastTriedAt":null,` +
    `"deadLetteredAt":"${new Date(letter.deadLetteredAt).toISOString()}",` +
    `"position":{"partition":${position.partition},"offset":${position.offset}},` +
    (typeof delivery === "string" ? `"delivery":${delivery}}` : `"bytes":${delivery.bytes},"delivery":null}`)
  );
}
