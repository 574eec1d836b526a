/** The worker: delivers events to vendors, one independent runner an integration. */
import {
  type Clock,
  type ConfigSnapshot,
  type Connector,
  failureTraces,
  type Logger,
  MAX_RETRIES,
  type SnapshotSource,
  type TraceSettings,
} from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import type { Registry } from "prom-client";
import type { Sender } from "./http/sender.ts";
import type { OpenSecret } from "./lane-plan.ts";
import { type LaneStatus } from "./lane-status.ts";
import { memoryShare } from "./memory-share.ts";
import { createMetrics, type IntegrationGauges, type WorkerMetrics } from "./metrics.ts";
import { openPreparations, type Preparations } from "./preparations.ts";
import { Runner } from "./runner.ts";
import type { DeliveryTraces } from "./trace-settings.ts";
import { openVendorTokens, type VendorTokens } from "./vendor-tokens.ts";

export { createSender, type Sender, type SenderOptions } from "./http/sender.ts";
export type { LaneStatus } from "./lane-status.ts";
export type { OpenSecret } from "./lane-plan.ts";

const START_RETRY_MS = 1_000;
const MEMORY_BYTES = 134_217_728;
const NO_TRACES: TraceSettings = { share: 0, roomy: () => true };
/** What the last commit and leaving the groups may take beyond the deadline for answers; a log that hangs is not waited for. */
const LAST_COMMIT_MS = 2_000;

export interface WorkerSettings {
  /** Deliveries held in memory by all integrations, in equal shares of at least 1 MiB. Default 128 MiB. */
  maxInMemoryBytes?: number;
  /** Deliveries waiting by position, per integration; at the bound reading rests. Default 100,000. */
  maxParked?: number;
  /** The longest time between a completion and its commit, in milliseconds. Default 20; more where commits are dear. */
  maxCommitGapMs?: number;
  /** How long a poll waits for a first record, in milliseconds. Default 250. */
  pollWaitMs?: number;
  /** Tries after the first at most, `RETRY_MAX_ATTEMPTS`. Default 5. */
  maxRetries?: number;
}

export interface WorkerOptions {
  log: EventLog;
  state: StateStore;
  /** By vendor key. */
  connectors: ReadonlyMap<string, Connector>;
  snapshots: SnapshotSource;
  sender: Sender;
  openSecret: OpenSecret;
  clock: Clock;
  /** 0 ≤ random() < 1; jitter only. */
  random: () => number;
  logger: Logger;
  registry: Registry;
  settings?: WorkerSettings;
  /** Default: none but failures and the operator's own events. */
  traces?: TraceSettings;
  /** Is told the tokens that vendors give, so that no log holds them, and when they are past. */
  redactor?: { learn(secret: string): void; forget(secret: string): void };
}

export interface Worker {
  /** The lanes of the configuration, and those that still have deliveries. */
  lanes(): LaneStatus[];
  /** What keeps it from its work, in words; empty when it is ready. */
  ready(): string[];
  /** Whether nothing is left that could be done now: retries waiting for their time and blocked lanes do not count. */
  idle(): boolean;
  /**
   * Stops reading and sending, waits for the requests under way for `deadlineMs` at most, commits the ledger.
   * What had no answer by then is sent again after the next start. The sender stays open.
   */
  close(deadlineMs: number): Promise<void>;
}

