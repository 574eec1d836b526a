/** From events as clients send them to the deliveries of one integration, as gateway and processor make them; nothing is kept. */
import { createHash } from "node:crypto";
import {
  ageFault,
  type CompiledMapping,
  compileDataLayer,
  consentGranted,
  type DeliveryRecord,
  deliveryTimes,
  isJsonObject,
  type JsonObject,
  type LayeredEvent,
  MappingError,
  type SignalEvent,
  triedDelivery,
  triedEvent,
} from "@datafly-signal/core";

export interface TriedIntegration {
  /** Null sends the event as it is. */
  mapping: CompiledMapping | null;
  /** Of the pipeline. */
  parameters: Record<string, string>;
  consent: readonly string[];
  maxEventAgeMs: number | undefined;
}

export interface TriedDeliveries {
  deliveries: DeliveryRecord[];
  /** Events that are not sent, by their place among those that were given, each with the reason. */
  unsent: { index: number; reason: string }[];
}

const LANE = {
  pipelineId: "pip_preview",
  integrationId: "tmpl_preview",
  pipelineIntegrationId: "pi_preview",
  revision: 1,
};

/** The parts of the data layer that add to events, as they are when they are just switched on. */
const LAYER = { device: {}, session: {}, identity: {} };

/** @param now wall clock, epoch milliseconds: when the events come in */
export function triedDeliveries(
  events: readonly JsonObject[],
  integration: TriedIntegration,
  now: number,
): TriedDeliveries {
  const made: TriedDeliveries = { deliveries: [], unsent: [] };
  const layered = dataLayer(now);
  const ids = idsInOrder();
  events.forEach((given, index) => {
    const tried = triedEvent(withType(given), { now, ids });
    const result = "fault" in tried ? tried.fault : deliver(layered(tried.event), { integration, index, now });
    if (typeof result === "string") made.unsent.push({ index, reason: result });
    else made.deliveries.push(result);
  });
  return made;
}

/** A name alone makes it a `track`. */
function withType(event: JsonObject): JsonObject {
  return event["type"] === undefined && typeof event["event"] === "string" ? { type: "track", ...event } : event;
}

/** The same ids in every run, for events that bring none. */
function idsInOrder(): { uuidV4(): string; uuidV7(): string } {
  let count = 0;
  const next = (version: string): string => {
    count += 1;
    const hex = createHash("sha256").update(`event id ${count}`).digest("hex");
    const [a, b, c, d, e] = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(13, 16),
      hex.slice(17, 20),
      hex.slice(20, 32),
    ];
    return `${a}-${b}-${version}${c}-a${d}-${e}`;
  };
  return { uuidV4: () => next("4"), uuidV7: () => next("7") };
}

/** Remembers visitors from event to event, as the processor does. */
function dataLayer(now: number): (event: SignalEvent) => SignalEvent {
  const { before, visitor } = compileDataLayer({ data_layer: LAYER }, { locate: null });
  const states = new Map<string, Uint8Array>();
  return (event) => {
    const subject: LayeredEvent = {
      ...{ event, pipelineId: LANE.pipelineId, pipelineType: "web", browser: false, input: "test", time: now },
    };
    for (const step of before) step(subject);
    for (const step of visitor) {
      const key = step.key(subject);
      if (key === null) continue;
      const { state } = step.run(subject, states.get(key));
      if (state !== undefined) states.set(key, state);
    }
    return subject.event;
  };
}

/** The delivery, or why there is none. */
function deliver(
  event: SignalEvent,
  { integration, index, now }: { integration: TriedIntegration; index: number; now: number },
): DeliveryRecord | string {
  const { consent: given } = event.context;
  const consent = isJsonObject(given) ? given : null;
  // Without a word about consent the event stands for a visitor who has given it.
  if (consent !== null && !consentGranted(consent, integration.consent))
    return `Its context.consent does not grant all of ${integration.consent.join(", ")}.`;
  const mapped = mappedBy(integration, event);
  if (typeof mapped === "string") return mapped;
  const delivery = triedDelivery(event, mapped, { lane: LANE, consent, index });
  const age = ageFault(deliveryTimes(delivery), now, integration.maxEventAgeMs);
  return age === null
    ? delivery
    : `It is ${age}: its timestamp is ${event.timestamp}, and the vendor takes none so old.`;
}

function mappedBy(
  { mapping, parameters }: TriedIntegration,
  event: SignalEvent,
): Pick<DeliveryRecord, "payload" | "vendorEventName"> | string {
  if (mapping === null) return { payload: event, vendorEventName: null };
  try {
    const result = mapping.apply(event, parameters);
    if (result.kind === "stopped") return `The mapping does not send it (${result.reason}).`;
    // What is delivered has been JSON on the way.
    return JSON.parse(JSON.stringify(result)) as typeof result;
  } catch (error) {
    if (error instanceof MappingError) return `The mapping cannot work on it, at ${error.path}: ${error.message}`;
    throw error;
  }
}
