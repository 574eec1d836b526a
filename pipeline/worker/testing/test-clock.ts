/** A clock that stands still until it is told to go on; wall and monotonic time can be moved apart. */
import { setImmediate as turn } from "node:timers/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "@datafly-signal/core";

const TURNS = 12;

export class TestClock implements Clock {
  #wall: number;
  #monotonic = 1_000;
  #timers: { at: number; run: () => void }[] = [];

  constructor(wall = Date.UTC(2026, 10, 21, 12)) {
    this.#wall = wall;
  }

  wall(): number {
    return Math.floor(this.#wall);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Sets the wall clock forward or back without time passing. */
  step(ms: number): void {
    this.#wall += ms;
  }

  /** Lets what is ready happen, without time passing. */
  async settle(): Promise<void> {
    for (let count = 0; count < TURNS; count += 1) await turn();
  }

  /** Waits until something is so, without time passing; for what hangs on a real wait of the log. */
  async until(holds: () => boolean): Promise<void> {
    for (let count = 0; count < 200 && !holds(); count += 1) await pause(5);
  }

  /** Lets time pass; timers run at their moment, and what they start happens before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (;;) {
      const next = this.#timers.reduce<{ at: number; run: () => void } | null>(
        (first, timer) => (timer.at <= end && (first === null || timer.at < first.at) ? timer : first),
        null,
      );
      if (next === null) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#moveTo(Math.max(next.at, this.#monotonic));
      next.run();
      await this.settle();
    }
    this.#moveTo(end);
    await this.settle();
  }

  #moveTo(moment: number): void {
    this.#wall += moment - this.#monotonic;
    this.#monotonic = moment;
  }
}
