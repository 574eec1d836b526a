/** Axon: events of an organisation into one of its datasets. What is known of it, and what is assumed, is in SOURCES.md. */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { type JsonRecord, bearerToken, isRecord, mediaType, readJson, readRfc3339 } from "../strict.ts";
import { type World, createWorld } from "../world.ts";

/** What exists in a new world. */
export const AXON = {
  host: "api.axon.dev",
  orgId: "org-abc-123",
  datasetId: "dataset-xyz-456",
  /** Of the same organisation; the key may not write to it. */
  otherDatasetId: "dataset-uvw-789",
  /** Takes events and shows none. */
  archivedDatasetId: "dataset-old-000",
  key: "axon-simulator-key",
  readOnlyKey: "axon-simulator-key-read",
  revokedKey: "axon-simulator-key-revoked",
} as const;

const PATH = /^\/v1\/orgs\/([^/]+)\/datasets\/([^/]+)\/events$/;
const MAX_EVENTS = 100;
const MAX_BYTES = 1_000_000;
const MAX_DEPTH = 100;
const TYPES = ["track", "page", "identify", "group"];
const OPTIONAL_TEXTS = ["user_id", "group_id", "name"];
const OBJECTS = ["properties", "traits", "context"];

function newWorld(now: () => number): World {
  const dataset = { kind: "dataset", facts: { org: AXON.orgId } };
  const key = { kind: "api_key", scopes: ["write"], reaches: [AXON.datasetId, AXON.archivedDatasetId] };
  return createWorld(now, {
    objects: [
      { kind: "org", id: AXON.orgId },
      { ...dataset, id: AXON.datasetId },
      { ...dataset, id: AXON.otherDatasetId },
      { ...dataset, id: AXON.archivedDatasetId, facts: { org: AXON.orgId, isArchived: true } },
    ],
    credentials: [
      { ...key, value: AXON.key },
      { ...key, value: AXON.readOnlyKey, scopes: ["read"] },
      { ...key, value: AXON.revokedKey, isRevoked: true },
    ],
  });
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const [, org = "", dataset = ""] = PATH.exec(request.url.pathname) ?? [];
  if (request.method !== "POST" || org === "") return refusal(404, "not_found", "There is nothing at this address.");
  const denied = checkAccess(request, { org, dataset }, world);
  if (denied !== null) return denied;
  const read = readJson(request, { maxBytes: MAX_BYTES, maxDepth: MAX_DEPTH, encodings: ["gzip"] });
  if ("fault" in read && read.fault === "too_large") return refusal(413, "payload_too_large", read.message);
  const isJson = "value" in read && isRecord(read.value) && mediaType(request) === "application/json";
  const events = isJson && isRecord(read.value) ? read.value["events"] : null;
  if (!Array.isArray(events)) return refusal(400, "bad_request", "The body is no JSON object with a list of events.");
  if (events.length > MAX_EVENTS) return refusal(413, "payload_too_large", `${events.length} events`);
  return takeEvents(events, dataset, world);
}

function refusal(status: number, code: string, message: string, more: object = {}): SimulatedAnswer {
  return { status, body: { error: { code, message }, ...more } };
}

function checkAccess(
  request: SimulatedRequest,
  place: { org: string; dataset: string },
  world: World,
): SimulatedAnswer | null {
  const credential = world.credential("api_key", bearerToken(request) ?? "");
  if (credential === null || credential.isRevoked === true) {
    return refusal(401, "unauthorized", "The API key is invalid or has been revoked.");
  }
  const org = world.object("org", place.org);
  const dataset = world.object("dataset", place.dataset);
  if (org === null || dataset?.facts?.["org"] !== org.id) {
    return refusal(404, "not_found", "The organisation or the dataset does not exist.");
  }
  const mayWrite = credential.scopes.includes("write") && credential.reaches.includes(dataset.id);
  return mayWrite ? null : refusal(403, "forbidden", "The API key has no write permission for the dataset.");
}

/** What is wrong with an event costs that event only, unless no event is right. */
function takeEvents(events: readonly unknown[], dataset: string, world: World): SimulatedAnswer {
  const faults = events.map(checkEvent);
  const errors = faults.flatMap((message, index) => {
    const id = isRecord(events[index]) ? events[index]["id"] : undefined;
    return message === null ? [] : [{ index, ...(typeof id === "string" && { id }), message }];
  });
  if (events.length > 0 && errors.length === events.length) {
    return refusal(422, "invalid_events", "No event is valid.", { errors });
  }
  let duplicates = 0;
  const isArchived = world.object("dataset", dataset)?.facts?.["isArchived"] === true;
  for (const [index, event] of events.entries()) {
    if (faults[index] !== null || !isRecord(event)) continue;
    if (isArchived) world.warnings.push(`the dataset ${dataset} is archived: ${String(event["id"])} does not appear`);
    else if (recordEvent(event, dataset, world)) duplicates++;
  }
  const accepted = events.length - errors.length;
  return { status: 200, body: { accepted, duplicates, ...(errors.length > 0 && { errors }) } };
}

/** True: an event with this id is there already. */
function recordEvent(event: JsonRecord, dataset: string, world: World): boolean {
  const name = String(event["name"] ?? event["type"]);
  const dedupeKey = String(event["id"]);
  const kept = { scope: dataset, name, dedupeKey, payload: event, receivedAt: world.now(), isTest: false };
  return world.record(kept).isDuplicate;
}

function checkEvent(event: unknown): string | null {
  if (!isRecord(event)) return "an event is an object";
  const { id, type, name, timestamp } = event;
  if (!isText(id)) return "id is required";
  if (typeof type !== "string" || !TYPES.includes(type)) return `type is none of ${TYPES.join(", ")}`;
  if ((type === "track" || type === "page") && !isText(name)) return `name is required of ${type}`;
  if (!isText(event["anonymous_id"])) return "anonymous_id is required";
  if (readRfc3339(timestamp) === null) return "timestamp is no time of ISO 8601";
  const text = OPTIONAL_TEXTS.find((field) => event[field] !== undefined && !isText(event[field]));
  if (text !== undefined) return `${text} is no text`;
  const object = OBJECTS.find((field) => event[field] !== undefined && !isRecord(event[field]));
  return object === undefined ? null : `${object} is no object`;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

export const simulator = defineSimulator({
  key: "axon",
  hosts: [AXON.host],
  newWorld,
  answer,
  faults: {
    error: () => refusal(500, "internal_error", "Something went wrong."),
    unavailable: ({ retryAfterSeconds }) => ({
      ...refusal(503, "unavailable", "The service is not available."),
      headers: retryAfter(retryAfterSeconds),
    }),
    throttled: ({ retryAfterSeconds }) => ({
      ...refusal(429, "rate_limited", "Too many requests."),
      headers: retryAfter(retryAfterSeconds),
    }),
  },
});
