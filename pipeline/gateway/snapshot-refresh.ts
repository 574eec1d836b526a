/** Looks for a newer snapshot when a key is unknown: once at a time, and not more often than once a second. */
import type { Clock, Logger, SnapshotSource } from "@datafly-signal/core";

const MIN_INTERVAL_MS = 1_000;
/** A source that does not answer must not hold requests. */
const MAX_WAIT_MS = 2_000;

/** Null when it was looked for a moment ago: what is known is all there is. */
export type RefreshSnapshot = () => Promise<void> | null;

export function snapshotRefresh(snapshots: SnapshotSource, clock: Clock, logger: Logger): RefreshSnapshot {
  let startedAt = -Infinity;
  let underWay: Promise<void> | null = null;
  return () => {
    if (underWay !== null) return underWay;
    if (clock.monotonic() - startedAt < MIN_INTERVAL_MS) return null;
    startedAt = clock.monotonic();
    underWay = bounded(snapshots.refresh(), clock)
      .catch((error: unknown) => logger.warn({ err: error }, "looking for a newer configuration failed"))
      .finally(() => {
        underWay = null;
      });
    return underWay;
  };
}

function bounded(work: Promise<void>, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(MAX_WAIT_MS, resolve);
  return Promise.race([work, promise]).finally(cancel);
}
