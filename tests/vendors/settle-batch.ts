/** What the worker does with a batch beyond one sending: halves what is refused for one bad event, and renews a token once. */
import type { DeliveryRecord, VendorOutcome, VendorRequest } from "@datafly-signal/core";

interface SentBatch {
  exchanges: readonly { request: VendorRequest }[];
  outcomes: VendorOutcome[];
}

export interface SettledBatch {
  /** The last one of each delivery. */
  outcomes: VendorOutcome[];
  /** All that was sent, in order. */
  requests: VendorRequest[];
}

/** Sends until nothing is to be sent again at once; what is to wait keeps its `retry` or `throttle`. */
export async function settleBatch(
  send: (deliveries: readonly DeliveryRecord[]) => Promise<SentBatch>,
  deliveries: readonly DeliveryRecord[],
): Promise<SettledBatch> {
  const outcomes: VendorOutcome[] = [];
  const requests: VendorRequest[] = [];
  const waiting = [{ indexes: [...deliveries.keys()], refreshed: false }];
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    const { indexes, refreshed } = batch;
    const sent = await send(indexes.flatMap((index) => deliveries[index] ?? []));
    requests.push(...sent.exchanges.map(({ request }) => request));
    const again = { halved: [] as number[], renewed: [] as number[] };
    sent.outcomes.forEach((outcome, at) => {
      const index = indexes[at] ?? -1;
      outcomes[index] = outcome;
      if (outcome.kind === "reject" && outcome.bisect === true && indexes.length > 1) again.halved.push(index);
      if (outcome.kind === "refresh" && !refreshed) again.renewed.push(index);
    });
    const middle = Math.ceil(again.halved.length / 2);
    for (const half of [again.halved.slice(0, middle), again.halved.slice(middle)])
      if (half.length > 0) waiting.push({ indexes: half, refreshed: false });
    if (again.renewed.length > 0) waiting.push({ indexes: again.renewed, refreshed: true });
  }
  return { outcomes, requests };
}
