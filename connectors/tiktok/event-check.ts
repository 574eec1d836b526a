/** What TikTok refuses every time, found before it is sent: one such event has a whole batch of a thousand refused. */
import { isJsonObject, type JsonValue, type SpecHooks } from "@datafly-signal/core";

/** Ten digits: the years 2001 to 2286 in seconds. */
const isSeconds = (value: JsonValue | undefined): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 1_000_000_000 && value <= 9_999_999_999;

export const checkEvent: NonNullable<SpecHooks["event"]> = (value) => {
  if (!isJsonObject(value)) return { refuse: "TikTok takes events as objects, and the mapping made something else." };
  const { event, event_time: time } = value;
  if (typeof event !== "string" || event.trim() === "")
    return { refuse: "TikTok needs the event's name in event. Let the mapping set it, or choose a blueprint." };
  if (!isSeconds(time)) {
    return {
      refuse:
        "TikTok needs event_time in whole seconds since 1970. Let the mapping set it: timestamp with to_unix_seconds.",
    };
  }
  return { value };
};
