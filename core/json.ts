/** JSON as the product handles it: what a client sent, what a mapping made, what a vendor answered. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** True for a JSON object, false for arrays, null and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deeper values could not be written or walked everywhere. */
const MAX_DEPTH = 256;

/**
 * The size of a value: its characters, those of its keys, and one for each value in it; null when that is over the limit,
 * or when it is nested deeper than 256 levels. It is looked at no further than the limit.
 */
export function sizeOf(value: JsonValue, limit: number): number | null {
  const size = measured(value, { limit, depth: 0 });
  return size > limit ? null : size;
}

function measured(value: JsonValue, { limit, depth }: { limit: number; depth: number }): number {
  if (typeof value === "string") return 1 + value.length;
  if (typeof value !== "object" || value === null) return 1;
  if (depth === MAX_DEPTH) return Infinity;
  let size = 1;
  // Without a list of all keys first: an object may have more of them than are looked at.
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const own = Array.isArray(value) ? 0 : key.length;
    const item = (value as JsonObject)[key] ?? null;
    size += own + measured(item, { limit: limit - size - own, depth: depth + 1 });
    if (size > limit) break;
  }
  return size;
}
