/** When events were received, as number and text: the text is written once a millisecond, not once an event. */
import type { Clock } from "@datafly-signal/core";

export interface ReceiptTime {
  /** Wall clock, epoch milliseconds. */
  receivedAt: number;
  /** The same as an ISO time. */
  receivedAtText: string;
}

export function receiptTimes(clock: Clock): () => ReceiptTime {
  let last: ReceiptTime = { receivedAt: Number.NaN, receivedAtText: "" };
  return () => {
    const receivedAt = clock.wall();
    if (receivedAt !== last.receivedAt) last = { receivedAt, receivedAtText: new Date(receivedAt).toISOString() };
    return last;
  };
}
