/** Meta's Conversions API: the edge `/{dataset}/events` of the Graph API, and reading a dataset. */
import { type SimulatedAnswer, defineSimulator } from "../simulator.ts";
import type { SimulatedRequest } from "../simulated-request.ts";
import { HOUR_MS, MINUTE_MS, bearerToken, isRecord, mediaType, readJson } from "../strict.ts";
import { type Credential, type World, createWorld } from "../world.ts";
import { checkEvent } from "./event.ts";
import { type GraphFault, graphAnswer } from "./graph-fault.ts";

/** What exists in a new world. */
export const META = {
  dataset: "1234567890123456",
  otherDataset: "6543210987654321",
  token: "EAAGmetaSimulatorToken",
  expiredToken: "EAAGmetaSimulatorExpired",
  revokedToken: "EAAGmetaSimulatorRevoked",
  /** Works, and lacks `ads_management`. */
  weakToken: "EAAGmetaSimulatorWeak",
  /** Made in the Events Manager: may send to the dataset and not read it. */
  sendOnlyToken: "EAAGmetaSimulatorSendOnly",
} as const;

const MAX_EVENTS = 1000;
const DEDUPE_WINDOW_MS = 48 * HOUR_MS;
const OLDEST_VERSION = 21;
const NEWEST_VERSION = 26;

function newWorld(now: () => number): World {
  const kind = "access_token";
  const reaches = [META.dataset];
  const both = ["ads_management", "ads_read"];
  return createWorld(now, {
    objects: [META.dataset, META.otherDataset].map((id) => ({ kind: "dataset", id, facts: { name: `Dataset ${id}` } })),
    credentials: [
      { kind, value: META.token, scopes: both, reaches },
      { kind, value: META.expiredToken, scopes: both, reaches, expiresAt: now() - MINUTE_MS },
      { kind, value: META.revokedToken, scopes: both, reaches, isRevoked: true },
      { kind, value: META.weakToken, scopes: [], reaches },
      { kind, value: META.sendOnlyToken, scopes: ["ads_management"], reaches },
    ],
  });
}

interface Call {
  request: SimulatedRequest;
  world: World;
  /** Parameters of query and body together, as Graph reads them. */
  parameters: Record<string, unknown>;
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const call = { request, world, parameters: readParameters(request) };
  const result = answerCall(call);
  return "fault" in result ? graphAnswer(result.fault, world) : { status: 200, body: result.body };
}

type Result = { body: object } | { fault: GraphFault };

function answerCall(call: Call): Result {
  const { request, world, parameters } = call;
  const path = /^\/v(\d+)\.0\/(\w+)(\/\w+)?\/?$/.exec(request.url.pathname);
  const version = Number(path?.[1]);
  if (path === null || version > NEWEST_VERSION) return { fault: { kind: "path", path: request.url.pathname } };
  if (version < OLDEST_VERSION) return { fault: { kind: "version", newest: `v${NEWEST_VERSION}.0` } };
  const checked = checkToken(String(parameters["access_token"] ?? ""), world);
  if ("fault" in checked) return checked;
  const { token } = checked;
  const id = path[2] ?? "";
  const isRead = request.method === "GET" && path[3] === undefined;
  if (!isRead && (request.method !== "POST" || path[3] !== "/events")) {
    return { fault: { kind: "object", id, method: request.method } };
  }
  const dataset = world.object("dataset", id);
  const isReached = token.reaches.includes(id) && (!isRead || token.scopes.includes("ads_read"));
  if (isRead && (dataset === null || !isReached)) return { fault: { kind: "object", id, method: "GET" } };
  if (isRead) return { body: readFields(id, String(dataset?.facts?.["name"]), parameters["fields"]) };
  if (!token.scopes.includes("ads_management")) return { fault: { kind: "permission", permission: "ads_management" } };
  if (dataset === null || !isReached) return { fault: { kind: "object", id, method: "POST" } };
  return receiveEvents(call, id);
}

