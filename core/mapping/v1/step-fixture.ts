/** An event and short forms of steps, for tests. */
import assert from "node:assert/strict";
import { type SignalEvent } from "../../event/event.ts";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { compileMapping } from "../compile.ts";

export const EVENT: SignalEvent = {
  type: "track",
  event: "Order Completed",
  messageId: "m-1",
  userId: "u-1",
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:01.000Z",
  vendorIds: { ga4_client_id: "12.34" },
  properties: {
    value: 7999,
    text: "many",
    empty: null,
    items: [
      { id: "A", price: 500 },
      { id: "B", price: "x" },
    ],
    nested: { a: { b: 1 } },
  },
  context: {},
};

export const compiled = (steps: JsonValue) => {
  const made = compileMapping({ steps });
  assert.ok(!("faults" in made), JSON.stringify(made));
  return made.mapping;
};

export const payloadOf = (steps: JsonValue, parameters: Record<string, string> = {}): JsonValue => {
  const before = JSON.stringify(EVENT);
  const result = compiled(steps).apply(EVENT, parameters);
  assert.equal(JSON.stringify(EVENT), before, "the event is not changed");
  assert.equal(result.kind, "mapped");
  return result.kind === "mapped" ? result.payload : null;
};

export const map = (mappings: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "map", mappings, ...more });
export const transform = (fields: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "transform",
  fields,
  ...more,
});
export const compute = (fields: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "compute",
  fields,
  ...more,
});
export const enrich = (fields: JsonObject): JsonObject => ({ type: "enrich", fields });
export const filter = (condition: string): JsonObject => ({ type: "filter", condition });
