/** The SSRF guard: which addresses a user-given URL may not reach, checked on the address that is connected to. */
import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
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
 * Ranges that are not the public internet, by kind; the first match names the address. Sources: the IANA special-purpose
 * address registries (IPv4 and IPv6) and the clouds' documentation of their metadata addresses.
 */
const REFUSED_RANGES: readonly (readonly [kind: string, subnets: readonly string[]])[] = [
  // 168.63.129.16 is Azure's and looks public; the others lie in the ranges below and are named for the message.
  [
    "a cloud metadata",
    ["169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::254/128"],
  ],
  ["a loopback", ["127.0.0.0/8", "::1/128"]],
  ["an unspecified", ["0.0.0.0/8", "::/128"]],
  ["a private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"]],
  ["a link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["a carrier-grade NAT", ["100.64.0.0/10"]],
  ["a multicast", ["224.0.0.0/4", "ff00::/8"]],
  // An IPv4 address inside an IPv6 one: what it reaches is decided elsewhere, so none of them is let through.
  ["an IPv4-in-IPv6", ["::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"]],
  [
    "a reserved",
    [
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.88.99.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
      "2001::/23",
      "2001:db8::/32",
      "3fff::/20",
    ],
  ],
];

const REFUSED = REFUSED_RANGES.map(([kind, subnets]) => {
  const v4 = new BlockList();
  const v6 = new BlockList();
  for (const subnet of subnets) {
    const [network = "", bits] = subnet.split("/");
    if (isIP(network) === 4) v4.addSubnet(network, Number(bits), "ipv4");
    else v6.addSubnet(network, Number(bits), "ipv6");
  }
  return { kind, v4, v6 };
});

/** Public IPv6 is handed out of 2000::/3 alone; whatever lies outside is refused without being listed. */
const GLOBAL_V6 = new BlockList();
GLOBAL_V6.addSubnet("2000::", 3, "ipv6");

/** The kind of a refused address (`a private`, `a loopback`, …); null when it may be connected to. */
export function refusedKind(address: string): string | null {
  const plain = address.split("%", 1)[0] ?? "";
  const family = isIP(plain);
  if (family === 0) return "an unreadable";
  if (family === 4) return REFUSED.find(({ v4 }) => v4.check(plain, "ipv4"))?.kind ?? null;
  // The IPv6 list is asked before the check for 2000::/3, so that the message names the kind.
  const listed = REFUSED.find(({ v6 }) => v6.check(plain, "ipv6"))?.kind;
  return listed ?? (GLOBAL_V6.check(plain, "ipv6") ? null : "a reserved");
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
