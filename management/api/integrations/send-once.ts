/** Sending one request to a vendor, for tests of connections: management itself reaches nobody. */
import type { VendorRequest, VendorResponse } from "@datafly-signal/core";

/** One sentence without path, headers or body. */
export interface SendFailure {
  failure: string;
}

/**
 * Sends one request, once. Never rejects; redirects are not followed, and of the answer at most 64 KiB are kept.
 * @param options `guarded`: private addresses are refused, as in deliveries. `timeoutMs` is for everything together.
 */
export type SendOnce = (
  request: VendorRequest,
  options: { guarded: boolean; timeoutMs: number },
) => Promise<VendorResponse | SendFailure>;
