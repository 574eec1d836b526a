/** Answers that name events: those are refused or throttled, and the others, which Amplitude did not take either, sent again. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import type { Endpoint } from "./delivery.ts";

/** Maps from a field to the indexes of events. */
const FIELD_MAPS = {
  events_with_missing_fields: "Amplitude needs a field that this event does not have",
  events_with_invalid_fields: "Amplitude does not take the value of a field of this event",
  events_with_invalid_id_lengths:
    "Amplitude takes this event's ID for too short: lower min_id_length, or send longer IDs",
} as const;

/** How long the vendor asks to leave a throttled user or device alone. */
const PAUSE_MS: Readonly<Record<Endpoint, number>> = { httpapi: 30_000, batch: 15_000 };

const SILENCED = "Amplitude silenced this device, as it sent far too much. Find out what sends so many events.";
const OVER_QUOTA =
  "This user or device is over its quota of the day at Amplitude (500,000 events in 24 hours). Find out what sends so many events.";
const THROTTLED = "This user or device sends more events a second than Amplitude takes (429).";
const NOT_TAKEN: VendorOutcome = {
  kind: "retry",
  reason: "Amplitude took nothing of the request because of other events in it. This one is sent again without them.",
};

interface Answered {
  response: VendorResponse;
  request: VendorRequest;
  endpoint: Endpoint;
}

/** @param outcomes what the answer means for the request as a whole */
export function classifyAnswer(outcomes: VendorOutcome[], { response, request, endpoint }: Answered): VendorOutcome[] {
  const { status } = response;
  if ((status !== 400 && status !== 429) || outcomes.some(({ kind }) => kind === "misconfigured")) return outcomes;
  const body = parsed(response.body);
  if (body === null) return status === 429 ? outcomes.map((one) => pausing(one, endpoint)) : outcomes;
  const named = status === 400 ? refusedEvents(body, request) : throttledEvents(body, { request, endpoint, outcomes });
  const isAnyNamed = outcomes.some((_, index) => named.has(index));
  if (isAnyNamed) return outcomes.map((_, index) => named.get(index) ?? NOT_TAKEN);
  return status === 429 ? outcomes.map((one) => pausing(one, endpoint)) : outcomes;
}

/** By their index in the request. */
type Named = Map<number, VendorOutcome>;

function refusedEvents(body: JsonObject, request: VendorRequest): Named {
  const named: Named = new Map();
  for (const [map, words] of Object.entries(FIELD_MAPS)) {
    const fields = body[map];
    if (!isJsonObject(fields)) continue;
    for (const [field, indexes] of Object.entries(fields)) {
      // A name of the vendor's fields, and nothing that could come out of an event.
      const what = /^[a-zA-Z_$.]{1,40}$/.test(field) ? `: ${field}` : "";
      refuse(named, indexesOf(indexes), `${words}${what}.`);
    }
  }
  refuse(named, indexesOf(body["silenced_events"]), SILENCED);
  if (named.size === 0) refuse(named, eventsOf(request, { device_id: keysOf(body["silenced_devices"]) }), SILENCED);
  return named;
}

function throttledEvents(
  body: JsonObject,
  { request, endpoint, outcomes }: Pick<Answered, "request" | "endpoint"> & { outcomes: readonly VendorOutcome[] },
): Named {
  const named: Named = new Map();
  const over = {
    user_id: keysOf(body["exceeded_daily_quota_users"]),
    device_id: keysOf(body["exceeded_daily_quota_devices"]),
  };
  refuse(named, eventsOf(request, over), OVER_QUOTA);
  const listed = indexesOf(body["throttled_events"]);
  const ids = { user_id: keysOf(body["throttled_users"]), device_id: keysOf(body["throttled_devices"]) };
  const isOver = over.user_id.size + over.device_id.size > 0;
  // No one is too fast: the events that are listed are those over the quota.
  if (isOver && named.size === 0 && ids.user_id.size + ids.device_id.size === 0) refuse(named, listed, OVER_QUOTA);
  for (const index of listed.length > 0 ? listed : eventsOf(request, ids)) {
    const asked = outcomes[index];
    const waiting: VendorOutcome = {
      kind: "throttle",
      reason: THROTTLED,
      ...(asked !== undefined && "retryAfterMs" in asked && { retryAfterMs: asked.retryAfterMs }),
    };
    if (!named.has(index)) named.set(index, pausing(waiting, endpoint));
  }
  return named;
}

/** A pause that the answer itself names, by `Retry-After`, goes before the documented one. */
function pausing(outcome: VendorOutcome, endpoint: Endpoint): VendorOutcome {
  return outcome.kind === "throttle" && outcome.retryAfterMs === undefined
    ? { ...outcome, retryAfterMs: PAUSE_MS[endpoint] }
    : outcome;
}

function refuse(named: Named, indexes: readonly number[], reason: string): void {
  for (const index of indexes) if (!named.has(index)) named.set(index, { kind: "reject", reason });
}

function indexesOf(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.filter((one): one is number => Number.isInteger(one)) : [];
}

/** Of a map by id, or of a list of ids. */
function keysOf(value: JsonValue | undefined): ReadonlySet<string> {
  if (Array.isArray(value)) return new Set(value.filter((one) => typeof one === "string"));
  return new Set(isJsonObject(value) ? Object.keys(value) : []);
}

/** The events of the request with one of these ids. */
function eventsOf(request: VendorRequest, ids: Readonly<Record<string, ReadonlySet<string>>>): number[] {
  const wanted = Object.entries(ids).filter(([, values]) => values.size > 0);
  const sent = wanted.length > 0 && typeof request.body === "string" ? parsed(request.body)?.["events"] : undefined;
  if (!Array.isArray(sent)) return [];
  return sent.flatMap((event, index) =>
    isJsonObject(event) && wanted.some(([field, values]) => values.has(String(event[field]))) ? [index] : [],
  );
}

/** Null where it is no JSON object. */
function parsed(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
