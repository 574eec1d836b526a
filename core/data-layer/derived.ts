/** Names of what the data layer makes itself: states of visitors, and events that other events cause. */
import { hash } from "node:crypto";
import { visitorKeyOf } from "../event/identity.ts";
import type { LayeredEvent } from "./step.ts";

/** Where a step keeps its state of the event's visitor; null when the event names none. */
export function visitorStateKey(kind: string, { event, pipelineId }: LayeredEvent): string | null {
  const { anonymousId, userId } = event;
  const id = [anonymousId, userId].find((one): one is string => typeof one === "string" && one !== "");
  return id === undefined ? null : visitorKeyOf(kind, pipelineId, id);
}

/** The messageId of an event that another one causes: the same every time that one is processed. A UUID of version 8 (RFC 9562). */
export function derivedMessageId(pipelineId: string, cause: string, kind: string): string {
  const digest = hash("sha256", JSON.stringify([pipelineId, cause, kind]), "hex");
  const variant = "89ab"[Number.parseInt(digest[16] ?? "0", 16) % 4];
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
