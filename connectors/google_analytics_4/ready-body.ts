/** The body of a request: its head put right, and the time where the protocol looks for it. */
import {
  type DeliveryRecord,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type VendorRequest,
} from "@datafly-signal/core";
import { readyHead } from "./ready-head.ts";
import type { Stream } from "./stream.ts";

/**
 * One event's time stands with the request. Of several each has its own, and the request has the latest, which is then the
 * time of the user's properties.
 */
export function readyBody(
  body: VendorRequest["body"],
  first: DeliveryRecord | undefined,
  stream: Stream,
): VendorRequest["body"] {
  if (typeof body !== "string") return body;
  const { events, ...given } = JSON.parse(body) as JsonObject;
  const made = readyHead(given, first?.event ?? {}, stream);
  // Each event was looked at with this head before: it is not refused here.
  if ("refuse" in made) return body;
  const list = (Array.isArray(events) ? events : []).filter(isJsonObject);
  const { client_id, app_instance_id, user_id, ...rest } = made.head;
  const whole = {
    client_id,
    app_instance_id,
    user_id,
    timestamp_micros: Math.max(...list.map(({ timestamp_micros: time }) => Number(time))),
    ...rest,
    ...(stream.isStrict && { validation_behavior: "ENFORCE_RECOMMENDATIONS" }),
    events: list.length === 1 ? list.map(withoutTime) : list,
  };
  return JSON.stringify(whole);
}

function withoutTime(event: JsonObject): JsonValue {
  const { timestamp_micros: time, ...rest } = event;
  return time === undefined ? event : rest;
}
