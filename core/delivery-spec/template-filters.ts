/** The filters of placeholders: a closed set of small pure functions. */
import { createHash } from "node:crypto";
import type { JsonValue } from "../json.ts";

/** Undefined is a missing value; a filter that cannot work on a value makes it missing. */
export type FilterValue = JsonValue | undefined;

export interface FilterCall {
  name: string;
  apply: (value: FilterValue) => FilterValue;
}

type Filter = (value: JsonValue, argument: string) => FilterValue;

const text = (value: JsonValue): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** ISO text, or a number of milliseconds. */
function timeOf(value: JsonValue): number | undefined {
  const ms = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : undefined;
}

const onTime =
  (write: (ms: number) => JsonValue): Filter =>
  (value) => {
    const ms = timeOf(value);
    return ms === undefined ? undefined : write(ms);
  };

const isoOf = (ms: number): string => new Date(ms).toISOString();

function numberOf(value: JsonValue): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

const FILTERS: Readonly<Record<string, Filter>> = {
  /** Marks for URLs: see url-template. */
  path: (value) => value,
  trim: (value) => text(value).trim(),
  lowercase: (value) => text(value).toLowerCase(),
  uppercase: (value) => text(value).toUpperCase(),
  digits: (value) => text(value).replace(/\D/g, ""),
  string: (value) => text(value),
  number: (value) => numberOf(value),
  integer: (value) => {
    const number = numberOf(value);
    return number === undefined ? undefined : Math.trunc(number);
  },
  boolean: (value) => (["true", "false"].includes(text(value)) ? text(value) === "true" : undefined),
  json: (value) => JSON.stringify(value),
  base64: (value) => Buffer.from(text(value), "utf8").toString("base64"),
  sha256: (value) => createHash("sha256").update(text(value)).digest("hex"),
  iso: onTime(isoOf),
  date: onTime((ms) => isoOf(ms).slice(0, 10)),
  hour: onTime((ms) => isoOf(ms).slice(11, 13)),
  unix: onTime((ms) => Math.floor(ms / 1000)),
  unix_ms: onTime((ms) => ms),
};

/** `default:text` alone takes a missing value. */
const DEFAULT = "default";

export const FILTER_NAMES: readonly string[] = [...Object.keys(FILTERS), DEFAULT];

/** A filter as it is written, `name` or `default:text`; null for one that there is not. */
export function readFilter(call: string): FilterCall | null {
  const colon = call.indexOf(":");
  const name = (colon === -1 ? call : call.slice(0, colon)).trim();
  const argument = colon === -1 ? "" : call.slice(colon + 1).trim();
  if (name === DEFAULT) return { name, apply: (value) => (isMissing(value) ? argument : value) };
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) return null;
  return { name, apply: (value) => (value === undefined || value === null ? undefined : filter(value, argument)) };
}

/** What counts as not there: nothing, null and the empty text. */
export function isMissing(value: FilterValue): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}
