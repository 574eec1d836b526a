/** Lets a request in by its key: 401, then 403 for the page's origin, then 429. */
import { type Clock, isOpaqueOrigin, OPAQUE_ORIGIN_CURE, retryAfterSeconds } from "@datafly-signal/core";
import type { Exchange, Responder } from "./exchange.ts";
import type { KeyDirectory, PipelineGate } from "./key-directory.ts";
import type { RefreshSnapshot } from "./snapshot-refresh.ts";

/** `more` goes with the refusal. */
export function refuseOrigin(exchange: Exchange, respond: Responder, more: { events?: number } = {}): void {
  const message = isOpaqueOrigin(exchange.origin) ? { message: OPAQUE_ORIGIN_CURE } : {};
  respond.refuse(exchange, "origin_not_allowed", { ...message, ...more });
}

export interface Admission {
  /** Calls `then`, with `exchange.gate` set, unless it refused the request. */
  admit(exchange: Exchange, key: string, then: () => void): void;
  /** False when the request was refused because the key has sent more events than its limit. */
  admitEvents(exchange: Exchange, gate: PipelineGate, count: number): boolean;
}

export function admission(options: {
  directory: KeyDirectory;
  refresh: RefreshSnapshot;
  respond: Responder;
  clock: Clock;
}): Admission {
  const { directory, refresh, respond, clock } = options;

  const pass = (exchange: Exchange, gate: PipelineGate, then: () => void): void => {
    exchange.gate = gate;
    if (exchange.origin !== undefined && !gate.origins.allows(exchange.origin)) {
      return refuseOrigin(exchange, respond);
    }
    const wait = gate.limits.requests.take(1, clock.monotonic());
    if (wait > 0) return respond.refuse(exchange, "rate_limited", { retryAfter: retryAfterSeconds(wait) });
    then();
  };

  const passIfKnown = (exchange: Exchange, key: string, then: () => void): boolean => {
    const gate = directory.gate(key);
    if (gate === undefined) return false;
    pass(exchange, gate, then);
    return true;
  };

  return {
    admit(exchange, key, then) {
      if (passIfKnown(exchange, key, then)) return;
      const looking = refresh();
      if (looking === null) return respond.refuse(exchange, "invalid_pipeline_key");
      void looking.then(() =>
        respond.guard(exchange, () => {
          if (!passIfKnown(exchange, key, then)) respond.refuse(exchange, "invalid_pipeline_key");
        }),
      );
    },
    admitEvents(exchange, gate, count) {
      const wait = gate.limits.events.take(count, clock.monotonic());
      if (wait === 0) return true;
      respond.refuse(exchange, "rate_limited", { retryAfter: retryAfterSeconds(wait), events: count });
      return false;
    },
  };
}
