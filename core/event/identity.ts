/** Identity links: which user a visitor was identified as, last writer wins. */
import { hash } from "node:crypto";
import { isJsonObject } from "../json.ts";
import type { SignalEvent } from "./event.ts";

/** The user a visitor's id stands for, and the event that said so. */
export interface IdentityLink {
  userId: string;
  /** The identify event's timestamp, ISO 8601 in UTC. */
  timestamp: string;
  messageId: string;
}

/** A user id longer than this is kept on its event, but links nothing: states stay small. */
const MAX_USER_ID = 1024;
const PLAIN_ID = /^[\x21-\x7e]{1,128}$/;

/** Where a visitor's state of one kind is kept in the state store; short and printable whatever the client sent. */
export function visitorKeyOf(kind: string, pipelineId: string, id: string): string {
  const name = PLAIN_ID.test(id) ? `=${id}` : hash("sha256", JSON.stringify(id), "base64url");
  return `${kind}:${pipelineId}:${name}`;
}

/** Where the link of a visitor's id is kept. */
export function linkKey(pipelineId: string, id: string): string {
  return visitorKeyOf("link", pipelineId, id);
}

/** The ids that this event links to its user: of an identify its `anonymousId`, and the `previousId` of an alias. */
export function linkedIds(event: SignalEvent): string[] {
  const { type, userId, anonymousId, previousId } = event;
  if (type !== "identify" || !isId(userId) || userId.length > MAX_USER_ID) return [];
  const ids = isId(anonymousId) ? [anonymousId] : [];
  if (isId(previousId) && previousId !== userId && previousId !== anonymousId) ids.push(previousId);
  return ids;
}

/** The anonymous id whose link this event is to carry; undefined when the event names its user itself. */
export function unlinkedVisitor(event: SignalEvent): string | undefined {
  const { userId, anonymousId } = event;
  const named = userId !== undefined && userId !== null && userId !== "";
  return !named && isId(anonymousId) ? anonymousId : undefined;
}

/** The link an identify event makes. */
export function linkFrom(event: SignalEvent): IdentityLink {
  return { userId: String(event["userId"]), timestamp: event.timestamp, messageId: event.messageId };
}

/** True when `candidate` takes the place of `current`: later by timestamp, then by messageId. */
export function isNewerLink(candidate: IdentityLink, current: IdentityLink | undefined): boolean {
  if (current === undefined) return true;
  if (candidate.timestamp !== current.timestamp) return candidate.timestamp > current.timestamp;
  return candidate.messageId > current.messageId;
}

export function encodeLink(link: IdentityLink): Uint8Array {
  return Buffer.from(JSON.stringify(link));
}

/** Undefined for bytes that are no link. */
export function decodeLink(bytes: Uint8Array | undefined): IdentityLink | undefined {
  const value = bytes === undefined ? undefined : parsed(bytes);
  if (!isJsonObject(value)) return undefined;
  const { userId, timestamp, messageId } = value;
  if (typeof userId !== "string" || typeof timestamp !== "string" || typeof messageId !== "string") return undefined;
  return { userId, timestamp, messageId };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
