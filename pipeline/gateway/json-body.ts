/** From bytes to JSON that is safe to work on: valid UTF-8, no prototype keys, bounded nesting, no number that became another. */
import { isUtf8 } from "node:buffer";
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";

/** Objects and arrays within each other; what comes after works recursively on events. */
export const MAX_DEPTH = 100;

export type JsonBody =
  /** `suspect`: by its text, events in it may be nested too deeply or hold a number beyond all; ask `isTooDeep` and `hasOverflow`. */
  { kind: "json"; value: JsonValue; suspect: boolean } | { kind: "fault" };

const FAULT: JsonBody = { kind: "fault" };

export function parseBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) return FAULT;
  const text = bytes.toString("utf8", startsWithBom(bytes) ? 3 : 0);
  try {
    const value = JSON.parse(text) as JsonValue;
    if (mayNamePrototype(text)) dropPrototypeKeys(value);
    return { kind: "json", value, suspect: mayBeDeep(text) || MAY_OVERFLOW.test(text) };
  } catch {
    return FAULT;
  }
}

function startsWithBom(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** `__proto__` as it stands, or with its underscores escaped. */
function mayNamePrototype(text: string): boolean {
  return text.includes("__proto__") || /\\u005f/i.test(text);
}

/** `JSON.parse` makes `__proto__` a field like any other; whoever copies it by assignment would set the prototype. */
function dropPrototypeKeys(root: JsonValue): void {
  const open: JsonValue[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (isJsonObject(value)) delete value["__proto__"];
    for (const child of childrenOf(value)) open.push(child);
  }
}

function childrenOf(value: JsonObject | JsonValue[]): JsonValue[] {
  return Array.isArray(value) ? value : Object.values(value);
}

/** Counts brackets: cheap, and with few of them nothing can be deep. */
function mayBeDeep(text: string): boolean {
  let left = MAX_DEPTH;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

/**
 * A number of two hundred digits or with an exponent of three: a double may not reach it. It starts at what separates
 * values, so that each place is looked at once, whatever the text is.
 */
const MAY_OVERFLOW = /[:,[\s]-?\d(?:\d{199}|[\d.]*[eE]\+?0*[1-9]\d\d)/;

/** Whether `value`, not too deep, holds a number that `JSON.parse` made infinite: written again it would be null. */
export function hasOverflow(value: JsonValue): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && childrenOf(value).some(hasOverflow);
}

/** Whether anything in `value` lies below more than `MAX_DEPTH` objects and arrays. */
export function isTooDeep(value: JsonValue): boolean {
  return deeperThan(value, MAX_DEPTH);
}

function deeperThan(value: JsonValue, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return childrenOf(value).some((child) => deeperThan(child, depth - 1));
}
