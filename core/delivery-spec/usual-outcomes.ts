/** What a status means where no rule of the vendor's says otherwise (RFC 9110). */
import type { VendorOutcome, VendorResponse } from "../connector/contract.ts";
import { retryAfterOf } from "./retry-after.ts";

export interface UsualFacts {
  now: number | undefined;
  /** The request held several events. */
  several: boolean;
  /** What the vendor said of it, already fit to be shown; empty where it said nothing. */
  said: string;
  /** Requests carry a token that can be renewed. */
  renews: boolean;
  /** Settings that hold the credentials, and those that stand in the URL. */
  credentials: readonly string[];
  addresses: readonly string[];
  /** Statuses by which one bad event has the whole batch refused. */
  bisected: ReadonlySet<number>;
}

const RETRIED: ReadonlySet<number> = new Set([408, 425]);

export function usualOutcome(response: VendorResponse, facts: UsualFacts): VendorOutcome {
  const { status } = response;
  const { said, several } = facts;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  if (status === 429) {
    return {
      kind: "throttle",
      reason: `The vendor asks for fewer requests (429).${said}`,
      ...retryAfterOf(response, facts.now),
    };
  }
  if (status === 401 && facts.renews) return { kind: "refresh", reason: `The vendor refused the token (401).${said}` };
  const wrong = misconfigured(status, facts);
  if (wrong !== null) return { kind: "misconfigured", reason: `${wrong}${said}` };
  if (status >= 400 && status <= 499 && !RETRIED.has(status)) {
    const reason =
      status === 413
        ? `The ${several ? "batch" : "event"} is too large for the vendor (413).${said}`
        : `The vendor refused the ${several ? "batch" : "event"} (${status}).${said}`;
    const bisect = several && (status === 413 || facts.bisected.has(status));
    return { kind: "reject", reason, ...(bisect && { bisect: true }) };
  }
  return {
    kind: "retry",
    reason: `The vendor could not take the request (${status}).${said}`,
    ...retryAfterOf(response, facts.now),
  };
}

function misconfigured(status: number, { credentials, addresses, renews }: UsualFacts): string | null {
  const credential = listed(credentials, "the credentials");
  if (status === 401) return `The vendor refused the credentials (401). Check ${credential}.`;
  if (status === 403) {
    return `The vendor does not allow this (403). Check that ${credential} may write${renews ? " and has the scope" : ""}.`;
  }
  if (status === 404 || status === 410) {
    return `There is nothing at the vendor's address (${status}). Check ${listed(addresses, "the endpoint")}.`;
  }
  if (status >= 300 && status <= 399) {
    return `The vendor's address redirects (${status}), which is not followed. Check ${listed(addresses, "the endpoint")}.`;
  }
  return null;
}

function listed(fields: readonly string[], fallback: string): string {
  const last = fields.at(-1);
  if (last === undefined) return fallback;
  return fields.length === 1 ? last : `${fields.slice(0, -1).join(", ")} and ${last}`;
}
