/** Single changes of a YAML or JSON text: each answers the new text, everything else in it byte for byte as it was. */
import { isMap, isScalar, isSeq, type Node } from "yaml";
import { type JsonValue } from "../../json.ts";
import { columnOf, indentAt, lineStart, ownLines, spliced, type Region } from "./lines.ts";
import {
  behindKey,
  blockText,
  flowText,
  isContainer,
  itemText,
  jsonText,
  keyText,
  scalarText,
  spaces,
  type Manner,
} from "./write-yaml.ts";
import { collectionAt, nodeAt, type Collection, type Member, type Place, type YamlTree } from "./yaml-tree.ts";

/** The new text, or why there is none. */
export type Splice = string | { fault: string };

const NOT_HERE = { fault: "This part is written in a way that cannot be changed in place: change it in the text." };

/** How far in the first map and the first list stand that are written in lines. */
function indents(tree: YamlTree, place: Place, found: { map?: number; list?: number }): void {
  const collection = collectionAt(tree, place);
  if ("fault" in collection || collection.flow || (found.map !== undefined && found.list !== undefined)) return;
  for (const [index, { head, node, key }] of collection.members.entries()) {
    const inner = isSeq(node) || isMap(node) ? node.range?.[0] : undefined;
    if (inner === undefined || isFlow(node)) continue;
    const indent = columnOf(tree.text, inner) - columnOf(tree.text, head);
    if (key !== undefined) found[isSeq(node) ? "list" : "map"] ??= indent;
    indents(tree, [...place, key ?? index], found);
  }
}

