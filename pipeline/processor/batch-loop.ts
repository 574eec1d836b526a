/** The processor's loop: poll, work, commit in one step; again after what passes, around what does not. */
import type { Clock, Logger } from "@datafly-signal/core";
import { type Consumer, type LogRecord, type PollOptions, LogError } from "@datafly-signal/ports/log";
import { errorKind } from "./error-kind.ts";
import type { ProcessorMetrics } from "./metrics.ts";
import { available, Unavailable } from "./unavailable.ts";
import { type BatchOutput, type BatchWork, logSetAside, setAside, workBatch } from "./work-batch.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;

/** What became of one try at a batch. `failed` blames the batch itself. */
type Attempt =
  | { kind: "committed"; taken: number }
  | { kind: "repeat" }
  | { kind: "rewound" }
  | { kind: "failed"; error: string };

export interface LoopOptions {
  /** Next offset to take, by partition: what is below it was committed here and is not taken twice. */
  next: Map<number, number>;
  work: BatchWork;
  poll: PollOptions;
  /** The least time between the beginnings of two batches, in milliseconds, unless the first was full. */
  paceMs: number;
  clock: Clock;
  logger: Logger;
  metrics: ProcessorMetrics;
}

/** Owns the consumer; runs until it is stopped. */
export class BatchLoop {
  readonly #options: LoopOptions;
  readonly #consumer: Consumer;
  /** Why nothing moves, by cause. */
  readonly #troubles = new Map<string, string>();
  #idlers: { from: number; resolve: () => void }[] = [];
  #polls = 0;
  #polling = false;
  #mustRewind = false;
  #stopping = false;
  #pauseMs = FIRST_PAUSE_MS;
  #wake: () => void = () => undefined;
  #oldest: number | undefined;

