/** The last word on one event: what settings add to it, and what Meta would refuse the whole request for. */
import {
  isJsonObject,
  type AttemptFacts,
  type DeliveryRecord,
  type JsonObject,
  type JsonValue,
} from "@datafly-signal/core";
import { appFault, withAppData } from "./app-data.ts";
import { identityFault, withUser } from "./identity.ts";

const DAY_MS = 86_400_000;
/** Server event parameters, `event_time`. */
export const MAX_AGE_MS = 7 * DAY_MS;
/** Using the API, upload time: transactions in shops. */
export const MAX_STORE_AGE_MS = 62 * DAY_MS;

export interface EventDefaults {
  actionSource: string;
  /** The data processing options that settings ask for; empty where they say nothing. */
  processing: JsonObject;
}

/** The event as it is sent, or in one sentence why it cannot be. What the mapping says goes before what settings say. */
export function finishEvent(
  value: JsonValue,
  { delivery, facts, defaults }: { delivery: DeliveryRecord; facts: AttemptFacts; defaults: EventDefaults },
): { value: JsonValue } | { refuse: string } {
  if (!isJsonObject(value)) return { refuse: "The payload is no object with event_name, event_time and user_data." };
  const says = value["data_processing_options"] !== undefined;
  const whole: JsonObject = {
    event_name: value["event_name"] ?? null,
    action_source: defaults.actionSource,
    ...(says ? {} : defaults.processing),
    ...value,
  };
  const event = withAppData(withUser(whole, delivery), delivery);
  const refuse =
    baseFault(event, facts.now) ?? identityFault(event["user_data"]) ?? purchaseFault(event) ?? appFault(event);
  return refuse === null ? { value: event } : { refuse };
}

function baseFault(event: JsonObject, now: number): string | null {
  const { event_name: name, event_time: time, action_source: source } = event;
  if (typeof name !== "string" || name.trim() === "") return "The event has no event_name.";
  if (typeof time !== "number" || !Number.isInteger(time))
    return "The event has no event_time, a whole number of seconds since 1970.";
  const maxAge = source === "physical_store" ? MAX_STORE_AGE_MS : MAX_AGE_MS;
  if (now - time * 1000 <= maxAge) return null;
  return `The event is older than ${maxAge / DAY_MS} days: Meta would refuse everything sent along with it.`;
}

function purchaseFault({ event_name: name, custom_data: data }: JsonObject): string | null {
  if (name !== "Purchase") return null;
  const { value, currency } = isJsonObject(data) ? data : {};
  if (value === undefined || value === null) return "Purchase needs custom_data.value, and the event has none.";
  if (currency === undefined || currency === null || currency === "")
    return "Purchase needs custom_data.currency, and the event has none. A default_value in the mapping can give it.";
  if (Number(value) < 0) return "The value of a Purchase is negative. Send what is paid back as a refund event.";
  return null;
}
