/** Which errors a route can answer: its own, and those that follow from what it takes and who may call it. */
import { MANAGEMENT_ERRORS, type ManagementErrorCode } from "@datafly-signal/core";
import type { RouteFacts } from "../http/route.ts";

const CODES = Object.keys(MANAGEMENT_ERRORS) as ManagementErrorCode[];

/** By status, lowest first; the codes of one status as the table of codes has them. */
export function errorsOf(route: RouteFacts): Map<number, ManagementErrorCode[]> {
  const possible = new Set<ManagementErrorCode>([...route.errors, ...implied(route)]);
  const byStatus = new Map<number, ManagementErrorCode[]>();
  for (const code of CODES.filter((one) => possible.has(one))) {
    const { status } = MANAGEMENT_ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].toSorted(([a], [b]) => a - b));
}

/** Whether the call can be repeated under one Idempotency-Key: its caller's own, so that there must be one. */
export function takesIdempotencyKey(route: RouteFacts): boolean {
  return route.method === "POST" && route.changes === true && route.access !== "public" && route.showsSecret !== true;
}

/** Whether it reads a body: where none is wanted, one that is not JSON is refused all the same. */
function readsBody({ method }: RouteFacts): boolean {
  return method !== "GET";
}

function implied(route: RouteFacts): ManagementErrorCode[] {
  return [
    "BAD_REQUEST",
    "VALIDATION_FAILED",
    ...given(readsBody(route), "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
    ...given(route.access !== "public", "MISSING_TOKEN", "INVALID_TOKEN", "EXPIRED_TOKEN", "PASSWORD_CHANGE_REQUIRED"),
    ...given(route.access !== "public" && route.access !== "signed_in", "FORBIDDEN"),
    ...given(route.path.includes("{"), "NOT_FOUND"),
    ...given(route.changes === true && route.method !== "DELETE", "CONFLICT"),
    ...given(takesIdempotencyKey(route), "IDEMPOTENCY_CONFLICT", "IDEMPOTENCY_KEY_REUSED"),
    "RATE_LIMITED",
    "INTERNAL",
    "UNAVAILABLE",
  ];
}

function given(holds: boolean, ...codes: ManagementErrorCode[]): ManagementErrorCode[] {
  return holds ? codes : [];
}
