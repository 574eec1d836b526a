/** Turns a value of a text into another by the fewest single changes, so that what stays the same stays as it is written. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { sameValue } from "./same-value.ts";
import {
  dropMember,
  insertItem,
  mannerOf,
  moveItem,
  putKey,
  renameMember,
  replaceValue,
  type Splice,
} from "./splices.ts";
import { hasAliases, parseTree, type Place, type YamlTree } from "./yaml-tree.ts";

/** A document's text while it is edited; `tree` always belongs to it. */
export interface Editing {
  tree: YamlTree;
}

export type Fault = { fault: string };

/** The value at a place, undefined when there is none. */
export function valueAt(value: JsonValue | undefined, place: Place): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const part of place) {
    if (Array.isArray(at)) at = at[Number(part)];
    else at = isJsonObject(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  }
  return at;
}

/** A copy of a value with another value at a place; undefined takes what stands there away. */
function withValue(value: JsonValue, place: Place, put: JsonValue | undefined): JsonValue {
  const [part, ...rest] = place;
  if (part === undefined) return put ?? null;
  if (Array.isArray(value)) {
    const index = Number(part);
    if (rest.length === 0 && put === undefined) return value.toSpliced(index, 1);
    return value.with(index, withValue(value[index] ?? null, rest, put));
  }
  const object: JsonObject = isJsonObject(value) ? value : {};
  if (rest.length === 0 && put === undefined) {
    return Object.fromEntries(Object.entries(object).filter(([key]) => key !== part));
  }
  const inner = Object.hasOwn(object, part) ? (object[part] ?? null) : null;
  return { ...object, [part]: withValue(inner, rest, put) };
}

/** Takes a new text over when it says what it should, no more and no less. */
function take(editing: Editing, splice: Splice, wanted: JsonValue): Fault | undefined {
  if (typeof splice !== "string") return splice;
  const tree = parseTree(splice);
  if (tree && sameValue(tree.value, wanted)) {
    editing.tree = tree;
    return undefined;
  }
  return {
    fault: hasAliases(editing.tree)
      ? "This part is shared by an anchor (&) and its aliases (*): change it in the text."
      : "This part is written in a way that cannot be changed in place: change it in the text.",
  };
}

/** Sets the value at a place that has one. */
export function setValue(editing: Editing, place: Place, wanted: JsonValue): Fault | undefined {
  const { tree } = editing;
  const now = valueAt(tree.value, place);
  if (sameValue(now, wanted)) return undefined;
  const finely = byMembers(editing, place, now, wanted);
  if (finely === undefined) return undefined;
  editing.tree = tree;
  const whole = withValue(tree.value, place, wanted);
  return take(editing, replaceValue(tree, place, wanted, mannerOf(tree)), whole);
}

/** Undefined when it went; a fault when the value has to be written anew as a whole. */
function byMembers(editing: Editing, place: Place, now: JsonValue | undefined, wanted: JsonValue): Fault | undefined {
  const anew = { fault: "" };
  if (isJsonObject(now) && isJsonObject(wanted)) {
    if (Object.keys(now).length === 0 || Object.keys(wanted).length === 0) return anew;
    if (!Object.keys(now).some((key) => Object.hasOwn(wanted, key))) return anew;
    return byKeys(editing, place, [now, wanted]);
  }
  if (Array.isArray(now) && Array.isArray(wanted) && now.length > 0 && wanted.length > 0) {
    return byItems(editing, place, [now, wanted]);
  }
  return anew;
}

function byKeys(editing: Editing, place: Place, [now, wanted]: [JsonObject, JsonObject]): Fault | undefined {
  for (const key of Object.keys(now)) {
    const value = wanted[key];
    const fault = Object.hasOwn(wanted, key)
      ? setValue(editing, [...place, key], value ?? null)
      : dropKey(editing, [...place, key]);
    if (fault) return fault;
  }
  for (const key of Object.keys(wanted)) {
    if (Object.hasOwn(now, key)) continue;
    const fault = addKey(editing, place, { key, value: wanted[key] ?? null, order: Object.keys(wanted) });
    if (fault) return fault;
  }
  return undefined;
}

