/** Turns the tree of an expression into closures. An expression never throws on a value. */
import { compileTextPattern } from "../mapping/pattern.ts";
import { type PathSegment } from "../mapping/path.ts";
import { type Reader } from "../mapping/read.ts";
import { argumentNames, compileTransform, transformNames } from "../mapping/transforms/table.ts";
import {
  textOf,
  TransformError,
  type Apply,
  type TransformEnvironment,
  type Value,
} from "../mapping/transforms/definition.ts";
import { didYouMean } from "../mapping/suggest.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { type CompareOperator, type Node } from "./ast.ts";
import { bothTexts, comparable, contains, equal, ordered } from "./compare.ts";
import { costOf, searchCost, spend, type Meter } from "./meter.ts";

type Test = (from: Value) => boolean;

/** A fault found while compiling, carried to `compileExpression` past the recursion. */
export class CompileFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export interface CompileContext {
  /** Compiles a path, from the event or from an item. */
  reader(path: readonly PathSegment[]): Reader;
  transforms: TransformEnvironment;
  /** Pays for every step of an evaluation. */
  meter: Meter;
}

/** A bare value is true when it is `true` or the text `true`; consent is never granted by a lucky non-empty text. */
const isTrue = (value: Value): boolean => value === true || value === "true";

const ORDER: Readonly<Record<"<" | "<=" | ">" | ">=", (left: number, right: number) => boolean>> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

const TEXT_TESTS: Readonly<Record<"starts_with" | "ends_with", (text: string, part: string) => boolean>> = {
  starts_with: (text, part) => text.startsWith(part),
  ends_with: (text, part) => text.endsWith(part),
};

function matching(left: Reader, { right, offset }: Node & { kind: "compare" }, meter: Meter): Test {
  if (right.kind !== "literal" || typeof right.value !== "string") {
    throw new CompileFault("matches needs a pattern written as text.", offset);
  }
  const pattern = compileTextPattern(right.value);
  if ("fault" in pattern) throw new CompileFault(`matches: ${pattern.fault}`, offset);
  return (from) => {
    const text = textOf(left(from));
    if (text === undefined) return false;
    spend(meter, pattern.cost(text));
    return pattern.test(text);
  };
}

/** A comparison with a constant, whose form is made once. */
function equalToLiteral(left: Reader, value: JsonValue): Test {
  const wanted = comparable(value);
  return (from) => comparable(left(from)) === wanted;
}

function compareTest(operator: CompareOperator, [left, right]: [Reader, Reader], meter: Meter): Test {
  switch (operator) {
    case "=":
      return (from) => equal(left(from), right(from));
    case "!=":
      return (from) => !equal(left(from), right(from));
    case "contains":
      return (from) => {
        const [within, part] = [left(from), right(from)];
        spend(meter, searchCost(within, part));
        return contains(within, part);
      };
    case "starts_with":
    case "ends_with":
      return (from) => bothTexts(left(from), right(from), TEXT_TESTS[operator]);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return (from) => ordered(left(from), right(from), ORDER[operator]);
    case "matches":
      return () => false;
  }
}

function compileCompare(node: Node & { kind: "compare" }, context: CompileContext): Test {
  const left = compileValue(node.left, context);
  if (node.operator === "matches") return matching(left, node, context.meter);
  if (node.right.kind === "literal" && (node.operator === "=" || node.operator === "!=")) {
    const same = equalToLiteral(left, node.right.value);
    return node.operator === "=" ? same : (from) => !same(from);
  }
  return compareTest(node.operator, [left, compileValue(node.right, context)], context.meter);
}

function compileIn(node: Node & { kind: "in" }, context: CompileContext): Test {
  const left = compileValue(node.left, context);
  const literals = node.list.filter((item) => item.kind === "literal");
  if (literals.length === node.list.length) {
    const forms = new Set(literals.map(({ value }) => comparable(value)));
    return (from) => forms.has(comparable(left(from)));
  }
  const list = node.list.map((item) => compileValue(item, context));
  return (from) => {
    const wanted = comparable(left(from));
    return wanted !== undefined && list.some((item) => comparable(item(from)) === wanted);
  };
}

