/** From the text of an environment variable to its value: each reader says what it takes when the text is something else. */
import { isIP } from "node:net";
import { parseEncryptionKey } from "@datafly-signal/core";

/** `{value}`, or `{wanted}`: what should have stood there. */
type Reading<T> = { value: T } | { wanted: string };

export type Reader<T> = (text: string) => Reading<T>;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  K: 1024,
  KB: 1000,
  KIB: 1024,
  M: 1_048_576,
  MB: 1_000_000,
  MIB: 1_048_576,
  G: 1_073_741_824,
  GB: 1_000_000_000,
  GIB: 1_073_741_824,
};

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

export function wholeNumber(low: number, high: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high ? { value } : { wanted: `a whole number from ${low} to ${high}` };
  };
}

/** From 0 to 1, in decimal digits. */
export const fraction: Reader<number> = (text) => {
  const value = /^(\d{1,9}(\.\d{0,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  return value <= 1 ? { value } : { wanted: "a number from 0 to 1, as in 0.01" };
};

/** Bytes, as a number or with a unit: `1048576`, `64MiB`, `1GB`. */
export function byteSize(low: number, high: number): Reader<number> {
  return (text) => {
    const [, digits = "", unit = ""] = /^(\d{1,15})\s*([A-Za-z]{0,3})$/.exec(text) ?? [];
    const factor = Object.hasOwn(UNITS, unit.toUpperCase()) ? UNITS[unit.toUpperCase()] : undefined;
    const value = digits === "" || factor === undefined ? Number.NaN : Number(digits) * factor;
    return value >= low && value <= high
      ? { value }
      : { wanted: `a size from ${low} to ${high} bytes, as in ${low} or 64MiB` };
  };
}

export function oneOf<T extends string>(choices: readonly T[]): Reader<T> {
  return (text) => {
    const value = choices.find((choice) => choice === text.toLowerCase());
    return value === undefined ? { wanted: `one of ${choices.join(", ")}` } : { value };
  };
}

export const yesOrNo: Reader<boolean> = (text) => {
  if (/^(true|1|yes|on)$/i.test(text)) return { value: true };
  return /^(false|0|no|off)$/i.test(text) ? { value: false } : { wanted: "true or false" };
};

export const path: Reader<string> = (text) => (text.includes("\0") ? { wanted: "a path" } : { value: text });

/** An address to listen on. */
export const hostName: Reader<string> = (text) => {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) !== 0 || HOST_NAME.test(bare)
    ? { value: bare }
    : { wanted: "an address to listen on, as in 127.0.0.1 or 0.0.0.0" };
};

/** The domain of a cookie, without the leading dot that browsers ignore. */
export const cookieDomain: Reader<string> = (text) => {
  const domain = text.replace(/^\./, "").toLowerCase();
  const fits = HOST_NAME.test(domain) && isIP(domain) === 0 && domain.includes(".");
  return fits ? { value: domain } : { wanted: "a domain without scheme and port, as in example.com" };
};

export const addressRanges: Reader<readonly string[]> = (text) => {
  const value = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return value.every(isRange)
    ? { value }
    : { wanted: "IP addresses and ranges, separated by commas, as in 10.0.0.0/8,192.0.2.7" };
};

function isRange(entry: string): boolean {
  const [address = "", bits, ...rest] = entry.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Of PostgreSQL; holds a password. */
export const databaseUrl: Reader<string> = (text) =>
  /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)
    ? { value: text }
    : { wanted: "the address of a PostgreSQL database, as in postgres://user:password@localhost:5432/signal" };

/** The beginning of addresses, without a path of its own. */
export const origin: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const fits = url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search + url.hash === "";
  return fits ? { value: url.origin } : { wanted: "an address without a path, as in https://data.example.com" };
};

/** Signs tokens: text of 32 bytes or more. */
export const signingSecret: Reader<Uint8Array> = (text) => {
  const value = new TextEncoder().encode(text);
  return value.byteLength >= 32
    ? { value }
    : { wanted: "a secret of at least 32 characters: make one with openssl rand -base64 48" };
};

/** Any text; what it must hold is checked where it is used. */
export const plainText: Reader<string> = (text) => ({ value: text });

export const encryptionKey: Reader<Uint8Array> = (text) => {
  const value = parseEncryptionKey(text);
  return value === undefined
    ? { wanted: "32 bytes as 64 hexadecimal digits or in base64: make one with openssl rand -base64 32" }
    : { value };
};
