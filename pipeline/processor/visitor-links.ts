/** The identity links of visitors: an event without a user carries the one its visitor was identified as. */
import {
  type Position,
  type SignalEvent,
  decodeLink,
  encodeLink,
  isNewerLink,
  isStripped,
  linkFrom,
  linkKey,
  linkedIds,
  unlinkedVisitor,
} from "@datafly-signal/core";
import type { BatchStates } from "./batch-states.ts";

/** Where the links are kept that an event carries or makes. */
export interface LinkKeys {
  carries: string | undefined;
  makes: readonly string[];
}

const NO_LINKS: LinkKeys = { carries: undefined, makes: [] };

export function linkKeys(event: SignalEvent, pipelineId: string): LinkKeys {
  // A link would bring back who it is whose data the consent policy took out.
  if (isStripped(event)) return NO_LINKS;
  const visitor = unlinkedVisitor(event);
  return {
    carries: visitor === undefined ? undefined : linkKey(pipelineId, visitor),
    makes: linkedIds(event).map((id) => linkKey(pipelineId, id)),
  };
}

/** Gives the event its visitor's user, and remembers what it links itself: the batch's later events see it. */
export function followLinks(event: SignalEvent, keys: LinkKeys, at: { states: BatchStates; position: Position }): void {
  const { states, position } = at;
  const link = keys.carries === undefined ? undefined : decodeLink(states.get(keys.carries));
  if (link !== undefined) event["userId"] = link.userId;
  if (keys.makes.length === 0) return;
  const made = linkFrom(event);
  for (const key of keys.makes) {
    if (isNewerLink(made, decodeLink(states.get(key)))) states.set(key, encodeLink(made), position);
  }
}
