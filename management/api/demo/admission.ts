/** How many events a second one reader is shown: an event is shown with all its records or not at all. */
import type { Clock } from "@datafly-signal/core";

export interface Admission {
  admit(messageId: string): boolean;
  /** Events that were left out since it was asked last. */
  takeSkipped(): number;
}

/** Events whose verdict is remembered: later records follow the first one. */
const REMEMBERED = 2000;

export function createAdmission(options: { perSecond: number; clock: Pick<Clock, "monotonic"> }): Admission {
  const verdicts = new Map<string, boolean>();
  let second = Number.NEGATIVE_INFINITY;
  let admitted = 0;
  let skipped = 0;
  return {
    admit(messageId) {
      const known = verdicts.get(messageId);
      if (known !== undefined) return known;
      const now = options.clock.monotonic();
      if (now - second >= 1000) {
        second = now;
        admitted = 0;
      }
      const verdict = admitted < options.perSecond;
      if (verdict) admitted += 1;
      else skipped += 1;
      verdicts.set(messageId, verdict);
      const [oldest] = verdicts.keys();
      if (verdicts.size > REMEMBERED && oldest !== undefined) verdicts.delete(oldest);
      return verdict;
    },
    takeSkipped() {
      const count = skipped;
      skipped = 0;
      return count;
    },
  };
}
