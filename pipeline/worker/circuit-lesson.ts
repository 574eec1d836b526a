/** What a lane's circuit learns from the outcomes of a request. */
import { afterAttempt, type AttemptShowed, type VendorOutcome, redact } from "@datafly-signal/core";
import type { RunnerContext } from "./context.ts";
import type { Attempt } from "./lane.ts";

const FAULT_LIMIT = 200;

export function learn(
  { clock, logger }: Pick<RunnerContext, "clock" | "logger">,
  { lane, hidden, probe }: Pick<Attempt, "lane" | "hidden" | "probe">,
  outcomes: readonly VendorOutcome[],
): void {
  const before = lane.circuit;
  lane.circuit = afterAttempt(before, whatItShowed(outcomes), { now: clock.monotonic(), probe });
  if (lane.circuit === before) return;
  const fault = outcomes.find(({ kind }) => kind !== "delivered");
  if (fault !== undefined && fault.kind !== "delivered") lane.lastFault = redact(fault.reason, hidden, FAULT_LIMIT);
  if (lane.circuit.state === before.state) return;
  const said = {
    integration: lane.integration?.name ?? lane.ref.integrationId,
    lane: lane.ref.pipelineIntegrationId,
    circuit: lane.circuit.state,
    reason: lane.lastFault,
  };
  if (lane.circuit.state === "closed") logger.info(said, "the circuit closed: deliveries go out again");
  else logger.warn(said, "the circuit opened: deliveries wait, a probe goes out now and then");
}

export function whatItShowed(outcomes: readonly VendorOutcome[]): AttemptShowed {
  let showed: AttemptShowed = "failed";
  for (const { kind } of outcomes) {
    if (kind === "misconfigured") return kind;
    if (kind === "delivered" || kind === "reject" || kind === "prepare") showed = "succeeded";
    else if (kind !== "retry" && showed === "failed") showed = "answered";
  }
  return showed;
}
