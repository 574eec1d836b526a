/** One event of a request: checked, made good, and turned into its record for the log. */
import {
  RAW_EVENTS,
  checkEnvelope,
  isJsonObject,
  takeIn,
  type CollectType,
  type EventInput,
  type GatewayErrorCode,
  type Intake,
  type JsonValue,
  type NewIds,
  type RequestFacts,
  type VisitorSeen,
} from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import type { Collected } from "./collect.ts";
import type { Exchange } from "./exchange.ts";
import { hasOverflow, isTooDeep, MAX_DEPTH } from "./json-body.ts";
import type { ReceiptTime } from "./receipt-time.ts";
import { withBodyKey } from "./request-key.ts";
import { readVisitorCookie } from "./visitor-cookie.ts";

/** Why an event, or a batch as a whole, is not taken. */
export interface Fault {
  code: GatewayErrorCode;
  message: string;
}

/** What the events of one request share. */
export interface Intaking {
  collected: Collected;
  request: RequestFacts;
  received: ReceiptTime;
  seen: VisitorSeen;
  input: EventInput;
  rule: { expected: CollectType | null; typeRequired: boolean };
}

const MAX_HEADER_FACT = 1_024;

/** What is known of a request before its events are looked at. */
export function intake(
  exchange: Exchange,
  { collected, input, rule, received }: Pick<Intaking, "collected" | "input" | "rule" | "received">,
): Intaking {
  const { headers } = exchange.req;
  const browser = exchange.origin !== undefined || headers["sec-fetch-site"] !== undefined;
  const request: RequestFacts = { ip: exchange.ip, browser };
  if (headers["user-agent"] !== undefined) request.userAgent = headers["user-agent"].slice(0, MAX_HEADER_FACT);
  if (headers.referer !== undefined) request.referer = headers.referer.slice(0, MAX_HEADER_FACT);
  const seen = { browser, dfid: readVisitorCookie(headers.cookie) };
  return { collected, input, rule, request, seen, received };
}

export function takeItem(value: JsonValue, intaking: Intaking, ids: NewIds): Intake | Fault {
  const { collected, request, received, seen, input, rule } = intaking;
  if (!isJsonObject(value)) return invalid("An event must be a JSON object.");
  const unfit = collected.suspect ? unfitness(value) : null;
  if (unfit !== null) return invalid(unfit);
  if (withBodyKey({ kind: "key", key: collected.key }, value["writeKey"]).kind === "conflict") {
    return {
      code: "conflicting_keys",
      message: "`writeKey` of the event differs from the key of the request. Send one.",
    };
  }
  const type = checkEnvelope(value, rule);
  if (typeof type !== "string") return invalid(type.message);
  const { receivedAt, receivedAtText } = received;
  const arrival = { pipelineId: collected.gate.pipelineId, input, receivedAt, receivedAtText, request };
  return takeIn(value, { type, arrival, seen, ids });
}

/** What nothing further on could keep as it came; null for nearly every event. */
function unfitness(value: JsonValue): string | null {
  if (isTooDeep(value)) return `The event is nested more than ${MAX_DEPTH} levels deep. Flatten it.`;
  return hasOverflow(value) ? "The event has a number beyond 1.8e308. Send it as text." : null;
}

export function invalid(message: string): Fault {
  return { code: "invalid_event", message };
}

export function recordOf({ raw, key }: Intake): NewRecord {
  return { topic: RAW_EVENTS, key, value: Buffer.from(JSON.stringify(raw)) };
}
