/** `GET /v1/pixel/{type}`: an event in the query of a picture's address, for e-mails and pages without scripts. */
import type { CollectType, JsonObject } from "@datafly-signal/core";
import type { BodyLimits } from "./body.ts";
import type { TakeEvents } from "./collect.ts";
import { invalid, type Fault } from "./event-intake.ts";
import type { EventParts } from "./event-store.ts";
import type { Exchange } from "./exchange.ts";
import { keyOfHead } from "./request-key.ts";

/** The types a pixel stands for. */
export const PIXEL_TYPES = ["track", "page", "identify", "group"] as const satisfies readonly CollectType[];

/** Takes the event of a request that has no body; `take` stores it as any other. */
export function takePixel(
  exchange: Exchange,
  take: TakeEvents,
  parts: Pick<EventParts, "admission" | "respond"> & Pick<BodyLimits, "inFlight" | "accepting">,
): void {
  const { admission, respond, inFlight, accepting } = parts;
  // Those who only look whether the picture is there have not seen it.
  if (exchange.req.method === "HEAD") return respond.answer(exchange, { status: 200, body: "" });
  const bytes = exchange.query.length;
  if (!accepting() || !inFlight.reserve(bytes)) return respond.refuse(exchange, "overloaded");
  exchange.reserved += bytes;
  const head = keyOfHead(exchange.req.headers, exchange.query);
  if (head.kind === "conflict") return respond.refuse(exchange, "conflicting_keys");
  if (head.kind === "none") return respond.refuse(exchange, "missing_pipeline_key");
  admission.admit(exchange, head.key, () => {
    const event = pixelEvent(exchange);
    if ("code" in event) return respond.refuse(exchange, event.code, { message: event.message });
    const { gate } = exchange;
    if (gate !== null) take(exchange, { gate, value: event.value, key: head.key, suspect: false });
  });
}

const MAX_HEADER_FACT = 1_024;

/** Whatever is asked for a picture is the reader's own program, so that its address and name are the reader's. */
function pixelEvent({ query, ip, path, req }: Exchange): { value: JsonObject } | Fault {
  const search = new URLSearchParams(query);
  const timestamp = timeOf(search.get("ts"));
  if (timestamp === undefined) return invalid("`ts` must be a time in milliseconds since 1970.");
  const context: JsonObject = {};
  if (ip !== "") context["ip"] = ip;
  const userAgent = req.headers["user-agent"];
  if (userAgent !== undefined) context["userAgent"] = userAgent.slice(0, MAX_HEADER_FACT);
  const value: JsonObject = { context };
  const name = path.endsWith("/page") ? "name" : "event";
  const fields = { [name]: "e", userId: "uid", anonymousId: "aid", groupId: "gid", messageId: "mid" };
  for (const [field, parameter] of Object.entries(fields)) {
    const text = search.get(parameter);
    if (text !== null && text !== "") value[field] = text;
  }
  if (timestamp !== null) value["timestamp"] = timestamp;
  for (const [field, prefix] of [
    ["properties", "p."],
    ["traits", "t."],
  ] as const) {
    const object = prefixed(search, prefix);
    if (Object.keys(object).length > 0) value[field] = object;
  }
  return { value };
}

/** An ISO time; null for none, undefined for what is no time. */
function timeOf(text: string | null): string | null | undefined {
  if (text === null || text === "") return null;
  const time = /^\d{1,15}$/.test(text) ? new Date(Number(text)) : null;
  return time === null || Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9_999
    ? undefined
    : time.toISOString();
}

function prefixed(search: URLSearchParams, prefix: string): JsonObject {
  const found: JsonObject = {};
  for (const [name, text] of search) {
    // Of a parameter that stands twice the last one counts, as in an object written twice over.
    if (name.startsWith(prefix) && name.length > prefix.length) found[name.slice(prefix.length)] = text;
  }
  return found;
}
