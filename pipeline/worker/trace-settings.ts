/** How much of the deliveries is traced. */
import type { FailureTraces, TraceSettings } from "@datafly-signal/core";

/** The worker's settings, and its count of failures. */
export type DeliveryTraces = TraceSettings & { failures: FailureTraces };
