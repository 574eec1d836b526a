/** Work that is done again and again, as long as a part runs. */
import type { Clock, Logger } from "@datafly-signal/core";

export interface Repeating {
  end(): void;
}

/** Begins after the first pause; a fault is logged, and the work goes on with the next turn. */
export function repeating(
  { clock, logger }: { clock: Clock; logger: Logger },
  { everyMs, trouble }: { everyMs: number; trouble: string },
  work: () => Promise<void>,
): Repeating {
  let ended = false;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(everyMs, () => {
      work()
        .catch((error: unknown) => logger.warn({ error: String(error) }, trouble))
        .finally(() => ended || next());
    });
  };
  next();
  return {
    end() {
      ended = true;
      cancel();
    },
  };
}
