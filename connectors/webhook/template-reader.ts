/** Reads Handlebars syntax into a checked template: a closed set of blocks and helpers, every fault at once. */
import {
  parseSyntax,
  type BlockSyntax,
  type ExpressionSyntax,
  type MustacheSyntax,
  type PathSyntax,
  type ProgramSyntax,
  type StatementSyntax,
} from "./template-syntax.ts";
import { syntaxFault } from "./template-syntax-fault.ts";
import type { Operand, Template, TemplateFault, TemplateNode, TemplatePath } from "./template.ts";

const LIMITS = { characters: 65_536, blocks: 250 };
const ROOT_NAMES = new Set(["event", "payload", "batch"]);
const LOOP_VARIABLES = new Set(["index", "key", "first", "last"]);

/** Where the reader stands: how many `#each` surround it, and what it has found so far. */
interface Reading {
  loops: number;
  faults: TemplateFault[];
  readsBatch: boolean;
}

/** Reads a template; an answer with `faults` has at least one. */
export function readTemplate(source: string): Template | { faults: TemplateFault[] } {
  const tooMuch = checkSize(source);
  if (tooMuch !== null) return { faults: [tooMuch] };
  let program: ProgramSyntax;
  try {
    program = parseSyntax(source);
  } catch (error) {
    return { faults: [syntaxFault(error)] };
  }
  const reading: Reading = { loops: 0, faults: [], readsBatch: false };
  const nodes = readProgram(program, reading);
  return reading.faults.length > 0 ? { faults: reading.faults } : { nodes, readsBatch: reading.readsBatch };
}

