/** When a delivery is tried again: the ladder of the product documentation (integrations, retry behaviour). */

const LADDER_MS: readonly number[] = [1_000, 4_000, 16_000, 64_000, 256_000];
const JITTER = 0.25;

/** The longest that a vendor's `Retry-After` is obeyed. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** Tries after the first one that the ladder has rungs for. */
export const MAX_RETRIES = LADDER_MS.length;

export interface TriedDelivery {
  /** Tries made, the one that just failed included: 1 or more. */
  tries: number;
  /** Tries allowed after the first. */
  maxRetries: number;
  /** What the vendor asked for; the longer of it and the ladder wins. */
  retryAfterMs?: number | undefined;
  /** 0 ≤ random < 1: the jitter's share. */
  random: number;
}

/** How long to wait for the next try in milliseconds, or null when there is none left. */
export function retryDelay({ tries, maxRetries, retryAfterMs, random }: TriedDelivery): number | null {
  const rung = LADDER_MS[tries - 1];
  if (rung === undefined || tries > maxRetries) return null;
  return Math.max(rung * (1 + JITTER * random), obeyedRetryAfter(retryAfterMs));
}

/** How long a lane stays quiet after `throttle`: what the vendor asked for, else the tried events' own next delay, else the last rung. */
export function throttlePause(retryAfterMs: number | undefined, delayMs: number | null): number {
  const asked = obeyedRetryAfter(retryAfterMs);
  return asked > 0 ? asked : (delayMs ?? LADDER_MS.at(-1) ?? 0);
}

function obeyedRetryAfter(retryAfterMs: number | undefined): number {
  if (retryAfterMs === undefined || !(retryAfterMs > 0)) return 0;
  return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
}
