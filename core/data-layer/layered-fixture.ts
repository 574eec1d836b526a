/** An event on its way through the data layer, for tests. */
import type { SignalEvent } from "../event/event.ts";
import type { LayeredEvent } from "./step.ts";

export const TIME = Date.parse("2026-02-25T14:30:00.000Z");

export function layered(fields: object = {}, facts: Partial<Omit<LayeredEvent, "event">> = {}): LayeredEvent {
  const event: SignalEvent = {
    type: "track",
    event: "Product Added",
    messageId: "m1",
    anonymousId: "a1",
    timestamp: new Date(TIME).toISOString(),
    receivedAt: new Date(TIME).toISOString(),
    context: {},
    ...fields,
  };
  return { event, pipelineId: "pip_a", pipelineType: "web", browser: true, input: "browser", time: TIME, ...facts };
}
