/** Trace records: what an event looked like at each stage of its way, for those who look into one. */
import type { SignalEvent } from "../event/event.ts";
import { fnv1a } from "../fnv1a.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { fixedTopics, TRACES } from "../topics.ts";
import type { LaneRef } from "./outcome.ts";
import type { DeadLetterReason, EventRejection, FilterReason } from "./reasons.ts";

/** What every record on the topic `traces` says; its key there is the messageId. */
interface TraceHead {
  v: 1;
  /** ISO time. */
  at: string;
  messageId: string;
  pipelineId: string;
  /** Who it is about: it is found by either of them too. */
  anonymousId: string | null;
  userId: string | null;
  eventName: string;
}

/** A value that was too large to keep says how large it was. */
export interface LeftOut {
  left_out: true;
  bytes: number;
}

/** What became of an event in one lane's mapping. */
export type LaneTrace = LaneRef & { revision: number } & (
    | { outcome: "mapped"; vendorEventName: string | null; payload: JsonValue | LeftOut }
    | { outcome: "filtered"; reason: FilterReason }
    | { outcome: "dead_lettered"; reason: DeadLetterReason; detail: string | null }
  );

/** The processor's: the event after the data layer, and each lane's payload or why there is none. */
export interface ProcessedTrace extends TraceHead {
  stage: "processed";
  receivedAt: string;
  event: SignalEvent | LeftOut;
  lanes: LaneTrace[];
  /** It was set aside on `dlq-events` instead of going to any lane. */
  rejected?: { error: EventRejection; details: string | null };
}

/** What an attempt came to: delivered, refused for good (`reject`, `misconfigured`), or to be tried again. */
export type SentOutcome = "delivered" | "retry" | "throttle" | "refresh" | "prepare" | "reject" | "misconfigured";

/** The worker's: one request as it was sent and what came back, with secrets taken out. */
export interface SentTrace extends TraceHead {
  stage: "sent";
  lane: LaneRef;
  deliveryId: string;
  /** From 1. */
  attempt: number;
  /** Events in the same request. */
  events: number;
  request: { method: string; url: string; headers: Record<string, string>; body: string | LeftOut | null };
  /** Null when none came. `body` is its start. */
  response: { status: number; headers: Record<string, string>; body: string } | null;
  outcome: SentOutcome;
  /** In the connector's words; null when delivered. */
  reason: string | null;
  durationMs: number;
  /** Failures like this one that were not traced since the last that was. */
  suppressed?: number;
}

export type TraceRecord = ProcessedTrace | SentTrace;

const LARGEST_RECORD = fixedTopics(1).find(({ name }) => name === TRACES)?.maxRecordBytes ?? 0;
/** Failures traced a minute, for each lane and reason, whatever the share. */
const FAILURE_TRACES_PER_MINUTE = 100;
/** The most a traced event, payload or body takes, in bytes. */
export const LONGEST_TRACED = 32_768;

/**
 * Whether an event that goes well is traced. Every stage decides alike, from the messageId alone.
 * @param share of all events, 0 to 1
 */
export function isTraced(messageId: string, share: number): boolean {
  if (share >= 1) return true;
  if (share <= 0) return false;
  let hash = fnv1a(messageId);
  // The last characters of an id move only the low bits: mixed, every bit counts.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000 < share;
}

/** The visitor's ids as a trace names them. */
export function traceIds(event: JsonObject): { anonymousId: string | null; userId: string | null } {
  const { anonymousId, userId } = event;
  return {
    anonymousId: typeof anonymousId === "string" ? anonymousId : null,
    userId: typeof userId === "string" ? userId : null,
  };
}

/** What a trace record is on the log: found by its key, the messageId, and by the visitor's ids in its headers. */
interface TraceLogRecord {
  topic: string;
  key: string;
  value: Uint8Array;
  headers: Record<string, string>;
}

/** Makes the log's record of a trace's JSON text; null when it is too large to keep. */
export function traceLogRecord(
  { messageId, anonymousId, userId }: Pick<TraceHead, "messageId" | "anonymousId" | "userId">,
  text: string,
): TraceLogRecord | null {
  const value = Buffer.from(text);
  if (value.byteLength > LARGEST_RECORD) return null;
  const headers: Record<string, string> = {};
  if (anonymousId !== null) headers["anonymousId"] = anonymousId.toWellFormed();
  if (userId !== null) headers["userId"] = userId.toWellFormed();
  return { topic: TRACES, key: messageId, value, headers };
}

/** How much a role traces. */
export interface TraceSettings {
  /** Of the events that go well, 0 to 1. */
  share: number;
  /** Whether there is disk for it. */
  roomy(): boolean;
}

/** Bounds how many failures are traced, for each lane and reason. */
export interface FailureTraces {
  /** Null: not this one. Else how many like it were left out since the last one. */
  admit(lane: string, reason: string, now: number): number | null;
}

/** At most {@link FAILURE_TRACES_PER_MINUTE} in each minute of the wall clock. */
export function failureTraces(perMinute: number = FAILURE_TRACES_PER_MINUTE): FailureTraces {
  let minute = -1;
  const counts = new Map<string, { admitted: number; suppressed: number }>();
  return {
    admit(lane, reason, now) {
      const current = Math.floor(now / 60_000);
      if (current !== minute) {
        minute = current;
        for (const [key, count] of counts) {
          if (count.suppressed === 0) counts.delete(key);
          else count.admitted = 0;
        }
      }
      const key = `${lane}\n${reason}`;
      const count = counts.get(key) ?? { admitted: 0, suppressed: 0 };
      counts.set(key, count);
      if (count.admitted >= perMinute) {
        count.suppressed += 1;
        return null;
      }
      count.admitted += 1;
      const { suppressed } = count;
      count.suppressed = 0;
      return suppressed;
    },
  };
}
