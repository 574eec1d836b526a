/** Braze's `POST /users/track`. */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { type JsonRecord, SECOND_MS, bearerToken, isRecord, mediaType, readJson } from "../strict.ts";
import { type World, createWorld } from "../world.ts";
import { type InputArray, NO_VALID_DATA, type TrackError } from "./track-fault.ts";
import { type Identity, checkObject, identityOf } from "./tracked-object.ts";

/** What exists in a new world. A key is of one workspace, and a workspace lives on one instance. */
export const BRAZE = {
  host: "rest.iad-01.braze.com",
  otherHost: "rest.fra-01.braze.eu",
  key: "b7b7b7b7-0000-4000-8000-000000000001",
  /** Without the permission `users.track`. */
  weakKey: "b7b7b7b7-0000-4000-8000-000000000002",
  revokedKey: "b7b7b7b7-0000-4000-8000-000000000003",
  /** Of a workspace that counts 75 objects in each array, as contracts before 2024 do. */
  legacyKey: "b7b7b7b7-0000-4000-8000-000000000004",
  inactiveKey: "b7b7b7b7-0000-4000-8000-000000000005",
  appId: "11ae5b4b-2445-4440-a04f-bf537764c9ad",
} as const;

const INSTANCES = [
  ...["iad-01", "iad-02", "iad-03", "iad-04", "iad-05", "iad-06", "iad-07", "iad-08", "us-10"],
  ...["au-01", "id-01", "jp-01", "kr-01"],
].map((name) => `rest.${name}.braze.com`);
const ARRAYS: readonly InputArray[] = ["attributes", "events", "purchases"];
const MAX_OBJECTS = 75;
const MAX_BYTES = 4_000_000;
const MAX_DEPTH = 100;
const LIMIT = 3000;
const LIMIT_MS = 3 * SECOND_MS;

/** Kinds of objects: profiles that exist, by `<kind of identifier>` and its value. */
export const PROFILE = "profile";

function newWorld(now: () => number): World {
  const key = { kind: "rest_api_key", scopes: ["users.track"], reaches: ["*"], facts: { host: BRAZE.host } };
  return createWorld(now, {
    objects: [{ kind: "app", id: BRAZE.appId }],
    credentials: [
      { ...key, value: BRAZE.key },
      { ...key, value: BRAZE.weakKey, scopes: ["messages.send"] },
      { ...key, value: BRAZE.revokedKey, isRevoked: true },
      { ...key, value: BRAZE.legacyKey, facts: { host: BRAZE.host, limits: "per_array" } },
      { ...key, value: BRAZE.inactiveKey, facts: { host: BRAZE.host, status: "inactive" } },
    ],
  });
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const now = world.now();
  const resetAt = Math.floor(now / LIMIT_MS) * LIMIT_MS + LIMIT_MS;
  const used = world.requests.filter(({ receivedAt }) => receivedAt >= resetAt - LIMIT_MS && receivedAt <= now).length;
  const told = used > LIMIT ? refusal(429, "Rate limited") : track(request, world);
  return { ...told, headers: limitHeaders(Math.max(0, LIMIT - used), resetAt) };
}

/** @param resetAt epoch milliseconds */
function limitHeaders(remaining: number, resetAt: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(LIMIT),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil(resetAt / SECOND_MS)),
  };
}

function refusal(status: number, message: string, errors: readonly TrackError[] = []): SimulatedAnswer {
  return { status, body: { message, ...(errors.length > 0 && { errors }) } };
}

function track(request: SimulatedRequest, world: World): SimulatedAnswer {
  if (request.method !== "POST" || request.url.pathname !== "/users/track") return refusal(404, "Invalid URL");
  const credential = world.credential("rest_api_key", bearerToken(request) ?? "");
  const isKnown = credential?.facts?.["host"] === request.url.hostname && credential.isRevoked !== true;
  if (!isKnown) return refusal(401, "Invalid API key");
  if (credential.facts?.["status"] === "inactive") return refusal(403, "Forbidden");
  if (!credential.scopes.includes("users.track")) return refusal(403, "Access Denied");
  const read = readJson(request, { maxBytes: MAX_BYTES, maxDepth: MAX_DEPTH, encodings: ["gzip"] });
  if ("fault" in read && read.fault === "too_large") return refusal(413, "Request Entity Too Large");
  const isJson = "value" in read && isRecord(read.value) && mediaType(request) === "application/json";
  if (!isJson || !isRecord(read.value)) return refusal(400, "Bad Request");
  const { value } = read;
  if (ARRAYS.some((array) => value[array] !== undefined && !Array.isArray(value[array]))) {
    return refusal(400, NO_VALID_DATA);
  }
  const counts = ARRAYS.map((array) => objectsOf(value, array).length);
  const isPerArray = credential.facts?.["limits"] === "per_array";
  const most = isPerArray ? Math.max(...counts) : counts.reduce((sum, count) => sum + count, 0);
  if (most > MAX_OBJECTS) return refusal(400, "Max Input Length Exceeded");
  return takeObjects(value, { key: credential.value, world });
}

