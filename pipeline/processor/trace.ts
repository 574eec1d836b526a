/** Traces what processing made of an event: for a share of the events, for failures, and for the operator's own. */
import {
  type EventText,
  type FailureTraces,
  type SignalEvent,
  type TraceSettings,
  eventText,
  failureTraces,
  isTraced,
  LONGEST_TRACED,
  traceIds,
  traceLogRecord,
} from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import type { LanePlan } from "./lane-plans.ts";
import type { LaneResult } from "./lane-step.ts";
import type { Rejection } from "./rejected.ts";

interface ProcessedEvent {
  /** After the data layer. */
  event: SignalEvent;
  pipelineId: string;
  /** The operator's own. */
  test: boolean;
  text: EventText;
  lanes: readonly LanePlan[];
  /** In the order of `lanes`. */
  results: readonly LaneResult[];
}

/** An event that was set aside. */
interface SetAsideEvent {
  messageId: string;
  /** Asked only when it is traced; null when it cannot be shown. */
  event(): SignalEvent | null;
  pipelineId: string;
  test: boolean;
  rejection: Rejection;
}

export interface EventTraces {
  /** The record of an event that is traced. */
  record(processed: ProcessedEvent): NewRecord | null;
  /** The same for one that goes to no lane because it was set aside. */
  setAside(rejected: SetAsideEvent): NewRecord | null;
}

/** All payloads of one trace together, in characters: more lanes than these fill say only how large theirs is. */
const LONGEST_TOGETHER = 262_144;

/** @param now wall clock, epoch milliseconds */
export function eventTraces({ share, roomy }: TraceSettings, now: () => number): EventTraces {
  const failures = failureTraces();
  return {
    record(processed) {
      const { test, event } = processed;
      const wanted = test || isTraced(event.messageId, share) || failed(processed, failures, now);
      return wanted && roomy() ? traceRecord(processed, now()) : null;
    },
    setAside(rejected) {
      const { messageId, pipelineId, test, rejection } = rejected;
      const wanted = test || isTraced(messageId, share) || failures.admit(pipelineId, rejection.error, now()) !== null;
      return wanted && roomy() ? rejectedTrace(rejected, now()) : null;
    },
  };
}

function failed({ lanes, results }: ProcessedEvent, failures: FailureTraces, now: () => number): boolean {
  return results.some((result, index) => {
    if (!("deadLettered" in result)) return false;
    const lane = lanes[index]?.ref.pipelineIntegrationId ?? "";
    return failures.admit(lane, result.deadLettered, now()) !== null;
  });
}

/** @param rejected JSON text of why it was set aside */
function traceRecord(processed: ProcessedEvent, now: number, rejected?: string): NewRecord | null {
  const { event, pipelineId, text, lanes, results } = processed;
  const { anonymousId, userId } = traceIds(event);
  let left = LONGEST_TOGETHER;
  const laneTexts = lanes.map((lane, index) => {
    const result = results[index];
    if (result === undefined) return "";
    if ("payload" in result) left -= result.payload.length;
    return laneTrace(lane, result, left >= 0);
  });
  const value =
    `{"v":1,"stage":"processed","at":"${new Date(now).toISOString()}","messageId":"${text.messageId}",` +
    `"pipelineId":${JSON.stringify(pipelineId)},"anonymousId":${JSON.stringify(anonymousId)},` +
    `"userId":${JSON.stringify(userId)},"eventName":${text.eventName},"receivedAt":${JSON.stringify(event.receivedAt)},` +
    `"event":${bounded(text.event)},"lanes":[${laneTexts.filter((one) => one !== "").join(",")}]` +
    (rejected === undefined ? "}" : `,"rejected":${rejected}}`);
  return traceLogRecord({ messageId: event.messageId, anonymousId, userId }, value);
}

/** The event itself may be what is wrong with it: one that cannot be written has no trace. */
function rejectedTrace({ event: shown, pipelineId, rejection }: SetAsideEvent, now: number): NewRecord | null {
  const event = shown();
  if (event === null) return null;
  try {
    const text = eventText(event, { raw: { partition: 0, offset: 0 }, consent: null, trace: false, derivedFrom: null });
    const facts = { event, pipelineId, test: false, text, lanes: [], results: [] };
    return traceRecord(facts, now, JSON.stringify(rejection));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function laneTrace({ ref, revision }: LanePlan, result: LaneResult, fits: boolean): string {
  const start =
    `{"pipelineId":${JSON.stringify(ref.pipelineId)},"integrationId":${JSON.stringify(ref.integrationId)},` +
    `"pipelineIntegrationId":${JSON.stringify(ref.pipelineIntegrationId)},"revision":${revision},`;
  if ("payload" in result) {
    const payload = fits ? bounded(result.payload) : leftOut(result.payload);
    return `${start}"outcome":"mapped","vendorEventName":${result.vendorEventName},"payload":${payload}}`;
  }
  if ("filtered" in result) return `${start}"outcome":"filtered","reason":"${result.filtered}"}`;
  const detail = JSON.stringify(result.detail);
  return `${start}"outcome":"dead_lettered","reason":"${result.deadLettered}","detail":${detail}}`;
}

function bounded(text: string): string {
  return text.length <= LONGEST_TRACED ? text : leftOut(text);
}

function leftOut(text: string): string {
  return `{"left_out":true,"bytes":${Buffer.byteLength(text)}}`;
}
