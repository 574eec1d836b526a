/** How long a delivery may wait before it is given up. */
import { MAX_WAIT_MS } from "../topics.ts";
import type { DeliveryRecord } from "./delivery.ts";

/** The two moments that a delivery's age counts from, epoch milliseconds; NaN where the record's time is not readable. */
export interface DeliveryTimes {
  /** `receivedAt`, for a replay the moment it was asked for. */
  waitsSince: number;
  /** The event's `timestamp`. */
  timestamp: number;
}

export function deliveryTimes(
  delivery: Pick<DeliveryRecord, "receivedAt" | "replayedAt" | "timestamp">,
): DeliveryTimes {
  return {
    waitsSince: Date.parse(delivery.replayedAt ?? delivery.receivedAt),
    timestamp: Date.parse(delivery.timestamp),
  };
}

/** Why a delivery is too old to be sent, or null. `maxEventAgeMs` is the vendor's own limit. A time that is not readable never expires. */
export function ageFault(
  times: DeliveryTimes,
  now: number,
  maxEventAgeMs: number | undefined,
): "expired_waiting" | "too_old" | null {
  if (now - times.waitsSince > MAX_WAIT_MS) return "expired_waiting";
  return maxEventAgeMs !== undefined && now - times.timestamp > maxEventAgeMs ? "too_old" : null;
}
