/** What an answer of the gateway means for the events that were sent. */

export interface Answer {
  /** HTTP status; 0 when there was none. */
  status: number;
  /** The body as JSON; null when it is none. */
  body?: unknown;
  /** `Retry-After` as it came. */
  retryAfter?: string | null;
}

export type Verdict =
  /** Accepted, but for the `refused`, which no repetition would help. */
  | { kind: "done"; refused: Refusal[] }
  /** Too large, or one event spoils the others: send them in smaller parts. */
  | { kind: "split" }
  /** `waitMs` is what the gateway asked for. */
  | { kind: "retry"; waitMs: number | null };

export interface Refusal {
  /** Place in the request; null for all of it. */
  index: number | null;
  /** What the console says once for each: the code. */
  error: string;
  message: string;
}

interface GatewayAnswer {
  success?: boolean;
  error?: string;
  message?: string;
  errors?: { index: number; error: string; message: string }[];
}

const MAX_WAIT_MS = 3_600_000;

/** `count` events were sent; `now` is in epoch milliseconds, for dates in `Retry-After`. */
export function judge({ status, body, retryAfter }: Answer, count: number, now: number): Verdict {
  const said = (body ?? {}) as GatewayAnswer;
  const refused = said.errors ?? [];
  if (status >= 200 && status < 300 && said.success === true) return { kind: "done", refused };
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  // Whatever else answers 200 is not the gateway: a sign-in page of a network, a proxy.
  if (!isFinal) return { kind: "retry", waitMs: retryAfterMs(retryAfter ?? null, now) };
  if (refused.length > 0) return { kind: "done", refused };
  if (count > 1 && (status === 400 || status === 413)) return { kind: "split" };
  const error = said.error ?? String(status);
  return { kind: "done", refused: [{ index: null, error, message: said.message ?? `the gateway answered ${status}` }] };
}

/** Seconds or a date, at most an hour; null for anything else. */
function retryAfterMs(text: string | null, now: number): number | null {
  if (!text) return null;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - now : seconds * 1_000;
  return ms >= 0 ? Math.min(ms, MAX_WAIT_MS) : null;
}

/** 1 s, doubled up to a minute, each plus up to half of it, so that visitors do not come back all at once. */
export function backoffMs(failures: number, random: number): number {
  return Math.min(60_000, 500 * 2 ** failures) * (1 + random / 2);
}
