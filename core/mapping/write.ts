/** Compiled writers into a payload. Objects that came from the event are shared, so they are copied before they change. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type PathSegment } from "./path.ts";
import { type Value } from "./transforms/definition.ts";

export type Container = JsonObject | JsonValue[];

/** Goes from a container into one of its children, making or copying it where needed. */
type Enter = (parent: Container) => Container;
/** Puts a value at the end of a path that starts at a container. */
export type Write = (container: Container, value: JsonValue) => void;

const own = (object: JsonObject, key: string): Value => (Object.hasOwn(object, key) ? object[key] : undefined);

function child(existing: Value, list: boolean, copy: boolean): Container {
  if (list) {
    if (!Array.isArray(existing)) return [];
    return copy ? existing.slice() : existing;
  }
  if (!isJsonObject(existing)) return {};
  return copy ? { ...existing } : existing;
}

/** Lists have no holes in JSON. */
function fill(list: JsonValue[], length: number): void {
  while (list.length < length) list.push(null);
}

function enter(segment: PathSegment, list: boolean, copy: boolean): Enter {
  if (segment.kind === "key") {
    const { key } = segment;
    return (parent) => {
      const object = parent as JsonObject;
      const made = child(own(object, key), list, copy);
      object[key] = made;
      return made;
    };
  }
  const index = segment.kind === "index" ? segment.index : 0;
  return (parent) => {
    const items = parent as JsonValue[];
    const made = child(items[index], list, copy);
    fill(items, index);
    items[index] = made;
    return made;
  };
}

function put(segment: PathSegment): Write {
  if (segment.kind === "key") {
    const { key } = segment;
    return (container, value) => {
      (container as JsonObject)[key] = value;
    };
  }
  const index = segment.kind === "index" ? segment.index : 0;
  return (container, value) => {
    const items = container as JsonValue[];
    fill(items, index);
    items[index] = value;
  };
}

/** Whether the container that holds a segment is a list. */
const isListSegment = (segment: PathSegment): boolean => segment.kind !== "key";

/** Goes down a path without `[]`; `list` says what stands at its end. */
export function compileEnter(segments: readonly PathSegment[], list: boolean, copy: boolean): Enter {
  const steps = segments.map((segment, index) => {
    const next = segments[index + 1];
    return enter(segment, next ? isListSegment(next) : list, copy);
  });
  const [only, second, ...rest] = steps;
  if (!only) return (container) => container;
  if (!second) return only;
  if (rest.length === 0) return (container) => second(only(container));
  return (container) => {
    let at = container;
    for (const step of steps) at = step(at);
    return at;
  };
}

/** Compiles a path without `[]`. */
export function compileWrite(segments: readonly PathSegment[], copy: boolean): Write {
  const last = segments.at(-1);
  if (!last) return () => undefined;
  const write = put(last);
  if (segments.length === 1) return write;
  const down = compileEnter(segments.slice(0, -1), isListSegment(last), copy);
  return (container, value) => write(down(container), value);
}

/** The item of a list that a row writes into; items before it that are not there yet become empty ones. */
export function enterItem(list: JsonValue[], index: number, asListItem: boolean, copy: boolean): Container {
  while (list.length < index) list.push(asListItem ? [] : {});
  const made = child(list[index], asListItem, copy);
  list[index] = made;
  return made;
}

type Change = (value: Value) => Value;

/** A copy of a value with what stands at a path changed; the same value when nothing does. Undefined takes it away. */
export function updated(value: Value, segments: readonly PathSegment[], change: Change): Value {
  return updatedFrom(0, value, { segments, change });
}

function updatedFrom(at: number, value: Value, work: { segments: readonly PathSegment[]; change: Change }): Value {
  const segment = work.segments[at];
  if (!segment) return work.change(value);
  if (segment.kind === "key") {
    if (!isJsonObject(value)) return value;
    const before = own(value, segment.key);
    if (before === undefined && at + 1 < work.segments.length) return value;
    const after = updatedFrom(at + 1, before, work);
    if (after === before) return value;
    const copy = { ...value };
    if (after === undefined) delete copy[segment.key];
    else copy[segment.key] = after;
    return copy;
  }
  if (!Array.isArray(value)) return value;
  if (segment.kind === "each") {
    return value.map((item) => updatedFrom(at + 1, item, work)).filter((item) => item !== undefined);
  }
  if (segment.index >= value.length) return value;
  return value.with(segment.index, updatedFrom(at + 1, value[segment.index], work) ?? null);
}
