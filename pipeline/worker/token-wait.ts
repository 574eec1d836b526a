/** Waiting for a token: what asks for it, and what answers for it when it cannot be had. */
import type { VendorOutcome } from "@datafly-signal/core";
import { settleAnswer } from "./answer.ts";
import type { Backlog } from "./backlog.ts";
import { learn } from "./circuit-lesson.ts";
import type { RunnerContext } from "./context.ts";
import { type Attempt, type Entry, lacksToken, type Lane, type SendMode } from "./lane.ts";
import type { LanePlan } from "./lane-plan.ts";
import { isRipe, takeBatch, takeProbe } from "./next-batch.ts";
import { screen } from "./settle.ts";
import type { FailedToken } from "./token-request.ts";
import { traceAnswer } from "./trace.ts";

/** Asks for the token that the lane lacks and has a use for; whether it waits for one. */
export function awaitsToken(lane: Lane, mode: SendMode, now: number): boolean {
  if (mode === "blocked" || !lacksToken(lane, now)) return false;
  const loaded = lane.ready.length + lane.queue.length;
  const parked = mode === "probe" ? lane.retrying.size : lane.due.length;
  if (loaded + parked + lane.held.length > 0) lane.token?.cell.ask(now);
  return true;
}

/**
 * A request for the token failed: the oldest delivery that waits for it spends a try, as if its own request had failed so.
 * It takes its batch along where that was tried before and goes again as it is, unless the failure is final.
 */
export function answerForToken(
  context: RunnerContext,
  backlog: Backlog,
  { lane, plan, mode, failure }: { lane: Lane; plan: LanePlan; mode: SendMode; failure: FailedToken },
): void {
  const { clock, memory } = context;
  const facts = { now: clock.monotonic(), full: memory.bytes >= memory.max };
  if (mode === "blocked" || !isRipe(lane, mode, facts)) return;
  const { outcome, response, startedAt, hidden } = failure;
  const together = mode === "open" && outcome.kind !== "misconfigured" && lane.ready.length > 0;
  const batch = together ? takeBatch(lane) : takeProbe(lane);
  const entries = screen(context, lane, batch.entries);
  if (entries.length === 0) return;
  const outcomes = entries.map((): VendorOutcome => outcome);
  trace(context, { lane, plan, entries, failure, outcomes });
  const [first] = entries;
  lane.flying += entries.length;
  // Nothing of it is to be sent at once: a token that fails is no refusal of the batch.
  settleAnswer(context, backlog, {
    ...{ lane, plan, entries, outcomes, startedAt, hidden, refreshed: false, prepared: false },
    status: response?.status ?? null,
    body: response?.body ?? null,
    doneParts: first?.parked?.doneParts ?? [],
  });
  learn(context, { lane, hidden, probe: mode === "probe" }, [outcome]);
}

/** Shows the token request without what it carried. */
function trace(
  context: RunnerContext,
  facts: { lane: Lane; plan: LanePlan; entries: readonly Entry[]; failure: FailedToken; outcomes: VendorOutcome[] },
): void {
  const { lane, plan, entries, failure, outcomes } = facts;
  const { request, response, durationMs, startedAt, hidden } = failure;
  if (request === null) return;
  const attempt: Attempt = {
    ...{ lane, plan, entries, startedAt, hidden },
    ...{ probe: false, refreshed: false, prepared: false, requestsLeft: 0, parts: null, token: null },
  };
  const shown = {
    ...request,
    url: request.url.replace(/\?.*$/s, ""),
    body: typeof request.body === "string" ? Buffer.from(request.body) : request.body,
    covers: entries.map((_, index) => index),
  };
  traceAnswer(context, { attempt, request: shown, ordinals: null }, { outcomes, response, durationMs });
}
