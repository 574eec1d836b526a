/** The key of a delivery record: deliveries of one visitor keep their order up to the topic (contracts §3). */
import { hash } from "node:crypto";
import type { SignalEvent } from "../event/event.ts";

const MAX_VISITOR_LENGTH = 256;

/** `<pipelineIntegrationId>:<visitor>`; the visitor is the anonymous id, else the user, else the event itself. */
export function deliveryKey(pipelineIntegrationId: string, visitor: string): string {
  return `${pipelineIntegrationId}:${visitor}`;
}

/** What orders an event's deliveries; long ids by their hash. */
export function visitorKey(event: SignalEvent): string {
  const { anonymousId, userId, messageId } = event;
  const ids = [anonymousId, userId, messageId];
  const id =
    ids.find((candidate): candidate is string => typeof candidate === "string" && candidate !== "") ?? messageId;
  return id.length <= MAX_VISITOR_LENGTH ? id : hash("sha256", id, "base64url");
}
