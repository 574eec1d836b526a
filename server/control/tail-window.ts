/** The events of the last moments, put together with what their traces say became of them. */
import {
  type ConfigSnapshot,
  type EventRejection,
  isJsonObject,
  isTraced,
  type JsonObject,
  type LaneTrace,
  type SentTrace,
  type TraceRecord,
} from "@datafly-signal/core";

export interface TailOutcome {
  integration: string;
  integration_id: string;
  /** `waiting` is mapped and not sent yet. */
  outcome: SentTrace["outcome"] | "filtered" | "dead_lettered" | "waiting";
  reason: string | null;
  /** The vendor's HTTP status. */
  status?: number;
  attempt?: number;
  duration_ms?: number;
}

interface Whose {
  /** ISO time. */
  at: string;
  message_id: string;
  pipeline: string;
  pipeline_id: string;
  event: string;
  user_id: string | null;
  anonymous_id: string | null;
}

/** An event as it came in, with what has become of it until now. */
export type TailEvent = Whose & {
  kind: "event";
  type: string;
  input: string;
  /** False: only failures of it will be seen. */
  traced: boolean;
  /** It was set aside, and goes to no integration; `dlq events show` has it whole. */
  rejected?: TailRejection;
  outcomes: TailOutcome[];
};

export interface TailRejection {
  error: EventRejection;
  details: string | null;
}

/** What became of an event that was shown before, or came before the tail. */
export type TailLate = Whose & (({ kind: "outcome" } & TailOutcome) | ({ kind: "rejected" } & TailRejection));

interface Pending {
  event: TailEvent;
  /** By pipeline integration: the last word of each. */
  lanes: Map<string, TailOutcome>;
  /** Processed: all its lanes are known. */
  complete: boolean;
  since: number;
}

export interface TailWindow {
  addEvent(raw: JsonObject): void;
  addTrace(record: TraceRecord): void;
  /** What is ready to be shown, in the order in which it came. */
  take(): (TailEvent | TailLate)[];
  /** What was left out since the last call. */
  takeSkipped(): number;
}

/** A trace may be read before its event is; after so long it is taken for one of an event that was there before. */
const ORPHAN_MS = 1000;
/** An event waits so long at most for the outcomes of its lanes. */
const HOLD_MS = 2000;
/** An event that is not traced waits so long for a failure, which is. */
const HOLD_UNTRACED_MS = 300;
const MOST_PENDING = 2000;
const MOST_LATE = 1000;
const MOST_ORPHANS = 2000;

export function tailWindow(options: {
  snapshot(): ConfigSnapshot;
  traceShare: number;
  /** Monotonic, milliseconds. */
  now(): number;
}): TailWindow {
  const { snapshot, traceShare, now } = options;
  const pending = new Map<string, Pending>();
  let early: Pending[] = [];
  let late: TailLate[] = [];
  let skipped = 0;
  let orphans: { record: TraceRecord; since: number }[] = [];

  const join = (one: Pending, record: TraceRecord): void => {
    if (record.stage === "processed") {
      one.complete = true;
      if (record.rejected !== undefined) one.event.rejected = record.rejected;
    }
    one.event.user_id = record.userId ?? one.event.user_id;
    one.event.anonymous_id = record.anonymousId ?? one.event.anonymous_id;
    for (const [lane, outcome] of outcomesOf(record, snapshot())) {
      if (outcome.outcome !== "waiting" || !one.lanes.has(lane)) one.lanes.set(lane, outcome);
    }
  };
  const addLate = (item: TailLate): void => {
    if (late.length >= MOST_LATE) skipped += 1;
    else late.push(item);
  };
  const bury = (record: TraceRecord): void => {
    const whose = whoseOf(record, snapshot());
    if (record.stage === "processed" && record.rejected !== undefined) {
      addLate({ kind: "rejected", ...whose, ...record.rejected });
    }
    for (const [, outcome] of outcomesOf(record, snapshot())) {
      // What was merely mapped or filtered belongs to an event that this tail has left out.
      if (outcome.outcome === "waiting" || outcome.outcome === "filtered") continue;
      addLate({ kind: "outcome", ...whose, ...outcome });
    }
  };
  const settleOrphans = (time: number): void => {
    const waiting = orphans;
    orphans = [];
    for (const orphan of waiting) {
      const one = pending.get(idOf(orphan.record));
      if (one !== undefined) join(one, orphan.record);
      else if (time - orphan.since < ORPHAN_MS) orphans.push(orphan);
      else bury(orphan.record);
    }
  };
  const release = (id: string): void => {
    const one = pending.get(id);
    if (one === undefined) return;
    pending.delete(id);
    early.push(one);
  };

  return {
    addEvent(raw) {
      const event = eventOf(raw, { snapshot: snapshot(), traceShare });
      const id = `${event.pipeline_id}:${event.message_id}`;
      // The same id again is another event on the log: the one before has had its time.
      release(id);
      pending.set(id, { event, lanes: new Map(), complete: false, since: now() });
      const [oldest] = pending.keys();
      if (pending.size > MOST_PENDING && oldest !== undefined) release(oldest);
    },
    addTrace(record) {
      const one = pending.get(idOf(record));
      if (one !== undefined) join(one, record);
      else if (orphans.length >= MOST_ORPHANS) skipped += 1;
      else orphans.push({ record, since: now() });
    },
    take() {
      const time = now();
      settleOrphans(time);
      for (const [id, one] of pending) if (isReady(one, time)) release(id);
      const events = early.map(({ event, lanes }) => ({ ...event, outcomes: [...lanes.values()] }));
      const results = late;
      early = [];
      late = [];
      return [...events, ...results];
    },
    takeSkipped() {
      const count = skipped;
      skipped = 0;
      return count;
    },
  };
}

