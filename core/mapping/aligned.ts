/** Rows with `[]` in their target: values go item by item to the same place of the payload's list. */
import { type JsonObject, type JsonValue } from "../json.ts";
import { type PathSegment } from "./path.ts";
import { asList, compileRelativeReader, gather, type Reader, type SplitSource } from "./read.ts";
import { type Run } from "./run.ts";
import { type Value } from "./transforms/definition.ts";
import { compileEnter, compileWrite, enterItem, updated, type Container, type Write } from "./write.ts";

export type Convert = (value: Value, run: Run) => Value;

/** Fills one level of lists; true when every item found its value. */
type Level = (from: Value, container: Container, run: Run) => boolean;

interface Aligned {
  /** Sources in order of preference: the first whose outermost list exists wins as a whole. */
  sources: readonly SplitSource[];
  target: readonly PathSegment[];
  convert: Convert;
  copy: boolean;
}

function cutAtEach(segments: readonly PathSegment[]): PathSegment[][] {
  const parts: PathSegment[][] = [[]];
  for (const segment of segments) {
    if (segment.kind === "each") parts.push([]);
    else parts.at(-1)?.push(segment);
  }
  return parts;
}

const isEmpty = (value: JsonValue): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** Takes items away that no row gave anything: a vendor has no use for `{}`. */
function cleanup(lists: readonly (readonly PathSegment[])[]): (payload: JsonObject) => void {
  const [first = [], ...inner] = lists;
  const [key] = first;
  if (key?.kind !== "key") return () => undefined;
  const prune = (list: Value, deeper: readonly (readonly PathSegment[])[]): Value => {
    if (!Array.isArray(list)) return list;
    const [next, ...rest] = deeper;
    const items = next ? list.map((item) => updated(item, next, (value) => prune(value, rest)) ?? null) : list;
    return items.filter((item) => !isEmpty(item));
  };
  return (payload) => {
    const value = updated(payload[key.key], first.slice(1), (list) => prune(list, inner));
    if (value !== undefined) payload[key.key] = value;
  };
}

/** The last level of `target: ids[]`: a list of values, without the missing ones. */
function leafLevel(list: Reader, tail: Reader, write: Write, convert: Convert): Level {
  return (from, container, run) => {
    const items = asList(list(from));
    if (!items) return false;
    const out: JsonValue[] = [];
    for (const item of items) {
      const value = convert(tail(item), run);
      if (value !== undefined && value !== null) out.push(value);
    }
    if (out.length > 0) write(container, out);
    return out.length > 0 && out.length === items.length;
  };
}

interface FieldLevel {
  list: Reader;
  /** From the container to its list. */
  enterList: (container: Container) => Container;
  /** Whether the items are lists themselves. */
  ofLists: boolean;
  copy: boolean;
  clean: (payload: JsonObject) => void;
}

/** The item of the target's list at an index; items skipped on the way are cleaned up if they stay empty. */
function itemOf(target: JsonValue[], index: number, level: FieldLevel, run: Run): Container {
  if (index > target.length) (run.cleanups ??= new Set()).add(level.clean);
  return enterItem(target, index, level.ofLists, level.copy);
}

/** The last level of `target: contents[].id`: one value into each item. */
function valueLevel(level: FieldLevel, tail: Reader, write: Write, convert: Convert): Level {
  return (from, container, run) => {
    const items = asList(level.list(from));
    if (!items) return false;
    let target: JsonValue[] | undefined;
    let found = 0;
    for (let index = 0; index < items.length; index += 1) {
      const value = convert(tail(items[index]), run);
      if (value === undefined || value === null) continue;
      // `enterList` was compiled to end at a list.
      target ??= level.enterList(container) as JsonValue[];
      write(itemOf(target, index, level, run), value);
      found += 1;
    }
    return found > 0 && found === items.length;
  };
}

