/** For tests of tokens: an integration whose requests carry one, and what is asked of its vendor. */
import type { ConfigSnapshot, JsonObject, RevisionContent } from "@datafly-signal/core";
import type { SendResult } from "../http/sender.ts";
import type { PlayToken } from "./test-vendor.ts";
import { delivery, openTrial, post, revision, snapshotOf, type Trial, type TrialOptions } from "./trial.ts";

export const CLIENT_SECRET = "client-s3cret";

/** What a revision of the account's holds. */
export function withAccount(account: string, more: JsonObject = {}): RevisionContent {
  return revision({ parameters: { account, ...more }, secrets: { token: `v1.sealed.${CLIENT_SECRET}` } });
}

/** One lane, of the account `shop`. */
export function tokenSnapshot(): ConfigSnapshot {
  return snapshotOf({ tmpl_a: { revisions: { 1: withAccount("shop") } } });
}

export function openTokenTrial(options: TrialOptions = {}): Promise<Trial> {
  return openTrial({ snapshot: tokenSnapshot(), ...options });
}

/** Posts deliveries to a lane, whose id begins with its integration's. */
export function postMany(trial: Pick<Trial, "log" | "clock">, count: number, lane = "tmpl_a_lane"): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => `${lane}-${index}`);
  const integrationId = lane.slice(0, "tmpl_a".length);
  return post(
    trial,
    ids.map((id) => delivery(id, trial.clock, { integrationId, pipelineIntegrationId: lane })),
  );
}

/** Milliseconds between moments. */
export function gaps(moments: readonly { at: number }[]): number[] {
  return moments.slice(1).map(({ at }, index) => at - (moments[index]?.at ?? 0));
}

export function slowly(trial: () => Trial, ms: number, result: (index: number) => SendResult): PlayToken {
  return (_, index) => new Promise((resolve) => void trial().clock.after(ms, () => resolve(result(index))));
}

export function states(trial: Pick<Trial, "worker">): unknown[] {
  return trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]);
}
