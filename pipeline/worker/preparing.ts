/** Answers that say the vendor lacks something: prepares it, and turns them into what becomes of the deliveries. */
import type { VendorOutcome } from "@datafly-signal/core";
import type { RunnerContext } from "./context.ts";
import type { PendingRequest } from "./lane.ts";
import type { FailedPreparation } from "./preparation-run.ts";
import { traceAnswer } from "./trace.ts";

/** Whether the vendor is to be prepared before the answer is settled. */
export function needsPreparation(outcomes: readonly VendorOutcome[]): boolean {
  return outcomes.some(({ kind }) => kind === "prepare");
}

/** `prepare` as it may be acted on: once an attempt, and where the plan knows how. */
export function preparable({ attempt }: PendingRequest, outcomes: readonly VendorOutcome[]): VendorOutcome[] {
  const { prepared, plan } = attempt;
  return outcomes.map((outcome) => {
    if (outcome.kind !== "prepare" || (!prepared && plan.plan.preparation !== undefined)) return outcome;
    return { kind: prepared ? "retry" : "misconfigured", reason: outcome.reason };
  });
}

/**
 * The outcomes once the vendor was prepared, or could not be: then the failure is theirs that needed it. Where it was left
 * off they are to be sent again, after the next start.
 */
export async function prepareVendor(
  context: RunnerContext,
  pending: PendingRequest,
  outcomes: readonly VendorOutcome[],
): Promise<readonly VendorOutcome[]> {
  const { lane, plan, token, hidden } = pending.attempt;
  const result = await context.preparations.prepare({
    name: lane.ref.pipelineIntegrationId,
    plan,
    token: token?.held.value,
    hidden,
  });
  if (result.kind !== "failed") return outcomes;
  trace(context, pending, { outcomes, result });
  return outcomes.map((outcome) => (outcome.kind === "prepare" ? result.outcome : outcome));
}

/** Shows the request that failed, for the deliveries that needed it. */
function trace(
  context: RunnerContext,
  { attempt, request }: PendingRequest,
  { outcomes, result }: { outcomes: readonly VendorOutcome[]; result: FailedPreparation },
): void {
  if (result.request === null) return;
  const covers = request.covers.filter((_, at) => outcomes[at]?.kind === "prepare");
  const { response, durationMs } = result;
  const shown = { attempt, request: { ...result.request, covers }, ordinals: null };
  traceAnswer(context, shown, { outcomes: covers.map(() => result.outcome), response, durationMs });
}
