/** How much of the deliveries is traced. */
import type { FailureTraces } from "@datafly-signal/core";

export interface TraceSettings {
  /** Of the deliveries that go well, 0 to 1. */
  share: number;
  /** Whether there is disk for it. */
  roomy(): boolean;
}

/** The worker's settings, and its count of failures. */
export type DeliveryTraces = TraceSettings & { failures: FailureTraces };
