/** Commits the ledger continuously: one transaction at a time, soon after completions, never two for one completion. */
import { type Clock, commitGap, type Logger, mayGoAhead, OUTCOMES, type OutcomeRecord } from "@datafly-signal/core";
import { type Consumer, LogError, type NewRecord, type WriteSet } from "@datafly-signal/ports/log";
import type { LedgerPiece, PartitionLedger } from "./partition-ledger.ts";
import { Tally } from "./tally.ts";

const FIRST_RETRY_MS = 10;
const SLOWEST_RETRY_MS = 1_000;

export interface CommitterOptions {
  topic: string;
  clock: Clock;
  logger: Logger;
  maxGapMs: number;
  /** Whether a lane has a backlog that lasts. */
  lasting: () => boolean;
  /** After every successful commit; `recovered` when sending rested until now. */
  onCommitted: (outcomes: readonly OutcomeRecord[], recovered: boolean) => void;
  /** The log says that a partition belongs to another worker. */
  onFenced: () => void;
}

export class Committer {
  /** False from a failed commit to the next good one. */
  healthy = true;
  readonly #options: CommitterOptions;
  readonly #consumer: Consumer;
  #homes: PartitionLedger[] = [];
  /** Pieces of a commit that failed: they go again as they are. */
  #pieces: LedgerPiece[] = [];
  #scheduled = false;
  #cancel: () => void = () => undefined;
  #running: Promise<void> | null = null;
  #failures = 0;
  /** Completions since the last commit began, and those in the commit that is under way. */
  #fresh = 0;
  #committing = 0;
  /** How long the last good commit took. */
  #lastMs = 0;
  #lastEnd = -Infinity;
  #stopped = false;

  constructor(consumer: Consumer, options: CommitterOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  add(home: PartitionLedger): void {
    this.#homes.push(home);
  }

  /** Forgets a partition and everything of it that is not committed. */
  drop(home: PartitionLedger): void {
    this.#homes = this.#homes.filter((other) => other !== home);
    this.#pieces = this.#pieces.filter((piece) => piece.home !== home);
    this.#schedule();
  }

  get pending(): boolean {
    return this.#running !== null || this.#pieces.length > 0 || this.#homes.some((home) => home.dirty);
  }

  /** Nothing new may be sent while commits fail, or while they cannot keep up. */
  get maySend(): boolean {
    return this.healthy && mayGoAhead(this.#fresh + this.#committing, this.#options.lasting());
  }

  /** A delivery was settled: it will be committed, soon. */
  touch(): void {
    this.#fresh += 1;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#running !== null || this.#stopped) return;
    this.#scheduled = true;
    const wait = this.#gapMs() - (this.#options.clock.monotonic() - this.#lastEnd);
    if (this.#failures === 0 && wait <= 0) setImmediate(() => this.#run());
    else this.#cancel = this.#options.clock.after(Math.max(wait, 1), () => this.#run());
  }

  #gapMs(): number {
    if (this.#failures > 0) return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), SLOWEST_RETRY_MS);
    const { lasting, maxGapMs } = this.#options;
    return commitGap({ lastMs: this.#lastMs, lasting: lasting(), longestMs: maxGapMs });
  }

  /** Resolves when no commit is under way. */
  async quiet(): Promise<void> {
    await this.#running;
  }

  /** Commits what there is; false when it could not. */
  async flush(): Promise<boolean> {
    await this.#running;
    for (let tries = 0; tries < 5 && this.pending && !this.#stopped; tries += 1) await this.#commit();
    const left = this.pending;
    if (left) this.#schedule();
    return !left;
  }

  /** Nothing is committed any more, as after a crash. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped || this.#running !== null) return;
    void this.#commit().then(() => {
      if (this.pending) this.#schedule();
    });
  }

  #commit(): Promise<void> {
    if (this.#running !== null) return this.#running;
    this.#running = this.#attempt().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #attempt(): Promise<void> {
    if (this.#pieces.length === 0) {
      this.#pieces = this.#homes.filter((home) => home.dirty).map((home) => home.takePiece());
      this.#committing = this.#fresh;
      this.#fresh = 0;
    }
    if (this.#pieces.length === 0) {
      // What failed to be committed belongs to another worker now.
      this.#succeeded([], 0);
      return;
    }
    const { clock } = this.#options;
    const { set, outcomes } = writeSet(this.#options.topic, this.#pieces);
    const start = clock.monotonic();
    try {
      await this.#consumer.transact(set);
      this.#pieces = [];
      this.#succeeded(outcomes, clock.monotonic() - start);
    } catch (error) {
      this.#failed(error);
    }
  }

  #succeeded(outcomes: readonly OutcomeRecord[], durationMs: number): void {
    const recovered = !this.maySend;
    this.#committing = 0;
    this.#lastEnd = this.#options.clock.monotonic();
    this.#lastMs = durationMs;
    this.#failures = 0;
    this.healthy = true;
    this.#options.onCommitted(outcomes, recovered);
  }

  #failed(error: unknown): void {
    this.#lastEnd = this.#options.clock.monotonic();
    this.#failures += 1;
    this.healthy = false;
    const code = error instanceof LogError ? error.code : "unknown";
    this.#options.logger.warn(
      { topic: this.#options.topic, code, tries: this.#failures },
      "the delivery ledger was not committed",
    );
    if (code === "fenced") this.#options.onFenced();
  }
}

function writeSet(topic: string, pieces: readonly LedgerPiece[]): { set: WriteSet; outcomes: OutcomeRecord[] } {
  const total = new Tally();
  const append: NewRecord[] = [];
  for (const piece of pieces) {
    total.addAll(piece.tally);
    for (const record of piece.append) append.push(record);
  }
  const outcomes = total.records();
  for (const outcome of outcomes) {
    const key = outcome.lane?.pipelineIntegrationId ?? "";
    append.push({ topic: OUTCOMES, key, value: Buffer.from(JSON.stringify(outcome)) });
  }
  const offsets = pieces.map(({ home, high }) => ({ topic, partition: home.partition, offset: high }));
  return { set: { offsets, append }, outcomes };
}
