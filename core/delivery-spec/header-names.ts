/** Names of headers that a delivery may be given. */

/** Framing, routing and compression are the sender's. */
const SENDERS: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "proxy-authorization",
  "proxy-connection",
  "accept-encoding",
  "content-encoding",
]);

/** What HTTP takes as one, up to 200 characters. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/** Whether only the sender sets it, in whatever case it is written. */
export function isSendersHeader(name: string): boolean {
  return SENDERS.has(name.toLowerCase());
}
