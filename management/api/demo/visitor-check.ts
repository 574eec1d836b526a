/** Who may look at the demo: it shows events without a password, so only this machine's own browser. */
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** The facts of one request. */
export interface DemoVisitor {
  /** The `Host` header. */
  host: string | undefined;
  remoteAddress: string | undefined;
  /** The address at which the connection was taken. */
  localAddress: string | undefined;
  /** A proxy says that it speaks for someone: `X-Forwarded-For` or `Forwarded` is there. */
  forwarded: boolean;
}

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
const LOOPBACK_NAME = /^(localhost|([a-z0-9-]+\.)+localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/;

/**
 * Null when the visitor may see the demo, else why not. A connection from this machine is not enough: a page of any site
 * could have its name resolve to 127.0.0.1, which only the `Host` header gives away.
 * @param boundHost the address that the server listens on, as it is configured
 */
export function refuseVisitor(visitor: DemoVisitor, boundHost: string): string | null {
  // A proxy on this machine would show it to everybody.
  if (visitor.forwarded || !fromThisMachine(visitor)) {
    return "The demo has no password, so it is shown only on the machine that the server runs on. To see it from another, forward the port: ssh -L 8084:127.0.0.1:8084 and the like.";
  }
  const name = hostName(visitor.host);
  if (name === null || !(LOOPBACK_NAME.test(name) || name === bracketed(boundHost))) {
    return "The demo answers only under localhost, or under the address that the server listens on.";
  }
  return null;
}

/**
 * Null when the request is none that another site's page had the browser send, else why it is refused. Only what changes
 * something is asked; programs name no origin.
 */
export function refuseForeignPage(method: string, headers: IncomingHttpHeaders): string | null {
  if (method === "GET" || method === "HEAD") return null;
  const { origin, host, "sec-fetch-site": site } = headers;
  const own = `http://${host?.toLowerCase() ?? ""}`;
  const foreign = (origin !== undefined && origin !== own) || (site !== undefined && site !== "same-origin");
  return foreign ? "Only the demo's own pages may do this." : null;
}

/** The name in a `Host` header, in lower case and without the port; null when it is none. */
export function hostName(host: string | undefined): string | null {
  return HOST.exec(host?.toLowerCase() ?? "")?.[1] ?? null;
}

/** A connection to one of the machine's own addresses comes from that same address. */
function fromThisMachine({ remoteAddress, localAddress }: DemoVisitor): boolean {
  if (remoteAddress === undefined) return false;
  const remote = plain(remoteAddress);
  return LOOPBACK.test(remote) || (localAddress !== undefined && remote === plain(localAddress));
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

/** An address as it stands in URLs. */
export function bracketed(host: string): string {
  const lower = host.toLowerCase();
  return isIP(lower) === 6 ? `[${lower}]` : lower;
}
