/** The embedded log and state as one thread opens them, and the log's housekeeping. */
import type { Clock, Logger } from "@datafly-signal/core";
import { type LmdbLog, openLmdbLog, type RetainOptions } from "@datafly-signal/ports/log/lmdb";
import type { StateStore } from "@datafly-signal/ports/state";
import { openLmdbState } from "@datafly-signal/ports/state/lmdb";
import { openFolderReserve } from "../budgets/disk-space.ts";
import type { ThreadData } from "./protocol.ts";

const RETAIN_EVERY_MS = 60_000;

export function openThreadLog(
  data: Pick<ThreadData, "settings" | "bell">,
  role: "gateway" | "processor" | "worker" | "main",
): LmdbLog {
  return openLmdbLog({ directory: data.settings.dataDir, bell: data.bell, writesIngest: role === "gateway" });
}

/** @param role the processor's first sights and visitor states share the flush of its commits */
export function openThreadState(data: Pick<ThreadData, "settings">, role: "processor" | "worker" | "main"): StateStore {
  const { dataDir, dedupeMaxKeys } = data.settings;
  return openLmdbState({ directory: dataDir, dedupeMaxKeys, staged: role === "processor" });
}

/** How a role traces: as much as is set, while the disk has room. Whoever asked for it closes it. */
export function openTracing(
  { settings }: Pick<ThreadData, "settings">,
  log: LmdbLog,
): {
  traces: { share: number; roomy(): boolean };
  close(): void;
} {
  const reserve = openFolderReserve(settings, log);
  return { traces: { share: settings.traceShare, roomy: reserve.roomy }, close: reserve.close };
}

/** Deletes what the topics no longer keep, every minute, until it is closed. */
export function startRetention(
  log: LmdbLog,
  side: RetainOptions["side"],
  parts: {
    clock: Clock;
    logger: Logger;
    /** The first offset that must stay, by topic and partition; asked before each run. */
    keepFrom?: () => Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
  },
): { close(): Promise<void> } {
  const { clock, logger } = parts;
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const run = async (): Promise<void> => {
    try {
      const kept = await parts.keepFrom?.();
      const retained = await log.retain({
        side,
        now: clock.wall(),
        signal: ending.signal,
        ...(kept === undefined ? {} : { keepFrom: (topic, partition) => kept.get(topic)?.get(partition) }),
      });
      for (const one of retained) logger.debug(one, "records past their retention were deleted");
    } catch (error) {
      logger.warn({ error: String(error), side }, "retention failed; it is tried again in a minute");
    }
  };
  const next = (): void => {
    cancel = clock.after(RETAIN_EVERY_MS, () => {
      running = run().then(() => (ending.signal.aborted ? undefined : next()));
    });
  };
  next();
  return {
    async close() {
      ending.abort();
      cancel();
      await running;
    },
  };
}
