/** Delivers for one integration: reads its topic, keeps its ledger, drives its lanes. Knows nothing of other integrations. */
import {
  type Clock,
  type ConfigSnapshot,
  deliveryTopic,
  type Logger,
  type SnapshotSource,
  workerGroup,
} from "@datafly-signal/core";
import { type Consumer, type EventLog, LogError, type LogRecord } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import { Assignment } from "./assignment.ts";
import { Backlog } from "./backlog.ts";
import { Committer } from "./committer.ts";
import type { RunnerContext } from "./context.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Sender } from "./http/sender.ts";
import { chooseReaders, giveUpAll, giveUpOld, type IntakeParts, spill, takeIn } from "./intake.ts";
import { isBlocked, type Lane } from "./lane.ts";
import type { PlanTools } from "./lane-plan.ts";
import { type LaneStatus, laneStatus } from "./lane-status.ts";
import { Lanes } from "./lanes.ts";
import type { IntegrationGauges, IntegrationMetrics } from "./metrics.ts";
import type { Preparations } from "./preparations.ts";
import { bucketLimits, Tokens } from "./tokens.ts";
import { frontIsOld } from "./topic-front.ts";
import type { DeliveryTraces } from "./trace-settings.ts";
import type { VendorTokens } from "./vendor-tokens.ts";

const POLL_RECORDS = 512;
const POLL_BYTES = 4_194_304;
/** Read at once while only what is too old is taken off the topic. */
const OLD_RECORDS = 64;
const LOOP_RETRY_MS = 1_000;
const AGE_CHECK_MS = 1_800_000;

export interface RunnerOptions {
  integrationId: string;
  log: EventLog;
  state: StateStore;
  snapshots: SnapshotSource;
  sender: Sender;
  vendorTokens: VendorTokens;
  preparations: Preparations;
  tools: PlanTools;
  clock: Clock;
  random: () => number;
  logger: Logger;
  metrics: IntegrationMetrics;
  traces: DeliveryTraces;
  settings: { maxInMemoryBytes: () => number; maxParked: number; maxCommitGapMs: number; pollWaitMs: number };
}

