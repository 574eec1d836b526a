/** Errors of Google's APIs: the envelope, its typed details, and the words that may be shown. */
import { type JsonObject, retryAfterOf, type VendorOutcome, type VendorResponse } from "@datafly-signal/core";
import { bodyOf, listOf, objectOf, textOf } from "./json-parts.ts";

export interface GoogleError {
  message: string;
  /** `error.details`, whatever their type. */
  details: JsonObject[];
  /** Of ErrorInfo, as in `ACCESS_TOKEN_SCOPE_INSUFFICIENT`; empty where there is none. */
  reason: string;
}

/** @param text the body of an answer; what is no error of this shape comes out empty */
export function readGoogleError(text: string): GoogleError {
  const { message, details } = objectOf(bodyOf(text)?.["error"]);
  const all = listOf(details).map(objectOf);
  const info = all.find((detail) => isOf(detail, "google.rpc.ErrorInfo"));
  return { message: textOf(message), details: all, reason: codeOf(textOf(info?.["reason"])) };
}

export function isOf(detail: JsonObject, type: string): boolean {
  return textOf(detail["@type"]).endsWith(`/${type}`);
}

/** A word of an enum; empty for anything else, so that nothing unforeseen is shown. */
export function codeOf(text: string): string {
  return /^[A-Z][A-Z0-9_]{1,99}$/.test(text) ? text : "";
}

const LONGEST = 200;

/** Strikes secrets out of the vendor's words and bounds them. */
export type Clean = (text: string) => string;

export function cleaner(secrets: readonly (string | undefined)[]): Clean {
  const hidden = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 4)
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())]);
  return (text) => {
    const shown = hidden.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
    return shown.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST);
  };
}

/** How long Google asks to wait: RetryInfo of the error, `retryDelay` of its quota details, else the header. */
export function waitOf(
  response: VendorResponse,
  { error, now }: { error: GoogleError; now: number | undefined },
): { retryAfterMs?: number } {
  const [delay] = error.details.flatMap((detail) => [
    ...durationOf(detail["retryDelay"]),
    ...listOf(detail["errors"]).flatMap((one) => {
      const { quotaErrorDetails } = objectOf(objectOf(one)["details"]);
      return durationOf(objectOf(quotaErrorDetails)["retryDelay"]);
    }),
  ]);
  return delay === undefined ? retryAfterOf(response, now) : { retryAfterMs: Math.min(delay, 3_600_000) };
}

/** As in `30s` or `1.5s`, in milliseconds. */
function durationOf(value: JsonObject[string] | undefined): number[] {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(textOf(value))?.[1];
  return seconds === undefined ? [] : [Math.round(Number(seconds) * 1000)];
}

/** The same outcomes, waiting as long as Google asks. */
export function withWait(outcomes: readonly VendorOutcome[], wait: { retryAfterMs?: number }): VendorOutcome[] {
  return outcomes.map((outcome) =>
    outcome.kind === "retry" || outcome.kind === "throttle" ? { ...outcome, ...wait } : outcome,
  );
}
