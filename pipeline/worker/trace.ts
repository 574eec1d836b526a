/** Traces attempts: the request as it was sent and what came back, for a share of the deliveries and for failures. */
import {
  isTraced,
  type LeftOut,
  LONGEST_TRACED,
  type SentTrace,
  traceIds,
  traceLogRecord,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
  redact,
} from "@datafly-signal/core";
import type { RunnerContext } from "./context.ts";
import type { Entry, PendingRequest } from "./lane.ts";

/** What came of one request. */
export interface Answered {
  outcomes: readonly VendorOutcome[];
  response: VendorResponse | null;
  durationMs: number;
}

const REASON_LIMIT = 500;
const ANSWER_LIMIT = 2_000;
/** Each event of a batch has a trace of its own: they do not all repeat the whole body. */
const SHARED_BODY_LIMIT = 2_000;
/** Headers that hold a credential whatever their value. */
const SECRET_HEADER = /^(proxy-)?authorization$|cookie|api-?key|token|secret|signature|password/i;

/** Writes the traces of a request's deliveries into the commits that they are settled in. */
export function traceAnswer(context: RunnerContext, pending: PendingRequest, answered: Answered): void {
  const { traces, clock } = context;
  const { attempt, request } = pending;
  let shared: Pick<SentTrace, "request" | "response"> | null = null;
  request.covers.forEach((index, at) => {
    const entry = attempt.entries[index];
    const outcome = answered.outcomes[at];
    if (entry === undefined || outcome === undefined || entry.home.revoked) return;
    const left = leftOutBefore(context, { pending, entry, outcome, status: answered.response?.status ?? null });
    if (left === null || !traces.roomy()) return;
    shared ??= sharedPart(request, answered.response, attempt.hidden);
    const record: SentTrace = {
      ...headOf(entry, clock.wall()),
      stage: "sent",
      lane: attempt.lane.ref,
      deliveryId: entry.delivery.deliveryId,
      attempt: (entry.parked?.tries ?? 0) + 1,
      events: request.covers.length,
      ...shared,
      outcome: outcome.kind,
      reason: outcome.kind === "delivered" ? null : redact(outcome.reason, attempt.hidden, REASON_LIMIT),
      durationMs: Math.round(answered.durationMs),
      ...(left === 0 ? {} : { suppressed: left }),
    };
    const kept = traceLogRecord(record, JSON.stringify(record));
    if (kept !== null) entry.home.append(kept);
  });
}

/** Null when it is not traced; else how many like it were not since the last one. */
function leftOutBefore(
  { traces, clock }: RunnerContext,
  facts: { pending: PendingRequest; entry: Entry; outcome: VendorOutcome; status: number | null },
): number | null {
  const { delivery } = facts.entry;
  if (delivery.trace === true || isTraced(delivery.messageId, traces.share)) return 0;
  if (facts.outcome.kind === "delivered") return null;
  const lane = facts.pending.attempt.lane.ref.pipelineIntegrationId;
  return traces.failures.admit(lane, `${facts.outcome.kind} ${facts.status}`, clock.wall());
}

function headOf({ delivery }: Entry, now: number) {
  const { messageId, pipelineId, eventName, event } = delivery;
  return { v: 1, at: new Date(now).toISOString(), messageId, pipelineId, ...traceIds(event), eventName } as const;
}

/** Request and answer as every trace of the request shows them. */
function sharedPart(
  request: VendorRequest,
  response: VendorResponse | null,
  secrets: readonly string[],
): Pick<SentTrace, "request" | "response"> {
  return {
    request: {
      method: request.method,
      url: redact(request.url, secrets, ANSWER_LIMIT),
      headers: shownHeaders(request.headers, secrets),
      body: shownBody(request, secrets),
    },
    response:
      response === null
        ? null
        : {
            status: response.status,
            headers: shownHeaders(response.headers, secrets),
            body: redact(response.body, secrets, ANSWER_LIMIT),
          },
  };
}

function shownHeaders(headers: Readonly<Record<string, string>>, secrets: readonly string[]): Record<string, string> {
  const shown = Object.entries(headers)
    .slice(0, 50)
    .map(([name, value]) => [name, SECRET_HEADER.test(name) ? "[redacted]" : redact(value, secrets, REASON_LIMIT)]);
  return Object.fromEntries(shown) as Record<string, string>;
}

function shownBody({ body, covers }: VendorRequest, secrets: readonly string[]): string | LeftOut | null {
  if (body === null) return null;
  // Bytes are compressed or encoded: nobody reads them here.
  if (typeof body !== "string") return { left_out: true, bytes: body.byteLength };
  if (covers.length > 1) return redact(body, secrets, SHARED_BODY_LIMIT);
  if (body.length > LONGEST_TRACED) return { left_out: true, bytes: Buffer.byteLength(body) };
  return redact(body, secrets, LONGEST_TRACED);
}