  constructor(consumer: Consumer, options: LoopOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#turn();
      } catch (error) {
        if (error instanceof LogError && error.code === "closed") {
          this.#troubles.set("log", "The event log is closed.");
          break;
        }
        this.#options.logger.error({ error: errorKind(error) }, "the event log does not answer; trying again");
        this.#troubles.set("log", "The event log does not answer.");
        this.#mustRewind = true;
        await this.#pause();
      }
    }
    this.#stopping = true;
    for (const { resolve } of this.#idlers.splice(0)) resolve();
  }

  /** Ends after the batch at work, at once while it waits for records or for better times. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    if (this.#polling) await this.#consumer.close();
  }

  troubles(): string[] {
    return [...this.#troubles.values()];
  }

  /** When the oldest record that waits was appended, epoch milliseconds; undefined when none is known to wait. */
  oldest(): number | undefined {
    return this.#oldest;
  }

  /** Resolves when a poll that began after this call found nothing. */
  idle(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push({ from: this.#polls, resolve }));
  }

  async #turn(): Promise<void> {
    if (this.#mustRewind) {
      await this.#consumer.rewind();
      this.#mustRewind = false;
      if (this.#stopping) return;
    }
    const poll = this.#polls;
    this.#polls += 1;
    this.#polling = true;
    const records = await this.#consumer.poll(this.#options.poll).finally(() => (this.#polling = false));
    if (records.length > 0) {
      const began = this.#options.clock.monotonic();
      this.#oldest = records.reduce((oldest, { timestamp }) => Math.min(oldest, timestamp), Infinity);
      await this.#workThrough(
        records.filter((record) => record.offset >= (this.#options.next.get(record.partition) ?? 0)),
      );
      if (records.length < this.#options.poll.maxRecords) await this.#keepPace(began);
      return;
    }
    if (this.#stopping) return;
    this.#oldest = undefined;
    this.#troubles.delete("log");
    for (const { resolve } of this.#idlers.filter(({ from }) => from <= poll)) resolve();
    this.#idlers = this.#idlers.filter(({ from }) => from > poll);
  }

  /**
   * Works a batch to its end. A batch that fails twice by itself is halved until one record is left, which is set aside;
   * `suspects` counts the records, from the first, among which that one is.
   */
  async #workThrough(records: readonly LogRecord[]): Promise<void> {
    let rest = records;
    let suspects = 0;
    let size = rest.length;
    let failures = 0;
    while (rest.length > 0 && !this.#stopping) {
      const attempt = await this.#attempt(rest.slice(0, size));
      if (attempt.kind === "rewound") return;
      if (attempt.kind === "committed") {
        rest = rest.slice(attempt.taken);
        suspects = Math.max(0, suspects - attempt.taken);
        size = suspects === 0 ? rest.length : Math.ceil(suspects / 2);
        failures = 0;
      } else if (attempt.kind === "failed") {
        failures += 1;
        if (failures < 2) continue;
        failures = 0;
        const [first] = rest;
        if (size > 1 || first === undefined) {
          suspects = size;
          size = Math.ceil(size / 2);
          continue;
        }
        if (!(await this.#setAside(first, attempt.error))) return;
        rest = rest.slice(1);
        suspects = 0;
        size = rest.length;
      }
    }
  }

  async #attempt(records: readonly LogRecord[]): Promise<Attempt> {
    const { clock, work } = this.#options;
    const started = clock.monotonic();
    try {
      const output = await workBatch(work, records);
      if (output.states.length > 0) await available("state", work.state.write(output.states));
      this.#troubles.delete("state");
      this.#troubles.delete("configuration");
      return await this.#commit(output, started);
    } catch (error) {
      if (error instanceof Unavailable) return this.#waitFor(error);
      return this.#failed(error, records.length);
    }
  }

  /** Keeps the batch and its partitions while something it needs is away. */
  async #waitFor({ what, message, cause }: Unavailable): Promise<Attempt> {
    const { logger, metrics } = this.#options;
    metrics.repeated(what);
    if (!this.#troubles.has(what)) logger.error({ what, error: errorKind(cause) }, "processing waits");
    this.#troubles.set(what, message);
    await this.#pause();
    return { kind: "repeat" };
  }

  async #commit(output: BatchOutput, started: number): Promise<Attempt> {
    try {
      await this.#consumer.transact({ offsets: output.offsets, append: output.append });
    } catch (error) {
      if (error instanceof LogError && error.code === "record_too_large") return this.#failed(error, output.taken);
      return this.#notCommitted(error);
    }
    for (const { partition, offset } of output.offsets) this.#options.next.set(partition, offset);
    this.#troubles.delete("log");
    this.#pauseMs = FIRST_PAUSE_MS;
    const seconds = (this.#options.clock.monotonic() - started) / 1000;
    this.#options.metrics.committed({ records: output.taken, seconds, totals: output.totals });
    return { kind: "committed", taken: output.taken };
  }

  /** Nothing of the batch was kept: from the last commit again, after a pause unless the partitions went to another member. */
  async #notCommitted(error: unknown): Promise<Attempt> {
    const { logger, metrics } = this.#options;
    if (error instanceof LogError && error.code === "closed") throw error;
    const fenced = error instanceof LogError && error.code === "fenced";
    metrics.repeated(fenced ? "fenced" : "commit");
    this.#mustRewind = true;
    if (fenced) {
      logger.info({}, "the partitions moved to another processor; reading on from the last commit");
      return { kind: "rewound" };
    }
    logger.warn({ error: errorKind(error) }, "a batch could not be committed; working it again");
    this.#troubles.set("log", "The event log takes no commit.");
    await this.#pause();
    return { kind: "rewound" };
  }

  #failed(error: unknown, records: number): Attempt {
    const kind = errorKind(error);
    this.#options.metrics.repeated("fault");
    this.#options.logger.error({ error: kind, records }, "a batch could not be processed");
    return { kind: "failed", error: kind };
  }

  /** Puts one record on `dlq-events` and goes past it; false when that has to wait for the batch to be read again. */
  async #setAside(record: LogRecord, error: string): Promise<boolean> {
    const { logger, clock } = this.#options;
    logSetAside(logger, record, error);
    for (const keepOriginal of [true, false]) {
      const output = setAside(record, { error: "processing_failed", details: error }, keepOriginal);
      const attempt = await this.#commit(output, clock.monotonic());
      if (attempt.kind === "committed") return true;
      if (attempt.kind !== "failed") return false;
    }
    this.#mustRewind = true;
    await this.#pause();
    return false;
  }

  /** Each batch is a commit, and commits of the same disk hinder the gateway's: small batches wait for company. */
  async #keepPace(began: number): Promise<void> {
    const { clock, paceMs } = this.#options;
    const ms = paceMs - (clock.monotonic() - began);
    if (ms > 0) await this.#rest(ms);
  }

  async #pause(): Promise<void> {
    const ms = this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, ms * 2);
    await this.#rest(ms);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
