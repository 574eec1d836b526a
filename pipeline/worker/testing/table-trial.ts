/** For tests of preparations: an integration whose deliveries need a table, and a vendor that has none at first. */
import type { ConfigSnapshot, RevisionContent } from "@datafly-signal/core";
import type { SendResult } from "../http/sender.ts";
import { answer, type PlayPreparing } from "./test-vendor.ts";
import { openTrial, revision, snapshotOf, type Trial, type TrialOptions } from "./trial.ts";

export const SECRET = "table-s3cret";

export function withTable(table: string, more: RevisionContent["parameters"] = {}): RevisionContent {
  return revision({ parameters: { table, ...more }, secrets: { token: `v1.sealed.${SECRET}` } });
}

export function tableSnapshot(table = "events"): ConfigSnapshot {
  return snapshotOf({ tmpl_a: { revisions: { 1: withTable(table) } } });
}

/** A vendor with tables: it answers 404 to deliveries until theirs is made. */
export function tableVendor(
  made: { is: boolean } = { is: false },
): Required<Pick<TrialOptions, "play" | "playPreparing">> {
  return {
    play: () => answer(made.is ? 200 : 404),
    playPreparing: ({ method }) => {
      if (method === "POST") made.is = true;
      return answer(made.is ? 200 : 404);
    },
  };
}

export function openTableTrial(options: TrialOptions = {}): Promise<Trial> {
  return openTrial({ snapshot: tableSnapshot(), ...tableVendor(), ...options });
}

/** The same, each answer after so many milliseconds. */
export function after(trial: () => Trial, ms: number, play: PlayPreparing): PlayPreparing {
  return (preparing, index) =>
    new Promise<SendResult>((resolve) => {
      trial().clock.after(ms, () => void Promise.resolve(play(preparing, index)).then(resolve));
    });
}
