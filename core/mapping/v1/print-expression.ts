/** Writes the tree of an expression as text, so that it parses to the same tree again. */
import { type Node } from "../../expression/ast.ts";
import { parseExpression } from "../../expression/parser.ts";
import { type PathSegment } from "../path.ts";
import { formatPath } from "./format-path.ts";

type Literal = (Node & { kind: "literal" })["value"];

const literalText = (value: Literal): string =>
  typeof value === "string" ? `'${value.replace(/['\\]/g, String.raw`\$&`)}'` : String(value);

const SIMPLE = new Set<Node["kind"]>(["literal", "path", "call", "exists"]);
/** Part of an AND or OR: what binds less, and the same once more, stands in brackets. */
const part = (node: Node, within: "and" | "or"): string =>
  node.kind === "or" || node.kind === within ? `(${written(node)})` : written(node);
const operand = (node: Node): string => (SIMPLE.has(node.kind) ? written(node) : `(${written(node)})`);

function written(node: Node): string {
  switch (node.kind) {
    case "literal":
      return literalText(node.value);
    case "path":
      return formatPath(node.path);
    case "call":
      return `${node.name === "coalesce" ? "COALESCE" : node.name}(${node.args.map(written).join(", ")})`;
    case "and":
    case "or":
      return node.all.map((one) => part(one, node.kind)).join(node.kind === "and" ? " AND " : " OR ");
    case "not":
      return `NOT ${operand(node.of)}`;
    case "exists":
      return `exists(${written(node.of)})`;
    case "compare":
      return `${operand(node.left)} ${node.operator} ${operand(node.right)}`;
    case "in":
      return `${operand(node.left)} IN (${node.list.map(written).join(", ")})`;
    case "member":
      return `${operand(node.left)} IN ${written(node.of)}`;
  }
}

/** The tree without its places in a text. */
const shape = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === "offset" ? undefined : value));

/** The text of a tree; undefined when none says the same, as for a path that begins with a key in quotes. */
export function printExpression(node: Node): string | undefined {
  const text = written(node);
  return shape(parseExpression(text)) === shape(node) ? text : undefined;
}

/** The tree with every path replaced. */
export function withPaths(node: Node, replace: (path: readonly PathSegment[]) => Node): Node {
  const inner = (one: Node): Node => withPaths(one, replace);
  switch (node.kind) {
    case "literal":
      return node;
    case "path":
      return replace(node.path);
    case "call":
      return { ...node, args: node.args.map(inner) };
    case "and":
    case "or":
      return { ...node, all: node.all.map(inner) };
    case "not":
    case "exists":
      return { ...node, of: inner(node.of) };
    case "compare":
      return { ...node, left: inner(node.left), right: inner(node.right) };
    case "in":
      return { ...node, left: inner(node.left), list: node.list.map(inner) };
    case "member":
      return { ...node, left: inner(node.left), of: inner(node.of) };
  }
}