/** How the document is indented, by its first map and its first list. */
export function mannerOf(tree: YamlTree): Manner {
  const { text, json, newline } = tree;
  if (json) return { json, newline, step: /^[[{]\s*?\n([ \t]+)/.exec(text)?.[1]?.length ?? 2, listIndent: 0 };
  const found: { map?: number; list?: number } = {};
  indents(tree, [], found);
  const step = found.map ?? 2;
  return { json, newline, step, listIndent: found.list ?? step };
}

interface Parent {
  collection: Collection;
  member: Member;
  index: number;
}

function parentOf(tree: YamlTree, place: Place): Parent | { fault: string } {
  const collection = collectionAt(tree, place.slice(0, -1));
  if ("fault" in collection) return collection;
  const last = place.at(-1);
  const index = isMap(collection.node) ? collection.members.findIndex(({ key }) => key === String(last)) : Number(last);
  const member = collection.members[index];
  return member ? { collection, member, index } : { fault: "There is nothing at this place." };
}

const isFlow = (node: Node | null): boolean => node !== null && "flow" in node && node.flow === true;

/** Puts another value in the place of one, in the same style. */
export function replaceValue(tree: YamlTree, place: Place, value: JsonValue, manner: Manner): Splice {
  const node = nodeAt(tree, place);
  if (node !== null && "fault" in node) return node;
  const parent = parentOf(tree, place);
  if ("fault" in parent) return parent;
  const { collection, member } = parent;
  const { text } = tree;
  const begin = node?.range?.[0] ?? member.afterIndicator;
  const implicit = begin >= member.end || node === null;
  if (collection.flow || manner.json) {
    const put = inFlow(tree, value, member, manner);
    return implicit
      ? spliced(text, member.afterIndicator, member.end, ` ${put}`)
      : spliced(text, begin, member.end, put);
  }
  const key = isMap(collection.node);
  const at = { column: columnOf(text, member.head), place };
  const inLine = isScalar(node) || isFlow(node) || implicit;
  if (isContainer(value) && !inLine && Object.keys(value).length > 0) {
    return spliced(text, begin, member.end, blockText(value, { column: columnOf(text, begin), place }, manner));
  }
  if (!isContainer(value) && isScalar(node) && !implicit) {
    return spliced(text, begin, member.end, scalarText(value, false, node.type ?? undefined));
  }
  if (isFlow(node) && member.end - begin > 2 && isContainer(value)) {
    return spliced(text, begin, member.end, inFlow(tree, value, member, manner));
  }
  const put = key ? behindKey(value, at, manner) : ` ${itemText(value, { column: at.column + 2, place }, manner)}`;
  return spliced(text, member.afterIndicator, member.end, put);
}

function inFlow(tree: YamlTree, value: JsonValue, member: Member, manner: Manner): string {
  if (manner.json) return jsonText(value, likeOf(tree.text, member), indentAt(tree.text, member.head), manner);
  return flowText(value, false, isScalar(member.node) ? member.node.type : undefined);
}

/** How a member of a JSON text is laid out. */
function likeOf(text: string, { head, end }: Member): "lines" | "spaced" | "compact" {
  const written = text.slice(head, end);
  if (written.includes("\n")) return "lines";
  return /[:,{[] /.test(written) || !/[:,{]/.test(written) ? "spaced" : "compact";
}

const flowOf = (tree: YamlTree, value: JsonValue, neighbour: Member | undefined, manner: Manner): string => {
  if (!manner.json) return flowText(value, false);
  const like = neighbour ? likeOf(tree.text, neighbour) : "spaced";
  return jsonText(value, like, neighbour ? indentAt(tree.text, neighbour.head) : "", manner);
};

/** Whether a member of a flow collection begins its line. */
const beginsLine = (text: string, { head }: Member): boolean => text.slice(lineStart(text, head), head).trim() === "";

/** Puts a member written as `put` into a flow collection. */
function insertFlow(tree: YamlTree, { node, members, trailingComma }: Collection, index: number, put: string): string {
  const { text, newline } = tree;
  const inside = (node.range?.[0] ?? 0) + 1;
  const [last, following] = [members.at(-1), members[index]];
  const pad = isMap(node) ? " " : "";
  if (!last) return spliced(text, inside, inside, text[inside] === pad ? pad + put : pad + put + pad);
  const model = following ?? last;
  const gap = beginsLine(text, model) ? newline + indentAt(text, model.head) : compactGap(text, members);
  if (following) return spliced(text, following.head, following.head, `${put},${gap}`);
  return trailingComma === undefined
    ? spliced(text, last.end, last.end, `,${gap}${put}`)
    : spliced(text, trailingComma + 1, trailingComma + 1, gap + put);
}

/** No space after commas where the text has none. */
function compactGap(text: string, [, second]: readonly Member[]): string {
  const spaced = second?.comma === undefined ? /[:,] /.test(text) : second.head > second.comma + 1;
  return spaced ? " " : "";
}

/** Puts lines into a block collection. */
function insertBlock(tree: YamlTree, { members }: Collection, index: number, put: string): Splice {
  const { text, newline } = tree;
  const [last, following] = [members.at(-1), members[index]];
  if (!last) return NOT_HERE;
  if (following) {
    const region = ownLines(text, { ...following, floor: members[index - 1]?.end ?? 0 });
    if (region && index > 0)
      return spliced(text, region.start, region.start, spaces(columnOf(text, following.head)) + put + newline);
    return spliced(text, following.head, following.head, put + newline + spaces(columnOf(text, following.head)));
  }
  const region = ownLines(text, { head: lineStart(text, last.end), end: last.end, floor: text.length });
  if (!region) return NOT_HERE;
  const indented = spaces(columnOf(text, last.head)) + put;
  const broken = text.slice(0, region.end).endsWith("\n");
  return broken
    ? spliced(text, region.end, region.end, indented + newline)
    : spliced(text, region.end, region.end, newline + indented);
}

/** Adds a key to a map, at an index among its keys. */
export function putKey(
  tree: YamlTree,
  place: Place,
  { key, value, index }: { key: string; value: JsonValue; index: number },
): Splice {
  const collection = collectionAt(tree, place);
  if ("fault" in collection) return collection;
  const manner = mannerOf(tree);
  if (collection.flow) {
    const member = `${keyText(key, manner.json)}: ${flowOf(tree, value, collection.members.at(-1), manner)}`;
    return insertFlow(tree, collection, index, member);
  }
  const column = columnOf(tree.text, collection.members[0]?.head ?? 0);
  const member = `${keyText(key, false)}:${behindKey(value, { column, place: [...place, key] }, manner)}`;
  return insertBlock(tree, collection, index, member);
}

/** Adds an item to a list that has some already. */
export function insertItem(tree: YamlTree, place: Place, index: number, value: JsonValue): Splice {
  const collection = collectionAt(tree, place);
  if ("fault" in collection) return collection;
  const manner = mannerOf(tree);
  const neighbour = collection.members[Math.max(0, index - 1)];
  if (collection.flow) return insertFlow(tree, collection, index, flowOf(tree, value, neighbour, manner));
  const at = { column: columnOf(tree.text, neighbour?.head ?? 0) + 2, place: [...place, index] };
  const style = isFlow(neighbour?.node ?? null) || isScalar(neighbour?.node) ? undefined : "block";
  return insertBlock(tree, collection, index, `- ${itemText(value, at, manner, style)}`);
}

/** Takes a member out of a map or list that has others. */
export function dropMember(tree: YamlTree, place: Place): Splice {
  const parent = parentOf(tree, place);
  if ("fault" in parent) return parent;
  const { collection, member, index } = parent;
  const { text } = tree;
  const [before, after] = [collection.members[index - 1], collection.members[index + 1]];
  const region = ownLines(text, { ...member, floor: before?.end ?? 0 });
  if (!collection.flow) {
    if (region) return spliced(text, region.start, region.end, "");
    // The first key of an item stands behind the dash: what follows moves there, unless a comment is between.
    if (!after || text.slice(member.end, after.head).trim() !== "") return NOT_HERE;
    return spliced(text, member.head, after.head, "");
  }
  if (region && beginsLine(text, member)) return dropFlowLines(text, region, after ? undefined : member.comma);
  if (after) return spliced(text, member.head, after.head, "");
  return spliced(
    text,
    before?.end ?? member.head,
    collection.trailingComma === undefined ? member.end : collection.trailingComma + 1,
    "",
  );
}

function dropFlowLines(text: string, region: Region, comma: number | undefined): string {
  const without = spliced(text, region.start, region.end, "");
  return comma === undefined ? without : spliced(without, comma, comma + 1, "");
}

/** Puts an item of a list in another place; comments above it go with it, gaps between items stay where they are. */
export function moveItem(tree: YamlTree, place: Place, from: number, to: number): Splice {
  const collection = collectionAt(tree, place);
  if ("fault" in collection) return collection;
  const { members, flow } = collection;
  const text = flow || tree.text.endsWith("\n") ? tree.text : tree.text + tree.newline;
  const regions = members.map((member, index): Region | undefined =>
    flow ? { start: member.head, end: member.end } : ownLines(text, { ...member, floor: members[index - 1]?.end ?? 0 }),
  );
  if (!regions.every((region) => region !== undefined)) return NOT_HERE;
  const order = members.map((_, index) => index);
  order.splice(to, 0, ...order.splice(from, 1));
  let out = text.slice(0, regions[0]?.start);
  regions.forEach((region, index) => {
    const source = regions[order[index] ?? index] ?? region;
    const gap = text.slice(region.end, regions[index + 1]?.start ?? text.length);
    out += text.slice(source.start, source.end) + gap;
  });
  return out.length > tree.text.length && !flow ? out.slice(0, tree.text.length) : out;
}

/** Gives a key another name. */
export function renameMember(tree: YamlTree, place: Place, name: string): Splice {
  const parent = parentOf(tree, place);
  if ("fault" in parent) return parent;
  const { collection, index } = parent;
  const pair = isMap(collection.node) ? collection.node.items[index] : undefined;
  const range = (pair?.key as Node | undefined)?.range;
  return range ? spliced(tree.text, range[0], range[1], keyText(name, tree.json)) : NOT_HERE;
}
