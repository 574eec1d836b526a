/** The Measurement Protocol of Google Analytics 4: `/mp/collect`, which never complains, and `/debug/mp/collect`, which only does that. */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { type JsonRecord, isRecord, readJson } from "../strict.ts";
import { type World, createWorld } from "../world.ts";
import type { ValidationMessage } from "./message.ts";
import { validatePayload } from "./payload.ts";

/** What exists in a new world. */
export const GA4 = {
  measurementId: "G-SIMULATOR1",
  firebaseAppId: "1:1234567890:android:321abc456def7890",
  secret: "ga4SimulatorSecret0000",
  appSecret: "ga4SimulatorAppSecret0",
} as const;

const MAX_BYTES = 130_000;

function newWorld(now: () => number): World {
  const kind = "api_secret";
  return createWorld(now, {
    objects: [
      { kind: "stream", id: GA4.measurementId },
      { kind: "stream", id: GA4.firebaseAppId },
    ],
    credentials: [
      { kind, value: GA4.secret, scopes: [], reaches: [GA4.measurementId] },
      { kind, value: GA4.appSecret, scopes: [], reaches: [GA4.firebaseAppId] },
    ],
  });
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  const path = request.url.pathname;
  if (path !== "/mp/collect" && path !== "/debug/mp/collect") return page(404, "Not Found");
  if (request.method !== "POST") return page(405, "Method Not Allowed");
  const isDebug = path.startsWith("/debug");
  const read = readPayload(request);
  const stream = streamOf(request.url);
  const facts = { now: world.now(), isApp: request.url.searchParams.has("firebase_app_id"), stream };
  const messages = "messages" in read ? read.messages : validatePayload(read.payload, facts);
  if (isDebug) return { status: 200, body: { validationMessages: messages } };
  if ("messages" in read) world.warnings.push(...texts(messages));
  else collect(read.payload, { request, world, messages });
  // The body is empty and the status says nothing about what becomes of the events.
  return { status: 204, headers: {}, body: "" };
}

function page(status: number, title: string): SimulatedAnswer {
  return {
    status,
    headers: { "content-type": "text/html; charset=UTF-8" },
    body: `<html><title>${title}</title></html>`,
  };
}

function texts(messages: readonly ValidationMessage[]): string[] {
  return messages.map(({ validationCode, fieldPath, description }) =>
    [validationCode, fieldPath ?? "", description].filter((part) => part !== "").join(" "),
  );
}

function streamOf(url: URL): string {
  return url.searchParams.get("firebase_app_id") ?? url.searchParams.get("measurement_id") ?? "";
}

function readPayload(request: SimulatedRequest): { payload: JsonRecord } | { messages: ValidationMessage[] } {
  const unreadable = (why: string) => ({
    messages: [
      {
        description: `Unable to parse Measurement Protocol JSON payload. ${why}`,
        validationCode: "VALUE_INVALID" as const,
      },
    ],
  });
  const read = readJson(request, { maxBytes: MAX_BYTES });
  if ("fault" in read) return unreadable(read.message);
  return isRecord(read.value) ? { payload: read.value } : unreadable("Expected an object.");
}

interface Collected {
  request: SimulatedRequest;
  world: World;
  messages: ValidationMessage[];
}

/** What the vendor keeps of a request; what it does not keep it says nowhere but here. */
function collect(payload: JsonRecord, { request, world, messages }: Collected): void {
  const stream = streamOf(request.url);
  const secret = request.url.searchParams.get("api_secret") ?? "";
  world.warnings.push(...texts(messages));
  if (world.object("stream", stream) === null) {
    world.warnings.push(`the stream ${stream} does not exist: the request is dropped`);
    return;
  }
  if (world.credential("api_secret", secret)?.reaches.includes(stream) !== true) {
    world.warnings.push(`the api_secret is not one of ${stream}: the request is dropped`);
    return;
  }
  if (messages.some((message) => message.isOfRequest === true)) return;
  const events = Array.isArray(payload["events"]) ? (payload["events"] as JsonRecord[]) : [];
  for (const [index, event] of events.entries()) {
    if (messages.some((message) => message.eventIndex === index)) continue;
    const isTest = false;
    world.record({
      ...keyed(payload, event, stream),
      payload: { ...payload, events: [event] },
      receivedAt: world.now(),
      isTest,
    });
  }
}

/** Only a purchase is known again, by its transaction and its user. */
function keyed(payload: JsonRecord, event: JsonRecord, stream: string) {
  const name = String(event["name"]);
  const params = isRecord(event["params"]) ? event["params"] : {};
  const transaction = params["transaction_id"];
  const user = String(payload["client_id"] ?? payload["app_instance_id"]);
  const isKeyed = name === "purchase" && typeof transaction === "string" && transaction !== "";
  return { scope: stream, name, dedupeKey: isKeyed ? `${user}\n${String(transaction)}` : null };
}

export const simulator = defineSimulator({
  key: "google_analytics_4",
  hosts: ["www.google-analytics.com", "region1.google-analytics.com"],
  newWorld,
  answer,
  faults: {
    error: () => page(500, "Error 500 (Server Error)!!1"),
    unavailable: ({ retryAfterSeconds }) =>
      withRetry(page(503, "Error 503 (Service Unavailable)!!1"), retryAfterSeconds),
    throttled: ({ retryAfterSeconds }) => withRetry(page(429, "Error 429 (Too Many Requests)!!1"), retryAfterSeconds),
  },
});

function withRetry(shown: SimulatedAnswer, seconds: number | undefined): SimulatedAnswer {
  return { ...shown, headers: { ...shown.headers, ...retryAfter(seconds) } };
}
