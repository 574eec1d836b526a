/** Amplitude's HTTP V2 API (`/2/httpapi`) and its Batch Event Upload API (`/batch`). */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { DAY_MS, type JsonRecord, isRecord, mediaType, readJson } from "../strict.ts";
import { type World, createWorld } from "../world.ts";
import { type EventFaults, checkEvent } from "./event-fields.ts";
import { type Throttled, findThrottled, named } from "./throttle.ts";

/** What exists in a new world. Keys are of one project, and a project lives in one region. */
export const AMPLITUDE = {
  apiKey: "0123456789abcdef0123456789abcdef",
  euApiKey: "fedcba9876543210fedcba9876543210",
  revokedApiKey: "00112233445566778899aabbccddeeff",
  usHost: "api2.amplitude.com",
  euHost: "api.eu.amplitude.com",
} as const;

interface Endpoint {
  maxBytes: number;
  /** Events per second of one user or device. */
  threshold: number;
}

const ENDPOINTS: Record<string, Endpoint> = {
  "/2/httpapi": { maxBytes: 1_000_000, threshold: 30 },
  "/batch": { maxBytes: 20_000_000, threshold: 1000 },
};
const MAX_EVENTS = 2000;
/** Deeper is no event that could be taken: properties have at most 40 layers. */
const MAX_DEPTH = 100;
const DEFAULT_MIN_ID_LENGTH = 5;
const DEDUPE_WINDOW_MS = 7 * DAY_MS;

/** Kinds of objects that a test may add: an id that is silenced, or is over the quota of the day. */
export const SILENCED_DEVICE = "silenced_device";
export const OVER_QUOTA_USER = "over_quota_user";
export const OVER_QUOTA_DEVICE = "over_quota_device";
/** While there is an object of this kind, requests are taken and answered with 500: only insert_ids keep them from counting twice. */
export const TAKES_AND_FAILS = "takes_and_fails";

function newWorld(now: () => number): World {
  const key = { kind: "api_key", scopes: [], reaches: ["*"] };
  return createWorld(now, {
    credentials: [
      { ...key, value: AMPLITUDE.apiKey, facts: { host: AMPLITUDE.usHost } },
      { ...key, value: AMPLITUDE.euApiKey, facts: { host: AMPLITUDE.euHost } },
      { ...key, value: AMPLITUDE.revokedApiKey, facts: { host: AMPLITUDE.usHost }, isRevoked: true },
    ],
  });
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const endpoint = request.method === "POST" ? ENDPOINTS[request.url.pathname] : undefined;
  if (endpoint === undefined) return refusal(400, "Invalid request path");
  if (request.body.length === 0) return refusal(400, "Missing request body");
  const read = readJson(request, { maxBytes: endpoint.maxBytes, maxDepth: MAX_DEPTH, encodings: ["gzip"] });
  if ("fault" in read && read.fault === "too_large") return refusal(413, "Payload too large");
  const isJson = "value" in read && isRecord(read.value) && mediaType(request) === "application/json";
  if (!isJson || !isRecord(read.value)) return refusal(400, "Invalid JSON request body");
  const { api_key: key, events, options } = read.value;
  if (typeof key !== "string" || key === "") return missing("api_key");
  if (!Array.isArray(events) || events.length === 0) return missing("events");
  if (events.length > MAX_EVENTS) return refusal(413, "Payload too large");
  const credential = world.credential("api_key", key);
  const isKnown = credential?.facts?.["host"] === request.url.hostname && credential.isRevoked !== true;
  if (!isKnown) return refusal(400, `Invalid API key: ${key}`);
  if (!events.every(isRecord)) return refusal(400, "Invalid event JSON");
  return takeEvents({ key, events, bytes: read.bytes, minIdLength: minIdLength(options), endpoint }, world);
}

function refusal(code: number, error: string, more: object = {}): SimulatedAnswer {
  return { status: code, body: { code, error, ...more } };
}

function missing(field: string): SimulatedAnswer {
  return refusal(400, "Request missing required field", { missing_field: field });
}

function minIdLength(options: unknown): number {
  const given = isRecord(options) ? options["min_id_length"] : undefined;
  return typeof given === "number" && Number.isInteger(given) ? given : DEFAULT_MIN_ID_LENGTH;
}

interface Upload {
  key: string;
  events: JsonRecord[];
  bytes: number;
  minIdLength: number;
  endpoint: Endpoint;
}

/** One bad or throttled event and none of the request is taken. */
function takeEvents(upload: Upload, world: World): SimulatedAnswer {
  const { events, endpoint } = upload;
  const faults = events.map((event) => checkEvent(event, upload.minIdLength));
  const refused = refuseEvents(faults) ?? refuseSilenced(events, world, endpoint);
  if (refused !== null) return refused;
  const quota = named(events, {
    devices: overQuota(world, OVER_QUOTA_DEVICE),
    users: overQuota(world, OVER_QUOTA_USER),
  });
  const throttled = findThrottled(events, world, endpoint.threshold);
  if (quota !== null || throttled !== null) return tooManyRequests(endpoint.threshold, { throttled, quota });
  world.warnings.push(...faults.flatMap(({ warnings }) => warnings));
  for (const event of events) recordEvent(upload, event, world);
  if (world.objects.some(({ kind }) => kind === TAKES_AND_FAILS)) return plain(500, "Internal Server Error");
  const { bytes } = upload;
  const counted = { events_ingested: events.length, payload_size_bytes: bytes, server_upload_time: world.now() };
  return { status: 200, body: { code: 200, ...counted } };
}

