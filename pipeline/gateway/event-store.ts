/** Puts the records of a request into the log, and answers when they are there for good or not at all. */
import type { Logger, NewIds } from "@datafly-signal/core";
import { LogError, type NewRecord } from "@datafly-signal/ports/log";
import type { Admission } from "./admission.ts";
import type { AppendQueue } from "./append-queue.ts";
import type { Exchange, Responder } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import type { ReceiptTime } from "./receipt-time.ts";

/** What the steps that take events work with. */
export interface EventParts {
  admission: Admission;
  respond: Responder;
  appends: AppendQueue;
  inFlight: InFlight;
  received: () => ReceiptTime;
  ids: NewIds;
  logger: Logger;
  visitorCookie: (dfid: string) => string;
  limits: { maxBatchSize: number; maxPayloadBytes: number };
}

export function store(
  exchange: Exchange,
  records: readonly NewRecord[],
  { parts, accepted }: { parts: EventParts; accepted: { body: string; cookie: string | null; events: number } },
): void {
  const { respond, appends, inFlight } = parts;
  const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  inFlight.add(bytes);
  exchange.reserved += bytes;
  appends.push(records, bytes, (error) => {
    if (error !== null) return refuseUnstored(exchange, error, { parts, events: accepted.events });
    const cookie = accepted.cookie === null ? null : parts.visitorCookie(accepted.cookie);
    respond.accept(exchange, { ...accepted, cookie });
  });
}

/** Nothing was kept; whether it is worth coming again depends on why. */
function refuseUnstored(
  exchange: Exchange,
  error: unknown,
  { parts, events }: { parts: EventParts; events: number },
): void {
  const code = error instanceof LogError ? error.code : null;
  if (code === "record_too_large") return parts.respond.refuse(exchange, "payload_too_large", { events });
  parts.logger.error({ err: error, events }, "events could not be stored");
  if (code === "log_full" || code === "commit_failed" || code === "closed") {
    return parts.respond.refuse(exchange, "overloaded", { retryAfter: 5, events });
  }
  parts.respond.refuse(exchange, "internal_error", { events });
}
