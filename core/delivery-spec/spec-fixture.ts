/** Plans and deliveries for the tests of delivery specs. */
import assert from "node:assert/strict";
import type { ConnectionSettings, DeliveryPlan, SettingsFault, VendorRequest } from "../connector/contract.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { compileDeliverySpec, type SpecOptions } from "./compile-delivery-spec.ts";
import type { DeliverySpec } from "./spec-schema.ts";

export const NOW = Date.UTC(2026, 1, 25, 14, 30);
export const FACTS = { now: NOW, batchId: "batch-1" };
export const LIMITS = { size: 100, bytes: 1_048_576, intervalMs: 1_000 };

export type Given = Partial<ConnectionSettings> & Partial<SpecOptions>;

const SIMPLE: DeliverySpec = {
  endpoint: { url: "https://api.example.com/events" },
  body: { encoding: "json" },
};

export function compile(spec: Partial<DeliverySpec> | JsonObject, given: Given = {}): DeliveryPlan | SettingsFault[] {
  const { fields, values, limits = LIMITS, hooks, guarded, ...settings } = given;
  return compileDeliverySpec(
    { ...SIMPLE, ...(spec as Partial<DeliverySpec>) },
    { parameters: {}, secrets: {}, batch: {}, environment: "production", ...settings },
    {
      limits,
      ...(fields && { fields }),
      ...(values && { values }),
      ...(hooks && { hooks }),
      ...(guarded && { guarded }),
    },
  );
}

export function planOf(spec: Partial<DeliverySpec>, given: Given = {}): DeliveryPlan {
  const made = compile(spec, given);
  assert.ok(!Array.isArray(made), JSON.stringify(made));
  return made;
}

export function faultsOf(spec: Partial<DeliverySpec> | JsonObject, given: Given = {}): string[] {
  const made = compile(spec, given);
  assert.ok(Array.isArray(made), "it was taken");
  assert.ok(made.length > 0);
  return made.map(({ field, message }) => `${field}: ${message}`);
}

export function delivery(
  payload: JsonValue,
  { id = "m-1", event = {} }: { id?: string; event?: JsonObject } = {},
): DeliveryRecord {
  const timestamp = "2026-02-25T14:30:00.000Z";
  return {
    deliveryId: `pi_1:${id}`,
    messageId: id,
    payload,
    eventName: "purchase",
    vendorEventName: "Purchase",
    event: { type: "track", event: "purchase", messageId: id, timestamp, context: {}, ...event },
    timestamp,
    receivedAt: timestamp,
  } as unknown as DeliveryRecord;
}

/** The one request of one payload. */
export function requestOf(
  spec: Partial<DeliverySpec>,
  payload: JsonValue = { a: 1 },
  given: Given = {},
): VendorRequest {
  const { requests, refused } = planOf(spec, given).build([delivery(payload)], FACTS);
  assert.deepEqual(refused, []);
  const [request] = requests;
  assert.ok(request !== undefined && requests.length === 1);
  return request;
}

/** Why one payload is refused. */
export function refusalOf(spec: Partial<DeliverySpec>, payload: JsonValue, given: Given = {}): string {
  const { requests, refused } = planOf(spec, given).build([delivery(payload)], FACTS);
  assert.deepEqual(requests, []);
  return refused[0]?.reason ?? "";
}
