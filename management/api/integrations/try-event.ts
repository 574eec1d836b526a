/** Sends one event as a delivery of the plan would be sent, to see what the vendor says of it. */
import {
  type DeliveryPlan,
  type DeliveryRecord,
  type JsonValue,
  type SignalEvent,
  triedDelivery,
  type VendorOutcome,
} from "@datafly-signal/core";
import type { Act, FailureKind, Send, Tried, TryResult } from "./try-connection.ts";
import { unreachable } from "./try-connection.ts";

/** What a mapping made of the event. */
export interface MappedEvent {
  event: SignalEvent;
  payload: JsonValue;
  vendorEventName: string | null;
  pipelineId: string;
  integrationId: string;
  revision: number;
}

type Failed = Exclude<VendorOutcome, { kind: "delivered" }>;

const BY_STATUS: Readonly<Record<number, FailureKind>> = { 401: "credentials", 403: "permission", 404: "not_found" };

export function sending(tried: Tried, mapped: MappedEvent): Act {
  const { plan } = tried;
  return async (facts, send) => {
    const { requests, refused } = plan.build([deliveryOf(mapped)], facts);
    const [refusal] = refused;
    if (refusal !== undefined) return { ok: false, kind: "unknown", message: refusal.reason };
    if (requests.length === 0) return { ok: false, kind: "unknown", message: "The connector made no request of it." };
    return sendAll(tried, { requests, send, now: facts.now });
  };
}

/** One after the other, up to the first that does not go well. */
async function sendAll(
  tried: Tried,
  { requests, send, now }: { requests: ReturnType<DeliveryPlan["build"]>["requests"]; send: Send; now: number },
): Promise<TryResult> {
  let status = 0;
  for (const request of requests) {
    const response = await send(request);
    if ("failure" in response) return unreachable(tried, request, response);
    status = response.status;
    const failed = tried.plan.classify(response, request, { now }).find(isFailed);
    if (failed !== undefined) return { ok: false, kind: kindOf(failed, status), message: failed.reason, status };
  }
  return { ok: true, message: "The vendor took the event.", status };
}

function isFailed(outcome: VendorOutcome): outcome is Failed {
  return outcome.kind !== "delivered";
}

function kindOf({ kind }: Failed, status: number): FailureKind {
  if (kind === "throttle") return "limited";
  if (kind === "retry") return "unavailable";
  if (kind === "refresh") return "credentials";
  return BY_STATUS[status] ?? "unknown";
}

function deliveryOf(mapped: MappedEvent): DeliveryRecord {
  const { event, pipelineId, integrationId, revision } = mapped;
  const lane = { pipelineId, integrationId, pipelineIntegrationId: "connection-test", revision };
  return triedDelivery(event, mapped, { lane, consent: null, index: 0 });
}
