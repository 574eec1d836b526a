/** Values of parameters and properties: what can be put right is, the rest is said. */
import { isJsonObject, type JsonValue } from "@datafly-signal/core";

/** Google's terms forbid to send these, and no report needs them. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** At most so many characters, and no half of a character at the end. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return text.slice(0, end);
}

/** The number that a value is, also as a text. */
export function numberOf(value: JsonValue): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function isNothing(value: JsonValue | undefined): value is undefined | null | "" {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

/** A text or a number, as parameters are; undefined for nothing and for personal data. */
export function scalarOf(value: JsonValue, most: number): string | number | undefined {
  if (isNothing(value)) return undefined;
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return EMAIL.test(text) ? undefined : cut(text, most);
}

/** Values by name where an object is one value each of its fields, as `plan: {name: "pro"}` is `plan_name`. */
export function flat(name: string, value: JsonValue): (readonly [name: string, value: JsonValue])[] {
  if (Array.isArray(value)) {
    const scalars = value.filter((one) => typeof one !== "object");
    return scalars.length === 0 ? [] : [[name, scalars.join(",")]];
  }
  if (!isJsonObject(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => flat(`${name}_${key}`, inner));
}
