/** The one expression language: filters, `when`, routing rules, V1 conditions. */
import { type PathSegment } from "../mapping/path.ts";
import { withReplaceBudget } from "../mapping/pattern.ts";
import { compileReader, compileRelativeReader, type Reader } from "../mapping/read.ts";
import { type TransformEnvironment, type Value } from "../mapping/transforms/definition.ts";
import { type JsonValue } from "../json.ts";
import { type ExpressionFault } from "./ast.ts";
import { compileTest, compileValue, CompileFault, type CompileContext } from "./compile.ts";
import { COST_LIMIT, CostExceeded, type Meter } from "./meter.ts";
import { faultAt, parseExpression } from "./parser.ts";

/** An expression ready to be asked; it never throws, and one that would cost too much is worth nothing. */
export interface CompiledExpression {
  /** Whether it is true of an event. A bare value is true when it is `true` or the text `true`. */
  test(event: JsonValue): boolean;
  /** What it is worth; undefined when missing. */
  value(event: JsonValue): JsonValue | undefined;
}

export interface ExpressionOptions {
  /** Compiles the paths, where they start elsewhere than at the event: in V1 at the event and at the payload. */
  reader?: (path: readonly PathSegment[]) => Reader;
}

/** What transforms that take expressions are given: `filter` reads relative to an item. */
export const TRANSFORMS: TransformEnvironment = {
  predicate(text) {
    const made = compileExpression(text, { reader: compileRelativeReader });
    return "faults" in made ? { fault: messageOf(made.faults) } : made.expression.test;
  },
};

const messageOf = (faults: readonly ExpressionFault[]): string => faults.map(({ message }) => message).join(" ");

interface Closures {
  test: (from: Value) => boolean;
  value: (from: Value) => Value;
}

/** Expressions within the expression are paid for by the same meter. */
function compileWith(text: string, reader: CompileContext["reader"], meter: Meter): Closures | ExpressionFault[] {
  const node = parseExpression(text);
  if ("message" in node) return [node];
  const transforms: TransformEnvironment = {
    predicate(inner) {
      const made = compileWith(inner, compileRelativeReader, meter);
      return Array.isArray(made) ? { fault: messageOf(made) } : made.test;
    },
  };
  const context: CompileContext = { reader, transforms, meter };
  try {
    return { value: compileValue(node, context), test: compileTest(node, context) };
  } catch (error) {
    if (error instanceof CompileFault) return [faultAt(text, error.offset, error.message)];
    throw error;
  }
}

/** One evaluation with a full meter; what costs more than there is has the answer of a missing value. */
function metered<T>(ask: (event: JsonValue) => T, meter: Meter, exceeded: T): (event: JsonValue) => T {
  return (event) => {
    meter.left = COST_LIMIT;
    try {
      return withReplaceBudget(() => ask(event));
    } catch (error) {
      if (error instanceof CostExceeded) return exceeded;
      throw error;
    }
  };
}

/** Compiles an expression together with the meter that pays for it; see `compileExpression`. */
export function compileMetered(
  text: string,
  options: ExpressionOptions = {},
): { expression: CompiledExpression; meter: Readonly<Meter> } | { faults: ExpressionFault[] } {
  const meter: Meter = { left: COST_LIMIT };
  const made = compileWith(text, options.reader ?? compileReader, meter);
  if (Array.isArray(made)) return { faults: made };
  return {
    expression: { test: metered(made.test, meter, false), value: metered(made.value, meter, undefined) },
    meter,
  };
}

/** Compiles an expression on events, or on what `reader` reads from; faults carry offset, line and column. */
export function compileExpression(
  text: string,
  options: ExpressionOptions = {},
): { expression: CompiledExpression } | { faults: ExpressionFault[] } {
  return compileMetered(text, options);
}
