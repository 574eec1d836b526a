/** What the status shows of a lane. */
import { lacksToken, type Lane, waitingCount } from "./lane.ts";

/** From here on a row of failures is shown, before it opens the circuit. */
const SHOWN_FAILURES = 5;

export interface LaneStatus {
  pipelineIntegrationId: string;
  circuit: "healthy" | "degraded" | "open";
  /** Why it is not healthy, or why it rests. */
  reason?: string;
  /** Read and not yet tried. */
  waiting: number;
  /** Waiting by position for the next try. */
  parked: number;
  inFlight: number;
}

/** @param facts of the runner: `now` is of the monotonic clock */
export function laneStatus(lane: Lane, facts: { now: number; backlogFull: boolean; ledgerFails: boolean }): LaneStatus {
  const counts = { waiting: waitingCount(lane), parked: lane.retrying.size, inFlight: lane.flying };
  return { pipelineIntegrationId: lane.ref.pipelineIntegrationId, ...condition(lane, facts), ...counts };
}

function condition(
  lane: Lane,
  { now, backlogFull, ledgerFails }: { now: number; backlogFull: boolean; ledgerFails: boolean },
): Pick<LaneStatus, "circuit" | "reason"> {
  if (lane.fault !== null) return { circuit: "open", reason: `misconfigured: ${lane.fault}` };
  if (lane.circuit.state !== "closed")
    return { circuit: "open", reason: withFault(lane.circuit.state, lane.lastFault) };
  if (lane.config?.enabled === false) return { circuit: "healthy", reason: "disabled" };
  if (lane.awaitedSince !== null) return { circuit: "degraded", reason: "waiting for the configuration" };
  if (ledgerFails) return { circuit: "degraded", reason: "the delivery ledger cannot be committed" };
  if (backlogFull) return { circuit: "degraded", reason: "retry backlog" };
  const token = tokenWait(lane, now);
  if (token !== null) return token;
  if (lane.pausedUntil > now)
    return {
      circuit: "degraded",
      reason: `throttled by the vendor for ${Math.ceil((lane.pausedUntil - now) / 1000)} s`,
    };
  if (lane.circuit.failures.length >= SHOWN_FAILURES)
    return { circuit: "degraded", reason: withFault("failing", lane.lastFault) };
  return { circuit: "healthy" };
}

/** Null while there is a token, or nothing that needs one. Nothing goes out where none can be had. */
function tokenWait(lane: Lane, now: number): Pick<LaneStatus, "circuit" | "reason"> | null {
  if (lane.token === null || !lacksToken(lane, now)) return null;
  const { fault, failing } = lane.token.cell;
  const waits = waitingCount(lane) + lane.ready.length + lane.due.length > 0;
  if (!waits && fault === null) return null;
  return { circuit: failing ? "open" : "degraded", reason: withFault("waiting for a token", fault) };
}

function withFault(state: string, fault: string | null): string {
  return fault === null ? state : `${state}: ${fault}`;
}
