/** The rate limit of one integration: takes tokens from the shared bucket in small blocks, so that few requests ask for one. */
import type { Clock, ConfigSnapshot, Connector, Logger } from "@datafly-signal/core";
import type { StateStore } from "@datafly-signal/ports/state";

/** A block lasts this long at full rate. */
const BLOCK_SECONDS = 0.05;
const AWAY_RETRY_MS = 1_000;
const NO_LIMIT = 1e9;

export interface BucketLimits {
  rps: number;
  burst: number;
  daily: number;
}

/** The limits of the highest revision pinned anywhere, the connector's where it names none; burst is twice the rate by default. */
export function bucketLimits(
  snapshot: ConfigSnapshot,
  integrationId: string,
  connector: Connector | undefined,
): BucketLimits {
  const integration = snapshot.integrations.find(({ id }) => id === integrationId);
  const pinned = snapshot.lanes.filter((lane) => lane.integrationId === integrationId).map((lane) => lane.revision);
  const limits = integration?.revisions[Math.max(...pinned)]?.rateLimits;
  const rps = limits?.rps ?? connector?.limits.rps ?? 0;
  const own = limits?.rps === null || limits?.rps === undefined ? connector?.limits.burst : undefined;
  return { rps, burst: limits?.burst ?? own ?? rps * 2, daily: limits?.daily ?? connector?.limits.daily ?? 0 };
}

export class Tokens {
  readonly #options: { bucket: string; state: StateStore; clock: Clock; logger: Logger; onTokens: () => void };
  #limits: BucketLimits = { rps: 0, burst: 0, daily: 0 };
  #held = 0;
  #asking = false;
  #notBefore = 0;
  #closed = false;

  constructor(options: { bucket: string; state: StateStore; clock: Clock; logger: Logger; onTokens: () => void }) {
    this.#options = options;
  }

  setLimits(limits: BucketLimits): void {
    this.#limits = limits;
    this.#notBefore = 0;
  }

  /** How long the bucket stays empty, in milliseconds; 0 when it may be asked. */
  waitMs(): number {
    return this.#held > 0 ? 0 : Math.max(0, this.#notBefore - this.#options.clock.monotonic());
  }

  /** Whether a token is at hand; asks for more, in time, for `demand` requests that wait. */
  ready(demand: number): boolean {
    if (this.#limits.rps <= 0 && this.#limits.daily <= 0) return true;
    if (this.#held < Math.min(demand, this.#block() / 2) || this.#held === 0) this.#ask(demand);
    return this.#held > 0;
  }

  take(): void {
    if (this.#held > 0) this.#held -= 1;
  }

  close(): void {
    this.#closed = true;
  }

  #block(): number {
    return Math.max(1, Math.min(Math.floor(this.#limits.rps * BLOCK_SECONDS), this.#limits.burst));
  }

  #ask(demand: number): void {
    if (this.#asking || this.#closed || this.#options.clock.monotonic() < this.#notBefore) return;
    this.#asking = true;
    const want = Math.max(1, Math.min(demand, this.#block()));
    void this.#lease(want).then(() => {
      this.#asking = false;
      if (!this.#closed) this.#options.onTokens();
    });
  }

  async #lease(want: number): Promise<void> {
    const { bucket, state, clock, logger } = this.#options;
    const { rps, burst, daily } = this.#limits;
    const limited = rps > 0 ? { rps, burst: Math.max(1, burst) } : { rps: NO_LIMIT, burst: NO_LIMIT };
    try {
      const { granted, waitMs } = await state.lease({ bucket, ...limited, daily, want, now: clock.wall() });
      this.#held += granted;
      if (granted < want) this.#notBefore = clock.monotonic() + Math.max(1, waitMs);
    } catch (error) {
      logger.warn({ bucket, error: String(error) }, "the rate limit could not be asked; waiting");
      this.#notBefore = clock.monotonic() + AWAY_RETRY_MS;
    }
  }
}
