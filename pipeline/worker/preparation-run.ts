/** Prepares a vendor, once: the plan's steps one after the other, bounded in number and time, and what came of them as a value. */
import type { Clock, PreparationFailure, PreparationStep, VendorRequest, VendorResponse } from "@datafly-signal/core";
import type { Sender, SendResult } from "./http/sender.ts";
import type { LanePlan } from "./lane-plan.ts";

/** Who needs it, and with what. */
export interface PreparationNeed {
  /** The lane, as logs name it. */
  name: string;
  /** Has a `preparation`. */
  plan: Pick<LanePlan, "plan" | "key">;
  /** What requests carry; undefined where the plan has no token. */
  token: string | undefined;
  /** What must not be seen in logs. */
  hidden: readonly string[];
}

export interface PreparedVendor {
  kind: "ready";
  /** Requests that it took. */
  requests: number;
}

export interface FailedPreparation {
  kind: "failed";
  outcome: PreparationFailure;
  /** The last one that was sent, and its answer; null when none was. */
  request: VendorRequest | null;
  response: VendorResponse | null;
  durationMs: number;
}

/** Looking, making, looking again where another was faster, adding: no vendor needs more. */
const MOST_REQUESTS = 8;
const UNSENT: SendResult = { kind: "failed", reason: "network", detail: "The preparing request could not be sent." };
/** Settings that are wrong, or a server that is: trying again mends neither. */
const LASTING: ReadonlySet<string> = new Set(["tls", "blocked_address"]);

/** Never rejects; what it takes altogether is bounded by the plan's timeout. */
export async function runPreparation(
  { plan: { plan }, token }: PreparationNeed,
  { sender, clock }: { sender: Sender; clock: Clock },
): Promise<PreparedVendor | FailedPreparation> {
  const start = clock.monotonic();
  const answers: VendorResponse[] = [];
  let request: VendorRequest | null = null;
  let response: VendorResponse | null = null;
  const failed = (outcome: PreparationFailure): FailedPreparation => {
    const durationMs = clock.monotonic() - start;
    return { kind: "failed", outcome, request, response, durationMs };
  };
  for (;;) {
    const step = nextStep(() =>
      plan.preparation?.next(answers, { now: clock.wall(), ...(token !== undefined && { token }) }),
    );
    if ("ready" in step) return { kind: "ready", requests: answers.length };
    if ("kind" in step) return failed(step);
    const leftMs = plan.timeoutMs - (clock.monotonic() - start);
    if (answers.length >= MOST_REQUESTS || leftMs <= 0) {
      return failed({ kind: "retry", reason: "Preparing the vendor did not come to an end." });
    }
    [request, response] = [step.send, null];
    const options = { timeoutMs: Math.max(1, leftMs), guarded: plan.guarded };
    const result = await sender.send(request, options).catch(() => UNSENT);
    if (result.kind === "failed") {
      return failed({ kind: LASTING.has(result.reason) ? "misconfigured" : "retry", reason: result.detail });
    }
    response = result.response;
    answers.push(response);
  }
}

/** The step, or why there is none: plans may be wrong. */
function nextStep(ask: () => PreparationStep | undefined): PreparationStep {
  try {
    return ask() ?? { kind: "misconfigured", reason: "The plan can prepare nothing." };
  } catch (error) {
    const name = error instanceof Error ? error.name : "Error";
    return { kind: "retry", reason: `The next step of preparing the vendor could not be told (${name}).` };
  }
}