function readFields(id: string, name: string, fields: unknown): Record<string, string> {
  const wanted = typeof fields === "string" ? fields.split(",") : ["id"];
  const known: Record<string, string> = { id, name };
  return { ...Object.fromEntries(wanted.filter((field) => field in known).map((field) => [field, known[field]])), id };
}

function checkToken(value: string, world: World): { token: Credential } | { fault: GraphFault } {
  if (value === "") return { fault: { kind: "no_token" } };
  const token = world.credential("access_token", value);
  if (token === null) return { fault: { kind: "bad_token" } };
  if (token.isRevoked === true) return { fault: { kind: "revoked_token" } };
  const { expiresAt } = token;
  if (expiresAt === undefined || expiresAt > world.now()) return { token };
  return { fault: { kind: "expired_token", at: expiresAt, now: world.now() } };
}

function receiveEvents({ parameters, world }: Call, dataset: string): Result {
  const { data, test_event_code: testCode } = parameters;
  if (data === undefined) return { fault: { kind: "parameter", message: "(#100) The parameter data is required" } };
  if (!Array.isArray(data)) return { fault: { kind: "parameter", message: "(#100) Param data must be an array." } };
  if (data.length === 0) return { fault: { kind: "parameter", message: "(#100) Param data must be non-empty." } };
  if (testCode !== undefined && (typeof testCode !== "string" || testCode === "")) {
    return { fault: { kind: "event", title: "Invalid test_event_code", text: "The test event code is not valid." } };
  }
  if (data.length > MAX_EVENTS) {
    return {
      fault: { kind: "event", title: "Too Many Events", text: `At most ${MAX_EVENTS} events can be sent at once.` },
    };
  }
  const now = world.now();
  const checks = data.map((event: unknown) => checkEvent(event, now));
  const firstFault = checks.find((check) => check.fault !== null)?.fault;
  if (firstFault !== undefined && firstFault !== null) return { fault: firstFault };
  world.warnings.push(...checks.flatMap((check) => check.warnings));
  for (const event of data as Record<string, unknown>[]) {
    const name = String(event["event_name"]);
    const id = event["event_id"];
    const dedupeKey = typeof id === "string" && id !== "" ? `${name}\n${id}` : null;
    // An event with a test code shows in Test Events and counts all the same.
    const kept = { scope: dataset, name, dedupeKey, payload: event, receivedAt: now, isTest: false };
    world.record(kept, DEDUPE_WINDOW_MS);
  }
  return { body: { events_received: data.length, messages: [], fbtrace_id: `Atrace${world.nextNumber()}` } };
}

/** Graph takes parameters from the query, a JSON body and a form; what is of another type or broken is as if not sent. */
function readParameters(request: SimulatedRequest): Record<string, unknown> {
  const query: Record<string, unknown> = Object.fromEntries(request.url.searchParams);
  const bearer = bearerToken(request);
  if (bearer !== null) query["access_token"] ??= bearer;
  if (mediaType(request) === "application/x-www-form-urlencoded") return { ...query, ...readForm(request.body) };
  if (mediaType(request) !== "application/json") return query;
  const read = readJson(request);
  return "value" in read && isRecord(read.value) ? { ...query, ...read.value } : query;
}

function readForm(body: Buffer): Record<string, unknown> {
  const form: Record<string, unknown> = Object.fromEntries(new URLSearchParams(body.toString("utf8")));
  try {
    if (typeof form["data"] === "string") form["data"] = JSON.parse(form["data"]) as unknown;
  } catch {
    // Stays the text it is, and is refused for not being a list.
  }
  return form;
}

export const simulator = defineSimulator({
  key: "meta_capi",
  hosts: ["graph.facebook.com"],
  newWorld,
  answer,
  faults: {
    error: ({ world }) => graphAnswer({ kind: "unknown" }, world),
    unavailable: ({ world, retryAfterSeconds }) => graphAnswer({ kind: "unavailable", retryAfterSeconds }, world),
    throttled: ({ world, retryAfterSeconds }) => graphAnswer({ kind: "throttled", retryAfterSeconds }, world),
  },
});
