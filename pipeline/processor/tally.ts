/** Counts what became of a batch's events, and writes the counts as `outcomes` records. */
import {
  type DeadLetterReason,
  type EventRejection,
  type FilterReason,
  type OutcomeRecord,
  FILTER_REASONS,
  OUTCOMES,
} from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import type { LanePlan } from "./lane-plans.ts";

const MINUTE_MS = 60_000;

/** What the processor gives up itself, before a worker sees it. */
const GIVEN_UP = ["mapping_failed", "record_too_large"] as const satisfies readonly DeadLetterReason[];

export type Filtered = FilterReason;
export type DeadLettered = (typeof GIVEN_UP)[number];

/** Everything the processor can say of an event and a lane; a code is the place in this list. */
const LANE_OUTCOMES: readonly (
  | { kind: "accepted"; reason: null }
  | { kind: "filtered"; reason: Filtered }
  | { kind: "dead_lettered"; reason: DeadLettered }
)[] = [
  { kind: "accepted", reason: null },
  ...(Object.keys(FILTER_REASONS) as Filtered[]).map((reason) => ({ kind: "filtered", reason }) as const),
  ...GIVEN_UP.map((reason) => ({ kind: "dead_lettered", reason }) as const),
];

const WIDTH = LANE_OUTCOMES.length;
const ACCEPTED = 0;
const CODES = new Map<FilterReason | DeadLetterReason | null, number>(
  LANE_OUTCOMES.map(({ reason }, code) => [reason, code]),
);

/** The counts of one minute. */
interface MinuteCounts {
  /** By lane index times width plus code. */
  lanes: Uint32Array;
  processed: number;
  unprocessable: Map<EventRejection, number>;
}

/** What a batch adds to the metrics. */
export interface BatchTotals {
  processed: number;
  unprocessable: number;
  filtered: ReadonlyMap<string, number>;
  deadLettered: ReadonlyMap<string, number>;
}

export interface Tally {
  /** One event was processed, for better or worse. `time` is when it was appended to `raw-events`, epoch milliseconds. */
  processed(time: number): void;
  unprocessable(time: number, reason: EventRejection): void;
  /** A lane was considered; null is a delivery. */
  lane(time: number, lane: number, reason: Filtered | DeadLettered | null): void;
  /** One record per lane, minute, kind and reason that occurred. */
  records(): NewRecord[];
  totals(): BatchTotals;
}

/**
 * Counts by the minute an event was appended to `raw-events`, not by the minute of processing: processed again after an
 * aborted commit, the records are the same bytes.
 */
export function createTally(lanes: readonly LanePlan[]): Tally {
  const minutes = new Map<number, MinuteCounts>();
  let last: { minute: number; counts: MinuteCounts } | undefined;
  const at = (time: number): MinuteCounts => {
    const minute = time - (time % MINUTE_MS);
    if (last?.minute === minute) return last.counts;
    let counts = minutes.get(minute);
    if (counts === undefined) {
      counts = { lanes: new Uint32Array(lanes.length * WIDTH), processed: 0, unprocessable: new Map() };
      minutes.set(minute, counts);
    }
    last = { minute, counts };
    return counts;
  };
  return {
    processed(time) {
      at(time).processed += 1;
    },
    unprocessable(time, reason) {
      const counts = at(time).unprocessable;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    lane(time, lane, reason) {
      const counts = at(time).lanes;
      counts[lane * WIDTH + ACCEPTED] = (counts[lane * WIDTH + ACCEPTED] ?? 0) + 1;
      const code = reason === null ? undefined : CODES.get(reason);
      if (code !== undefined) counts[lane * WIDTH + code] = (counts[lane * WIDTH + code] ?? 0) + 1;
    },
    records: () => [...minutes].flatMap(([minute, counts]) => minuteRecords(minute, counts, lanes)),
    totals: () => totalsOf([...minutes.values()]),
  };
}

function minuteRecords(minute: number, counts: MinuteCounts, lanes: readonly LanePlan[]): NewRecord[] {
  const records: NewRecord[] = [];
  for (const lane of lanes) {
    LANE_OUTCOMES.forEach((outcome, code) => {
      const count = counts.lanes[lane.index * WIDTH + code] ?? 0;
      if (count > 0) records.push(outcomeRecord({ v: 1, minute, count, lane: lane.ref, ...outcome }));
    });
  }
  const stage = { v: 1, minute, lane: null } as const;
  if (counts.processed > 0) {
    records.push(outcomeRecord({ ...stage, count: counts.processed, kind: "processed", reason: null }));
  }
  for (const [reason, count] of counts.unprocessable) {
    records.push(outcomeRecord({ ...stage, count, kind: "unprocessable", reason }));
  }
  return records;
}

function outcomeRecord(outcome: OutcomeRecord): NewRecord {
  const key = outcome.lane?.pipelineIntegrationId ?? outcome.kind;
  return { topic: OUTCOMES, key, value: Buffer.from(JSON.stringify(outcome)) };
}

function totalsOf(minutes: readonly MinuteCounts[]): BatchTotals {
  const totals = { processed: 0, unprocessable: 0, filtered: new Map(), deadLettered: new Map() };
  for (const { lanes, processed, unprocessable } of minutes) {
    totals.processed += processed;
    for (const count of unprocessable.values()) totals.unprocessable += count;
    lanes.forEach((count, index) => {
      const outcome = LANE_OUTCOMES[index % WIDTH];
      if (count === 0 || outcome === undefined || outcome.kind === "accepted") return;
      const sums = outcome.kind === "filtered" ? totals.filtered : totals.deadLettered;
      sums.set(outcome.reason, (sums.get(outcome.reason) ?? 0) + count);
    });
  }
  return totals;
}
