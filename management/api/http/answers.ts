/** Answers as they go over the wire: a fault in its one shape, and the headers that every answer has. */
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import type { Fault } from "./route.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Without one there is no content. */
  body: string | undefined;
}

export const JSON_TYPE = "application/json; charset=utf-8";
/** Of what comes back by itself, as a database that is started again. */
const RETRY_AFTER_SECONDS = "5";

/** On every answer: what is answered belongs to who asked, and is what it says it is. */
export const SAFE_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** `{error: {code, message, details?}}` with the code's status and the headers that belong to it. */
export function faultAnswer({ fault, message, details, headers }: Fault): Answer {
  const entry = MANAGEMENT_ERRORS[fault];
  const error = { code: fault, message: message ?? entry.message, ...(details !== undefined && { details }) };
  return {
    status: entry.status,
    headers: { ...headersOf(entry.status), ...headers, "content-type": JSON_TYPE },
    body: JSON.stringify({ error }),
  };
}

function headersOf(status: number): Record<string, string> {
  if (status === 401) return { "www-authenticate": "Bearer" };
  return status === 503 ? { "retry-after": RETRY_AFTER_SECONDS } : {};
}
