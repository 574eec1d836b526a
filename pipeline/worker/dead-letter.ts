/** Makes the record of a delivery that is given up. */
import {
  DEAD_LETTER_STATES,
  type DeadLetterReason,
  type DeadLetterRecord,
  type DeadLetterState,
  type DeliveryRecord,
  deadLetterId,
  deadLetterTopic,
  deliveryTopic,
  integrationTopics,
  type LaneRef,
  type Position,
  redact,
} from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";

const DETAIL_LIMIT = 500;
const EXCERPT_LIMIT = 2_000;

export interface GivenUp {
  lane: LaneRef;
  /** Null when its record cannot be read. */
  delivery: DeliveryRecord | null;
  position: Position;
  reason: DeadLetterReason;
  detail: string | null;
  lastStatus: number | null;
  /** The vendor's last answer as it came. */
  body: string | null;
  secrets: readonly string[];
  tries: number;
  /** Wall clock, epoch milliseconds. */
  firstTriedAt: number | null;
  lastTriedAt: number | null;
  now: number;
  /** Size of the record that could not be read. */
  bytes?: number;
}

/** The record on the integration's dead letter topic; one that is too large for it leaves the delivery out. */
export function deadLetterRecord(given: GivenUp): NewRecord {
  const { lane, delivery, position, secrets } = given;
  const letter: DeadLetterRecord = {
    v: 1,
    id: deadLetterId(deliveryTopic(lane.integrationId), position, given.now),
    delivery,
    integrationId: lane.integrationId,
    pipelineIntegrationId: lane.pipelineIntegrationId,
    messageId: delivery?.messageId ?? "",
    eventName: delivery?.eventName ?? "",
    reason: given.reason,
    detail: given.detail === null ? null : redact(given.detail, secrets, DETAIL_LIMIT),
    lastStatus: given.lastStatus,
    responseExcerpt: given.body === null ? null : redact(given.body, secrets, EXCERPT_LIMIT),
    tries: given.tries,
    firstTriedAt: isoTime(given.firstTriedAt),
    lastTriedAt: isoTime(given.lastTriedAt),
    deadLetteredAt: new Date(given.now).toISOString(),
    position: { partition: position.partition, offset: position.offset },
  };
  if (given.bytes !== undefined) letter.bytes = given.bytes;
  const topic = deadLetterTopic(lane.integrationId);
  const key = delivery?.deliveryId ?? lane.pipelineIntegrationId;
  const value = encode(letter);
  if (value !== null && value.byteLength <= largestRecord(topic, lane.integrationId)) return { topic, key, value };
  const without: DeadLetterRecord = { ...letter, delivery: null, bytes: value?.byteLength ?? given.bytes ?? 0 };
  return { topic, key, value: Buffer.from(JSON.stringify(without)) };
}

/** Says of the dead letter that a delivery replays that its replay came to an end. */
export function replayEnded(replayOf: string, now: number): NewRecord {
  const state: DeadLetterState = { v: 1, state: "replayed", at: new Date(now).toISOString() };
  return { topic: DEAD_LETTER_STATES, key: replayOf, value: Buffer.from(JSON.stringify(state)) };
}

/** Null when the event is nested too deeply to be written. */
function encode(letter: DeadLetterRecord): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(letter));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function largestRecord(topic: string, integrationId: string): number {
  return integrationTopics(integrationId, 1).find(({ name }) => name === topic)?.maxRecordBytes ?? Infinity;
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
