/** Events at a steady rate, as a shop sends them, and what became of each. */
import type { SignalServer } from "../harness/signal-server.ts";

export interface SteadyEvents {
  /** Ids of the events that were answered 200. */
  accepted: Set<string>;
  /** How many requests were answered otherwise, by status; 0 is no answer. */
  refused: Map<number, number>;
  /** Where they go from now on. */
  to(server: Pick<SignalServer, "gateway">): void;
  stop(): Promise<void>;
}

export interface Rate {
  key: string;
  /** Events a second, at most. */
  perSecond: number;
  /** Begins each id. */
  prefix: string;
}

/** Events of one request. */
const BATCH = 10;

export function steadyEvents(server: Pick<SignalServer, "gateway">, { key, perSecond, prefix }: Rate): SteadyEvents {
  const accepted = new Set<string>();
  const refused = new Map<number, number>();
  let gateway = server.gateway;
  let next = 0;
  const underWay = new Set<Promise<void>>();
  const sendBatch = async (): Promise<void> => {
    const ids = Array.from({ length: BATCH }, () => `${prefix}-${(next += 1)}`);
    const batch = ids.map((messageId) => ({ type: "track", event: "Steady", messageId, anonymousId: messageId }));
    const status = await post(`${gateway}/v1/batch`, key, { batch });
    if (status === 200) for (const id of ids) accepted.add(id);
    else refused.set(status, (refused.get(status) ?? 0) + 1);
  };
  const timer = setInterval(
    () => {
      const sending = sendBatch().finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    (1000 * BATCH) / perSecond,
  );
  return {
    accepted,
    refused,
    to: (other) => void (gateway = other.gateway),
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

async function post(url: string, key: string, body: unknown): Promise<number> {
  try {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}
