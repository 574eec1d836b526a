/** Ids of configured objects: derived from names for `signal.yaml`, made from time and chance by the API. */
import { createHash } from "node:crypto";

const ID_PREFIXES = { pipeline: "pip_", template: "tmpl_", assignment: "pi_" } as const;

export type ConfiguredKind = keyof typeof ID_PREFIXES;

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** Its texts sort as their bytes do. */
const BASE32_HEX = "0123456789abcdefghijklmnopqrstuv";
const DERIVED_BYTES = 10;

/** RFC 4648 base32 in lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  return encode(bytes, BASE32);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let out = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? out + alphabet[(buffer << (5 - bits)) & 31] : out;
}

/** The id of an object of `signal.yaml` that gives none: prefix and 16 characters of SHA-256 over kind and names. */
export function derivedId(kind: ConfiguredKind, ...names: readonly string[]): string {
  const digest = createHash("sha256")
    .update([kind, ...names].join("\0"), "utf8")
    .digest();
  return ID_PREFIXES[kind] + base32(digest.subarray(0, DERIVED_BYTES));
}

/**
 * The id of an object the API makes: prefix and a UUID v7 in base32hex (26 characters), so that ids sort by their time.
 * @param now wall clock, epoch milliseconds
 * @param random 10 random bytes
 */
export function madeId(prefix: string, now: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.trunc(now)) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return prefix + encode(bytes, BASE32_HEX);
}

/** A slug of a name: lower case, words joined by `-`; a name without Latin letters or digits takes a hash. */
export function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 64)
    .replace(/^-+|-+$/g, "");
  return slug || `pipeline-${derivedId("pipeline", name).slice(-8)}`;
}
