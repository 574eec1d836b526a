/** The workbench: mappings of users are worked on in a process of its own, one after the other, for so long and with so much memory and no more. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock, Logger } from "@datafly-signal/core";
import type { FromMappingProcess, ToMappingProcess } from "./mapping-process.ts";
import type { MappingTask, MappingTasks } from "./tasks.ts";

/** `time` and `memory`: the task takes more than there is; `busy`: too many wait; `broken`: it failed for no reason of its own. */
export type WorkFailure = "time" | "memory" | "busy" | "broken";

export interface MappingWorkbench {
  /** @param owner whose task it is: of one only so many wait */
  work<Task extends MappingTask>(
    task: Task,
    input: MappingTasks[Task]["takes"],
    owner: string,
  ): Promise<{ output: MappingTasks[Task]["gives"] } | { failed: WorkFailure }>;
  /** Somebody is about to have something to do: the process starts, which takes longer than most tasks. */
  warm(): void;
  /** What is under way is given up. */
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  clock: Clock;
  logger: Logger;
  limits?: Partial<WorkbenchLimits>;
}

export interface WorkbenchLimits {
  /** Of one task, in milliseconds of the wall. */
  timeMs: number;
  /** Of the process's heap, in MiB. */
  memoryMb: number;
  /** Tasks waiting for the process, of all and of one owner. */
  waiting: number;
  waitingOfOne: number;
  /** A process without work is ended after so long. */
  idleMs: number;
  /** How long it may take to start. */
  startMs: number;
}

const LIMITS: WorkbenchLimits = {
  timeMs: 2_000,
  memoryMb: 256,
  waiting: 32,
  waitingOfOne: 8,
  idleMs: 600_000,
  startMs: 30_000,
};
const GRACE_MS = 20;

type Outcome = { output: MappingTasks[MappingTask]["gives"] } | { failed: WorkFailure };

interface Job {
  message: ToMappingProcess;
  owner: string;
  settle(outcome: Outcome): void;
}

/** Starts its process with the first task. */
export function openWorkbench(options: WorkbenchOptions): MappingWorkbench {
  return new Workbench(options);
}

/** A process and not a thread: one that runs out of memory takes nobody with it. */
class Workbench implements MappingWorkbench {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: WorkbenchLimits;
  readonly #waiting: Job[] = [];
  #child: ChildProcess | null = null;
  #ready = false;
  #job: Job | null = null;
  #cancelTimer = (): void => undefined;
  /** A process is being ended: two at a time would take twice the memory. */
  #ending = false;
  #closed = false;

  constructor({ clock, logger, limits }: WorkbenchOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = { ...LIMITS, ...limits };
  }

  work<Task extends MappingTask>(
    task: Task,
    input: MappingTasks[Task]["takes"],
    owner: string,
  ): Promise<{ output: MappingTasks[Task]["gives"] } | { failed: WorkFailure }> {
    const ofOne = this.#waiting.filter((job) => job.owner === owner).length;
    if (this.#closed || this.#waiting.length >= this.#limits.waiting || ofOne >= this.#limits.waitingOfOne) {
      return Promise.resolve({ failed: "busy" });
    }
    return new Promise((resolve) => {
      this.#waiting.push({ message: { task, input }, owner, settle: resolve });
      this.#next();
    });
  }

  warm(): void {
    if (this.#closed || this.#ending || this.#child !== null) return;
    this.#child = this.#start();
    this.#rest();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...(this.#job === null ? [] : [this.#job]), ...this.#waiting.splice(0)];
    this.#job = null;
    const ended = this.#end();
    for (const job of open) job.settle({ failed: "busy" });
    await ended;
  }

  #next(): void {
    if (this.#job !== null || this.#ending || this.#closed) return;
    const job = this.#waiting.shift();
    this.#cancelTimer();
    if (job === undefined) return this.#rest();
    this.#job = job;
    this.#child ??= this.#start();
    keepAlive(this.#child, true);
    if (this.#ready) return this.#begin(job, this.#child);
    this.#cancelTimer = this.#clock.after(this.#limits.startMs, () => this.#giveUp("broken", "it does not start"));
  }

  #begin({ message }: Job, child: ChildProcess): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(this.#limits.timeMs, () => {
      // Where this side was late itself, the answer may be here already.
      this.#cancelTimer = this.#clock.after(GRACE_MS, () => this.#giveUp("time"));
    });
    child.send(message);
  }

  /** Without work for long, the process's memory is worth more than its quick answer. */
  #rest(): void {
    if (this.#child === null) return;
    keepAlive(this.#child, false);
    this.#cancelTimer = this.#clock.after(this.#limits.idleMs, () => void this.#end());
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(new URL("./mapping-process.ts", import.meta.url)), {
      // Nothing of the server's environment is its business.
      env: {},
      execArgv: [`--max-old-space-size=${this.#limits.memoryMb}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (message: FromMappingProcess) => {
      if (child === this.#child) this.#take(message, child);
    });
    child.on("error", (error) => {
      if (child === this.#child) this.#giveUp("broken", error.name);
    });
    child.on("exit", (code, signal) => {
      if (child !== this.#child) return;
      // The engine aborts where the heap is full, and the system kills where the memory is.
      if (signal === "SIGABRT" || signal === "SIGKILL") this.#giveUp("memory");
      else this.#giveUp("broken", `it ended with ${signal ?? code}`);
    });
    return child;
  }

  #take(message: FromMappingProcess, child: ChildProcess): void {
    if (message === "ready") {
      this.#ready = true;
      if (this.#job !== null) this.#begin(this.#job, child);
      return;
    }
    const job = this.#job;
    this.#job = null;
    if ("failed" in message) {
      this.#logger.error({ error: message.failed, task: job?.message.task }, "a mapping could not be worked on");
      job?.settle({ failed: "broken" });
    } else job?.settle(message);
    this.#next();
  }

  /** Work cannot be broken off: the process is given up with it, and the next task has another. */
  #giveUp(failed: WorkFailure, why?: string): void {
    const job = this.#job;
    this.#job = null;
    if (why !== undefined) this.#logger.error({ task: job?.message.task, why }, "the process for mappings failed");
    this.#ending = true;
    const ended = this.#end();
    job?.settle({ failed });
    void ended.then(() => {
      this.#ending = false;
      // Starting takes longer than most tasks: it begins before somebody waits for it.
      if (failed !== "broken" && !this.#closed) this.#child ??= this.#start();
      this.#next();
    });
  }

  async #end(): Promise<void> {
    this.#cancelTimer();
    const child = this.#child;
    this.#child = null;
    this.#ready = false;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
    keepAlive(child, true);
    child.kill("SIGKILL");
    await exited;
  }
}

/** Whether the server waits for the process before it ends by itself. */
function keepAlive(child: ChildProcess, yes: boolean): void {
  if (yes) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
