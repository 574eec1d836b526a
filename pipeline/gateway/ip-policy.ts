/** `X-IP-Policy`, by which Jitsu's SDK asks that a visitor's address is not kept, or not as a whole. */

/** `address` as far as it may be kept; empty for none of it. */
export function keptAddress(address: string, policy: string | string[] | undefined): string {
  if (policy === "remove") return "";
  if (policy !== "stripLastOctet") return address;
  if (address.includes(".")) return address.replace(/\.\d+$/, ".0");
  // What a household's connection has of its own in IPv6 is the last 80 bits.
  const [beginning = ""] = address.split("::");
  return `${beginning.split(":").slice(0, 3).join(":")}::`;
}