export class Runner {
  readonly lanes: Lanes;
  readonly #options: RunnerOptions;
  readonly #context: RunnerContext;
  readonly #consumer: Consumer;
  readonly #backlog: Backlog;
  readonly #dispatcher: Dispatcher;
  readonly #parts: IntakeParts;
  readonly #assignment: Assignment;
  #wakeMoment = Infinity;
  #cancelWake: () => void = () => undefined;
  #cancelAgeCheck: () => void = () => undefined;
  #reading: (() => void) | null = null;
  #checkScheduled = false;
  #groupCheck = false;
  #readForAge = false;
  #caughtUp = false;
  #closing = false;
  #answered: (() => void) | null = null;
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: RunnerOptions, consumer: Consumer) {
    this.#options = options;
    this.#consumer = consumer;
    this.#context = this.#makeContext(consumer);
    const wakeAt = (moment: number): void => this.#wakeAt(moment);
    this.#backlog = new Backlog(this.#context, { pump: (lane) => this.#dispatcher.pump(lane), wakeAt });
    this.#dispatcher = new Dispatcher(this.#context, this.#backlog, { wakeAt, onAnswered: () => this.#checkReading() });
    this.lanes = new Lanes({
      integrationId: options.integrationId,
      snapshots: options.snapshots,
      tools: options.tools,
      tokens: options.vendorTokens,
      clock: options.clock,
      logger: options.logger,
      onGone: (lane) => this.#laneGone(lane),
      onChanged: (lane) => this.#laneChanged(lane),
      onToken: (lane) => this.#laneChanged(lane),
      onTokenFailed: (lane, failure) => this.#dispatcher.tokenFailed(lane, failure),
    });
    this.#parts = { context: this.#context, lanes: this.lanes, backlog: this.#backlog };
    this.#assignment = new Assignment(this.#parts);
  }

  /** Joins the group of the integration's workers and starts reading. */
  static async start(options: RunnerOptions): Promise<Runner> {
    let runner = null as Runner | null;
    let early: number[] = [];
    const consumer = await options.log.consumer({
      group: workerGroup(options.integrationId),
      topics: [deliveryTopic(options.integrationId)],
      onAssigned: async (given) => {
        const partitions = given.map(({ partition }) => partition);
        if (runner === null) early.push(...partitions);
        else await runner.#takeOver(partitions);
      },
      onRevoked: (taken) => {
        const partitions = taken.map(({ partition }) => partition);
        if (runner === null) early = early.filter((partition) => !partitions.includes(partition));
        else runner.#assignment.giveBack(partitions);
      },
    });
    runner = new Runner(options, consumer);
    runner.apply(options.snapshots.current());
    await runner.#takeOver(early);
    runner.#ageCheck();
    runner.#loop = runner.#run();
    return runner;
  }

  /** Takes over a configuration snapshot. */
  apply(snapshot: ConfigSnapshot): void {
    const { integrationId, tools } = this.#options;
    const vendor = snapshot.integrations.find(({ id }) => id === integrationId)?.vendor ?? "";
    this.#context.tokens.setLimits(bucketLimits(snapshot, integrationId, tools.connectors.get(vendor)));
    this.lanes.apply(snapshot);
    this.#checkReading();
  }

  /** Whether nothing is left that could be done now; what waits for its time or for a blocked lane does not count. */
  idle(): boolean {
    if (!this.#caughtUp || !this.#backlog.quiet || this.#context.committer.pending) return false;
    const now = this.#options.clock.monotonic();
    for (const lane of this.lanes.all()) {
      if (lane.inFlight > 0 || lane.loading) return false;
      const waiting = lane.queue.length + lane.ready.length + lane.requests.length + lane.due.length + lane.held.length;
      if (waiting > 0 && (!isBlocked(lane, now) || lane.token?.cell.asking === true)) return false;
    }
    return true;
  }

  /** What keeps it from its work, in words. */
  faults(): string[] {
    return this.#context.committer.healthy
      ? []
      : [`${this.#options.integrationId}: the delivery ledger cannot be committed`];
  }

  /** The lanes of the configuration, and those that still have deliveries. */
  status(): LaneStatus[] {
    const facts = {
      now: this.#options.clock.monotonic(),
      backlogFull: this.#backlogFull(),
      ledgerFails: !this.#context.committer.healthy,
    };
    const all = [...this.lanes.all()].map((lane) => laneStatus(lane, facts));
    const configured = new Set(
      [...this.lanes.all()].filter(({ config }) => config !== null).map(({ ref }) => ref.pipelineIntegrationId),
    );
    return all.filter(
      ({ pipelineIntegrationId: id, waiting, parked, inFlight }) =>
        configured.has(id) || waiting + parked + inFlight > 0,
    );
  }

  gauges(): IntegrationGauges {
    const lanes = this.status();
    const sum = (read: (lane: LaneStatus) => number): number => lanes.reduce((total, lane) => total + read(lane), 0);
    return {
      inFlight: sum(({ inFlight }) => inFlight),
      waiting: sum(({ waiting }) => waiting),
      parked: sum(({ parked }) => parked),
      openCircuits: sum(({ circuit }) => (circuit === "open" ? 1 : 0)),
      memoryBytes: this.#context.memory.bytes,
    };
  }

  /** Stops reading, waits for requests under way until the deadline, commits the ledger and leaves the group. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#dispatcher.stopSending();
    this.#consumer.pause();
    this.#reading?.();
    this.#cancelWake();
    this.#cancelAgeCheck();
    this.lanes.close();
    this.#assignment.close();
    this.#context.tokens.close();
    await this.#lastAnswers(deadlineMs);
    this.#backlog.close();
    const committed = await this.#context.committer.flush();
    this.#context.committer.stop();
    if (!committed)
      this.#options.logger.error(
        { topic: this.#context.topic },
        "the last deliveries were not committed: they are sent again",
      );
    await this.#consumer.close();
    await this.#loop;
  }

  #makeContext(consumer: Consumer): RunnerContext {
    const { integrationId, log, sender, preparations, clock, random, logger, metrics, traces } = this.#options;
    const { state, settings } = this.#options;
    const topic = deliveryTopic(integrationId);
    const committer = new Committer(consumer, {
      topic,
      clock,
      logger,
      maxGapMs: settings.maxCommitGapMs,
      lasting: () => this.lanes.lasting,
      onCommitted: (outcomes, recovered) => {
        metrics.committed(outcomes);
        if (recovered) this.#pumpAll();
      },
      onFenced: () => {
        this.#groupCheck = true;
        this.#reading?.();
      },
    });
    const onTokens = (): void => this.#pumpAll();
    const tokens = new Tokens({ bucket: `delivery/${integrationId}`, state, clock, logger, onTokens });
    const memory = {
      bytes: 0,
      get max(): number {
        return settings.maxInMemoryBytes();
      },
    };
    const shared = { log, sender, preparations, clock, random, logger, metrics, traces };
    return { integrationId, topic, tokens, committer, memory, ...shared };
  }

  async #run(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#step();
      } catch (error) {
        if (this.#closing || (error instanceof LogError && error.code === "closed")) return;
        this.#options.logger.warn(
          { topic: this.#context.topic, error: String(error) },
          "deliveries could not be read; trying again",
        );
        await this.#rest(LOOP_RETRY_MS);
      }
    }
  }

  async #step(): Promise<void> {
    if (this.#mayRead()) {
      this.#consumer.resume();
      const { pollWaitMs } = this.#options.settings;
      const records = await this.#consumer.poll({ maxRecords: POLL_RECORDS, maxBytes: POLL_BYTES, waitMs: pollWaitMs });
      this.#caughtUp = records.length === 0;
      this.#take(records);
      // Answers come between two polls, also where the log answers without leaving the stack.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      return;
    }
    if (this.#readForAge) return this.#readOld();
    this.#consumer.pause();
    await this.#untilReadable();
    if (this.#closing || (!this.#groupCheck && this.#mayRead())) return;
    // Paused, it returns nothing: it is asked only to hear what became of the partitions.
    this.#groupCheck = false;
    this.#take(await this.#consumer.poll({ maxRecords: 1, maxBytes: 1, waitMs: 0 }));
  }

  #take(records: readonly LogRecord[]): void {
    for (const lane of takeIn(this.#parts, this.#assignment.homes, records)) this.#dispatcher.pump(lane);
  }

  /** Whether to read on; where memory is full, lanes that cannot send move what they hold to the ledger. */
  #mayRead(): boolean {
    const { memory } = this.#context;
    if (this.#backlogFull() || this.#groupCheck) return false;
    if (memory.bytes >= memory.max) {
      const now = this.#options.clock.monotonic();
      for (const lane of this.lanes.all()) {
        if (isBlocked(lane, now)) spill(this.#parts, lane);
      }
    }
    return memory.bytes < memory.max && chooseReaders(this.lanes);
  }

  #untilReadable(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#options.settings.pollWaitMs, () => this.#reading?.());
      this.#reading = () => {
        this.#reading = null;
        cancel();
        resolve();
      };
      if (this.#closing || this.#groupCheck || this.#mayRead()) this.#reading();
    });
  }

  /** Looks soon, and once for many calls, whether reading can go on. */
  #checkReading(): void {
    if (this.#closing && this.#inFlight() === 0) this.#answered?.();
    if (this.#reading === null || this.#checkScheduled) return;
    this.#checkScheduled = true;
    setImmediate(() => {
      this.#checkScheduled = false;
      if (this.#reading !== null && this.#mayRead()) this.#reading();
    });
  }

  async #takeOver(partitions: readonly number[]): Promise<void> {
    await this.#assignment.takeOver(partitions);
    this.#pumpAll();
  }

  #laneGone(lane: Lane): void {
    this.#dispatcher.abandon(lane);
    giveUpAll(this.#parts, lane);
    this.#checkReading();
  }

  #laneChanged(lane: Lane): void {
    this.#dispatcher.pump(lane);
    this.#checkReading();
  }

  #pumpAll(): void {
    for (const lane of this.lanes.all()) this.#dispatcher.pump(lane);
    this.#checkReading();
  }

  #wakeAt(moment: number): void {
    if (moment >= this.#wakeMoment || this.#closing) return;
    this.#cancelWake();
    this.#wakeMoment = moment;
    const { clock } = this.#options;
    this.#cancelWake = clock.after(Math.max(1, Math.ceil(moment - clock.monotonic())), () => {
      this.#wakeMoment = Infinity;
      this.#backlog.tick(clock.monotonic());
      this.#pumpAll();
    });
  }

  /** Gives up what is too old, also where nothing can be sent; then the topic's front, which is the oldest of what waits there. */
  #ageCheck(): void {
    this.#cancelAgeCheck = this.#options.clock.after(AGE_CHECK_MS, () => {
      giveUpOld(this.#parts, this.#assignment.homes.values());
      this.#readForAge = true;
      this.#reading?.();
      this.#ageCheck();
    });
  }

  async #readOld(): Promise<void> {
    this.#readForAge = false;
    if (!(await frontIsOld(this.#context, this.#assignment.homes.values()))) return;
    this.#readForAge = true;
    chooseReaders(this.lanes);
    this.#consumer.resume();
    this.#take(
      await this.#consumer.poll({
        maxRecords: OLD_RECORDS,
        maxBytes: POLL_BYTES,
        waitMs: this.#options.settings.pollWaitMs,
      }),
    );
    giveUpOld(this.#parts, this.#assignment.homes.values());
    await this.#context.committer.flush();
  }

  /** Reading rests while the backlog of parked deliveries is at its bound. */
  #backlogFull(): boolean {
    return this.#assignment.parkedCount() >= this.#options.settings.maxParked;
  }

  #inFlight(): number {
    let count = 0;
    for (const lane of this.lanes.all()) count += lane.inFlight;
    return count;
  }

  #lastAnswers(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, resolve);
      this.#answered = () => {
        cancel();
        resolve();
      };
      if (this.#inFlight() === 0) this.#answered();
    });
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}
