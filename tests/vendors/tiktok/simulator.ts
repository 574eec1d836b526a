/** TikTok's Events API 2.0: `POST /open_api/v1.3/event/track/`. Faults come with HTTP status 200 and a code in the body. */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { HOUR_MS, MINUTE_MS, isRecord, mediaType, readJson } from "../strict.ts";
import { type World, createWorld } from "../world.ts";
import { checkEvent } from "./event.ts";

/** What exists in a new world. */
export const TIKTOK = {
  pixel: "C4ABCDEFGHIJKLMNOPQR",
  otherPixel: "C4ZYXWVUTSRQPONMLKJI",
  app: "7123456789012345678",
  eventSet: "7223456789012345678",
  token: "tiktoksimulatortoken0000000000000000000",
  expiredToken: "tiktoksimulatorexpired00000000000000000",
  revokedToken: "tiktoksimulatorrevoked00000000000000000",
} as const;

const TRACK_PATH = "/open_api/v1.3/event/track/";
const SOURCES = ["web", "app", "offline", "crm"];
const MAX_EVENTS = 1000;
const DEDUPE_WINDOW_MS = 48 * HOUR_MS;

/** Codes of the Business API; where they come from is in SOURCES.md. */
const CODES = {
  ok: 0,
  noPermission: 40001,
  parameter: 40002,
  throttled: 40100,
  tokenExpired: 40102,
  tokenEmpty: 40104,
  tokenWrong: 40105,
  system: 50000,
} as const;

function newWorld(now: () => number): World {
  const kind = "access_token";
  const scopes: string[] = [];
  const reaches = [TIKTOK.pixel, TIKTOK.app, TIKTOK.eventSet];
  return createWorld(now, {
    objects: [
      { kind: "web", id: TIKTOK.pixel },
      { kind: "web", id: TIKTOK.otherPixel },
      { kind: "app", id: TIKTOK.app },
      { kind: "offline", id: TIKTOK.eventSet },
      { kind: "crm", id: TIKTOK.eventSet },
    ],
    credentials: [
      { kind, value: TIKTOK.token, scopes, reaches },
      { kind, value: TIKTOK.expiredToken, scopes, reaches, expiresAt: now() - MINUTE_MS },
      { kind, value: TIKTOK.revokedToken, scopes, reaches, isRevoked: true },
    ],
  });
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const isTrack = request.method === "POST" && request.url.pathname === TRACK_PATH;
  if (!isTrack) return { status: 404, headers: { "content-type": "text/plain" }, body: "Not Found" };
  const { code, message } = track(request, world);
  return envelope(world, code, message);
}

function envelope(world: World, code: number, message: string): SimulatedAnswer {
  const at = new Date(world.now()).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const requestId = `${at}${String(world.nextNumber()).padStart(18, "0")}`;
  return { status: 200, body: { code, message, request_id: requestId, data: {} } };
}

interface Verdict {
  code: number;
  message: string;
}

function parameter(message: string): Verdict {
  return { code: CODES.parameter, message };
}

function track(request: SimulatedRequest, world: World): Verdict {
  const token = request.headers["access-token"] ?? "";
  const badToken = checkToken(token, world);
  if (badToken !== null) return badToken;
  if (mediaType(request) !== "application/json") return parameter("Content-Type must be application/json");
  const read = readJson(request);
  if (!("value" in read) || !isRecord(read.value)) return parameter("The request body is not valid JSON");
  const { event_source: source, event_source_id: id, data, test_event_code: testCode } = read.value;
  if (typeof source !== "string" || !SOURCES.includes(source))
    return parameter(`event_source: must be one of ${SOURCES.join(", ")}`);
  if (typeof id !== "string" || id === "") return parameter("event_source_id: Missing data for required field.");
  if (!Array.isArray(data) || data.length === 0) return parameter("data: Missing data for required field.");
  if (data.length > MAX_EVENTS) return parameter(`data: Longer than maximum length ${MAX_EVENTS}.`);
  if (testCode !== undefined && typeof testCode !== "string") return parameter("test_event_code: Not a valid string.");
  const isReached = world.credential("access_token", token)?.reaches.includes(id) === true;
  if (!isReached || world.object(source, id) === null) {
    return { code: CODES.noPermission, message: `No permission to operate event source ${id}.` };
  }
  const checks = data.map((event: unknown, index) => checkEvent(event, { index, source, now: world.now() }));
  const fault = checks.find((check) => check.fault !== null)?.fault;
  if (fault !== undefined && fault !== null) return parameter(fault);
  world.warnings.push(...checks.flatMap((check) => check.warnings));
  recordAll(world, {
    id,
    events: data as Record<string, unknown>[],
    isTest: testCode !== undefined && testCode !== "",
  });
  return { code: CODES.ok, message: "OK" };
}

function recordAll(world: World, sent: { id: string; events: Record<string, unknown>[]; isTest: boolean }): void {
  for (const event of sent.events) {
    const name = String(event["event"]);
    const eventId = event["event_id"];
    const dedupeKey = typeof eventId === "string" && eventId !== "" ? `${name}\n${eventId}` : null;
    const kept = { scope: sent.id, name, dedupeKey, payload: event, receivedAt: world.now(), isTest: sent.isTest };
    world.record(kept, DEDUPE_WINDOW_MS);
  }
}

function checkToken(value: string, world: World): Verdict | null {
  if (value === "") return { code: CODES.tokenEmpty, message: "Access token is empty." };
  const credential = world.credential("access_token", value);
  if (credential === null || credential.isRevoked === true) {
    return { code: CODES.tokenWrong, message: "Access token is incorrect or has been revoked." };
  }
  const isExpired = credential.expiresAt !== undefined && credential.expiresAt <= world.now();
  return isExpired ? { code: CODES.tokenExpired, message: "Access token has expired." } : null;
}

export const simulator = defineSimulator({
  key: "tiktok",
  hosts: ["business-api.tiktok.com"],
  newWorld,
  answer,
  faults: {
    error: ({ world }) => envelope(world, CODES.system, "System error. Please try again later."),
    unavailable: ({ retryAfterSeconds }) => ({
      status: 503,
      headers: { "content-type": "text/plain", ...retryAfter(retryAfterSeconds) },
      body: "Service Unavailable",
    }),
    throttled: ({ world, retryAfterSeconds }) => ({
      ...envelope(world, CODES.throttled, "Too many requests. Please retry in some time."),
      headers: retryAfter(retryAfterSeconds),
    }),
  },
});
