/** How often who may call: API tokens, people, and addresses on public routes. */
import { retryAfterSeconds } from "@datafly-signal/core";
import type { Limit } from "../http/authenticate.ts";
import type { Fault } from "../http/route.ts";
import { addressGroup } from "./address-group.ts";
import { minuteLimits } from "./minute-limits.ts";

export interface RateLimitOptions {
  /** Requests a minute of each API token. */
  apiTokenRpm?: number;
  /** Of each person, over all sessions. */
  userRpm?: number;
  /** Of each address on a public route. */
  publicRpm?: number;
  /** Of each address, on each of the public routes that take passwords or tokens. */
  attemptRpm?: number;
}

/** Public routes that can be tried: with passwords, refresh tokens, invitations. */
const ATTEMPTS = new Set(["login", "refreshSession", "acceptInvitation"]);

/** @param monotonic milliseconds */
export function createLimit(
  { apiTokenRpm = 100, userRpm = 1_200, publicRpm = 300, attemptRpm = 30 }: RateLimitOptions,
  monotonic: () => number,
): Limit {
  const tokens = minuteLimits(apiTokenRpm);
  const users = minuteLimits(userRpm);
  const addresses = minuteLimits(publicRpm);
  const attempts = minuteLimits(attemptRpm);
  return ({ userId, tokenId, ipAddress }, { operation }) => {
    const now = monotonic();
    if (tokenId !== null) return refusal(tokens.take(tokenId, now));
    if (userId !== null) return refusal(users.take(userId, now));
    const address = addressGroup(ipAddress);
    if (ATTEMPTS.has(operation)) return refusal(attempts.take(`${operation} ${address}`, now));
    return refusal(addresses.take(address, now));
  };
}

function refusal(waitMs: number): Fault | null {
  if (waitMs === 0) return null;
  return { fault: "RATE_LIMITED", headers: { "retry-after": String(retryAfterSeconds(waitMs)) } };
}
