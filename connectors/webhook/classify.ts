/** What an HTTP answer means for the events of the request (the outcome table of README.md). */
import {
  retryAfterOf,
  type AttemptFacts,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";

const RETRIED = new Set([408, 425]);

const MISCONFIGURED: Readonly<Record<number, string>> = {
  401: "The endpoint refused the credentials (401).",
  403: "The endpoint does not allow this sender (403).",
  404: "There is nothing at this URL (404).",
  410: "The endpoint is gone for good (410).",
};

/** One outcome for all events of the request: an endpoint answers for a batch as a whole. Total and never throws. */
export function classifyAnswer(
  response: VendorResponse,
  request: VendorRequest,
  facts?: Pick<AttemptFacts, "now">,
): VendorOutcome[] {
  const outcome = outcomeOf(response, { several: request.covers.length > 1, now: facts?.now });
  return request.covers.map(() => outcome);
}

function outcomeOf(
  response: VendorResponse,
  { several, now }: { several: boolean; now: number | undefined },
): VendorOutcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  if (status === 429) {
    return { kind: "throttle", reason: "The endpoint asks for fewer requests (429).", ...retryAfterOf(response, now) };
  }
  if (status >= 300 && status <= 399) {
    return {
      kind: "misconfigured",
      reason: `The endpoint redirects (${status}). Redirects are not followed: set the URL to where it leads.`,
    };
  }
  const misconfigured = MISCONFIGURED[status];
  if (misconfigured !== undefined) return { kind: "misconfigured", reason: misconfigured };
  if (status === 413) return tooLarge(several);
  if (status >= 400 && status <= 499 && !RETRIED.has(status)) {
    return { kind: "reject", reason: `The endpoint refused the request (${status}).` };
  }
  return {
    kind: "retry",
    reason: `The endpoint could not take the request (${status}).`,
    ...retryAfterOf(response, now),
  };
}

function tooLarge(several: boolean): VendorOutcome {
  if (!several) return { kind: "reject", reason: "The event is too large for the endpoint (413)." };
  return { kind: "reject", reason: "The batch is too large for the endpoint (413).", bisect: true };
}
