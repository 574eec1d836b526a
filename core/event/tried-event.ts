/** An event that somebody tries something out with: taken in as the gateway would, and as the processor reads it. */
import { type JsonObject, type JsonValue } from "../json.ts";
import { checkEnvelope } from "./envelope.ts";
import type { SignalEvent } from "./event.ts";
import { type NewIds, takeIn } from "./intake.ts";
import { openEnvelope } from "./open-envelope.ts";

export interface TriedFacts {
  /** Wall clock, epoch milliseconds; a `receivedAt` of the event's own goes before it. */
  now: number;
  ids: NewIds;
  pipelineId?: string;
}

const refused = (why: string): { fault: string } => ({ fault: `The event would be refused: ${why}` });

/** The event before the data layer; what is wrong with it is a sentence for the one who wrote it. */
export function triedEvent(given: JsonObject, facts: TriedFacts): { event: SignalEvent } | { fault: string } {
  const { now, ids, pipelineId = "preview" } = facts;
  const type = checkEnvelope(given, { expected: null, typeRequired: true });
  if (typeof type !== "string") return refused(type.message);
  const said = typeof given["receivedAt"] === "string" ? Date.parse(given["receivedAt"]) : NaN;
  const receivedAt = Number.isFinite(said) ? said : now;
  const arrival = {
    pipelineId,
    input: "test" as const,
    receivedAt,
    receivedAtText: new Date(receivedAt).toISOString(),
    request: { ip: "", browser: false },
  };
  try {
    const event = JSON.parse(JSON.stringify(given)) as JsonObject;
    const { raw } = takeIn(event, { type, arrival, seen: { browser: false, dfid: null }, ids });
    const opened = openEnvelope(JSON.parse(JSON.stringify(raw)) as JsonValue);
    return "event" in opened ? { event: opened.event } : refused(`its field ${opened.field} is not what it must be.`);
  } catch (error) {
    if (error instanceof RangeError) return refused("it is nested too deeply.");
    throw error;
  }
}
