/** How `MEMORY_BUDGET` is divided among the parts that hold events in memory. */

export interface MemoryShares {
  /** Of requests under way at the gateway. */
  requestBytes: number;
  /** Of raw events that the processor works at once. */
  batchBytes: number;
  /** Of what the processor makes of them before it commits. */
  outputBytes: number;
  /** Of deliveries held by the worker, all integrations together. */
  deliveryBytes: number;
}

const REQUESTS = 1 / 4;
/** A parsed event takes about eight times its text, an output is held encoded and again in the log's transaction. */
const BATCH = 1 / 256;
const OUTPUT = 1 / 16;
const DELIVERIES = 1 / 2;
/** An envelope at its largest. */
const LEAST_BATCH = 262_144;

/** @param requestBytes `MAX_IN_FLIGHT_BYTES` where it is given: the other parts share what it leaves of the budget */
export function memoryShares(budget: number, requestBytes: number | null = null): MemoryShares {
  const rest = requestBytes === null ? budget : (budget - requestBytes) / (1 - REQUESTS);
  return {
    requestBytes: requestBytes ?? Math.floor(budget * REQUESTS),
    batchBytes: Math.max(LEAST_BATCH, Math.floor(rest * BATCH)),
    outputBytes: Math.floor(rest * OUTPUT),
    deliveryBytes: Math.floor(rest * DELIVERIES),
  };
}
