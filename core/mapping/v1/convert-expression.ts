/** Says expressions of version 1 steps in version 2: as the source of a row, or as a condition on the event. */
import { type Node } from "../../expression/ast.ts";
import { parseExpression } from "../../expression/parser.ts";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { type PathSegment } from "../path.ts";
import { argumentNames } from "../transforms/table.ts";
import { distinct, fallible, originOf, Unconvertible, type Draft, type Origin, type TransformItem } from "./draft.ts";
import { printExpression, withPaths } from "./print-expression.ts";

const isParameterised = (value: JsonValue): boolean => JSON.stringify(value).includes("{{");

function parsed(text: string): Node {
  const node = parseExpression(text);
  // The mapping was compiled before, so this does not happen.
  if ("message" in node) throw new Unconvertible(node.message);
  return node;
}

/** The origin of a path, as a part of an expression. */
function asNode({ from, transforms }: Origin): Node {
  if (transforms.length > 0)
    throw new Unconvertible("It asks what transforms have made of a value; version 2 asks the event as it came.");
  if ("sources" in from) {
    const paths = from.sources.map((path): Node => ({ kind: "path", path, offset: 0 }));
    const [only] = paths;
    return only && paths.length === 1 ? only : { kind: "call", name: "coalesce", args: paths, offset: 0 };
  }
  const { value } = from;
  if (typeof value === "object" || isParameterised(value))
    throw new Unconvertible("It asks a fixed value that has no form in an expression.");
  return { kind: "literal", value };
}

function conditionText(node: Node, draft: Draft): string {
  const text = printExpression(withPaths(node, (path) => asNode(originOf(path, draft))));
  if (text === undefined) throw new Unconvertible("It names a field in a way that version 2 expressions cannot.");
  if (text.length > MAX_TEXT) throw new Unconvertible(`The condition becomes longer than ${MAX_TEXT} characters.`);
  return text;
}

export const MAX_TEXT = 4_000;

/** A condition of version 1 as one on the event. */
export function convertCondition(text: string, draft: Draft): string {
  return conditionText(parsed(text), draft);
}

/** What an expression is worth: from somewhere, or true and false by a condition. */
export type Worth = { origin: Origin; tolerant: string[] } | { when: string; unless: string };

/** The constants after a function's first argument, as a transform's arguments. */
function transformItem(name: string, rest: readonly Node[]): TransformItem {
  const values = rest.map((node) => (node.kind === "literal" ? node.value : null));
  const names = argumentNames(name);
  const [only] = values;
  if (only === undefined) return name;
  if (names.length === 0) return { [name]: only };
  const args: JsonObject = {};
  values.forEach((value, index) => (args[names[index] ?? ""] = value));
  return { [name]: args };
}

/** COALESCE: paths in a row become its sources, a constant at the end a default. */
function ofCoalesce(args: readonly Node[], draft: Draft): Origin {
  const sources: (readonly PathSegment[])[] = [];
  for (const arg of args) {
    if (arg.kind === "literal" && arg.value === null) continue;
    const { origin } = worthOf(arg, draft);
    const { from, transforms } = origin;
    if (transforms.length > 0)
      throw new Unconvertible("The paths of a version 2 row have their transforms in common; here only some have any.");
    if ("sources" in from) {
      sources.push(...from.sources);
      continue;
    }
    if (isParameterised(from.value)) throw new Unconvertible("It chooses between values by a pipeline parameter.");
    if (sources.length === 0) return origin;
    return { from: { sources: distinct(sources) }, transforms: [{ default: from.value }] };
  }
  if (sources.length === 0) throw new Unconvertible("It never has a value.");
  return { from: { sources: distinct(sources) }, transforms: [] };
}

function worthOf(node: Node, draft: Draft): { origin: Origin; tolerant: string[] } {
  if (node.kind === "path") return { origin: originOf(node.path, draft), tolerant: [] };
  if (node.kind === "literal") {
    if (node.value === null) throw new Unconvertible("It never has a value.");
    return { origin: { from: { value: node.value }, transforms: [] }, tolerant: [] };
  }
  if (node.kind !== "call") throw new Unconvertible("It mixes conditions and values.");
  if (node.name === "coalesce") return { origin: ofCoalesce(node.args, draft), tolerant: [] };
  const [first, ...rest] = node.args;
  if (!first) throw new Unconvertible("It never has a value.");
  const { origin, tolerant } = worthOf(first, draft);
  const item = transformItem(node.name, rest);
  const transforms = [...origin.transforms, item];
  return { origin: { ...origin, transforms }, tolerant: [...tolerant, ...fallible([item])] };
}

const VALUES = new Set<Node["kind"]>(["path", "literal", "call"]);

/** Says an expression in version 2. `tolerant` names functions whose failing version 1 takes for a missing value. */
export function convertExpression(text: string, draft: Draft): Worth {
  const node = parsed(text);
  if (VALUES.has(node.kind)) return worthOf(node, draft);
  return { when: conditionText(node, draft), unless: conditionText({ kind: "not", of: node }, draft) };
}
