/** The lanes of one integration and the configuration they work from. */
import {
  type Clock,
  type ConfigSnapshot,
  type LaneRef,
  type Logger,
  probeAtOnce,
  type SnapshotSource,
} from "@datafly-signal/core";
import { createLane, type Lane } from "./lane.ts";
import { planKey, planLane, type PlanTools } from "./lane-plan.ts";

/** A lane we know waits so long at most for a snapshot that its deliveries name: numbers start again after a restored backup. */
const LONGEST_AWAIT_MS = 60_000;
const REFRESH_AGAIN_MS = 1_000;

export interface LanesOptions {
  integrationId: string;
  snapshots: SnapshotSource;
  tools: PlanTools;
  clock: Clock;
  logger: Logger;
  /** What waits for the lane is to be dead-lettered. */
  onGone: (lane: Lane) => void;
  /** The lane's configuration changed. */
  onChanged: (lane: Lane) => void;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  #snapshot: ConfigSnapshot;
  #refreshing = false;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#snapshot = options.snapshots.current();
  }

  all(): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** The lane of a delivery, made when it is the first one; looks for a newer snapshot where ours does not know it. */
  of(ref: LaneRef, snapshotNumber: number): Lane {
    let lane = this.#lanes.get(ref.pipelineIntegrationId);
    if (lane === undefined) {
      lane = createLane(ref);
      this.#lanes.set(ref.pipelineIntegrationId, lane);
      this.#configure(lane);
    }
    if (snapshotNumber > lane.snapshotNeeded) lane.snapshotNeeded = snapshotNumber;
    const newer = snapshotNumber > this.#snapshot.number;
    // What was deleted may have come back.
    if (newer && lane.gone) lane.gone = false;
    const unknown = lane.config === null && !lane.gone;
    if (unknown || (newer && !lane.awaitedEnough)) this.#await(lane);
    return lane;
  }

  /** Takes over a snapshot. */
  apply(snapshot: ConfigSnapshot): void {
    this.#snapshot = snapshot;
    for (const config of snapshot.lanes) {
      if (config.integrationId !== this.#options.integrationId || this.#lanes.has(config.id)) continue;
      const { pipelineId, integrationId, id } = config;
      this.#lanes.set(id, createLane({ pipelineId, integrationId, pipelineIntegrationId: id }));
    }
    for (const lane of this.#lanes.values()) this.#configure(lane);
    this.#settleUnknown();
    this.#awaitOn();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #configure(lane: Lane): void {
    const snapshot = this.#snapshot;
    const id = lane.ref.pipelineIntegrationId;
    lane.config =
      snapshot.lanes.find((config) => config.id === id && config.integrationId === this.#options.integrationId) ?? null;
    lane.integration =
      snapshot.integrations.find((integration) => integration.id === this.#options.integrationId) ?? null;
    lane.consent.clear();
    if (snapshot.number >= lane.snapshotNeeded) {
      lane.awaitedSince = null;
      lane.awaitedEnough = false;
    }
    if (lane.config === null || lane.integration === null) {
      lane.config = null;
      lane.plan = null;
      return;
    }
    lane.gone = false;
    this.#plan(lane, { snapshot, integration: lane.integration, lane: lane.config });
    this.#options.onChanged(lane);
  }

  #plan(lane: Lane, sources: Parameters<typeof planKey>[0]): void {
    const key = planKey(sources);
    if (lane.plan?.key === key) return;
    const made = planLane(sources, this.#options.tools);
    const { clock, logger } = this.#options;
    if ("fault" in made) {
      lane.plan = null;
      lane.fault = made.fault;
      logger.warn(
        { lane: lane.ref.pipelineIntegrationId, fault: made.fault },
        "the settings are wrong: deliveries wait for a new revision",
      );
      return;
    }
    lane.plan = made.plan;
    lane.fault = null;
    lane.circuit = probeAtOnce(lane.circuit, clock.monotonic());
  }

  /** Lanes that the newest snapshot does not know although it is as new as their deliveries are gone. */
  #settleUnknown(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.config !== null || lane.gone || this.#refreshing) continue;
      if (this.#snapshot.number >= lane.snapshotNeeded) this.#remove(lane);
      else lane.awaitedSince ??= this.#options.clock.monotonic();
    }
  }

  #remove(lane: Lane): void {
    lane.gone = true;
    lane.plan = null;
    lane.awaitedSince = null;
    this.#options.onGone(lane);
  }

  #await(lane: Lane): void {
    lane.awaitedSince ??= this.#options.clock.monotonic();
    if (this.#refreshing) return;
    this.#refreshing = true;
    this.#options.snapshots
      .refresh()
      .catch((error: unknown) =>
        this.#options.logger.warn({ error: String(error) }, "no newer configuration could be asked for"),
      )
      .then(() => {
        this.#refreshing = false;
        if (this.#closed) return;
        this.apply(this.#options.snapshots.current());
      });
  }

  /** Asks again while a lane waits for a snapshot that has not come. */
  #awaitOn(): void {
    if (this.#refreshing) return;
    this.#cancel();
    const now = this.#options.clock.monotonic();
    let waiting = null as Lane | null;
    for (const lane of this.#lanes.values()) {
      if (lane.awaitedSince === null || lane.gone) continue;
      if (lane.config !== null && now - lane.awaitedSince >= LONGEST_AWAIT_MS) {
        lane.awaitedSince = null;
        lane.awaitedEnough = true;
        this.#options.onChanged(lane);
        continue;
      }
      waiting = lane;
    }
    if (waiting === null) return;
    const first = waiting;
    this.#cancel = this.#options.clock.after(REFRESH_AGAIN_MS, () => this.#await(first));
  }
}
