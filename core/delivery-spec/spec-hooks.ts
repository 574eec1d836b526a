/** Where a connector's code may correct what its delivery spec makes. */
import type { AttemptFacts, VendorOutcome, VendorRequest, VendorResponse } from "../connector/contract.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { JsonValue } from "../json.ts";

/** Why a delivery cannot be sent: one sentence without secrets or personal data. */
export interface Refusal {
  refuse: string;
}

/** All are pure, and none may throw. */
export interface SpecHooks {
  /** The value of one event, after the spec made it: as it is sent, or why it cannot be. */
  event?(value: JsonValue, delivery: DeliveryRecord, facts: AttemptFacts): { value: JsonValue } | Refusal;
  /** The last word on a request; `deliveries` are those it covers, in order. Comes before signing. */
  request?(request: VendorRequest, deliveries: readonly DeliveryRecord[], facts: AttemptFacts): VendorRequest;
  /** The last word on an answer; `outcomes` is what the spec made of it, in the order of `request.covers`. */
  classify?(
    outcomes: VendorOutcome[],
    answer: { response: VendorResponse; request: VendorRequest; now: number | undefined },
  ): VendorOutcome[];
}
