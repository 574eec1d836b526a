/** A YAML or JSON text with its tree, and where in the text each part begins and ends. */
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isJsonObject, type JsonObject } from "../../json.ts";

export type Place = readonly (string | number)[];

export interface YamlTree {
  text: string;
  root: Document.Parsed;
  value: JsonObject;
  /** The text is JSON: what is written into it must be JSON too. */
  json: boolean;
  /** How lines end in it. */
  newline: string;
}

/** One member of a map or list: from its head (key or dash) to the end of its content, without comments after it. */
export interface Member {
  head: number;
  /** Behind the colon or dash, and behind an anchor that stands there. */
  afterIndicator: number;
  end: number;
  node: Node | null;
  key: string | undefined;
  /** The comma before it, in flow style. */
  comma: number | undefined;
}

export interface Collection {
  node: YAMLMap | YAMLSeq;
  flow: boolean;
  members: Member[];
  /** Whether a comma stands behind the last member. */
  trailingComma: number | undefined;
}

/** The part of the library's tokens that is used here. */
interface Token {
  type: string;
  offset: number;
  source: string;
}
interface TokenItem {
  start?: Token[];
  sep?: Token[];
}

const LAYOUT = new Set(["space", "newline", "comment", "comma"]);
const significant = (tokens: readonly Token[] | undefined): Token[] =>
  (tokens ?? []).filter(({ type }) => !LAYOUT.has(type));

/** Parses a text that is known to be sound; undefined when it is no object, or has errors. */
export function parseTree(text: string): YamlTree | undefined {
  try {
    const root = parseDocument(text, {
      keepSourceTokens: true,
      schema: "core",
      uniqueKeys: true,
      resolveKnownTags: false,
      prettyErrors: false,
    });
    if (root.errors.length > 0) return undefined;
    const value: unknown = root.toJS({ maxAliasCount: 100 });
    if (!isJsonObject(value as JsonObject)) return undefined;
    return {
      text,
      root,
      value: value as JsonObject,
      json: isJson(text),
      newline: text.includes("\r\n") ? "\r\n" : "\n",
    };
  } catch {
    // Nested too deeply, or an alias without its anchor.
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What stands at a place; a text in words where the way there goes through an alias or ends early. */
export function nodeAt(tree: YamlTree, place: Place): Node | null | { fault: string } {
  let node: unknown = tree.root.contents;
  for (const part of place) {
    if (isAlias(node)) return aliasFault(node.source);
    if (isMap(node))
      node = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(part))?.value;
    else if (isSeq(node)) node = node.items[Number(part)];
    else return { fault: "There is nothing at this place." };
    if (node === undefined) return { fault: "There is nothing at this place." };
  }
  return isAlias(node) ? aliasFault(node.source) : (node as Node | null);
}

const aliasFault = (name: string): { fault: string } => ({
  fault: `This part is an alias (*${name}) of another one: change it in the text, or write it out there first.`,
});

/** A map or list with its members. */
export function collectionAt(tree: YamlTree, place: Place): Collection | { fault: string } {
  const node = nodeAt(tree, place);
  if (node !== null && "fault" in node) return node;
  if (!isMap(node) && !isSeq(node)) return { fault: "This part is neither a map nor a list." };
  const flow = node.flow === true;
  const items = ((node.srcToken as { items?: TokenItem[] } | undefined)?.items ?? []) as TokenItem[];
  const members = isMap(node)
    ? node.items.map((pair, index) => pairMember(tree, pair, items[index]))
    : node.items.map((item, index) => itemMember(tree, item as Node | null, items[index], flow));
  const behind = items[node.items.length]?.start?.find(({ type }) => type === "comma");
  return { node, flow, members, trailingComma: behind?.offset };
}

const commaOf = (item: TokenItem | undefined): number | undefined =>
  item?.start?.find(({ type }) => type === "comma")?.offset;

function pairMember(tree: YamlTree, pair: Pair<unknown, unknown>, item: TokenItem | undefined): Member {
  const key = pair.key as Node;
  const keyStart = key.range?.[0] ?? 0;
  const head = significant(item?.start)[0]?.offset ?? keyStart;
  const indicators = significant(item?.sep);
  const last = indicators.at(-1);
  const afterIndicator = last ? last.offset + last.source.length : (key.range?.[1] ?? keyStart);
  const node = pair.value as Node | null;
  return {
    head,
    afterIndicator,
    end: isImplicit(node) ? afterIndicator : endOf(tree, node),
    node,
    key: isScalar(pair.key) ? String(pair.key.value) : undefined,
    comma: commaOf(item),
  };
}

function itemMember(tree: YamlTree, node: Node | null, item: TokenItem | undefined, flow: boolean): Member {
  const marks = significant(item?.start);
  const head = marks[0]?.offset ?? node?.range?.[0] ?? 0;
  const last = flow ? undefined : marks.at(-1);
  const afterIndicator = last ? last.offset + last.source.length : head;
  const end = isImplicit(node) ? afterIndicator : endOf(tree, node);
  return { head, afterIndicator, end, node, key: undefined, comma: commaOf(item) };
}

/** A value that is not written: `key:` with nothing behind it. */
const isImplicit = (node: Node | null): boolean =>
  node === null || (isScalar(node) && node.range?.[0] === node.range?.[1]);

/** Where the content of a node ends, without comments and line ends. */
function endOf(tree: YamlTree, node: Node | null): number {
  if (node === null) return 0;
  const end = node.range?.[1] ?? 0;
  if (isCollection(node) && node.flow !== true && (isMap(node) || isSeq(node))) return endOfBlock(tree, node, end);
  if (!isScalar(node) || (node.type !== "BLOCK_LITERAL" && node.type !== "BLOCK_FOLDED")) return end;
  const start = node.range?.[0] ?? 0;
  return start + tree.text.slice(start, end).trimEnd().length;
}

function endOfBlock(tree: YamlTree, node: YAMLMap | YAMLSeq, end: number): number {
  const items = (node.srcToken as { items?: TokenItem[] } | undefined)?.items ?? [];
  const index = node.items.length - 1;
  const last = node.items[index];
  if (last === undefined) return end;
  return isMap(node)
    ? pairMember(tree, last as Pair<unknown, unknown>, items[index]).end
    : itemMember(tree, last as Node | null, items[index], false).end;
}

/** Whether anything in the document is used again under an anchor's name. */
export function hasAliases(tree: YamlTree): boolean {
  let found = false;
  visit(tree.root, {
    Alias() {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}
