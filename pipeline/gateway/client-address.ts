/** Whose request it is: forwarding headers are believed only as far as trusted proxies wrote them. */
import { BlockList, isIP } from "node:net";
import { GatewaySettingsError } from "./settings.ts";

/** Whether an address, as the socket names it, belongs to a trusted proxy. */
export type IsTrusted = (peer: string) => boolean;

/** Gives the client's address from the peer's and the `X-Forwarded-For` and `Forwarded` headers. */
export type ClientAddress = (peer: string, forwardedFor: string | undefined, forwarded: string | undefined) => string;

/** @throws {GatewaySettingsError} for an entry that is neither an address nor a CIDR range. */
export function trustedProxy(entries: readonly string[]): IsTrusted {
  const trusted = new BlockList();
  for (const entry of entries) trust(trusted, entry.trim());
  return (peer) => {
    const address = plainAddress(peer);
    return address !== null && trusted.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
  };
}

/** `isTrusted` is null when there are no trusted proxies: the peer is the client then. */
export function clientAddress(isTrusted: IsTrusted | null): ClientAddress {
  if (isTrusted === null) return (peer) => plainAddress(peer) ?? peer;
  return (peer, forwardedFor, forwarded) => {
    let client = plainAddress(peer) ?? peer;
    const hops = forwardedFor !== undefined ? forwardedFor.split(",") : forwardedHops(forwarded);
    // Each proxy appends the address it was called from: from the right, up to the first that is not ours.
    for (let index = hops.length - 1; index >= 0 && isTrusted(client); index -= 1) {
      const hop = plainAddress(hops[index] ?? "");
      if (hop === null) break;
      client = hop;
    }
    return client;
  };
}

function trust(trusted: BlockList, entry: string): void {
  const [address = "", prefix, ...rest] = entry.split("/");
  const family = isIP(address);
  const bits = prefix === undefined ? null : Number(prefix);
  const fits = bits === null || (/^\d+$/.test(prefix ?? "") && bits <= (family === 4 ? 32 : 128));
  if (family === 0 || rest.length > 0 || !fits) {
    throw new GatewaySettingsError(
      `TRUSTED_PROXIES: "${entry}" is neither an IP address nor a CIDR range such as 10.0.0.0/8.`,
    );
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  if (bits === null) trusted.addAddress(address, type);
  else trusted.addSubnet(address, bits, type);
}

function forwardedHops(forwarded: string | undefined): string[] {
  if (forwarded === undefined) return [];
  return forwarded.split(",").map((hop) => /(?:^|;)\s*for="?([^";]+)"?/i.exec(hop)?.[1] ?? "");
}

/** Without port, brackets, zone and IPv4-in-IPv6 wrapping; null when it is no address. */
function plainAddress(text: string): string | null {
  let address = text.trim();
  if (address.startsWith("[")) address = address.slice(1, address.indexOf("]"));
  else if (/^[\d.]+:\d+$/.test(address)) address = address.slice(0, address.indexOf(":"));
  const zone = address.indexOf("%");
  if (zone !== -1) address = address.slice(0, zone);
  if (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)) address = address.slice(7);
  return isIP(address) === 0 ? null : address;
}
