import type { TokenLease, TokenRequest } from "./state-store.ts";

const DAY_MS = 86_400_000;

/** Requests counted on one UTC day. */
export interface DailyCount {
  /** Days since 1970, UTC. */
  day: number;
  spent: number;
}

export interface TokenBucket {
  tokens: number;
  /** Wall clock of the last refill, epoch milliseconds. */
  at: number;
}

/** The tokens of a bucket at `now`; a missing bucket is full, a clock that stepped back adds nothing. */
export function refill(bucket: TokenBucket | undefined, { rps, burst, now }: TokenRequest): TokenBucket {
  const capacity = Math.max(1, burst);
  if (bucket === undefined || !Number.isFinite(rps)) return { tokens: capacity, at: now };
  const elapsed = Math.max(0, now - bucket.at);
  return { tokens: Math.min(capacity, bucket.tokens + (elapsed * rps) / 1000), at: now };
}

/** How many of the wanted tokens a bucket and the day's rest allow. */
export function grantable(tokens: number, dayLeft: number, request: TokenRequest): number {
  const here = Number.isFinite(request.rps) ? Math.floor(tokens + 1e-9) : request.want;
  return Math.max(0, Math.min(request.want, here, dayLeft));
}

/** The lease that says how long to wait when less was given than wanted. */
export function leaseOf(granted: number, tokensLeft: number, dayLeft: number, request: TokenRequest): TokenLease {
  if (granted >= request.want) return { granted, waitMs: 0 };
  if (dayLeft <= granted) return { granted, waitMs: DAY_MS - (request.now % DAY_MS) };
  const missing = Math.max(0, 1 - tokensLeft);
  const waitMs = request.rps > 0 ? Math.ceil((missing * 1000) / request.rps) : 1000;
  return { granted, waitMs: Math.max(1, waitMs) };
}

/**
 * The counter to go on with: yesterday's ends at midnight UTC. A clock that stepped back by less than two days goes on
 * counting where it was, so that it does not open the day's limit again.
 */
export function countOfToday(stored: DailyCount | undefined, now: number): DailyCount {
  const day = Math.floor(now / DAY_MS);
  if (stored !== undefined && stored.day >= day && stored.day <= day + 1) return stored;
  return { day, spent: 0 };
}
