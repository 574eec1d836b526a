/** The operator's code as a step of the data layer: a thread of its own, watched, replaced when it hangs, switched off when it keeps failing. */
import { Worker as Thread } from "node:worker_threads";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  type SignalEvent,
} from "@datafly-signal/core";
import type { CodeResult, CustomCode } from "../data-layer.ts";
import type { CodeAnswer, CodeBatch, CodeThreadData } from "./code-thread.ts";
import type { SandboxFailure, SandboxLimits, SandboxResult } from "./sandbox.ts";

export interface CustomCodeOptions {
  code: string;
  /** What becomes of an event that the code fails on. */
  onError: "pass" | "drop";
  clock: Clock;
  logger: Logger;
  /** Counts failures by kind. */
  onFailed(failure: SandboxFailure, events: number): void;
  limits?: SandboxLimits;
  /** How long the thread may be at one event before it is replaced, in milliseconds. */
  stallMs?: number;
}

/** Owns a thread from the first event on. */
export interface RunningCode extends CustomCode {
  /** Why the code is not run any more; null while it is. */
  off(): string | null;
  closed(): boolean;
  close(): Promise<void>;
}

const LIMITS: SandboxLimits = { timeMs: 50, memoryBytes: 33_554_432 };
const STALL_MS = 1_000;
const LOOK_EVERY_MS = 100;
/** So many events that take too long in a minute switch the code off. */
const TIMEOUTS_A_MINUTE = 100;
const DEATHS_AT_START = 3;
/** Events with the code at a time. */
const SLICE = 64;
const NOT_RUN: SandboxResult = { failed: "threw", detail: "the code was not run" };

export function runCustomCode(options: CustomCodeOptions): RunningCode {
  return new CodeRunner(options);
}

/** A batch whose answer is awaited. */
interface Awaited {
  id: number;
  events: (string | null)[];
  results: SandboxResult[];
  done(): void;
  fail(error: Error): void;
}

/** The code was changed or its processor closed while events were with it: they are to be worked again. */
class CodeClosed extends Error {
  constructor() {
    super("The custom code was closed.");
    this.name = "CodeClosed";
  }
}

class CodeRunner implements RunningCode {
  readonly #options: CustomCodeOptions;
  readonly #progress = new SharedArrayBuffer(4);
  readonly #timeouts: number[] = [];
  #thread: Thread | null = null;
  #awaited: Awaited | null = null;
  #nextId = 1;
  #off: string | null = null;
  /** Threads in a row that ended before they were at an event. */
  #deaths = 0;
  #cancelLook = (): void => undefined;
  #closed = false;

  constructor(options: CustomCodeOptions) {
    this.#options = options;
  }

  off(): string | null {
    return this.#off;
  }

  closed(): boolean {
    return this.#closed;
  }

