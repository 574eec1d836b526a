/** From a vendor's answer to what becomes of each delivery in the request: settled, parked, or sent again at once. */
import { retryDelay, throttlePause, type VendorOutcome } from "@datafly-signal/core";
import { batchId } from "./attempt.ts";
import type { Backlog } from "./backlog.ts";
import type { RunnerContext } from "./context.ts";
import type { Batch, Entry, Lane } from "./lane.ts";
import type { LanePlan } from "./lane-plan.ts";
import { countRetry, type GiveUpFacts, settleDead, settleDelivered } from "./settle.ts";

export interface Answer {
  lane: Lane;
  plan: LanePlan;
  entries: readonly Entry[];
  /** In the order of `entries`. */
  outcomes: readonly VendorOutcome[];
  status: number | null;
  body: string | null;
  /** The request was the repetition after a token was renewed. */
  refreshed: boolean;
  /** The request was the repetition after the vendor was prepared. */
  prepared: boolean;
  /** When it was sent, wall clock. */
  startedAt: number;
  /** Parts of the one delivery that the vendor has accepted; empty when it is not spread. */
  doneParts: readonly number[];
  /** What must not be seen in details and excerpts. */
  hidden: readonly string[];
}

type Failing = VendorOutcome & { kind: "retry" | "throttle" };

interface Sorted {
  bisect: { entry: Entry; reason: string }[];
  renewed: Entry[];
  prepared: Entry[];
  again: { entry: Entry; outcome: Failing }[];
}

/** Settles an answer; what comes back is to be sent again at once, in this order. */
export function settleAnswer(context: RunnerContext, backlog: Backlog, answer: Answer): Batch[] {
  const sorted: Sorted = { bisect: [], renewed: [], prepared: [], again: [] };
  answer.lane.flying -= answer.entries.length;
  answer.entries.forEach((entry, index) => {
    const outcome = answer.outcomes[index] ?? {
      kind: "retry",
      reason: "The vendor's answer says nothing of this event.",
    };
    settleOne(context, answer, { entry, outcome, sorted });
  });
  if (sorted.again.length > 0) parkAll(context, backlog, answer, sorted.again);
  return [
    ...halves(context, answer, sorted.bisect),
    ...repetition(sorted.renewed, { ...answer, refreshed: true }),
    ...repetition(sorted.prepared, { ...answer, prepared: true }),
  ];
}

function settleOne(
  context: RunnerContext,
  answer: Answer,
  { entry, outcome, sorted }: { entry: Entry; outcome: VendorOutcome; sorted: Sorted },
): void {
  const { lane } = answer;
  const renew = outcome.kind === "refresh" && !answer.refreshed;
  if (!renew && outcome.kind !== "prepare") countRetry(context, lane, entry);
  if (outcome.kind === "delivered") settleDelivered(context, lane, entry);
  else if (lane.gone)
    settleDead(context, lane, entry, { ...facts(answer, outcome.reason), reason: "integration_deleted" });
  else if (outcome.kind === "retry" || outcome.kind === "throttle") sorted.again.push({ entry, outcome });
  else if (outcome.kind === "misconfigured")
    settleDead(context, lane, entry, { ...facts(answer, outcome.reason), reason: "misconfigured" });
  else if (outcome.kind === "refresh") {
    if (renew) sorted.renewed.push(entry);
    else sorted.again.push({ entry, outcome: { kind: "retry", reason: outcome.reason } });
  } else if (outcome.kind === "prepare") {
    sorted.prepared.push(entry);
  } else if (outcome.kind === "reject") {
    if (outcome.bisect === true && answer.entries.length > 1) sorted.bisect.push({ entry, reason: outcome.reason });
    else settleDead(context, lane, entry, { ...facts(answer, outcome.reason), reason: "rejected" });
  }
}

function facts({ status, body, startedAt, hidden }: Answer, detail: string): Omit<GiveUpFacts, "reason"> {
  return { detail, status, body, triedAt: startedAt, hidden };
}

/** Deliveries of one request that failed alike wait and go again as one batch. */
function parkAll(context: RunnerContext, backlog: Backlog, answer: Answer, failing: Sorted["again"]): void {
  const { lane, plan } = answer;
  const random = context.random();
  const batches = new Map<string, { delayMs: number; entries: Entry[] }>();
  for (const { entry, outcome } of failing) {
    const tries = (entry.parked?.tries ?? 0) + 1;
    const delayMs = retryDelay({ tries, maxRetries: plan.maxRetries, retryAfterMs: outcome.retryAfterMs, random });
    if (outcome.kind === "throttle") quieten(context, lane, throttlePause(outcome.retryAfterMs, delayMs));
    if (delayMs === null) {
      settleDead(context, lane, entry, { ...facts(answer, outcome.reason), reason: "retries_exhausted" });
      continue;
    }
    const key = `${tries}/${delayMs}`;
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, { delayMs, entries: [entry] });
    else batch.entries.push(entry);
  }
  for (const { delayMs, entries } of batches.values()) {
    const { status, startedAt, doneParts } = answer;
    backlog.park(lane, entries, {
      delayMs,
      lastStatus: status,
      triedAt: startedAt,
      batchId: entries.length > 1 ? batchId(entries) : null,
      doneParts,
    });
  }
}

function quieten(context: RunnerContext, lane: Lane, pauseMs: number): void {
  lane.pausedUntil = Math.max(lane.pausedUntil, context.clock.monotonic() + pauseMs);
}

/** A refused batch is sent again in halves, until the events at fault stand alone. */
function halves(context: RunnerContext, answer: Answer, refused: Sorted["bisect"]): Batch[] {
  const entries = refused.map(({ entry }) => entry);
  const [alone] = refused;
  if (entries.length === 1 && alone !== undefined && answer.entries.length === 1) {
    settleDead(context, answer.lane, alone.entry, { ...facts(answer, alone.reason), reason: "rejected" });
    return [];
  }
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({ entries: half, refreshed: false, prepared: answer.prepared }));
}

function repetition(
  entries: Entry[],
  { refreshed, prepared, doneParts }: Pick<Answer, "refreshed" | "prepared" | "doneParts">,
): Batch[] {
  if (entries.length === 0) return [];
  return [{ entries, refreshed, prepared, ...(doneParts.length > 0 && { doneParts }) }];
}
