/** A token bucket that is told the time: a burst, one second's worth unless it is given, and debts for what comes in bulk. */

export interface RateBucket {
  /**
   * Takes `count` tokens at `now` (monotonic milliseconds). 0 when they were taken, else the milliseconds until one is there.
   * A bulk larger than what is left is let in and paid off by those that follow, so that no size can be stuck for ever.
   */
  take(count: number, now: number): number;
}

/** `perSecond` 0 is no limit; `burst` is how many can be had at once after a pause. */
export function rateBucket(perSecond: number, startedAt: number, burst: number = perSecond): RateBucket {
  // In thousandths, so that whole milliseconds and whole rates add up without rounding.
  const full = burst * 1_000;
  const needed = Math.min(1_000, full);
  let left = full;
  let filledAt = startedAt;
  return {
    take(count, now) {
      if (perSecond <= 0) return 0;
      const elapsed = Math.max(0, now - filledAt);
      left = Math.min(full, left + elapsed * perSecond);
      filledAt += elapsed;
      if (left < needed) return Math.ceil((needed - left) / perSecond);
      left -= count * 1_000;
      return 0;
    },
  };
}

/** A wait as `Retry-After` says it: whole seconds, at least one. */
export function retryAfterSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1_000));
}
