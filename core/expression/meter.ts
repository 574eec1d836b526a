/** Counts the work of an evaluation, so that none goes on without bound. A unit is about one item or sixteen characters looked at. */
import { type Value } from "../mapping/transforms/definition.ts";

/** What one evaluation may cost: about a tenth of a second at worst. Ordinary expressions without patterns cost less than a hundred. */
export const COST_LIMIT = 2_000_000;

/** What an evaluation has left; made once for an expression and filled up at every evaluation. */
export interface Meter {
  left: number;
}

/** The evaluation has spent what it may; the expression is then worth nothing. */
export class CostExceeded extends Error {}

/** @throws {CostExceeded} when nothing is left, before the work is done. */
export function spend(meter: Meter, units: number): void {
  meter.left -= units;
  if (meter.left < 0) throw new CostExceeded();
}

/** Searching is quadratic at worst in what lies beyond so many characters of the part that is searched for. */
const PATTERN_STRIDE = 256;

/** Looking at a value once: a list by its items, a text by its characters, everything else is one. */
export function costOf(value: Value): number {
  if (typeof value === "string") return 1 + (value.length >> 4);
  return Array.isArray(value) ? 1 + value.length : 1;
}

/** Looking for a value in another. */
export function searchCost(within: Value, part: Value): number {
  if (typeof within !== "string" || typeof part !== "string") return costOf(within);
  return 1 + ((within.length * (1 + Math.floor(part.length / PATTERN_STRIDE))) >> 4);
}
