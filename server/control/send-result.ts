/** What a test event came to, and what to do when it was not delivered. */
import { DEAD_LETTER_REASONS, FILTER_REASONS, type SentTrace } from "@datafly-signal/core";
import type { IntegrationStatus } from "@datafly-signal/management-api";

export interface SendResult {
  ok: boolean;
  /** `unfinished`: the time was over before the outcome was final. */
  outcome: "delivered" | "rejected" | "misconfigured" | "filtered" | "dead_lettered" | "unfinished";
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

/** Null while it will be tried again. */
export function sentResult({ outcome, reason }: SentTrace): SendResult | null {
  if (outcome === "delivered") return { ok: true, outcome, reason: null, cure: null };
  if (outcome === "reject") return { ok: false, outcome: "rejected", reason, cure: DEAD_LETTER_REASONS.rejected };
  if (outcome === "misconfigured") return { ok: false, outcome, reason, cure: DEAD_LETTER_REASONS.misconfigured };
  return null;
}

/** The time was over: how far it has come, and what holds it up. */
export function unfinishedResult(facts: {
  last: SentTrace | null;
  mapped: boolean;
  circuit: Pick<IntegrationStatus, "circuit" | "circuit_reason"> | undefined;
}): SendResult {
  const { last, mapped, circuit } = facts;
  const unfinished = (reason: string, cure: string): SendResult => ({ ok: false, outcome: "unfinished", reason, cure });
  if (last !== null) {
    return unfinished(
      `${last.outcome}: ${last.reason ?? "no reason given"} (attempt ${last.attempt})`,
      "It is tried again by itself, six times in all. See that the vendor's address answers; tail shows the next try.",
    );
  }
  if (mapped && circuit !== undefined && circuit.circuit !== "healthy") {
    return unfinished(
      `the integration is ${circuit.circuit}: ${circuit.circuit_reason ?? "no reason given"}`,
      "It waits in its turn and is sent when the vendor takes events again. Mend what the reason says.",
    );
  }
  if (mapped) {
    return unfinished(
      "it waits to be sent",
      "Others wait before it, or the batch is not full: see status, or give it more time with --timeout.",
    );
  }
  return unfinished(
    "nothing was heard of it after it was accepted",
    "It waits to be processed, or the disk is too full for traces: see status and doctor.",
  );
}
