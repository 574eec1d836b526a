/** Who an event is about when nobody is logged in: `anonymousId` and the `_dfid` cookie. */

/** What the event itself claims. */
export interface VisitorClaim {
  anonymousId: string | null;
  userId: string | null;
  /** The id that datafly.js makes and keeps. */
  hint: string | null;
  /** True from a `reset()` until one event with it is answered 200. */
  reset: boolean;
}

/** What the request shows. `dfid` is a valid cookie, or the one an earlier event of the same request was given. */
export interface VisitorSeen {
  browser: boolean;
  dfid: string | null;
}

export interface Visitor {
  /** Null for a server's event that names its user and nobody else. */
  anonymousId: string | null;
  /** What `_dfid` is to be set to; null leaves the cookie alone. */
  cookie: string | null;
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export function isUuidV4(text: string): boolean {
  return text.length === 36 && UUID_V4.test(text);
}

/**
 * The order is: the body's own id, the cookie, the hint, a new one. A server that names a user gets no new one:
 * every event would otherwise be a visitor of its own, linked to that user.
 */
export function visitorOf(claim: VisitorClaim, seen: VisitorSeen, newId: () => string): Visitor {
  const hint = claim.hint !== null && isUuidV4(claim.hint) ? claim.hint : null;
  const reset = claim.reset && hint !== null;
  const dfid = reset ? null : seen.dfid;
  const known = claim.anonymousId ?? dfid ?? hint;
  const anonymousId = known ?? (seen.browser || claim.userId === null ? newId() : null);
  if (!seen.browser || dfid !== null) return { anonymousId, cookie: null };
  if (reset) return { anonymousId, cookie: hint };
  return { anonymousId, cookie: anonymousId !== null && isUuidV4(anonymousId) ? anonymousId : newId() };
}
