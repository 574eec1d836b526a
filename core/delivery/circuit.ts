/** The circuit of a lane: stops sending to a vendor that answers nothing, and finds out when it is back. */

const OPEN_AFTER = 20;
const WINDOW_MS = 60_000;
const FIRST_PROBE_MS = 5_000;
const SLOWEST_PROBE_MS = 60_000;
const CLOSE_AFTER = 3;

/** Plain and immutable; all times are of the monotonic clock, in milliseconds. */
export interface Circuit {
  /** `closed` lets everything through, `failing` and `misconfigured` only a probe. */
  state: "closed" | "failing" | "misconfigured";
  /** When attempts failed since the last that did not: the last 20 at most. */
  failures: readonly number[];
  /** While open: when the next probe may go out. */
  probeAt: number;
  probeDelayMs: number;
  /** Probes in a row that succeeded. */
  successes: number;
}

/**
 * What one request showed: `succeeded` (delivered or rejected: the vendor works), `answered` (throttled or asked for a
 * new token: it lives), `failed` (network error, timeout, 408, 5xx), `misconfigured`.
 */
export type AttemptShowed = "succeeded" | "answered" | "failed" | "misconfigured";

export const CLOSED_CIRCUIT: Circuit = { state: "closed", failures: [], probeAt: 0, probeDelayMs: 0, successes: 0 };

/** The circuit after a request. Requests that were under way when it opened change it only if they show a misconfiguration. */
export function afterAttempt(circuit: Circuit, showed: AttemptShowed, facts: { now: number; probe: boolean }): Circuit {
  if (showed === "misconfigured") return openAs("misconfigured", circuit, facts.now + SLOWEST_PROBE_MS);
  if (circuit.state === "closed") return afterOrdinary(circuit, showed, facts.now);
  return facts.probe ? afterProbe(circuit, showed, facts.now) : circuit;
}

/** The circuit when something changed that may have mended it: the next probe is due now. */
export function probeAtOnce(circuit: Circuit, now: number): Circuit {
  return circuit.state === "closed" ? circuit : { ...circuit, probeAt: Math.min(circuit.probeAt, now) };
}

function afterOrdinary(circuit: Circuit, showed: AttemptShowed, now: number): Circuit {
  if (showed !== "failed") return circuit.failures.length === 0 ? circuit : CLOSED_CIRCUIT;
  const failures = [...circuit.failures.slice(1 - OPEN_AFTER), now];
  const oldest = failures[0] ?? now;
  const open = failures.length === OPEN_AFTER && now - oldest <= WINDOW_MS;
  const next = { ...circuit, failures };
  return open ? { ...openAs("failing", next, now + FIRST_PROBE_MS), probeDelayMs: FIRST_PROBE_MS } : next;
}

function afterProbe(circuit: Circuit, showed: AttemptShowed, now: number): Circuit {
  if (showed === "succeeded") {
    const successes = circuit.successes + 1;
    // A vendor that answers again is asked the rest at once: three answers are no load.
    return successes >= CLOSE_AFTER
      ? CLOSED_CIRCUIT
      : { ...circuit, successes, probeAt: now, probeDelayMs: FIRST_PROBE_MS };
  }
  if (showed === "answered") return { ...circuit, probeAt: now + circuit.probeDelayMs };
  const slower = Math.min(circuit.probeDelayMs * 2, SLOWEST_PROBE_MS);
  return { ...circuit, successes: 0, probeAt: now + slower, probeDelayMs: slower };
}

function openAs(state: "failing" | "misconfigured", circuit: Circuit, probeAt: number): Circuit {
  return { state, failures: circuit.failures, probeAt, probeDelayMs: SLOWEST_PROBE_MS, successes: 0 };
}
