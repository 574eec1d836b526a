/** Adding outcomes up: the sum of each lane, as pure folds over outcome records. */
import type { OutcomeRecord } from "@datafly-signal/core";

/** What became of the deliveries of one lane. */
export interface LaneTotals {
  pipelineId: string;
  integrationId: string;
  accepted: number;
  delivered: number;
  /** Tries after the first. */
  retried: number;
  replayed: number;
  filtered: Record<string, number>;
  deadLettered: Record<string, number>;
}

export interface Totals {
  /** By pipeline integration. */
  lanes: Record<string, LaneTotals>;
  /** Events the processor has taken off the log. */
  processed: number;
  unprocessable: Record<string, number>;
  /** Requests the gateway refused, by error code. */
  refused: Record<string, number>;
}

export function emptyTotals(): Totals {
  return { lanes: {}, processed: 0, unprocessable: {}, refused: {} };
}

/** Adds one record to the totals, in place. */
export function addOutcome(totals: Totals, record: OutcomeRecord): void {
  if (record.lane === null) {
    addStageOutcome(totals, record);
    return;
  }
  const lane = (totals.lanes[record.lane.pipelineIntegrationId] ??= {
    pipelineId: record.lane.pipelineId,
    integrationId: record.lane.integrationId,
    accepted: 0,
    delivered: 0,
    retried: 0,
    replayed: 0,
    filtered: {},
    deadLettered: {},
  });
  if (record.kind === "filtered") add(lane.filtered, record.reason, record.count);
  else if (record.kind === "dead_lettered") add(lane.deadLettered, record.reason, record.count);
  else lane[record.kind] += record.count;
}

function addStageOutcome(totals: Totals, record: Extract<OutcomeRecord, { lane: null }>): void {
  if (record.kind === "processed") totals.processed += record.count;
  else if (record.kind === "refused") add(totals.refused, record.reason ?? "unknown", record.count);
  else add(totals.unprocessable, record.reason ?? "unknown", record.count);
}

function add(counts: Record<string, number>, reason: string, count: number): void {
  const sum = (counts[reason] ?? 0) + count;
  if (sum === 0) delete counts[reason];
  else counts[reason] = sum;
}

/** Deliveries of a lane that are neither filtered, delivered nor dead-lettered. */
export function inFlight(lane: LaneTotals): number {
  return lane.accepted - lane.delivered - sum(lane.filtered) - sum(lane.deadLettered);
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
