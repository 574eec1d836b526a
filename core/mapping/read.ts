/** Compiled readers of paths: own properties only, null and absent both read as missing. */
import { itemKeys, propertyKeys } from "../event/catalogue.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { canonicalEvent, canonicalItem, canonicalItems, canonicalProperties } from "./canonical-view.ts";
import { type PathSegment } from "./path.ts";
import { type Value } from "./transforms/definition.ts";

/** Reads relative to a value: the event, or one item of a list. */
export type Reader = (from: Value) => Value;

/** A source cut at its `[]`: each list is read relative to an item of the one before, the tail relative to an item of the last. */
export interface SplitSource {
  lists: readonly Reader[];
  tail: Reader;
}

/** Fields of the envelope that documents also write in snake_case. */
const ROOT_ALIASES: Readonly<Record<string, string>> = {
  user_id: "userId",
  anonymous_id: "anonymousId",
  group_id: "groupId",
  previous_id: "previousId",
  message_id: "messageId",
  received_at: "receivedAt",
  sent_at: "sentAt",
  original_timestamp: "originalTimestamp",
  vendor_ids: "vendorIds",
};

const IDENTITY: Reader = (from) => from ?? undefined;

/** Names that plain property access would find on a prototype. */
const inherited = (key: string): boolean => key in Object.prototype || key in Array.prototype;

function keyReader(key: string): Reader {
  if (!inherited(key)) {
    return (from) => (typeof from === "object" && from !== null ? ((from as JsonObject)[key] ?? undefined) : undefined);
  }
  return (from) => {
    if (typeof from !== "object" || from === null || Array.isArray(from)) return undefined;
    return Object.hasOwn(from, key) ? (from[key] ?? undefined) : undefined;
  };
}

function stepReader(segment: PathSegment): Reader {
  if (segment.kind === "key") return keyReader(segment.key);
  const index = segment.kind === "index" ? segment.index : 0;
  return (from) => (Array.isArray(from) ? (from[index] ?? undefined) : undefined);
}

/** Readers one after the other; the short chains, which most paths are, without a loop. */
function chain(steps: readonly Reader[]): Reader {
  const [first, second, third, ...rest] = steps;
  if (!first) return IDENTITY;
  if (!second) return first;
  if (!third) return (from) => second(first(from));
  if (rest.length === 0) return (from) => third(second(first(from)));
  const after = chain(rest);
  return (from) => after(third(second(first(from))));
}

/** The first of several readers that finds something. */
export function firstOf(readers: readonly Reader[]): Reader {
  const [only, ...others] = readers;
  if (!only) return () => undefined;
  if (others.length === 0) return only;
  return (from) => {
    for (const read of readers) {
      const value = read(from);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** A list as it is; a single object counts as a list of one. */
export function asList(value: Value): JsonValue[] | undefined {
  if (Array.isArray(value)) return value;
  return typeof value === "object" && value !== null ? [value] : undefined;
}

const keySteps = (keys: readonly string[]): Reader => firstOf(keys.map(keyReader));

/** The field after a canonical item, by all its names; no field at all is the whole item under canonical names. */
function itemSteps(segments: readonly PathSegment[]): Reader[] {
  const [field, ...rest] = segments;
  if (!field) return [canonicalItem];
  return [field.kind === "key" ? keySteps(itemKeys(field.key)) : stepReader(field), ...rest.map(stepReader)];
}

const PROPERTIES = keyReader("properties");

/** Steps of `canonical.…` without `[]`. */
function canonicalSteps(segments: readonly PathSegment[]): Reader[] {
  const [field, next, ...rest] = segments;
  if (!field) return [canonicalProperties];
  if (field.kind !== "key") return [stepReader(field)];
  const after = next ? [next, ...rest] : [];
  if (field.key === "event_name") return [canonicalEvent, ...after.map(stepReader)];
  if (field.key !== "items") return [PROPERTIES, keySteps(propertyKeys(field.key)), ...after.map(stepReader)];
  if (next?.kind === "index") return [canonicalItems, stepReader(next), ...itemSteps(rest)];
  return [(from) => asList(canonicalItems(from))?.map((item) => canonicalItem(item) ?? null), ...after.map(stepReader)];
}

/** Steps from the event's root. */
function rootSteps(segments: readonly PathSegment[]): Reader[] {
  const [root, ...rest] = segments;
  if (root?.kind !== "key") return segments.map(stepReader);
  if (root.key === "canonical") return canonicalSteps(rest);
  const alias = Object.hasOwn(ROOT_ALIASES, root.key) ? ROOT_ALIASES[root.key] : undefined;
  const first = keyReader(root.key);
  return [alias === undefined ? first : firstOf([first, keyReader(alias)]), ...rest.map(stepReader)];
}

function cutAtEach(segments: readonly PathSegment[]): PathSegment[][] {
  const parts: PathSegment[][] = [[]];
  for (const segment of segments) {
    if (segment.kind === "each") parts.push([]);
    else parts.at(-1)?.push(segment);
  }
  return parts;
}

const isCanonicalItems = (head: readonly PathSegment[]): boolean =>
  head.length === 2 &&
  head[0]?.kind === "key" &&
  head[0].key === "canonical" &&
  head[1]?.kind === "key" &&
  head[1].key === "items";

/** Compiles a path from the event's root, cut at its `[]`. */
export function splitSource(segments: readonly PathSegment[]): SplitSource {
  const [head = [], ...parts] = cutAtEach(segments);
  if (parts.length === 0) return { lists: [], tail: chain(rootSteps(head)) };
  const ofItems = isCanonicalItems(head);
  const readers = parts.map((part, index) => chain(ofItems && index === 0 ? itemSteps(part) : part.map(stepReader)));
  const first = ofItems ? canonicalItems : chain(rootSteps(head));
  return { lists: [first, ...readers.slice(0, -1)], tail: readers.at(-1) ?? IDENTITY };
}

/** Reads through `lists` and gathers what `tail` finds into one flat list; missing when the outermost list is. */
export function gather(lists: readonly Reader[], tail: Reader): Reader {
  const [list, ...inner] = lists;
  if (!list) return tail;
  const last = inner.length === 0;
  const deeper = last ? tail : gather(inner, tail);
  return (from) => {
    const items = asList(list(from));
    if (!items) return undefined;
    const out: JsonValue[] = [];
    for (const item of items) {
      const value = deeper(item);
      if (value === undefined || value === null) continue;
      if (last || !Array.isArray(value)) out.push(value);
      else for (const one of value) out.push(one);
    }
    return out;
  };
}

/** Compiles a path from the event's root; with `[]` it reads one flat list. */
export function compileReader(segments: readonly PathSegment[]): Reader {
  const { lists, tail } = splitSource(segments);
  return gather(lists, tail);
}

/** Compiles a path relative to an item. */
export function compileRelativeReader(segments: readonly PathSegment[]): Reader {
  const [head = [], ...parts] = cutAtEach(segments).map((part) => chain(part.map(stepReader)));
  if (parts.length === 0) return typeof head === "function" ? head : IDENTITY;
  const readers = [typeof head === "function" ? head : IDENTITY, ...parts];
  return gather(readers.slice(0, -1), readers.at(-1) ?? IDENTITY);
}