function objectsOf(body: JsonRecord, array: InputArray): unknown[] {
  return Array.isArray(body[array]) ? body[array] : [];
}

interface Workspace {
  key: string;
  world: World;
}

/** What is wrong with an object costs that object only, unless no object is right. */
function takeObjects(body: JsonRecord, { key, world }: Workspace): SimulatedAnswer {
  const errors: TrackError[] = [];
  const taken = Object.fromEntries(ARRAYS.map((array) => [array, [] as JsonRecord[]]));
  for (const input_array of ARRAYS) {
    for (const [index, object] of objectsOf(body, input_array).entries()) {
      const { fault, warnings } = checkObject(object, input_array, world.now());
      if (fault !== null) errors.push({ type: fault, input_array, index });
      else taken[input_array]?.push(object as JsonRecord);
      world.warnings.push(...warnings);
    }
  }
  const processed = ARRAYS.map((array) => [`${array}_processed`, taken[array]?.length ?? 0] as const);
  if (processed.every(([, count]) => count === 0)) return refusal(400, NO_VALID_DATA, errors);
  for (const array of ARRAYS) for (const object of taken[array] ?? []) keep(object, array, { key, world });
  const counts = Object.fromEntries(processed.filter(([, count]) => count > 0));
  return { status: 201, body: { ...counts, message: "success", ...(errors.length > 0 && { errors }) } };
}

/** There is no deduplication: the same object again is another event. */
function keep(object: JsonRecord, array: InputArray, { key, world }: Workspace): void {
  const identity = identityOf(object);
  if (identity === null) return;
  const app = object["app_id"];
  if (app !== undefined && world.object("app", String(app)) === null)
    world.warnings.push(`app_id ${String(app)} is unknown`);
  if (!findProfile(object, identity, world)) {
    world.warnings.push(
      `there is no profile of ${identity.kind} ${identity.key.replace("\n", " ")}: the object is dropped`,
    );
    return;
  }
  const name = array === "events" ? String(object["name"]) : array;
  if (array !== "attributes" && isAgain(object, { key, world }))
    world.warnings.push(`${name} came again and counts again`);
  world.record({ scope: key, name, dedupeKey: null, payload: object, receivedAt: world.now(), isTest: false });
}

/** By world: what came, so that each object is looked for once and not compared with all. */
const seen = new WeakMap<World, Set<string>>();

function isAgain(object: JsonRecord, { key, world }: Workspace): boolean {
  const texts = seen.get(world) ?? new Set<string>();
  seen.set(world, texts);
  const text = `${key} ${JSON.stringify(object)}`;
  const isSeen = texts.has(text);
  texts.add(text);
  return isSeen;
}

/** Of an alias alone a profile is only made with `_update_existing_only: false`, of an external_id unless it is true. */
function findProfile(object: JsonRecord, identity: Identity, world: World): boolean {
  const id = `${identity.kind}\n${identity.key}`;
  if (world.object(PROFILE, id) !== null) return true;
  const only = object["_update_existing_only"];
  const isMade = identity.kind === "user_alias" ? only === false : identity.kind !== "braze_id" && only !== true;
  if (isMade) world.objects.push({ kind: PROFILE, id });
  return isMade;
}

export const simulator = defineSimulator({
  key: "braze",
  hosts: [...INSTANCES, BRAZE.otherHost, "rest.fra-02.braze.eu"],
  newWorld,
  answer,
  faults: {
    error: () => refusal(500, "Internal Server Error"),
    unavailable: ({ retryAfterSeconds }) => ({
      status: 503,
      headers: { "content-type": "text/plain; charset=utf-8", ...retryAfter(retryAfterSeconds) },
      body: "Service Unavailable",
    }),
    // Braze names the moment in X-RateLimit-Reset and sends no Retry-After.
    throttled: ({ world, retryAfterSeconds = LIMIT_MS / SECOND_MS }) => ({
      ...refusal(429, "Rate limited"),
      headers: limitHeaders(0, world.now() + retryAfterSeconds * SECOND_MS),
    }),
  },
});
