/** The one expression language: filters, `when`, routing rules, V1 conditions. */
import { type PathSegment } from "../mapping/path.ts";
import { compileReader, compileRelativeReader, type Reader } from "../mapping/read.ts";
import { type TransformEnvironment, type Value } from "../mapping/transforms/definition.ts";
import { type JsonValue } from "../json.ts";
import { type ExpressionFault } from "./ast.ts";
import { compileTest, compileValue, CompileFault, type CompileContext } from "./compile.ts";
import { faultAt, parseExpression } from "./parser.ts";

/** An expression ready to be asked; it never throws. */
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
    const made = compileWith(text, compileRelativeReader);
    return "faults" in made ? { fault: made.faults.map(({ message }) => message).join(" ") } : made.expression.test;
  },
};

function compileWith(
  text: string,
  reader: (path: readonly PathSegment[]) => Reader,
): { expression: CompiledExpression } | { faults: ExpressionFault[] } {
  const node = parseExpression(text);
  if ("message" in node) return { faults: [node] };
  const context: CompileContext = { reader, transforms: TRANSFORMS };
  try {
    const value: (from: Value) => Value = compileValue(node, context);
    return { expression: { test: compileTest(node, context), value } };
  } catch (error) {
    if (error instanceof CompileFault) return { faults: [faultAt(text, error.offset, error.message)] };
    throw error;
  }
}

/** Compiles an expression on events, or on what `reader` reads from; faults carry offset, line and column. */
export function compileExpression(
  text: string,
  options: ExpressionOptions = {},
): { expression: CompiledExpression } | { faults: ExpressionFault[] } {
  return compileWith(text, options.reader ?? compileReader);
}