/** Starts delivering. Resolves when a runner was started for every integration of the current snapshot, or failed to and tries again. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const crew = new Crew(options);
  await crew.apply(options.snapshots.current());
  return crew;
}

/** Keeps one runner for each integration of the configuration. */
class Crew implements Worker {
  readonly #options: WorkerOptions;
  readonly #metrics: WorkerMetrics;
  readonly #traces: DeliveryTraces;
  readonly #tokens: VendorTokens;
  readonly #preparations: Preparations;
  readonly #runners = new Map<string, Runner>();
  /** Integrations whose runner is being started or stopped, with when that is over. */
  readonly #changing = new Map<string, Promise<void>>();
  readonly #failed = new Map<string, string>();
  readonly #unsubscribe: () => void;
  #cancelRetry: () => void = () => undefined;
  #closing = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#traces = { ...(options.traces ?? NO_TRACES), failures: failureTraces() };
    this.#metrics = createMetrics(options.registry, () => this.#gauges());
    this.#tokens = openTokens(options, this.#metrics);
    const { sender, clock, logger } = options;
    const onResult = (result: string): void => this.#metrics.preparation(result);
    this.#preparations = openPreparations({ sender, clock, logger, onResult });
    this.#unsubscribe = options.snapshots.onChange((snapshot) => void this.apply(snapshot));
  }

  lanes(): LaneStatus[] {
    return [...this.#runners.values()].flatMap((runner) => runner.status());
  }

  ready(): string[] {
    const failed = [...this.#failed].map(([id, reason]) => `${id}: ${reason}`);
    return [...failed, ...[...this.#runners.values()].flatMap((runner) => runner.faults())];
  }

  idle(): boolean {
    return this.#changing.size === 0 && [...this.#runners.values()].every((runner) => runner.idle());
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#unsubscribe();
    this.#cancelRetry();
    this.#tokens.close();
    this.#preparations.close();
    const closed = Promise.all(this.#changing.values()).then(() =>
      Promise.all([...this.#runners.values()].map((runner) => runner.close(deadlineMs))),
    );
    await this.#within(deadlineMs + LAST_COMMIT_MS, closed);
    this.#runners.clear();
  }

  /** Starts, tells and stops runners as the snapshot says. */
  async apply(snapshot: ConfigSnapshot): Promise<void> {
    const wanted = wantedIntegrations(snapshot);
    for (const [id, runner] of this.#runners) {
      if (wanted.has(id)) runner.apply(snapshot);
      else void this.#change(id, () => this.#stop(id, runner));
    }
    const missing = [...wanted].filter((id) => !this.#runners.has(id));
    await Promise.all(missing.map((id) => this.#change(id, () => this.#start(id))));
  }

  /** One change at a time for an integration; afterwards the current snapshot is looked at again. */
  #change(id: string, change: () => Promise<void>): Promise<void> {
    const running = this.#changing.get(id);
    if (running !== undefined || this.#closing) return running ?? Promise.resolve();
    const done = change().finally(() => {
      this.#changing.delete(id);
      const wanted = wantedIntegrations(this.#options.snapshots.current()).has(id);
      if (!this.#closing && !this.#failed.has(id) && wanted !== this.#runners.has(id))
        void this.apply(this.#options.snapshots.current());
    });
    this.#changing.set(id, done);
    return done;
  }

  async #stop(id: string, runner: Runner): Promise<void> {
    this.#runners.delete(id);
    try {
      await runner.close(START_RETRY_MS);
    } catch (error) {
      this.#options.logger.warn(
        { integration: id, error: String(error) },
        "an integration's deliveries did not stop cleanly",
      );
    }
  }

  async #start(id: string): Promise<void> {
    const {
      log,
      state,
      snapshots,
      sender,
      connectors,
      openSecret,
      clock,
      random,
      logger,
      settings = {},
    } = this.#options;
    const maxRetries = settings.maxRetries ?? MAX_RETRIES;
    try {
      const runner = await Runner.start({
        integrationId: id,
        log,
        state,
        snapshots,
        sender,
        vendorTokens: this.#tokens,
        preparations: this.#preparations,
        tools: { connectors, openSecret, maxRetries },
        clock,
        random,
        logger,
        metrics: this.#metrics.integration(id),
        traces: this.#traces,
        settings: {
          maxInMemoryBytes: () => memoryShare(settings.maxInMemoryBytes ?? MEMORY_BYTES, this.#runners.size),
          maxParked: settings.maxParked ?? 100_000,
          maxCommitGapMs: settings.maxCommitGapMs ?? 20,
          pollWaitMs: settings.pollWaitMs ?? 250,
        },
      });
      this.#runners.set(id, runner);
      this.#failed.delete(id);
      // It may have changed while the runner started.
      runner.apply(snapshots.current());
    } catch (error) {
      this.#failed.set(id, String(error));
      logger.error(
        { integration: id, error: String(error) },
        "deliveries of an integration could not be started; trying again",
      );
      this.#retryLater();
    }
  }

  #retryLater(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(START_RETRY_MS, () => {
      if (!this.#closing) void this.apply(this.#options.snapshots.current());
    });
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(ms, () => {
        this.#options.logger.error({ ms }, "the worker did not stop in time: what is not committed is sent again");
        resolve();
      });
    });
    await Promise.race([work, late]);
    cancel();
  }

  #gauges(): Map<string, IntegrationGauges> {
    return new Map([...this.#runners].map(([id, runner]) => [id, runner.gauges()]));
  }
}

function openTokens({ redactor, ...tools }: WorkerOptions, metrics: WorkerMetrics): VendorTokens {
  return openVendorTokens({
    sender: tools.sender,
    clock: tools.clock,
    random: tools.random,
    logger: tools.logger,
    onRequest: (result) => metrics.tokenRequest(result),
    learn: (token) => redactor?.learn(token),
    forget: (token) => redactor?.forget(token),
  });
}

/** Those that deliver, and those that left while deliveries were waiting. */
function wantedIntegrations(snapshot: ConfigSnapshot): Set<string> {
  return new Set([
    ...snapshot.integrations.map(({ id }) => id),
    ...snapshot.removed.map(({ integrationId }) => integrationId),
  ]);
}
