/** What a test event came to, and what to do when it was not delivered. */
import { DEAD_LETTER_REASONS, EVENT_REJECTIONS, FILTER_REASONS, type SentTrace } from "@datafly-signal/core";
import type { IntegrationStatus } from "@datafly-signal/management-api";

export interface SendResult {
  ok: boolean;
  /** `unfinished`: the time was over before the outcome was final. */
  outcome: "delivered" | "rejected" | "misconfigured" | "filtered" | "dead_lettered" | "set_aside" | "unfinished";
  reason: string | null;
  /** Null when delivered. */
  cure: string | null;
}

export function filteredResult(reason: keyof typeof FILTER_REASONS): SendResult {
  return { ok: false, outcome: "filtered", reason, cure: FILTER_REASONS[reason] };
}

export function givenUpResult(reason: keyof typeof DEAD_LETTER_REASONS, detail: string | null): SendResult {
  const words = detail === null ? reason : `${reason}: ${detail}`;
  return { ok: false, outcome: "dead_lettered", reason: words, cure: DEAD_LETTER_REASONS[reason] };
}

/** It went to no integration at all. */
export function setAsideResult(error: keyof typeof EVENT_REJECTIONS, details: string | null): SendResult {
  const words = details === null ? error : `${error}: ${details}`;
  const cure = `${EVENT_REJECTIONS[error]} It is kept for 7 days: see it with dlq events show, and send it again with dlq events replay.`;
  return { ok: false, outcome: "set_aside", reason: words, cure };
}

/** Null while it will be tried again. */
export function sentResult({ outcome, reason }: SentTrace): SendResult | null {
  if (outcome === "delivered") return { ok: true, outcome, reason: null, cure: null };
  if (outcome === "reject") return { ok: false, outcome: "rejected", reason, cure: DEAD_LETTER_REASONS.rejected };
  if (outcome === "misconfigured") return { ok: false, outcome, reason, cure: DEAD_LETTER_REASONS.misconfigured };
  return null;
}

/** The time was over: how far it has come, and what holds it up. */
export function unfinishedResult(facts: {
  integration: string;
  last: SentTrace | null;
  mapped: boolean;
  /** Events that wait before the mapping. */
  unprocessed: number;
  circuit: Pick<IntegrationStatus, "circuit" | "circuit_reason"> | undefined;
}): SendResult {
  const { last, mapped, circuit, unprocessed } = facts;
  const unfinished = (reason: string, cure: string): SendResult => ({ ok: false, outcome: "unfinished", reason, cure });
  if (last !== null) {
    return unfinished(
      `${last.outcome}: ${last.reason ?? "no reason given"} (attempt ${last.attempt})`,
      "It is tried again by itself, six times in all. See that the vendor's address answers; tail shows the next try.",
    );
  }
  const held = heldUp(facts.integration, circuit);
  if (held !== null) {
    return unfinished(
      `it waits: ${held}`,
      "It waits in its turn and is sent when the vendor takes events again. Mend what the reason says.",
    );
  }
  if (mapped && circuit?.circuit === "degraded") {
    return unfinished(
      `the integration is degraded: ${circuit.circuit_reason ?? "no reason given"}`,
      "It waits in its turn and is sent when the vendor takes events again. Mend what the reason says.",
    );
  }
  if (mapped) {
    return unfinished(
      "it waits to be sent",
      "Others wait before it, or the batch is not full: see status, or give it more time with --timeout.",
    );
  }
  if (unprocessed > 0) {
    return unfinished(
      `it waits to be processed (events that wait: ${unprocessed})`,
      "Give it more time with --timeout; if status shows that the number does not fall, see the server's log.",
    );
  }
  return unfinished(
    "nothing was heard of it after it was accepted, though nothing waits to be processed",
    "The disk may be too full for traces: see doctor; status shows whether it was delivered.",
  );
}

/** What keeps an integration from sending, in words; null when nothing does. */
export function heldUp(
  name: string,
  circuit: Pick<IntegrationStatus, "circuit" | "circuit_reason"> | undefined,
): string | null {
  if (circuit === undefined || circuit.circuit !== "open") return null;
  return `the circuit of ${name} is open because ${circuit.circuit_reason ?? "its tries failed"}`;
}
