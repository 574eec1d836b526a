/** What was refused: the last samples for `status` and the debugger, and counts by code for the sum. */
import type { GatewayErrorCode } from "@datafly-signal/core";

/** A refused request, without body, query or whole key. */
export interface RefusedRequest {
  /** ISO time. */
  at: string;
  code: GatewayErrorCode;
  status: number;
  /** What the client was told. */
  message: string;
  method: string;
  path: string;
  origin: string | null;
  ip: string;
  /** Null before the key is known. */
  pipelineId: string | null;
}

export interface Refusals {
  /** `events`: how many events were refused with it, as far as that is known; 0 for what carries none. */
  add(sample: RefusedRequest, events: number): void;
  /** Oldest first. */
  recent(): RefusedRequest[];
  /** Refused events by code since the last call. */
  take(): Map<GatewayErrorCode, number>;
  /** Refused events by code since the start. */
  totals(): ReadonlyMap<GatewayErrorCode, number>;
}

const KEPT_SAMPLES = 100;

export function refusals(): Refusals {
  const samples: RefusedRequest[] = [];
  const totals = new Map<GatewayErrorCode, number>();
  let taken = new Map<GatewayErrorCode, number>();
  return {
    add(sample, events) {
      samples.push(sample);
      if (samples.length > KEPT_SAMPLES) samples.shift();
      if (events === 0) return;
      totals.set(sample.code, (totals.get(sample.code) ?? 0) + events);
      taken.set(sample.code, (taken.get(sample.code) ?? 0) + events);
    },
    recent: () => [...samples],
    take() {
      const counts = taken;
      taken = new Map();
      return counts;
    },
    totals: () => totals,
  };
}