function idOf({ pipelineId, messageId }: TraceRecord): string {
  return `${pipelineId}:${messageId}`;
}

function isReady({ event, lanes, complete, since }: Pending, now: number): boolean {
  if (complete && [...lanes.values()].every(({ outcome }) => outcome !== "waiting")) return true;
  return now - since >= (event.traced ? HOLD_MS : HOLD_UNTRACED_MS);
}

function eventOf(raw: JsonObject, facts: { snapshot: ConfigSnapshot; traceShare: number }): TailEvent {
  const type = textOf(raw, "type") ?? "";
  const messageId = textOf(raw, "messageId") ?? "";
  const input = textOf(raw, "input") ?? "";
  const pipelineId = textOf(raw, "pipelineId") ?? "";
  return {
    kind: "event",
    at: textOf(raw, "receivedAt") ?? "",
    message_id: messageId,
    pipeline: pipelineName(facts.snapshot, pipelineId),
    pipeline_id: pipelineId,
    type,
    event: textOf(raw, type === "track" ? "event" : "name") ?? type,
    user_id: textOf(raw, "userId"),
    anonymous_id: textOf(raw, "anonymousId"),
    input,
    traced: input === "test" || isTraced(messageId, facts.traceShare),
    outcomes: [],
  };
}

function whoseOf(record: TraceRecord, snapshot: ConfigSnapshot): Whose {
  return {
    at: record.at,
    message_id: record.messageId,
    pipeline: pipelineName(snapshot, record.pipelineId),
    pipeline_id: record.pipelineId,
    event: record.eventName,
    user_id: record.userId,
    anonymous_id: record.anonymousId,
  };
}

/** By pipeline integration. */
function outcomesOf(record: TraceRecord, snapshot: ConfigSnapshot): [string, TailOutcome][] {
  if (record.stage === "processed") {
    return record.lanes.map((lane) => [lane.pipelineIntegrationId, mappedOutcome(lane, snapshot)]);
  }
  const { lane, outcome, reason, response, attempt, durationMs } = record;
  const status = response === null ? {} : { status: response.status };
  return [
    [
      lane.pipelineIntegrationId,
      { ...integrationOf(lane, snapshot), outcome, reason, ...status, attempt, duration_ms: durationMs },
    ],
  ];
}

function mappedOutcome(lane: LaneTrace, snapshot: ConfigSnapshot): TailOutcome {
  const integration = integrationOf(lane, snapshot);
  if (lane.outcome === "mapped") return { ...integration, outcome: "waiting", reason: null };
  if (lane.outcome === "filtered") return { ...integration, outcome: "filtered", reason: lane.reason };
  const reason = lane.detail === null ? lane.reason : `${lane.reason}: ${lane.detail}`;
  return { ...integration, outcome: "dead_lettered", reason };
}

function integrationOf(
  { integrationId }: { integrationId: string },
  snapshot: ConfigSnapshot,
): Pick<TailOutcome, "integration" | "integration_id"> {
  const name = snapshot.integrations.find(({ id }) => id === integrationId)?.name ?? "(removed)";
  return { integration: name, integration_id: integrationId };
}

function pipelineName(snapshot: ConfigSnapshot, pipelineId: string): string {
  return snapshot.pipelines.find(({ id }) => id === pipelineId)?.name ?? "(removed)";
}

function textOf(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** Undefined for a record that is no event. */
export function parseRawEvent(value: Uint8Array): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString("utf8"));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