/** An outer level of `target: orders[].contents[].id`: each item's list is filled from the item's own list. */
function outerLevel(level: FieldLevel, inner: Level): Level {
  return (from, container, run) => {
    const items = asList(level.list(from));
    if (!items || items.length === 0) return false;
    const target = level.enterList(container) as JsonValue[];
    let complete = true;
    for (let index = 0; index < items.length; index += 1) {
      complete = inner(items[index], itemOf(target, index, level, run), run) && complete;
    }
    (run.cleanups ??= new Set()).add(level.clean);
    return complete;
  };
}

const startsWithList = (segments: readonly PathSegment[]): boolean => segments[0]?.kind === "index";

function compileLevels({ lists, tail }: SplitSource, { target, convert, copy }: Aligned): Level {
  const parts = cutAtEach(target);
  const depth = parts.length - 1;
  const read = gather(lists.slice(depth), tail);
  const clean = cleanup(parts.slice(0, -1));
  let level: Level | undefined;
  for (let at = depth - 1; at >= 0; at -= 1) {
    const [head = [], after = []] = [parts[at], parts[at + 1]];
    const list = lists[at] ?? read;
    if (!level && after.length === 0) {
      level = leafLevel(list, read, compileWrite(head, copy), convert);
      continue;
    }
    const field = { list, enterList: compileEnter(head, true, copy), ofLists: startsWithList(after), copy, clean };
    level = level ? outerLevel(field, level) : valueLevel(field, read, compileWrite(after, copy), convert);
  }
  return level ?? (() => false);
}

/** Compiles a row whose source has as many `[]` as its target, or more (those are gathered into lists). */
export function compileAligned(aligned: Aligned): (run: Run) => boolean {
  const levels = aligned.sources.map((source) => ({
    exists: source.lists[0] ?? source.tail,
    fill: compileLevels(source, aligned),
  }));
  const [only, ...others] = levels;
  if (only && others.length === 0) return (run) => only.fill(run.event, run.payload, run);
  return (run) => {
    const found = levels.find(({ exists }) => asList(exists(run.event)) !== undefined);
    return found ? found.fill(run.event, run.payload, run) : false;
  };
}

type WriteValue = (payload: JsonObject, value: JsonValue) => void;

/** One value into every item that is there already. */
function intoItems(target: readonly PathSegment[], copy: boolean): WriteValue {
  const [head = [], after = [], ...deeper] = cutAtEach(target);
  const [root, ...rest] = target;
  if (deeper.length === 0) {
    const [enterList, write] = [compileEnter(head, true, copy), compileWrite(after, copy)];
    const ofLists = startsWithList(after);
    return (payload, value) => {
      const list = enterList(payload) as JsonValue[];
      for (let index = 0; index < list.length; index += 1) write(enterItem(list, index, ofLists, copy), value);
    };
  }
  const key = root?.kind === "key" ? root.key : "";
  return (payload, value) => {
    const changed = updated(payload[key], rest, () => value);
    if (changed !== undefined) payload[key] = changed;
  };
}

/**
 * Compiles a row whose target has `[]` and whose value has none. `ids[]` becomes a list of the one value;
 * `contents[].type` goes into every item that rows before have made, or, for a value of the event, into a first item.
 */
export function compileBroadcast(
  target: readonly PathSegment[],
  { creates, copy }: { creates: boolean; copy: boolean },
): WriteValue {
  const [head = [], ...parts] = cutAtEach(target);
  if (parts.length === 1 && parts[0]?.length === 0) {
    const write = compileWrite(head, copy);
    return (payload, value) => write(payload, Array.isArray(value) ? value : [value]);
  }
  const existing = compileRelativeReader(head);
  const broadcast = intoItems(target, copy);
  const firstItem = target.map((segment): PathSegment =>
    segment.kind === "each" ? { kind: "index", index: 0 } : segment,
  );
  const create = compileWrite(firstItem, copy);
  return (payload, value) => {
    const list = existing(payload);
    if (Array.isArray(list) && list.length > 0) broadcast(payload, value);
    else if (creates) create(payload, value);
  };
}