  async run(events: readonly SignalEvent[]): Promise<CodeResult[]> {
    const results: CodeResult[] = [];
    // Whatever the code makes of an event is held only for so many of them.
    for (let from = 0; from < events.length; from += SLICE) {
      results.push(...(await this.#runSlice(events.slice(from, from + SLICE))));
    }
    return results;
  }

  async #runSlice(events: readonly SignalEvent[]): Promise<CodeResult[]> {
    const failed: CodeResult = { failed: this.#options.onError };
    if (this.#closed) throw new CodeClosed();
    if (this.#off !== null) return events.map(() => failed);
    const results = await this.#ask(events.map(textOf));
    return events.map((event, index): CodeResult => {
      const result = results[index];
      if (result === null) return null;
      const made = result !== undefined && "json" in result ? eventOf(result.json, event) : null;
      if (made !== null) return { event: made };
      this.#options.onFailed(result !== undefined && "failed" in result ? result.failed : "invalid", 1);
      return failed;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook();
    this.#awaited?.fail(new CodeClosed());
    await this.#thread?.terminate();
    this.#thread = null;
  }

  #ask(events: (string | null)[]): Promise<SandboxResult[]> {
    return new Promise((resolve, reject) => {
      const done = (): void => resolve(awaited.results);
      const awaited: Awaited = { id: this.#nextId, events, results: [], done, fail: reject };
      this.#nextId += 1;
      this.#awaited = awaited;
      this.#post(awaited);
      this.#look({ index: -1, since: this.#options.clock.monotonic() });
    });
  }

  #post({ id, events, results }: Awaited): void {
    this.#thread ??= this.#startThread();
    Atomics.store(new Int32Array(this.#progress), 0, -1);
    const batch: CodeBatch = { id, events, from: results.length };
    this.#thread.postMessage(batch);
  }

  #startThread(): Thread {
    const { code, limits = LIMITS } = this.#options;
    const workerData: CodeThreadData = { code, limits, progress: this.#progress };
    const thread = new Thread(new URL("./code-thread.ts", import.meta.url), { workerData, name: "custom-code" });
    thread.on("message", (answer: CodeAnswer | "ready") => {
      if (thread !== this.#thread) return;
      if (answer === "ready") this.#deaths = 0;
      else this.#take(answer);
    });
    thread.on("error", (error) => {
      this.#options.logger.error({ error: error.name }, "the thread of the custom code failed");
    });
    thread.on("exit", () => {
      if (thread === this.#thread) this.#died();
    });
    thread.unref();
    return thread;
  }

  #take(answer: CodeAnswer): void {
    const awaited = this.#awaited;
    if (awaited === null || answer.id !== awaited.id) return;
    awaited.results.push(...answer.results);
    if (this.#isExhausted(answer.results)) {
      return this.#giveUp(`The custom code ran out of time or memory ${TIMEOUTS_A_MINUTE} times within a minute`);
    }
    if (awaited.results.length < awaited.events.length) return;
    this.#awaited = null;
    this.#cancelLook();
    awaited.done();
  }

  /** An event that the interpreter cannot be broken off from: its thread is given up, and the rest goes on in another. */
  #look(seen: { index: number; since: number }): void {
    const { clock, stallMs = STALL_MS } = this.#options;
    this.#cancelLook = clock.after(Math.min(LOOK_EVERY_MS, stallMs), () => {
      if (this.#awaited === null || this.#closed) return;
      const index = Atomics.load(new Int32Array(this.#progress), 0);
      const now = clock.monotonic();
      if (index !== seen.index) return this.#look({ index, since: now });
      // Before the first event the thread is starting: that takes what it takes.
      if (index === -1 || now - seen.since < stallMs) return this.#look(seen);
      this.#awaited.events[index] = null;
      this.#replace();
      this.#look({ index: -1, since: now });
    });
  }

  /** The thread ended by itself: the event it was at is not tried again; one that never gets to an event is given up. */
  #died(): void {
    const index = Atomics.load(new Int32Array(this.#progress), 0);
    if (this.#awaited !== null && index >= 0) this.#awaited.events[index] = null;
    else this.#deaths += 1;
    if (this.#deaths >= DEATHS_AT_START) return this.#giveUp("The thread of the custom code does not start");
    this.#replace();
  }

  #giveUp(why: string): void {
    this.#off = `${why}: it is switched off. Change it, or data_layer.custom_js.`;
    this.#options.logger.error({ onError: this.#options.onError }, this.#off);
    const awaited = this.#awaited;
    this.#awaited = null;
    this.#cancelLook();
    void this.#thread?.terminate();
    this.#thread = null;
    if (awaited === null) return;
    while (awaited.results.length < awaited.events.length) awaited.results.push(NOT_RUN);
    awaited.done();
  }

  #replace(): void {
    void this.#thread?.terminate();
    this.#thread = null;
    if (this.#awaited !== null && !this.#closed) this.#post(this.#awaited);
  }

  /** Whether so many events in the last minute ran out of time or memory that the code is not worth running. */
  #isExhausted(results: readonly SandboxResult[]): boolean {
    const now = this.#options.clock.monotonic();
    for (const result of results) {
      if (result !== null && "failed" in result && result.failed !== "threw") this.#timeouts.push(now);
    }
    while ((this.#timeouts[0] ?? now) < now - 60_000) this.#timeouts.shift();
    return this.#timeouts.length >= TIMEOUTS_A_MINUTE;
  }
}

/** Null for an event nested too deeply to be written: the code fails on it. */
function textOf(event: SignalEvent): string | null {
  try {
    return JSON.stringify(event);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** What every event keeps, whatever the code does to it. */
const KEPT = ["messageId", "type", "receivedAt", "timestamp", "originalTimestamp"] as const;
/** What the visitor said, and what the consent step noted of it, is not the code's to change. */
const KEPT_CONTEXT = ["consent", "consent_policy", "tcf_decoded"] as const;
const IDS = ["anonymousId", "userId", "groupId", "previousId"] as const;

/** Null for what is no event any more. */
function eventOf(json: string, before: SignalEvent): SignalEvent | null {
  const value = JSON.parse(json) as JsonValue;
  // A promise is written as {}: code that answers later has answered nothing.
  if (!isJsonObject(value) || (value["messageId"] === undefined && value["type"] === undefined)) return null;
  keep(value, before, KEPT);
  for (const id of IDS) {
    const given = value[id];
    if (given !== undefined && given !== null && typeof given !== "string") return null;
  }
  const context = value["context"] ?? {};
  if (!isJsonObject(context)) return null;
  keep(context, before.context, KEPT_CONTEXT);
  value["context"] = context;
  const { event } = value;
  if (before.type === "track" && (typeof event !== "string" || event === "")) return null;
  return value as SignalEvent;
}

function keep(value: JsonObject, before: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const kept = before[field];
    if (kept === undefined) delete value[field];
    else value[field] = kept;
  }
}
