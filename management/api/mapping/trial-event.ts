/** The event that something is tried on: the one given, or a sample. */
import { type JsonObject, type NewIds, sampleEvent } from "@datafly-signal/core";
import type { Static } from "typebox";
import type { Fault } from "../http/route.ts";
import type { SampleWish } from "./mapping-shapes.ts";
import { refused } from "./mapping-services.ts";
import type { TrialEvent } from "./work/tasks.ts";

export interface WishedEvent {
  event?: JsonObject | undefined;
  sample?: Static<typeof SampleWish> | undefined;
}

/** @returns a fault where none is named, or both are */
export function trialOf(
  { event, sample }: WishedEvent,
  { now, ids }: { now: number; ids: NewIds },
): TrialEvent | Fault {
  if (event !== undefined && sample !== undefined)
    return refused("sample", "is given beside an event: give one of the two.");
  const facts = { now, anonymousId: ids.uuidV4(), messageId: ids.uuidV7() };
  if (event !== undefined) return { event, ...facts };
  if (sample !== undefined) return { event: sampleOf(sample, facts), ...facts };
  return refused("event", "is missing: give an event or a sample.");
}

/** A sample as a client would have sent it now. */
export function sampleOf(
  { event, vertical, seed }: Static<typeof SampleWish>,
  { now, anonymousId, messageId }: Omit<TrialEvent, "event">,
): JsonObject {
  return sampleEvent(event, {
    messageId,
    anonymousId,
    timestamp: new Date(now).toISOString(),
    consent: [],
    ...(seed !== undefined && { seed }),
    ...(vertical !== undefined && { vertical }),
  });
}
