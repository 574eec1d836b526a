/** Which addresses a user-given URL may not reach: everything that is not the public internet. */

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

const V4_PART = /^(0|[1-9]\d{0,2})$/;

interface Address {
  value: bigint;
  /** 32 or 128. */
  bits: number;
}

interface Subnet {
  kind: string;
  bits: number;
  /** How many bits after the subnet's own. */
  shift: bigint;
  prefix: bigint;
}

const REFUSED = REFUSED_RANGES.flatMap(([kind, subnets]) => subnets.flatMap((text) => subnetOf(kind, text)));

/** Public IPv6 is handed out of 2000::/3 alone; whatever lies outside is refused without being listed. */
const GLOBAL_V6 = subnetOf("", "2000::/3");

/** The kind of a refused address (`a private`, `a loopback`, …); null when it may be connected to. */
export function refusedKind(address: string): string | null {
  const parsed = parseAddress(address.split("%", 1)[0] ?? "");
  if (parsed === null) return "an unreadable";
  // The list is asked before the check for 2000::/3, so that the message names the kind.
  const listed = REFUSED.find((subnet) => isWithin(parsed, subnet))?.kind;
  if (listed !== undefined) return listed;
  return parsed.bits === 32 || GLOBAL_V6.some((subnet) => isWithin(parsed, subnet)) ? null : "a reserved";
}

/** The kind of refused address that a URL names without a look at DNS; null for a name, for what may be reached, and for no URL. */
export function refusedKindOfUrl(text: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const host = new URL(text).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (host === "localhost" || host.endsWith(".localhost")) return "a loopback";
  return parseAddress(host) === null ? null : refusedKind(host);
}

function isWithin(address: Address, subnet: Subnet): boolean {
  return address.bits === subnet.bits && address.value >> subnet.shift === subnet.prefix;
}

function subnetOf(kind: string, text: string): Subnet[] {
  const [network = "", length] = text.split("/");
  const parsed = parseAddress(network);
  if (parsed === null) return [];
  const shift = BigInt(parsed.bits - Number(length));
  return [{ kind, bits: parsed.bits, shift, prefix: parsed.value >> shift }];
}

function parseAddress(text: string): Address | null {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => V4_PART.test(part) && Number(part) <= 255)) return null;
  return { value: joined(parts.map(BigInt), 8n), bits: 32 };
}

function parseV6(text: string): Address | null {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  // The URL parser writes every form as groups of hexadecimal digits with at most one gap.
  const [head = "", tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return { value: joined([...before, ...gap, ...after], 16n), bits: 128 };
}

function groupsOf(text: string): bigint[] {
  return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));
}

function joined(parts: readonly bigint[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | part, 0n);
}
