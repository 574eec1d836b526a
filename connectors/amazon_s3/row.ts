/** The row of an event: what its mapping made, and where there was none, the warehouse row. */
import { type DeliveryRecord, isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";

/** The columns of the warehouse row, in their order. */
const EMPTY_ROW: JsonObject = {
  event_id: null,
  type: null,
  event: null,
  anonymous_id: null,
  user_id: null,
  timestamp: null,
  received_at: null,
  sent_at: null,
  context: null,
  properties: null,
  traits: null,
  source_id: null,
  integration_id: null,
};

/** Null where the payload is no object. */
export function rowOf(delivery: DeliveryRecord): JsonObject | null {
  const { payload, event, eventName, messageId, timestamp, receivedAt, pipelineId, integrationId } = delivery;
  if (!isJsonObject(payload)) return null;
  const row = warehouseRow(payload, delivery);
  // A shape of the mapping's own gets nothing but the id by which a row that came twice is found.
  if (row === null) return { ...payload, event_id: messageId };
  // What a mapping cannot know, or left out.
  return {
    ...row,
    event_id: filled(row["event_id"], messageId),
    type: filled(row["type"], event.type),
    event: filled(row["event"], eventName),
    timestamp: filled(row["timestamp"], timestamp),
    received_at: filled(row["received_at"], receivedAt),
    source_id: filled(row["source_id"], pipelineId),
    integration_id: filled(row["integration_id"], integrationId),
  };
}

/** A payload with an `event_id` is a warehouse row, to which the mapping may have added columns; null for any other shape. */
function warehouseRow(payload: JsonObject, { messageId }: DeliveryRecord): JsonObject | null {
  if (payload["event_id"] !== undefined) return { ...EMPTY_ROW, ...payload };
  // Without a mapping, or where that passes events through, the payload is the event itself.
  return payload["messageId"] === messageId ? { ...EMPTY_ROW, ...eventRow(payload) } : null;
}

function filled(value: JsonValue | undefined, usual: string): JsonValue {
  return value === undefined || value === null || value === "" ? usual : value;
}

/** As the default blueprint has it, with the names that the client gave. */
function eventRow(event: JsonObject): JsonObject {
  const context = wholeContext(event);
  return {
    event_id: event["messageId"] ?? null,
    type: event["type"] ?? null,
    event: event["event"] ?? event["type"] ?? null,
    anonymous_id: event["anonymousId"] ?? null,
    user_id: event["userId"] ?? null,
    timestamp: event["timestamp"] ?? null,
    received_at: event["receivedAt"] ?? null,
    sent_at: event["sentAt"] ?? null,
    context,
    properties: event["properties"] ?? null,
    traits: event["traits"] ?? context["traits"] ?? null,
  };
}

/** With what stands beside the context in an event and has no column. */
function wholeContext({ context: given, name, groupId, previousId, vendor_ids }: JsonObject): JsonObject {
  const context = isJsonObject(given) ? given : {};
  const page = isJsonObject(context["page"]) ? context["page"] : {};
  return {
    ...context,
    ...(name !== undefined && { page: { ...page, name } }),
    ...(groupId !== undefined && { groupId }),
    ...(previousId !== undefined && { previousId }),
    ...(vendor_ids !== undefined && { vendor_ids }),
  };
}
