/** What becomes of a delivery: done, given up or parked; always in the ledger and in the counts together. */
import {
  ageFault,
  consentGranted,
  type DeadLetterReason,
  type FilterReason,
  type LaneOutcome,
  requiredConsent,
} from "@datafly-signal/core";
import type { RunnerContext } from "./context.ts";
import { deadLetterRecord, replayEnded } from "./dead-letter.ts";
import type { Entry, Lane } from "./lane.ts";

const DELIVERED: LaneOutcome = { kind: "delivered", reason: null };
const RETRIED: LaneOutcome = { kind: "retried", reason: null };

/** How a delivery was given up, beside its reason. */
export interface GiveUpFacts {
  reason: DeadLetterReason;
  detail?: string;
  status?: number | null;
  body?: string | null;
  /** When the try that failed was made, wall clock; left out when it was not sent. */
  triedAt?: number;
  /** What must not be seen in detail and body, as of when it was tried; the lane's secrets of now when left out. */
  hidden?: readonly string[];
}

export function settleDelivered(context: RunnerContext, lane: Lane, entry: Entry): void {
  if (!leaves(context, entry)) return;
  const now = context.clock.wall();
  entry.home.done(entry.offset);
  entry.home.tally.add(lane.ref, DELIVERED, now);
  if (entry.delivery.replayOf !== undefined) entry.home.append(replayEnded(entry.delivery.replayOf, now));
  context.metrics.age(now - entry.times.waitsSince);
  context.committer.touch();
}

function settleFiltered(context: RunnerContext, lane: Lane, entry: Entry, reason: FilterReason): void {
  if (!leaves(context, entry)) return;
  const now = context.clock.wall();
  entry.home.done(entry.offset);
  entry.home.tally.add(lane.ref, { kind: "filtered", reason }, now);
  if (entry.delivery.replayOf !== undefined) entry.home.append(replayEnded(entry.delivery.replayOf, now));
  context.committer.touch();
}

export function settleDead(context: RunnerContext, lane: Lane, entry: Entry, facts: GiveUpFacts): void {
  if (!leaves(context, entry)) return;
  const now = context.clock.wall();
  const { home, offset, delivery, parked } = entry;
  home.append(
    deadLetterRecord({
      lane: lane.ref,
      delivery,
      position: { partition: home.partition, offset },
      reason: facts.reason,
      detail: facts.detail ?? null,
      lastStatus: facts.status ?? parked?.lastStatus ?? null,
      body: facts.body ?? null,
      secrets: facts.hidden ?? lane.plan?.secrets ?? [],
      tries: (parked?.tries ?? 0) + (facts.triedAt === undefined ? 0 : 1),
      firstTriedAt: parked?.firstTriedAt ?? facts.triedAt ?? null,
      lastTriedAt: facts.triedAt ?? parked?.lastTriedAt ?? null,
      now,
    }),
  );
  home.done(offset);
  home.tally.add(lane.ref, { kind: "dead_lettered", reason: facts.reason }, now);
  if (delivery.replayOf !== undefined) home.append(replayEnded(delivery.replayOf, now));
  context.committer.touch();
}

/** A record that is no delivery, or that the log no longer has: given up without its contents. */
export function settleUnreadable(
  context: RunnerContext,
  place: Pick<Entry, "home" | "offset"> & { lane: Lane["ref"] },
  facts: { reason: DeadLetterReason; detail: string; bytes?: number },
): void {
  const { home, offset, lane } = place;
  if (home.revoked) return;
  const now = context.clock.wall();
  home.append(
    deadLetterRecord({
      lane,
      delivery: null,
      position: { partition: home.partition, offset },
      ...facts,
      lastStatus: null,
      body: null,
      secrets: [],
      tries: home.parked.get(offset)?.tries ?? 0,
      firstTriedAt: null,
      lastTriedAt: null,
      now,
    }),
  );
  home.done(offset);
  home.tally.add(lane, { kind: "dead_lettered", reason: facts.reason }, now);
  context.committer.touch();
}

/** Counts a further try of a delivery that was tried before. */
export function countRetry(context: RunnerContext, lane: Lane, entry: Entry): void {
  if (entry.home.revoked || (entry.parked?.tries ?? 0) === 0) return;
  entry.home.tally.add(lane.ref, RETRIED, context.clock.wall());
}

/** The last look before sending: settles what must not be sent and answers what may. */
export function screen(context: RunnerContext, lane: Lane, entries: Entry[]): Entry[] {
  const now = context.clock.wall();
  let kept = entries;
  for (const entry of entries) {
    if (settleUnsendable(context, lane, { entry, now })) {
      if (kept === entries) kept = entries.slice(0, entries.indexOf(entry));
    } else if (kept !== entries) kept.push(entry);
  }
  return kept;
}

function settleUnsendable(context: RunnerContext, lane: Lane, { entry, now }: { entry: Entry; now: number }): boolean {
  if (entry.home.revoked) {
    leaves(context, entry);
    return true;
  }
  if (lane.gone) {
    settleDead(context, lane, entry, { reason: "integration_deleted" });
    return true;
  }
  const old = ageFault(entry.times, now, lane.plan?.maxEventAgeMs);
  if (old !== null) {
    settleDead(context, lane, entry, { reason: old });
    return true;
  }
  const { consent, revision } = entry.delivery;
  if (consentGranted(consent, categoriesFor(lane, revision))) return false;
  settleFiltered(context, lane, entry, "consent_denied");
  return true;
}

function categoriesFor(lane: Lane, revision: number): readonly string[] {
  const known = lane.consent.get(revision);
  if (known !== undefined) return known;
  if (lane.integration === null || lane.config === null) return [];
  const required = requiredConsent(lane.integration, revision, lane.config.revision);
  lane.consent.set(revision, required);
  return required;
}

/** Takes an entry out of memory; false when its partition is not ours any more, and nothing may be written for it. */
function leaves(context: RunnerContext, entry: Entry): boolean {
  context.memory.bytes -= entry.bytes;
  return !entry.home.revoked;
}
