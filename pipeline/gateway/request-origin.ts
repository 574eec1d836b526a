/** Where a request was sent to, as its client would write it: what forwarding headers say counts only from trusted proxies. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { IsTrusted } from "./client-address.ts";

export interface RequestOrigin {
  protocol: "http" | "https";
  /** With its port, where it is not the protocol's own. */
  host: string;
}

/** `isTrusted` is null when there are no trusted proxies. */
export function requestOrigin(req: IncomingMessage, isTrusted: IsTrusted | null): RequestOrigin {
  const { headers, socket } = req;
  const forwarded = isTrusted !== null && isTrusted(socket.remoteAddress ?? "") ? forwardedOrigin(headers) : {};
  const host = forwarded.host ?? hostName(headers.host) ?? `${bracketed(socket.localAddress)}:${socket.localPort}`;
  return { protocol: forwarded.protocol ?? (cameSecurely(headers, host) ? "https" : "http"), host };
}

function forwardedOrigin(headers: IncomingHttpHeaders): { host?: string; protocol?: "http" | "https" } {
  // Of several proxies the first one, on the left, is the one that the client spoke to.
  const [first = ""] = (headers.forwarded ?? "").split(",");
  const host = hostName(firstOf(headers["x-forwarded-host"]) ?? parameter(first, "host"));
  const protocol = (firstOf(headers["x-forwarded-proto"]) ?? parameter(first, "proto"))?.toLowerCase();
  return {
    ...(host === null ? {} : { host }),
    ...(protocol === "http" || protocol === "https" ? { protocol } : {}),
  };
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return (typeof header === "string" ? header : header?.[0])?.split(",")[0]?.trim();
}

function parameter(element: string, name: string): string | undefined {
  return new RegExp(`(?:^|;)\\s*${name}="?([^";]+)"?`, "i").exec(element)?.[1];
}

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Null for what is no host: the value goes into an answer. */
function hostName(text: string | undefined): string | null {
  return text !== undefined && text.length <= 260 && HOST.test(text) ? text : null;
}

function bracketed(address: string | undefined): string {
  return address?.includes(":") === true ? `[${address}]` : (address ?? "");
}

const LOOPBACK = /^(?:localhost|[^:]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * Behind a proxy that is not trusted: a browser sends `Sec-Fetch-Site` only over https, and lets no https page ask over
 * http. Its own machine is excepted from both.
 */
function cameSecurely(headers: IncomingHttpHeaders, host: string): boolean {
  if (LOOPBACK.test(host)) return false;
  return headers["sec-fetch-site"] !== undefined || headers.origin?.startsWith("https://") === true;
}
