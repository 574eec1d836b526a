/** What an event is called. */
import type { SignalEvent } from "./event.ts";

/** `event` of a track, else the type. */
export function eventName(event: SignalEvent): string {
  const { event: name } = event;
  return event.type === "track" && typeof name === "string" ? name : event.type;
}