/** Items that are the same at the begin and the end stay; those between are changed, then added or taken away. */
function byItems(editing: Editing, place: Place, [now, wanted]: [JsonValue[], JsonValue[]]): Fault | undefined {
  const shorter = Math.min(now.length, wanted.length);
  let front = 0;
  while (front < shorter && sameValue(now[front], wanted[front])) front += 1;
  let back = 0;
  while (back < shorter - front && sameValue(now.at(-1 - back), wanted.at(-1 - back))) back += 1;
  const [before, after] = [now.length - front - back, wanted.length - front - back];
  for (let at = front; at < front + Math.min(before, after); at += 1) {
    const fault = setValue(editing, [...place, at], wanted[at] ?? null);
    if (fault) return fault;
  }
  for (let at = front + before - 1; at >= front + after; at -= 1) {
    const fault = dropItem(editing, [...place, at]);
    if (fault) return fault;
  }
  for (let at = front + before; at < front + after; at += 1) {
    const fault = addItem(editing, place, { index: at, value: wanted[at] ?? null });
    if (fault) return fault;
  }
  return undefined;
}

/** Adds a key that is not there, behind those of `order` that come before it; without an order at the end. */
export function addKey(
  editing: Editing,
  place: Place,
  { key, value, order = [] }: { key: string; value: JsonValue; order?: readonly string[] },
): Fault | undefined {
  const { tree } = editing;
  const map = valueAt(tree.value, place);
  const keys = isJsonObject(map) ? Object.keys(map) : [];
  const wanted = withValue(tree.value, [...place, key], value);
  if (keys.length === 0 && place.length > 0) {
    return take(editing, replaceValue(tree, place, { [key]: value }, mannerOf(tree)), wanted);
  }
  const rank = order.indexOf(key);
  const before = keys.findLastIndex((one) => order.indexOf(one) !== -1 && order.indexOf(one) < rank);
  const index = rank === -1 ? keys.length : before + 1;
  return take(editing, putKey(tree, place, { key, value, index }), wanted);
}

/** Takes a key away; the last one of a map leaves an empty map. */
export function dropKey(editing: Editing, place: Place): Fault | undefined {
  const { tree } = editing;
  const map = valueAt(tree.value, place.slice(0, -1));
  const wanted = withValue(tree.value, place, undefined);
  if (isJsonObject(map) && Object.keys(map).length === 1 && place.length > 1) {
    return take(editing, replaceValue(tree, place.slice(0, -1), {}, mannerOf(tree)), wanted);
  }
  return take(editing, dropMember(tree, place), wanted);
}

/** Adds an item to a list that is there. */
export function addItem(
  editing: Editing,
  place: Place,
  { index, value }: { index: number; value: JsonValue },
): Fault | undefined {
  const { tree } = editing;
  const list = valueAt(tree.value, place);
  const now = Array.isArray(list) ? list : [];
  const wanted = withValue(tree.value, place, now.toSpliced(index, 0, value));
  const splice =
    now.length === 0 ? replaceValue(tree, place, [value], mannerOf(tree)) : insertItem(tree, place, index, value);
  return take(editing, splice, wanted);
}

/** Takes an item out of a list; the last one leaves an empty list. */
export function dropItem(editing: Editing, place: Place): Fault | undefined {
  const { tree } = editing;
  const list = valueAt(tree.value, place.slice(0, -1));
  const wanted = withValue(tree.value, place, undefined);
  if (Array.isArray(list) && list.length === 1) {
    return take(editing, replaceValue(tree, place.slice(0, -1), [], mannerOf(tree)), wanted);
  }
  return take(editing, dropMember(tree, place), wanted);
}

/** Moves an item of a list. */
export function moveInList(editing: Editing, place: Place, from: number, to: number): Fault | undefined {
  const { tree } = editing;
  const list = valueAt(tree.value, place);
  if (!Array.isArray(list) || from === to) return undefined;
  const [item = null] = list.slice(from, from + 1);
  const wanted = withValue(tree.value, place, list.toSpliced(from, 1).toSpliced(to, 0, item));
  return take(editing, moveItem(tree, place, from, to), wanted);
}

/** Gives a key another name, in its place among the others. */
export function renameKey(editing: Editing, place: Place, name: string): Fault | undefined {
  const { tree } = editing;
  const map = valueAt(tree.value, place.slice(0, -1));
  const old = String(place.at(-1));
  if (name === old || !isJsonObject(map)) return undefined;
  if (Object.hasOwn(map, name)) return { fault: `There is a section ${name} already.` };
  const renamed = Object.fromEntries(Object.entries(map).map(([key, value]) => [key === old ? name : key, value]));
  return take(editing, renameMember(tree, place, name), withValue(tree.value, place.slice(0, -1), renamed));
}