function compileMember(node: Node & { kind: "member" }, context: CompileContext): Test {
  const [left, of] = [compileValue(node.left, context), compileValue(node.of, context)];
  return (from) => {
    const list = of(from);
    if (!Array.isArray(list)) return false;
    spend(context.meter, costOf(list));
    return contains(list, left(from));
  };
}

/** Compiles a node that answers yes or no; other nodes are asked whether their value is true. */
export function compileTest(node: Node, context: CompileContext): Test {
  switch (node.kind) {
    case "and":
    case "or": {
      const tests = node.all.map((one) => compileTest(one, context));
      return node.kind === "and"
        ? (from) => tests.every((test) => test(from))
        : (from) => tests.some((test) => test(from));
    }
    case "not": {
      const test = compileTest(node.of, context);
      return (from) => !test(from);
    }
    case "exists": {
      const value = compileValue(node.of, context);
      return (from) => value(from) !== undefined;
    }
    case "compare":
      return compileCompare(node, context);
    case "in":
      return compileIn(node, context);
    case "member":
      return compileMember(node, context);
    default: {
      const value = compileValue(node, context);
      return (from) => isTrue(value(from));
    }
  }
}

/** The constants after a function's first argument, in the form its schema asks for. */
function literalArgs(name: string, rest: readonly Node[], offset: number): JsonValue | undefined {
  const values = rest.map((node) => {
    if (node.kind !== "literal") throw new CompileFault(`${name} takes constants after its first argument.`, offset);
    return node.value;
  });
  const names = argumentNames(name);
  if (values.length === 0) return undefined;
  if (names.length === 0) {
    if (values.length > 1) throw new CompileFault(`${name} takes at most two arguments.`, offset);
    return values[0];
  }
  if (values.length > names.length)
    throw new CompileFault(`${name} takes at most ${names.length + 1} arguments.`, offset);
  const args: JsonObject = {};
  values.forEach((value, index) => (args[names[index] ?? ""] = value));
  return args;
}

function coalesced(readers: readonly Reader[]): Reader {
  return (from) => {
    for (const read of readers) {
      const value = read(from);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** What a transform cannot work on is missing: an expression answers, it does not fail. */
function tolerant(apply: Apply, value: Reader, meter: Meter): Reader {
  return (from) => {
    const input = value(from);
    spend(meter, costOf(input));
    const output = attempt(apply, input);
    spend(meter, costOf(output));
    return output;
  };
}

function attempt(apply: Apply, input: Value): Value {
  try {
    return apply(input) ?? undefined;
  } catch (error) {
    if (error instanceof TransformError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A path costs one; with `[]` it gathers a list, which costs its items. */
function reading({ path }: Node & { kind: "path" }, { reader, meter }: CompileContext): Reader {
  const read = reader(path);
  if (!path.some(({ kind }) => kind === "each")) {
    return (from) => {
      spend(meter, 1);
      return read(from);
    };
  }
  return (from) => {
    const list = read(from);
    spend(meter, costOf(list));
    return list;
  };
}

function compileCall(node: Node & { kind: "call" }, context: CompileContext): Reader {
  const { name, args, offset } = node;
  if (name === "coalesce") return coalesced(args.map((arg) => compileValue(arg, context)));
  const [first, ...rest] = args;
  if (!first) throw new CompileFault(`${name} needs an argument.`, offset);
  const known = [...transformNames()];
  if (!known.includes(name)) {
    throw new CompileFault(`No function ${name}.${didYouMean(name, [...known, "exists"])}`, offset);
  }
  const apply = compileTransform(name, literalArgs(name, rest, offset), context.transforms);
  if (typeof apply !== "function") throw new CompileFault(apply.fault, offset);
  return tolerant(apply, compileValue(first, context), context.meter);
}

/** Compiles a node to what it is worth. */
export function compileValue(node: Node, context: CompileContext): Reader {
  switch (node.kind) {
    case "literal": {
      const value = node.value ?? undefined;
      return () => value;
    }
    case "path":
      return reading(node, context);
    case "call":
      return compileCall(node, context);
    default:
      return compileTest(node, context);
  }
}
