/** The SSRF guard: a user-given URL may not reach refused addresses, checked on the address that is connected to. */
import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { refusedKind } from "@datafly-signal/core";
import { buildConnector } from "undici";

/** Resolves a name to all its addresses. */
export type ResolveName = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** A name or literal that leads only to refused addresses. The message names the kind of address, never the address. */
export class BlockedAddressError extends Error {
  readonly code = "BLOCKED_ADDRESS";
  /** @param kind as `refusedKind` names it; null when the name has no address of the wanted family */
  constructor(kind: string | null) {
    super(
      kind === null
        ? "The host name has no usable address."
        : `The URL leads to ${kind} address, which is refused unless SIGNAL_ALLOW_PRIVATE_ADDRESSES=true is set.`,
    );
    this.name = "BlockedAddressError";
  }
}

/**
 * A lookup for `net.connect` that answers only with permitted addresses. The socket connects to what this answered, so a
 * name that resolves differently a moment later gains nothing.
 */
export function guardedLookup(resolve: ResolveName = resolveAll): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, (error, addresses) => {
      if (error !== null) return done(error, []);
      const wanted = addresses.filter(({ family }) => !options.family || family === familyNumber(options.family));
      const permitted = wanted.filter(({ address }) => refusedKind(address) === null);
      const first = permitted[0];
      if (first === undefined) {
        const kind = wanted.map(({ address }) => refusedKind(address)).find((found) => found !== null);
        return done(new BlockedAddressError(kind ?? null), []);
      }
      if (options.all) return done(null, permitted);
      return done(null, first.address, first.family);
    });
  };
}

/** undici's connector behind the guard. Literal addresses never reach a lookup, so they are checked here. */
export function guardedConnector(
  options: buildConnector.BuildOptions,
  resolve?: ResolveName,
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: guardedLookup(resolve) } as buildConnector.BuildOptions);
  return (target, done) => {
    const kind = isIP(target.hostname) === 0 ? null : refusedKind(target.hostname);
    if (kind === null) return connect(target, done);
    done(new BlockedAddressError(kind), null);
  };
}

function resolveAll(hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void): void {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []));
}

function familyNumber(family: number | "IPv4" | "IPv6"): number {
  if (family === "IPv4") return 4;
  return family === "IPv6" ? 6 : family;
}
