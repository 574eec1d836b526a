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
import type { FailedToken } from "./token-request.ts";
import type { VendorTokens } from "./vendor-tokens.ts";

/** A lane we know, or know to be removed, waits so long at most for a snapshot that its deliveries name: numbers start again after a restored backup. */
const LONGEST_AWAIT_MS = 60_000;
const REFRESH_AGAIN_MS = 1_000;

export interface LanesOptions {
  integrationId: string;
  snapshots: SnapshotSource;
  tools: PlanTools;
  tokens: VendorTokens;
  clock: Clock;
  logger: Logger;
  /** What waits for the lane is to be dead-lettered. */
  onGone: (lane: Lane) => void;
  /** The lane's configuration changed. */
  onChanged: (lane: Lane) => void;
  /** There is a token for its requests. */
  onToken: (lane: Lane) => void;
  onTokenFailed: (lane: Lane, failure: FailedToken) => void;
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

  /** Whether one of them has a backlog that lasts. */
  get lasting(): boolean {
    for (const { window } of this.#lanes.values()) {
      if (window.lasting) return true;
    }
    return false;
  }

  /** The lane of a delivery, made when it is the first one; looks for a newer snapshot where ours does not know it. */
  of(ref: LaneRef, snapshotNumber: number): Lane {
    let lane = this.#lanes.get(ref.pipelineIntegrationId);
    if (lane === undefined) {
      lane = this.#add(ref);
      this.#configure(lane);
    }
    // A lane that only the ledger or its removal had named has no pipeline yet.
    if (lane.ref.pipelineId === "") lane.ref.pipelineId = ref.pipelineId;
    if (snapshotNumber > lane.snapshotNeeded) lane.snapshotNeeded = snapshotNumber;
    const newer = snapshotNumber > this.#snapshot.number;
    // What was deleted may have come back.
    if (newer && lane.gone && !lane.awaitedEnough) lane.gone = false;
    const unknown = lane.config === null && !lane.gone;
    if (unknown || (newer && !lane.awaitedEnough)) this.#await(lane);
    return lane;
  }

  /** Takes over a snapshot. */
  apply(snapshot: ConfigSnapshot): void {
    this.#snapshot = snapshot;
    const removed = (snapshot.removedLanes ?? []).map((lane) => ({ ...lane, pipelineId: "" }));
    const configured = snapshot.lanes.map(({ id, ...lane }) => ({ ...lane, pipelineIntegrationId: id }));
    for (const { pipelineId, integrationId, pipelineIntegrationId } of [...configured, ...removed]) {
      if (integrationId !== this.#options.integrationId || this.#lanes.has(pipelineIntegrationId)) continue;
      // One that was removed is made too: a lane that has gone is what its deliveries are read for.
      this.#add({ pipelineId, integrationId, pipelineIntegrationId });
    }
    for (const lane of this.#lanes.values()) this.#configure(lane);
    this.#settleUnknown();
    this.#awaitOn();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const lane of this.#lanes.values()) leaveToken(lane);
  }

  #add(ref: LaneRef): Lane {
    const lane = createLane(ref);
    this.#lanes.set(ref.pipelineIntegrationId, lane);
    return lane;
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
      leaveToken(lane);
      return;
    }
    lane.gone = false;
    this.#plan(lane, { snapshot, integration: lane.integration, lane: lane.config });
    this.#useToken(lane);
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

  /** A lane that may send has its share in the token of its plan, others have none. */
  #useToken(lane: Lane): void {
    const { plan, config, token: before } = lane;
    if (plan?.plan.token === undefined || config?.enabled !== true || this.#closed) return leaveToken(lane);
    if (before?.user.plan === plan) return;
    const { tokens, onToken, onTokenFailed } = this.#options;
    lane.token = tokens.use({
      name: lane.ref.pipelineIntegrationId,
      plan,
      onToken: () => onToken(lane),
      onFailure: (failure) => onTokenFailed(lane, failure),
    });
    // After the new one was taken: a token that both have stays.
    before?.release();
  }

  /** Lanes that the newest snapshot does not know, or calls removed, although it is as new as their deliveries are gone. */
  #settleUnknown(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.config !== null || lane.gone || (this.#refreshing && !this.#isRemoved(lane))) continue;
      if (this.#snapshot.number >= lane.snapshotNeeded || lane.awaitedEnough) this.#remove(lane);
      else lane.awaitedSince ??= this.#options.clock.monotonic();
    }
  }

  #isRemoved({ ref }: Lane): boolean {
    const removed = this.#snapshot.removedLanes ?? [];
    return removed.some(
      ({ integrationId, pipelineIntegrationId }) =>
        integrationId === ref.integrationId && pipelineIntegrationId === ref.pipelineIntegrationId,
    );
  }

  #remove(lane: Lane): void {
    lane.gone = true;
    lane.plan = null;
    leaveToken(lane);
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
      const known = lane.config !== null || this.#isRemoved(lane);
      if (known && now - lane.awaitedSince >= LONGEST_AWAIT_MS) {
        this.#endAwait(lane);
        continue;
      }
      waiting = lane;
    }
    if (waiting === null) return;
    const first = waiting;
    this.#cancel = this.#options.clock.after(REFRESH_AGAIN_MS, () => this.#await(first));
  }

  #endAwait(lane: Lane): void {
    lane.awaitedSince = null;
    lane.awaitedEnough = true;
    if (lane.config === null) this.#remove(lane);
    else this.#options.onChanged(lane);
  }
}

function leaveToken(lane: Lane): void {
  lane.token?.release();
  lane.token = null;
}