/** Before parsing: the parser's time grows faster than the text where blocks, `else` or nested helpers are many. */
function checkSize(source: string): TemplateFault | null {
  if (source.length > LIMITS.characters) {
    return { message: `The template is longer than ${LIMITS.characters} characters.`, line: 1, column: 1 };
  }
  const nested = /\{\{(?!~?!)(?:[^{}(]*\(){20}/.exec(source);
  if (nested !== null) return { message: NO_NESTED_HELPERS, ...placeOf(source, nested.index) };
  const blocks = source
    .matchAll(/\{\{~?\s*(?:[#^]|else\b|\{\{)/g)
    .drop(LIMITS.blocks)
    .take(1)
    .toArray();
  const first = blocks[0];
  if (first === undefined) return null;
  return { message: `The template has more than ${LIMITS.blocks} blocks.`, ...placeOf(source, first.index) };
}

const NO_NESTED_HELPERS = "A value is a path or a literal; nested helpers are not supported.";

function placeOf(source: string, index: number): { line: number; column: number } {
  const before = source.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function readProgram(program: ProgramSyntax | undefined, reading: Reading): TemplateNode[] {
  const nodes: TemplateNode[] = [];
  for (const statement of program?.body ?? []) {
    const node = readStatement(statement, reading);
    if (node !== null) nodes.push(node);
  }
  return nodes;
}

function readStatement(statement: StatementSyntax, reading: Reading): TemplateNode | null {
  switch (statement.type) {
    case "ContentStatement":
      return statement.value === "" ? null : { kind: "text", text: statement.value };
    case "MustacheStatement":
      return readMustache(statement, reading);
    case "BlockStatement":
      return readBlock(statement, reading);
    case "CommentStatement":
      return null;
    default:
      return refuse(statement, "Partials and decorators are not supported.", reading);
  }
}

function readMustache(statement: MustacheSyntax, reading: Reading): TemplateNode | null {
  const raw = !statement.escaped;
  const { path } = statement;
  if (path.type !== "PathExpression")
    return refuse(statement, "A value is named by a path such as event.userId.", reading);
  if (isName(path, "json")) {
    const value = onlyOperand(statement, "json", reading);
    return value === null ? null : { kind: "json", value, raw };
  }
  if (statement.params.length > 0 || statement.hash !== undefined) {
    return refuse(statement, `There is no helper "${path.original}". The only helper is json.`, reading);
  }
  const read = readPath(path, reading);
  return read === null ? null : { kind: "value", path: read, raw };
}

function readBlock(statement: BlockSyntax, reading: Reading): TemplateNode | null {
  const { path } = statement;
  if (isName(path, "each")) return readEach(statement, reading);
  if (isName(path, "if") || isName(path, "unless")) return readIf(statement, reading);
  return refuse(statement, `There is no block "${nameOf(path)}". Blocks are #if, #unless and #each.`, reading);
}

function readIf(statement: BlockSyntax, reading: Reading): TemplateNode | null {
  const test = onlyOperand(statement, nameOf(statement.path), reading);
  const body = readProgram(statement.program, reading);
  const otherwise = readProgram(statement.inverse, reading);
  const zeroCounts = (statement.hash?.pairs ?? []).some(({ value }) => value.type === "BooleanLiteral" && value.value);
  if (test === null) return null;
  return { kind: "if", test, negate: isName(statement.path, "unless"), zeroCounts, body, otherwise };
}

function readEach(statement: BlockSyntax, reading: Reading): TemplateNode | null {
  const operand = onlyOperand(statement, "each", reading);
  reading.loops += 1;
  const body = readProgram(statement.program, reading);
  reading.loops -= 1;
  const otherwise = readProgram(statement.inverse, reading);
  if (operand === null) return null;
  if (!("path" in operand)) return refuse(statement, "#each goes over a path, not over a literal.", reading);
  return { kind: "each", over: operand.path, body, otherwise };
}

/** The one value a helper or block takes. `includeZero` is the only option there is, for #if and #unless. */
function onlyOperand(statement: MustacheSyntax | BlockSyntax, name: string, reading: Reading): Operand | null {
  const [first, ...more] = statement.params;
  if (first === undefined || more.length > 0) return refuse(statement, `${name} takes exactly one value.`, reading);
  const options = (statement.hash?.pairs ?? []).map(({ key }) => key);
  const unknown = options.find((key) => key !== "includeZero" || !["if", "unless"].includes(name));
  if (unknown !== undefined) return refuse(statement, `${name} has no option "${unknown}".`, reading);
  if ("program" in statement && (blockParams(statement.program) || blockParams(statement.inverse))) {
    return refuse(statement, "Block parameters (as |name|) are not supported; use this, @index and @key.", reading);
  }
  return readOperand(first, reading);
}

function readOperand(expression: ExpressionSyntax, reading: Reading): Operand | null {
  switch (expression.type) {
    case "PathExpression": {
      const path = readPath(expression, reading);
      return path === null ? null : { path };
    }
    case "StringLiteral":
    case "NumberLiteral":
    case "BooleanLiteral":
      return { literal: expression.value };
    case "NullLiteral":
    case "UndefinedLiteral":
      return { literal: null };
    default:
      return refuse(expression, NO_NESTED_HELPERS, reading);
  }
}

function readPath(path: PathSyntax, reading: Reading): TemplatePath | null {
  const parts = path.parts.filter((part) => typeof part === "string");
  if (parts.length !== path.parts.length) return refuse(path, NO_NESTED_HELPERS, reading);
  const fault = path.data ? dataFault(path, parts, reading) : contextFault(path, parts, reading);
  if (fault !== null) return refuse(path, fault, reading);
  const first = path.data && parts[0] === "root" ? parts[1] : parts[0];
  const fromRoot = path.data ? parts[0] === "root" : path.depth === reading.loops;
  if (fromRoot && (first === "batch" || first === undefined)) reading.readsBatch = true;
  return { data: path.data, depth: path.depth, parts };
}

function dataFault(path: PathSyntax, parts: readonly string[], reading: Reading): string | null {
  const [name = "", below] = parts;
  if (name === "root") return below === undefined || ROOT_NAMES.has(below) ? null : unknownName(below);
  if (!LOOP_VARIABLES.has(name) || below !== undefined) {
    return `There is no "${path.original}". There are @index, @key, @first, @last and @root.`;
  }
  return path.depth < reading.loops ? null : `"${path.original}" stands outside of #each.`;
}

function contextFault(path: PathSyntax, parts: readonly string[], reading: Reading): string | null {
  if (path.depth > reading.loops) return `"${path.original}" leads above the top.`;
  const [name] = parts;
  if (path.depth < reading.loops || name === undefined || ROOT_NAMES.has(name)) return null;
  if (name === "pipeline_param") return `The pipeline has no parameter "${parts.slice(1).join(".")}".`;
  return unknownName(name);
}

function unknownName(name: string): string {
  return `There is no "${name}". A template sees event, payload and batch.`;
}

function refuse(node: StatementSyntax | ExpressionSyntax, message: string, reading: Reading): null {
  reading.faults.push({ message, line: node.loc.start.line, column: node.loc.start.column + 1 });
  return null;
}

function blockParams(program: ProgramSyntax | undefined): boolean {
  return (program?.blockParams?.length ?? 0) > 0;
}

function isName(path: ExpressionSyntax, name: string): boolean {
  return nameOf(path) === name;
}

function nameOf(path: ExpressionSyntax): string {
  return path.type === "PathExpression" ? path.original : "";
}
