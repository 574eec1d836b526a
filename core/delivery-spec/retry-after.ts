/** How long a vendor asks to wait: `Retry-After`, in seconds or as a date. */
import type { VendorResponse } from "../connector/contract.ts";

/** The longest wait that is honoured. */
const LONGEST_WAIT_MS = 3_600_000;

/** @param now when the answer came; without it a date counts from the answer's own `Date` */
export function retryAfterOf({ headers }: VendorResponse, now: number | undefined): { retryAfterMs?: number } {
  const value = headers["retry-after"]?.trim() ?? "";
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : until(value, now ?? httpDate(headers["date"]));
  return ms === null ? {} : boundedWait(ms);
}

export function boundedWait(ms: number): { retryAfterMs: number } {
  return { retryAfterMs: Math.round(Math.min(Math.max(0, ms), LONGEST_WAIT_MS)) };
}

function until(value: string, now: number | null): number | null {
  const date = httpDate(value);
  return date === null || now === null ? null : Math.max(0, date - now);
}

/** The three forms of an HTTP date (RFC 9110, 5.6.7). `Date.parse` alone takes `12.5` and half a date as well. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/** In epoch milliseconds; null when it is no HTTP date. */
function httpDate(value: string | undefined): number | null {
  if (value === undefined || !HTTP_DATES.some((form) => form.test(value))) return null;
  const ms = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(ms) ? null : ms;
}
