/** The delivery of an event that somebody tries something out with: as the processor makes them, of a lane that there is not. */
import { eventName } from "../event/event-name.ts";
import type { SignalEvent } from "../event/event.ts";
import type { DeliveryRecord } from "./delivery.ts";

type Lane = Pick<DeliveryRecord, "pipelineId" | "integrationId" | "pipelineIntegrationId" | "revision">;

/** @param index its place among the events that are tried together */
export function triedDelivery(
  event: SignalEvent,
  { payload, vendorEventName }: Pick<DeliveryRecord, "payload" | "vendorEventName">,
  { lane, consent, index }: { lane: Lane; consent: DeliveryRecord["consent"]; index: number },
): DeliveryRecord {
  const { messageId, timestamp, receivedAt } = event;
  return {
    ...{ v: 1, deliveryId: `${lane.pipelineIntegrationId}:${messageId}`, messageId, ...lane, snapshot: 0 },
    ...{ eventName: eventName(event), vendorEventName, payload, event, consent },
    ...{ timestamp, receivedAt, raw: { partition: 0, offset: index } },
  };
}
