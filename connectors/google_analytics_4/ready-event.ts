/** One event as it is sent: named, with its time and parameters as the protocol takes them, or why it cannot be sent. */
import { type DeliveryRecord, isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { LONGEST_PAGE_VALUE, MOST_PARAMS } from "./limits.ts";
import { eventNameFault, paramName } from "./names.ts";
import { readyItems } from "./ready-items.ts";
import type { Stream } from "./stream.ts";
import { flat, isNothing, numberOf, scalarOf } from "./values.ts";

const NUMBERS = new Set(["value", "tax", "shipping", "engagement_time_msec"]);
/** Years 1973 and 2286: what is beyond them is in seconds, milliseconds or nanoseconds. */
const [SMALLEST_MICROS, LARGEST_MICROS] = [1e14, 1e16];

export function readyEvent(
  value: JsonValue,
  { payload, timestamp }: DeliveryRecord,
  stream: Stream,
): { value: JsonValue } | Refusal {
  if (!isJsonObject(value)) return refuse("events[0] of the payload is no event: it needs a name and params.");
  const { name, params = {} } = value;
  if (typeof name !== "string") return refuse("The event has no name. Set events[0].name in the mapping.");
  const fault = eventNameFault(name, stream);
  if (fault !== undefined) return refuse(fault);
  if (!isJsonObject(params)) return refuse("events[0].params of the payload is no object.");
  const whole = isJsonObject(payload) ? payload["timestamp_micros"] : undefined;
  const micros = microsOf(value["timestamp_micros"] ?? whole ?? Date.parse(timestamp) * 1000);
  if (micros === undefined)
    return refuse("timestamp_micros is no time in microseconds since 1970. Use the transform to_unix_micros.");
  const made = readyParams(params, stream);
  return "refuse" in made ? made : { value: { name, params: made.params, timestamp_micros: micros } };
}

const refuse = (reason: string): Refusal => ({ refuse: reason });

function microsOf(value: JsonValue): number | undefined {
  const micros = numberOf(value);
  return micros !== undefined && micros > SMALLEST_MICROS && micros < LARGEST_MICROS ? Math.trunc(micros) : undefined;
}

type Params = Record<string, JsonValue>;

function readyParams(given: JsonObject, stream: Stream): { params: Params } | Refusal {
  const { items, event_id: id, ...rest } = given;
  const params: Params = {};
  for (const [key, one] of Object.entries(rest)) {
    for (const [name, value] of flat(key, one)) {
      const put = readyParam(name, value, stream);
      if (put === undefined) continue;
      if ("refuse" in put) return put;
      params[put.name] = put.value;
    }
  }
  const list = items === undefined ? undefined : readyItems(items, stream);
  if (list !== undefined && "refuse" in list) return list;
  if (list !== undefined && list.items.length > 0) params["items"] = list.items;
  if (stream.showsDebug) params["debug_mode"] = true;
  const count = Object.keys(params).length;
  if (count > MOST_PARAMS)
    return refuse(
      `Google Analytics takes ${MOST_PARAMS} parameters an event, and this one has ${count}. Name those you need in the mapping.`,
    );
  // Not Google's own: it gives way where there is no room.
  const own = isNothing(id) ? undefined : scalarOf(id, stream.longestValue);
  if (count < MOST_PARAMS && own !== undefined) params["event_id"] = own;
  const lacks = missingCurrency(params, stream);
  return lacks ?? { params };
}

function missingCurrency(params: Params, { isStrict }: Stream): Refusal | undefined {
  const { value, currency, virtual_currency_name: points } = params;
  if (!isStrict || value === undefined || currency !== undefined || points !== undefined) return undefined;
  return refuse("The event has a value and no currency, which strict validation does not take. Send currency too.");
}

function readyParam(
  key: string,
  value: JsonValue,
  { longestValue }: Stream,
): { name: string; value: JsonValue } | Refusal | undefined {
  if (isNothing(value)) return undefined;
  const name = paramName(key);
  const shown = `events[0].params.${key.slice(0, 60)}`;
  if (name === undefined)
    return refuse(
      `Google Analytics takes no parameter of the name ${shown}: it is reserved, too long or does not begin with a letter. Give it another name in the mapping, or leave it out.`,
    );
  if (name === "debug_mode") return { name, value };
  if (NUMBERS.has(name)) {
    const number = numberOf(value);
    return number === undefined ? refuse(`${shown} is no number. Send one, as in 79.99.`) : { name, value: number };
  }
  if (name === "currency") return readyCurrency(value);
  if (name === "session_id") return readySession(value);
  const most = LONGEST_PAGE_VALUE[name] ?? longestValue;
  // Orders whose ids were cut would be taken for one.
  if (name === "transaction_id" && String(value).length > most)
    return refuse(`${shown} has more than ${most} characters, which is more than Google Analytics takes.`);
  const scalar = scalarOf(value, most);
  return scalar === undefined ? undefined : { name, value: name === "transaction_id" ? String(scalar) : scalar };
}

function readyCurrency(value: JsonValue): { name: string; value: string } | Refusal {
  const code = String(value).trim().toUpperCase();
  if (/^[A-Z]{3}$/.test(code)) return { name: "currency", value: code };
  return refuse("events[0].params.currency is no code of ISO 4217, as in EUR.");
}

/** Of Google's own form, or the time at which it began, in seconds as Google has it; anything else is no session to Google. */
function readySession(value: JsonValue): { name: string; value: string } | undefined {
  const text = String(value).trim();
  if (/^s[1-9]\d*\$/.test(text)) return { name: "session_id", value: text };
  if (!/^[1-9]\d*$/.test(text)) return undefined;
  const isMilliseconds = text.length === 13;
  return { name: "session_id", value: isMilliseconds ? text.slice(0, -3) : text };
}
