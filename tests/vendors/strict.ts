/** What many vendors check in the same way. Each says yes or no, or what is wrong; none throws. */
import type { SimulatedRequest } from "./simulated-request.ts";

export type JsonRecord = Record<string, unknown>;

const SHA256_HEX = /^[0-9a-f]{64}$/;
const E164 = /^\+[1-9]\d{6,14}$/;
const RFC3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** An object that is neither null nor a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** SHA-256 as 64 hexadecimal digits in lower case. */
export function isSha256Hex(value: unknown): boolean {
  return typeof value === "string" && SHA256_HEX.test(value);
}

/** SHA-256 as 64 hexadecimal digits in either case. */
export function isSha256HexAnyCase(value: unknown): boolean {
  return typeof value === "string" && SHA256_HEX.test(value.toLowerCase());
}

/** Something in clear that must never reach a vendor which takes hashes. */
export function looksLikeEmail(value: unknown): boolean {
  return typeof value === "string" && /^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/.test(value);
}

/** `+` and 7 to 15 digits, the first not 0. */
export function isE164(value: unknown): boolean {
  return typeof value === "string" && E164.test(value);
}

/** An ISO 4217 code in upper case. */
export function isCurrency(value: unknown): boolean {
  return typeof value === "string" && CURRENCIES.has(value);
}

/** Two letters in upper case, the form of ISO 3166-1 alpha-2. */
export function isCountryForm(value: unknown): boolean {
  return typeof value === "string" && /^[A-Z]{2}$/.test(value);
}

/** RFC 3339, as `readRfc3339` has it. */
export function isRfc3339(value: unknown): boolean {
  return readRfc3339(value) !== null;
}

/** Epoch milliseconds of an RFC 3339 time (with `Z` or an offset, on a day that the month has), null of anything else. */
export function readRfc3339(value: unknown): number | null {
  if (typeof value !== "string" || !RFC3339.test(value)) return null;
  const [year = 0, month = 0, day = 0] = value.slice(0, 10).split("-").map(Number);
  const monthLength = new Date(Date.UTC(year, month, 0)).getUTCDate();
  // A leap second is legal and unknown to Date.
  const time = Date.parse(value.toUpperCase().replace(/:60(?=[.Z+-])/, ":59"));
  return day > monthLength || Number.isNaN(time) ? null : time;
}

/** Units of a second that whole numbers of time come in. */
export type EpochUnit = "seconds" | "millis" | "micros";
const PER_MS: Record<EpochUnit, number> = { seconds: 1000, millis: 1, micros: 0.001 };

/**
 * The unit that a whole number of time is most likely in, by its size (years 2001 to 2286); null of anything else.
 * Milliseconds where seconds are due are the most common fault, and they are the year 50000.
 */
export function epochUnit(value: unknown): EpochUnit | null {
  if (typeof value !== "number" || !Number.isInteger(value)) return null;
  if (value >= 1e9 && value < 1e10) return "seconds";
  if (value >= 1e12 && value < 1e13) return "millis";
  return value >= 1e15 && value < 1e16 ? "micros" : null;
}

/** Where a moment lies in a vendor's window. `unreadable`: not a whole number in this unit. */
export function placeInWindow(
  value: unknown,
  window: { unit: EpochUnit; now: number; maxAgeMs: number; maxAheadMs: number },
): "inside" | "too_old" | "ahead" | "unreadable" {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return "unreadable";
  const age = window.now - value * PER_MS[window.unit];
  if (age > window.maxAgeMs) return "too_old";
  return -age > window.maxAheadMs ? "ahead" : "inside";
}

/** The value at a path of names joined by dots (`user.email`), undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const name of path.split(".")) {
    if (!isRecord(here) && !Array.isArray(here)) return undefined;
    here = (here as JsonRecord)[name];
  }
  return here;
}

/** The first of the paths with nothing, null or an empty text at its end. */
export function firstMissing(value: unknown, paths: readonly string[]): string | null {
  return paths.find((path) => [undefined, null, ""].includes(at(value, path) as undefined)) ?? null;
}

/** The first key that is not among these. */
export function firstUnknown(value: JsonRecord, known: ReadonlySet<string>): string | null {
  return Object.keys(value).find((key) => !known.has(key)) ?? null;
}

/** A value or the list of values that many vendors allow in its place. */
export function asList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The media type of `content-type` in lower case, without its parameters. */
export function mediaType(request: SimulatedRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** The token of `Authorization: Bearer …`, null without one. */
export function bearerToken(request: SimulatedRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1] ?? null;
}

/** Name and password of `Authorization: Basic …`, null without them. */
export function basicCredentials(request: SimulatedRequest): { name: string; password: string } | null {
  const coded = /^Basic +(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
  if (coded === undefined) return null;
  const text = Buffer.from(coded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Bounds of a body, in bytes after inflating; `depth` counts lists and objects within each other. */
export interface BodyLimits {
  maxBytes?: number;
  maxDepth?: number;
  /** Content encodings that the vendor takes beside none. */
  encodings?: readonly string[];
}

export type ReadBody =
  | { value: unknown; bytes: number }
  | { fault: "encoding" | "too_large" | "json" | "too_deep"; message: string };

/** The body as JSON, within the limits. */
export function readJson(request: SimulatedRequest, limits: BodyLimits = {}): ReadBody {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity" && !(limits.encodings ?? []).includes(encoding)) {
    return { fault: "encoding", message: `content-encoding ${encoding} is not taken` };
  }
  let text: string;
  try {
    text = request.text();
  } catch (error) {
    return { fault: "encoding", message: String(error) };
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > (limits.maxBytes ?? Infinity)) return { fault: "too_large", message: `${bytes} bytes` };
  try {
    const value = JSON.parse(text) as unknown;
    const depth = limits.maxDepth ?? Infinity;
    return isDeeper(value, depth) ? { fault: "too_deep", message: `deeper than ${depth}` } : { value, bytes };
  } catch (error) {
    return { fault: "json", message: String(error) };
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (depth === Infinity || typeof value !== "object" || value === null) return false;
  return depth <= 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}
