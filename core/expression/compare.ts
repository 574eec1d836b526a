/** How the expression language compares values. */
import { type JsonValue } from "../json.ts";
import { numberOf, textOf, type Value } from "../mapping/transforms/definition.ts";

/** What two values are compared as; objects and lists, which equal nothing, have no such form. */
type Comparable = string | number | null | undefined;

/** `numberOf` reads no longer ones either. */
const MAX_NUMERAL = 64;

/** Numeric texts are numbers, as long as the number can hold every digit; booleans are their text form; missing is null. */
export function comparable(value: Value): Comparable {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") {
    const first = value.charCodeAt(0);
    // Digits, signs and the point; everything else cannot be numeric, nor can what is longer than any number.
    if (!(first <= 57 && first >= 43) || value.length > MAX_NUMERAL || value.trim() !== value) return value;
    const number = numberOf(value);
    return number === undefined || Math.abs(number) > Number.MAX_SAFE_INTEGER ? value : number;
  }
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER ? String(value) : value;
  return typeof value === "boolean" ? String(value) : undefined;
}

/** Equal as numbers where both are numeric, else as texts, exactly by case. */
export function equal(left: Value, right: Value): boolean {
  const form = comparable(left);
  return form !== undefined && form === comparable(right);
}

/** Compares two numbers or numeric texts; false when either is neither. */
export function ordered(left: Value, right: Value, holds: (left: number, right: number) => boolean): boolean {
  const [a, b] = [numberOf(left), numberOf(right)];
  return a !== undefined && b !== undefined && holds(a, b);
}

/** A list contains an equal item, a text contains the other's text form. */
export function contains(left: Value, right: Value): boolean {
  if (Array.isArray(left)) {
    const wanted = comparable(right);
    return wanted !== undefined && left.some((item: JsonValue) => comparable(item) === wanted);
  }
  return bothTexts(left, right, (text, part) => text.includes(part));
}

/** Tests the text forms of two scalars; false when either has none. */
export function bothTexts(left: Value, right: Value, holds: (left: string, right: string) => boolean): boolean {
  const [a, b] = [textOf(left), textOf(right)];
  return a !== undefined && b !== undefined && holds(a, b);
}
