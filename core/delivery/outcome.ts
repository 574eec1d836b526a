/** Outcomes: what became of events at a stage, counted by lane and reason. */
import type { DeadLetterReason, FilterReason } from "./reasons.ts";

/** The lane an outcome belongs to. */
export interface LaneRef {
  pipelineId: string;
  integrationId: string;
  pipelineIntegrationId: string;
}

/**
 * The value of a record on `outcomes`, as UTF-8 JSON. `count` may be negative: a replay takes one from `dead_lettered`.
 * `minute` is epoch milliseconds of the minute's start, by the wall clock.
 *
 * In deliveries, per lane: accepted = filtered + delivered + dead_lettered + in flight.
 * Without a lane, of the stages before: `refused` (gateway, by error code), `processed` and `unprocessable` (processor).
 */
export type OutcomeRecord =
  | ({ v: 1; minute: number; count: number; lane: LaneRef } & LaneOutcome)
  | { v: 1; minute: number; count: number; lane: null; kind: StageOutcomeKind; reason: string | null };

export type LaneOutcome =
  | { kind: "accepted" | "delivered" | "retried" | "replayed"; reason: null }
  | { kind: "filtered"; reason: FilterReason }
  | { kind: "dead_lettered"; reason: DeadLetterReason };

export type StageOutcomeKind = "refused" | "processed" | "unprocessable";
