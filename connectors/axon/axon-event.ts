/** The events of an integration without a mapping, in Axon's form: what arrives as it was sent has other names. */
import { isJsonObject, type JsonObject, type JsonValue, type SpecHooks } from "@datafly-signal/core";

/** Axon's name → the event's. */
const NAMES: Readonly<Record<string, string>> = {
  user_id: "userId",
  anonymous_id: "anonymousId",
  group_id: "groupId",
  properties: "properties",
  traits: "traits",
  context: "context",
};

export const asAxonEvent: NonNullable<SpecHooks["event"]> = (value, { messageId }) => {
  if (!isJsonObject(value)) return { refuse: "Axon takes events as objects, and the mapping made something else." };
  return { value: value["messageId"] === messageId ? axonEvent(value) : value };
};

function axonEvent(event: JsonObject): JsonObject {
  const { id, type, timestamp } = event;
  const name = event["event"] ?? event["name"] ?? (type === "page" ? "page_view" : null);
  const who = event["anonymousId"] ?? event["userId"];
  const rest = Object.entries(NAMES).flatMap(([key, own]): [string, JsonValue][] => {
    const value = key === "anonymous_id" ? who : event[own];
    return value === undefined || value === null ? [] : [[key, value]];
  });
  return {
    ...{ id: id ?? null, type: type ?? null },
    ...((type === "track" || type === "page") && { name }),
    timestamp: timestamp ?? null,
    ...Object.fromEntries(rest),
  };
}
