/** Makes the snapshot of the configuration as the database has it, and hands it to all parts; the last good one is kept beside the events. */
import type {
  Clock,
  ConfigSnapshot,
  ConfigurationState,
  Departure,
  Logger,
  SnapshotSource,
} from "@datafly-signal/core";
import { snapshotOf } from "@datafly-signal/core";
import type { ConfigurationStore } from "@datafly-signal/management-api";
import type { RecordTable } from "@datafly-signal/ports/state";
import { type WaitingLane, withStranded } from "./stranded.ts";

const LAST_GOOD = "snapshot";
/** What could not be made is tried again this often. */
const TRY_EVERY_MS = 3000;

export interface PublisherOptions {
  store: Pick<ConfigurationStore, "load" | "number" | "raiseTo" | "setDepartures">;
  records: RecordTable;
  environment: ConfigSnapshot["environment"];
  clock: Clock;
  logger: Logger;
  waiting(): Promise<WaitingLane[]>;
  /** Makes what integrations need before a snapshot that names them becomes current. */
  prepare(integrationIds: readonly string[]): Promise<void>;
}

export interface SnapshotPublisher {
  source: Omit<SnapshotSource, "refresh">;
  /** Null before the first. */
  current(): ConfigSnapshot | null;
  /** Publishes the configuration as it is now, whatever was published before. */
  publish(changes?: readonly string[]): Promise<void>;
  /**
   * Publishes it if its number is another one than that of what was published last. Answers whether the database was set
   * back to an earlier state, so that files are to be applied again.
   */
  publishIfNewer(): Promise<{ wasSetBack: boolean }>;
  /** Publishes the last one that was good, where the database cannot be asked; false where there is none. */
  publishLastGood(): Promise<boolean>;
  /** The number of the last one that was good; 0 without one. */
  lastGoodNumber(): Promise<number>;
  /** Gives up deliveries of lanes that are not there any more, and that nothing was found to wait for before. */
  gatherStranded(): Promise<void>;
  /** Integrations that are left out because what they need could not be made, with the reason. */
  leftOut(): ReadonlyMap<string, string>;
}

/** A fault of the program. */
class NoSnapshotError extends TypeError {
  constructor() {
    super("the configuration is asked for before it was loaded");
    this.name = "NoSnapshotError";
  }
}

export function openSnapshotPublisher(options: PublisherOptions): SnapshotPublisher {
  const { store, records, environment, logger } = options;
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  let current: ConfigSnapshot | null = null;
  /** What it was made from, with those that are left out. */
  let whole: ConfigSnapshot | null = null;
  let leftOut = new Map<string, string>();
  /** Monotonic clock. */
  let tryAgainAt = 0;

  const announce = (snapshot: ConfigSnapshot, changes: readonly string[]): void => {
    const isSame = current !== null && JSON.stringify(current) === JSON.stringify(snapshot);
    current = snapshot;
    if (isSame) return;
    logger.info({ snapshot: snapshot.number, ...(changes.length > 0 && { changes }) }, "configuration is current");
    for (const listener of listeners) listener(snapshot);
  };
  const publishState = async (state: ConfigurationState, changes: readonly string[]): Promise<void> => {
    whole = snapshotOf(state, environment);
    leftOut = await prepared(options, whole, leftOut);
    tryAgainAt = options.clock.monotonic() + TRY_EVERY_MS;
    const snapshot = without(whole, leftOut);
    await records.put([[LAST_GOOD, Buffer.from(JSON.stringify(snapshot))]]);
    announce(snapshot, changes);
  };
  const lastGood = async (): Promise<ConfigSnapshot | null> => {
    const bytes = await records.get(LAST_GOOD);
    return bytes === undefined ? null : (JSON.parse(Buffer.from(bytes).toString("utf8")) as ConfigSnapshot);
  };
  const publisher: SnapshotPublisher = {
    source: {
      current() {
        if (current === null) throw new NoSnapshotError();
        return current;
      },
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    current: () => current,
    leftOut: () => leftOut,
    async publish(changes = []) {
      await publishState(await store.load(), changes);
    },
    async publishIfNewer() {
      const number = await store.number();
      // A database that was set back counts on from what was delivered under.
      const last = current?.number ?? 0;
      const wasSetBack = number < last;
      if (wasSetBack) await store.raiseTo(last + 1);
      const isCurrent = current !== null && whole !== null && number === current.number;
      // What could not be made may be made now.
      const isDue = leftOut.size > 0 && options.clock.monotonic() >= tryAgainAt;
      if (!isCurrent || isDue) await publisher.publish();
      return { wasSetBack };
    },
    async publishLastGood() {
      const snapshot = await lastGood();
      if (snapshot === null) return false;
      announce({ ...snapshot, environment }, []);
      return true;
    },
    lastGoodNumber: async () => (await lastGood())?.number ?? 0,
    async gatherStranded() {
      if (whole === null) return;
      const waiting = await options.waiting();
      if (withStranded(whole, waiting) === null) return;
      // What was published may be older than what is configured.
      const isGathered = await store.setDepartures((state) => {
        const next = withStranded(snapshotOf(state, environment), waiting);
        return next && departuresOf(next);
      });
      if (isGathered) await publisher.publish(["late deliveries given up"]);
    },
  };
  return publisher;
}

function departuresOf({ removed, removedLanes = [] }: ConfigSnapshot): Departure[] {
  return [...removed.map(({ integrationId }) => ({ integrationId, pipelineIntegrationId: null })), ...removedLanes];
}

/** Integrations whose topics cannot be made, with the reason; one does not keep the others from being taken. */
async function prepared(
  { prepare, logger }: PublisherOptions,
  { integrations }: ConfigSnapshot,
  before: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const ids = integrations.map(({ id }) => id);
  try {
    await prepare(ids);
    return new Map();
  } catch {
    const failed = new Map<string, string>();
    for (const { id, name } of integrations) {
      try {
        await prepare([id]);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.set(id, `integration "${name}" is left out: ${reason}`);
        if (!before.has(id))
          logger.error({ integration: id, error: reason }, "an integration's topics cannot be made; it is left out");
      }
    }
    return failed;
  }
}

function without(snapshot: ConfigSnapshot, leftOut: ReadonlyMap<string, string>): ConfigSnapshot {
  if (leftOut.size === 0) return snapshot;
  return {
    ...snapshot,
    integrations: snapshot.integrations.filter(({ id }) => !leftOut.has(id)),
    lanes: snapshot.lanes.filter(({ integrationId }) => !leftOut.has(integrationId)),
  };
}
