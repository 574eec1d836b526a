/** Conditions on an answer: read once, asked of every answer; total on whatever a vendor sends. */
import type { JsonValue } from "../json.ts";
import { compileTextPattern } from "../mapping/pattern.ts";
import { type Answer, lookAt, readLook } from "./answer-scope.ts";
import type { ResponseCondition, StatusSpec } from "./responses-schema.ts";
import { plainText } from "./scope.ts";

export type Holds = (answer: Answer, item?: JsonValue) => boolean;

/** All conditions of a rule, and its statuses; a `fault` says which one cannot be read. */
export function readConditions(
  spec: { status?: StatusSpec | readonly StatusSpec[]; when?: readonly ResponseCondition[] },
  of: "answer" | "item" = "answer",
): Holds | { fault: string } {
  const all: Holds[] = [];
  if (spec.status !== undefined) {
    const ranges = [spec.status].flat().map(rangeOf);
    all.push(({ status }) => ranges.some(([from, to]) => status >= from && status <= to));
  }
  for (const condition of spec.when ?? []) {
    const holds = readCondition(condition, of);
    if (typeof holds !== "function") return holds;
    all.push(holds);
  }
  return (answer, item) => all.every((holds) => holds(answer, item));
}

function rangeOf(status: StatusSpec): readonly [from: number, to: number] {
  if (typeof status === "number") return [status, status];
  const [from = "", to] = status.split("-");
  if (to !== undefined) return [Number(from), Number(to)];
  const hundred = Number(status.charAt(0)) * 100;
  return [hundred, hundred + 99];
}

function readCondition(condition: ResponseCondition, of: "answer" | "item"): Holds | { fault: string } {
  const look = readLook(condition.path, of);
  if ("fault" in look) return look;
  const tests: ((value: JsonValue | undefined) => boolean)[] = [];
  const { equals, not, in: oneOf, not_in: noneOf, matches, exists } = condition;
  if (equals !== undefined) tests.push((value) => isSame(value, equals));
  if (not !== undefined) tests.push((value) => !isSame(value, not));
  if (oneOf !== undefined) tests.push((value) => oneOf.some((one) => isSame(value, one)));
  if (noneOf !== undefined) tests.push((value) => !noneOf.some((one) => isSame(value, one)));
  if (exists !== undefined) tests.push((value) => isThere(value) === exists);
  if (matches !== undefined) {
    const pattern = compileTextPattern(matches);
    if ("fault" in pattern) return { fault: `In matches, ${pattern.fault}` };
    tests.push((value) => value !== undefined && value !== null && pattern.test(plainText(value)));
  }
  if (tests.length === 0) return { fault: "A condition says equals, not, in, not_in, matches or exists." };
  return (answer, item) => {
    const value = lookAt(look, answer, item);
    return tests.every((test) => test(value));
  };
}

/** Vendors write the same code as a number here and as a text there. */
function isSame(value: JsonValue | undefined, wanted: string | number | boolean | null): boolean {
  if (value === undefined || value === null || wanted === null) return (value ?? null) === wanted;
  return typeof value !== "object" && String(value) === String(wanted);
}

function isThere(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "";
}
