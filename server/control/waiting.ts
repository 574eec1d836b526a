/** Waiting that ends early when nobody waits any more. */
import type { Clock } from "@datafly-signal/core";

export function pause(clock: Clock, ms: number, gone: AbortSignal): Promise<void> {
  if (gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      gone.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    gone.addEventListener("abort", end, { once: true });
  });
}
