/** Puts the gateway's counts of refused events into the log; what the log does not take waits, so that none is missing in the sum. */
import { type Clock, type Logger, OUTCOMES, type OutcomeRecord } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";

export interface RefusedRecorder {
  /** Events by error code since the last call. */
  add(counts: Readonly<Record<string, number>>): void;
  /** Tries once more to record what waits. */
  close(): Promise<void>;
}

const AGAIN_MS = 5_000;

export function refusedRecorder(
  log: Pick<EventLog, "append">,
  parts: { clock: Clock; logger: Logger },
): RefusedRecorder {
  const { clock, logger } = parts;
  const waiting = new Map<string, number>();
  let running: Promise<void> | null = null;
  let cancel = (): void => undefined;
  let closed = false;

  const record = async (): Promise<void> => {
    const taken = [...waiting];
    waiting.clear();
    const now = clock.wall();
    const records = taken.map(([reason, count]) => {
      const outcome: OutcomeRecord = { v: 1, minute: now - (now % 60_000), count, lane: null, kind: "refused", reason };
      return { topic: OUTCOMES, key: reason, value: Buffer.from(JSON.stringify(outcome)) };
    });
    try {
      await log.append(records);
    } catch (error) {
      for (const [reason, count] of taken) waiting.set(reason, (waiting.get(reason) ?? 0) + count);
      logger.warn({ error: String(error), codes: taken.length }, "refused events are not counted yet; trying again");
      if (!closed) cancel = clock.after(AGAIN_MS, run);
    }
  };
  const run = (): void => {
    cancel();
    if (running !== null || waiting.size === 0) return;
    running = record().finally(() => (running = null));
  };
  return {
    add(counts) {
      for (const [reason, count] of Object.entries(counts)) waiting.set(reason, (waiting.get(reason) ?? 0) + count);
      run();
    },
    async close() {
      closed = true;
      cancel();
      await running;
      if (waiting.size > 0) await record();
    },
  };
}
