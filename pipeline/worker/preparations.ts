/** Preparations of vendors, by key: each runs once for all that need it at the time, and its result holds for a while. */
import { type Clock, type Logger, type PreparationFailure, redact } from "@datafly-signal/core";
import type { Sender } from "./http/sender.ts";
import {
  type FailedPreparation,
  type PreparationNeed,
  type PreparedVendor,
  runPreparation,
} from "./preparation-run.ts";

/** `closed`: it was left off, and nothing is known of it. */
export type PreparationResult = PreparedVendor | FailedPreparation | { kind: "closed" };

export interface Preparations {
  /** Prepares the vendor, joins who does already, or tells what came of it a moment ago. Never rejects. */
  prepare(need: PreparationNeed): Promise<PreparationResult>;
  /** Keys under way or remembered. */
  readonly size: number;
  /** Nothing is prepared any more; who waits is told so at once. */
  close(): void;
}

export interface PreparationTools {
  sender: Sender;
  clock: Clock;
  logger: Logger;
  onResult(result: "ready" | PreparationFailure["kind"]): void;
}

interface Run {
  result: Promise<PreparationResult>;
  failed: boolean;
  /** Keys of the plans that it was run for: settings that have changed since may have mended it. */
  plans: Set<string>;
  end(result: PreparationResult): void;
  /** Leaves the memory of it be. */
  cancel(): void;
}

/** Answers to what was sent before it was done come until then, and a vendor that refused is not asked for every batch. */
const REMEMBERED_MS = 10_000;
const LONGEST_REMEMBERED_MS = 3_600_000;
const REASON_LIMIT = 200;

export function openPreparations(tools: PreparationTools): Preparations {
  const runs = new Map<string, Run>();
  let closed = false;

  function begin(key: string, need: PreparationNeed): Run {
    const before = runs.get(key);
    before?.cancel();
    const plans = new Set([...(before?.plans ?? []), need.plan.key]);
    const { promise, resolve } = Promise.withResolvers<PreparationResult>();
    const run: Run = { result: promise, failed: false, plans, end: resolve, cancel: () => undefined };
    runs.set(key, run);
    void runPreparation(need, tools).then((result) => {
      if (closed) return;
      tell(tools, need, result);
      run.failed = result.kind === "failed";
      remember(key, run, result);
      resolve(result);
    });
    return run;
  }

  function remember(key: string, run: Run, result: PreparedVendor | FailedPreparation): void {
    const forget = (): void => {
      if (runs.get(key) === run) runs.delete(key);
    };
    const ms = rememberedMs(result);
    if (ms === 0) forget();
    else run.cancel = tools.clock.after(ms, forget);
  }

  return {
    prepare(need) {
      if (closed) return Promise.resolve({ kind: "closed" });
      const { plan, key: planKey } = need.plan;
      const key = plan.preparation?.key ?? "";
      const known = runs.get(key);
      const isNews = known?.failed === true && !known.plans.has(planKey);
      const run = known === undefined || isNews ? begin(key, need) : known;
      run.plans.add(planKey);
      return run.result;
    },
    get size() {
      return runs.size;
    },
    close() {
      closed = true;
      for (const run of runs.values()) {
        run.cancel();
        run.end({ kind: "closed" });
      }
      runs.clear();
    },
  };
}

/** A refused token says nothing of the vendor: with a new one it is tried at once. */
function rememberedMs(result: PreparedVendor | FailedPreparation): number {
  if (result.kind === "ready") return REMEMBERED_MS;
  const { outcome } = result;
  if (outcome.kind === "refresh") return 0;
  const asked = outcome.kind === "misconfigured" ? 0 : (outcome.retryAfterMs ?? 0);
  return Math.max(REMEMBERED_MS, Math.min(asked, LONGEST_REMEMBERED_MS));
}

function tell(
  { logger, onResult }: PreparationTools,
  { name, hidden }: PreparationNeed,
  result: PreparedVendor | FailedPreparation,
): void {
  if (result.kind === "ready") {
    onResult("ready");
    logger.info({ lane: name, requests: result.requests }, "the vendor was prepared: what needed it is sent again");
    return;
  }
  const { outcome, response } = result;
  onResult(outcome.kind);
  const reason = redact(outcome.reason, hidden, REASON_LIMIT);
  logger.warn(
    { lane: name, result: outcome.kind, status: response?.status ?? null, reason },
    "the vendor could not be prepared",
  );
}
