/** The machine's clock. */
import { performance } from "node:perf_hooks";
import type { Clock } from "@datafly-signal/core";

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
