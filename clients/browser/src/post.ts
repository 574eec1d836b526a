/** Requests as browsers send them without asking first, and so that they can outlive their page. */
import type { Answer } from "./answer.ts";
import type { OutgoingRequest, Post } from "./sender.ts";

const TIMEOUT_MS = 30_000;
const FAILED: Answer = { status: 0 };

/** `endpoint` is the gateway's address without a slash at the end. */
export function poster(endpoint: string): Post {
  return async (request) => {
    const { path, body, isLeaving, outlives } = request;
    const url = endpoint + path;
    if (isLeaving && outlives && !("keepalive" in Request.prototype)) return beacon(url, request);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      // Text alone has the content type text/plain: together with no header of ours there is no preflight.
      const response = await fetch(url, {
        method: "POST",
        body,
        credentials: "include",
        keepalive: outlives,
        signal: abort.signal,
      });
      const { status, headers } = response;
      return { status, retryAfter: headers.get("Retry-After"), body: await response.json().catch(() => null) };
    } catch {
      return FAILED;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A beacon's answer cannot be seen: until a later page sends them again, its events count as under way. */
function beacon(url: string, { body }: OutgoingRequest): Promise<Answer> | Answer {
  const isTaken = navigator.sendBeacon(url, new Blob([body], { type: "text/plain" }));
  return isTaken ? new Promise(() => undefined) : FAILED;
}