function refuseEvents(faults: readonly EventFaults[]): SimulatedAnswer | null {
  const by = (kind: "missing" | "invalid" | "idLengths") => {
    const indexes: Record<string, number[]> = {};
    for (const [index, fault] of faults.entries()) for (const field of fault[kind]) (indexes[field] ??= []).push(index);
    return Object.keys(indexes).length === 0 ? null : indexes;
  };
  const [missing, invalid, idLengths] = [by("missing"), by("invalid"), by("idLengths")];
  if (missing === null && invalid === null && idLengths === null) return null;
  const error =
    missing !== null
      ? "Request missing required field"
      : invalid !== null
        ? "Invalid field values on some events"
        : "Invalid id length for user_id or device_id";
  return refusal(400, error, {
    ...(missing !== null && { events_with_missing_fields: missing }),
    ...(invalid !== null && { events_with_invalid_fields: invalid }),
    ...(idLengths !== null && { events_with_invalid_id_lengths: idLengths }),
  });
}

function refuseSilenced(events: readonly JsonRecord[], world: World, { threshold }: Endpoint): SimulatedAnswer | null {
  const isSilenced = (event: JsonRecord) => world.object(SILENCED_DEVICE, String(event["device_id"])) !== null;
  const silenced = events.flatMap((event, index) => (isSilenced(event) ? [index] : []));
  if (silenced.length === 0) return null;
  const devices = new Set(silenced.map((index) => String(events[index]?.["device_id"])));
  const more = { exceeded_daily_quota_devices: {}, throttled_devices: {}, throttled_events: [] };
  const told = { eps_threshold: threshold, silenced_devices: [...devices], silenced_events: silenced, ...more };
  return refusal(400, "Events silenced for device_id", told);
}

/** Ids over the quota with their events of the day. */
function overQuota(world: World, kind: string): Record<string, number> {
  const found = world.objects.filter((object) => object.kind === kind);
  return Object.fromEntries(found.map(({ id, facts }) => [id, Number(facts?.["events"] ?? 500_001)]));
}

function tooManyRequests(
  threshold: number,
  { throttled, quota }: { throttled: Throttled | null; quota: Throttled | null },
): SimulatedAnswer {
  const events = new Set([...(throttled?.events ?? []), ...(quota?.events ?? [])]);
  return refusal(429, "Too many requests for some devices and users", {
    eps_threshold: threshold,
    throttled_devices: throttled?.devices ?? {},
    throttled_users: throttled?.users ?? {},
    ...(quota !== null && { exceeded_daily_quota_users: quota.users, exceeded_daily_quota_devices: quota.devices }),
    throttled_events: [...events].sort((a, b) => a - b),
  });
}

function recordEvent({ key }: Upload, event: JsonRecord, world: World): void {
  const insertId = event["insert_id"];
  const device = event["device_id"] ?? `of ${String(event["user_id"])}`;
  const dedupeKey = typeof insertId === "string" ? `${String(device)}\n${insertId}` : null;
  const name = String(event["event_type"]);
  const kept = { scope: key, name, dedupeKey, payload: event, receivedAt: world.now(), isTest: false };
  world.record(kept, DEDUPE_WINDOW_MS);
}

/** Throttled as a whole: every user and device of the request. */
function throttleAll(request: SimulatedRequest, seconds: number | undefined): SimulatedAnswer {
  const read = readJson(request, { encodings: ["gzip"] });
  const sent = "value" in read && isRecord(read.value) ? read.value["events"] : [];
  const events = Array.isArray(sent) ? sent.filter(isRecord) : [];
  const threshold = ENDPOINTS[request.url.pathname]?.threshold ?? 30;
  const rates = (field: string) => {
    const ids = events.map((event) => event[field]).filter((id) => typeof id === "string");
    return Object.fromEntries(ids.map((id) => [id, threshold + 1]));
  };
  const throttled = { devices: rates("device_id"), users: rates("user_id"), events: [...events.keys()] };
  return { ...tooManyRequests(threshold, { throttled, quota: null }), headers: retryAfter(seconds) };
}

function plain(status: number, text: string, headers: Record<string, string> = {}): SimulatedAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: text };
}

export const simulator = defineSimulator({
  key: "amplitude",
  hosts: [AMPLITUDE.usHost, AMPLITUDE.euHost],
  newWorld,
  answer,
  faults: {
    error: () => plain(500, "Internal Server Error"),
    unavailable: ({ retryAfterSeconds }) => plain(503, "Service Unavailable", retryAfter(retryAfterSeconds)),
    throttled: ({ request, retryAfterSeconds }) => throttleAll(request, retryAfterSeconds),
  },
});
