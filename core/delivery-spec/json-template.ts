/** JSON with placeholders: envelopes, events, test bodies. Read once; rendered as a value or straight as text. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { Missing, type Scope, textOf, valueOf } from "./scope.ts";
import { addSpecFault, readText, type SpecPlace, type SpecReading } from "./spec-reading.ts";
import { onlyPlaceholder, type Placeholder, placeholdersOf, type TextTemplate } from "./template-text.ts";

export type JsonNode =
  | { kind: "constant"; value: JsonValue }
  | { kind: "text"; template: TextTemplate }
  | { kind: "value"; placeholder: Placeholder }
  | { kind: "events" | "event" }
  | { kind: "collect"; index: number }
  | { kind: "list"; items: JsonNode[] }
  | { kind: "object"; entries: (readonly [key: string, node: JsonNode])[] };

export interface JsonTemplate {
  node: JsonNode;
  /** What `$collect` gathers, in the order of their `index`. */
  collects: readonly Placeholder[];
  placeholders: readonly Placeholder[];
  /** `$events` or `$collect` is in it: it surrounds many events. */
  takesMany: boolean;
  /** `$events` is in it. */
  sendsMany: boolean;
  /** `$event` is in it. */
  takesOne: boolean;
}

/** An entry under this key lays the keys of its object beside its neighbours. */
export const SPREAD = "$spread";
const COLLECT = "$collect";
const DEEPEST = 32;
const MOST_NODES = 5_000;

interface Walk {
  reading: SpecReading;
  roots: readonly string[];
  collects: Placeholder[];
  placeholders: Placeholder[];
  takesMany: boolean;
  sendsMany: boolean;
  takesOne: boolean;
  nodes: number;
}

/** Reads JSON with templates; faults go to the reading, and then undefined comes back. */
export function readJsonTemplate(
  reading: SpecReading,
  place: SpecPlace,
  { value, roots }: { value: JsonValue; roots: readonly string[] },
): JsonTemplate | undefined {
  const walk: Walk = {
    reading,
    roots,
    collects: [],
    placeholders: [],
    takesMany: false,
    sendsMany: false,
    takesOne: false,
    nodes: 0,
  };
  const before = reading.faults.length;
  const node = readNode(walk, value, { place, depth: 0 });
  if (reading.faults.length > before) return undefined;
  const { collects, placeholders, takesMany, sendsMany, takesOne } = walk;
  return { node, collects, placeholders, takesMany, sendsMany, takesOne };
}

interface At {
  place: SpecPlace;
  depth: number;
}

const NOTHING: JsonNode = { kind: "constant", value: null };

function readNode(walk: Walk, value: JsonValue, at: At): JsonNode {
  walk.nodes += 1;
  if (at.depth > DEEPEST || walk.nodes > MOST_NODES) {
    if (walk.nodes <= MOST_NODES + 1) addSpecFault(walk.reading, at.place, "This is nested too deep, or too large.");
    return NOTHING;
  }
  if (typeof value === "string") return readString(walk, value, at.place);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => readNode(walk, item, deeper(at, `[${index}]`)));
    return { kind: "list", items };
  }
  if (!isJsonObject(value)) return { kind: "constant", value };
  if (Object.hasOwn(value, COLLECT)) return readCollect(walk, value, at.place);
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, readNode(walk, inner, deeper(at, `.${key}`))] as const,
  );
  return { kind: "object", entries };
}

const deeper = ({ place, depth }: At, step: string): At => ({ place: `${place}${step}`, depth: depth + 1 });

function readString(walk: Walk, text: string, place: SpecPlace): JsonNode {
  if (text === "$events" || text === "$event") {
    if (text === "$event") walk.takesOne = true;
    else [walk.takesMany, walk.sendsMany] = [true, true];
    return { kind: text === "$events" ? "events" : "event" };
  }
  const template = readText(walk.reading, place, { text, roots: walk.roots });
  if (template === undefined) return NOTHING;
  const found = placeholdersOf(template);
  walk.placeholders.push(...found);
  const only = onlyPlaceholder(template);
  if (only !== undefined) return { kind: "value", placeholder: only };
  return found.length === 0 ? { kind: "constant", value: text } : { kind: "text", template };
}

function readCollect(walk: Walk, value: JsonObject, place: SpecPlace): JsonNode {
  const text = value[COLLECT];
  const template = typeof text === "string" ? readText(walk.reading, place, { text, roots: walk.roots }) : undefined;
  const only = template && onlyPlaceholder(template);
  if (only === undefined || Object.keys(value).length > 1) {
    addSpecFault(walk.reading, place, `${COLLECT} takes one placeholder, and nothing stands beside it.`);
    return NOTHING;
  }
  walk.collects.push(only);
  walk.takesMany = true;
  return { kind: "collect", index: walk.collects.length - 1 };
}

/** What stands for `$events`, `$event` and `$collect`: each item as JSON text. */
export interface Filling {
  events: readonly string[];
  collected: readonly (readonly string[])[];
}

const NO_FILLING: Filling = { events: [], collected: [] };

/** The JSON text; undefined where an optional placeholder is all there is. */
export function writeJson(node: JsonNode, scope: Scope, filling: Filling = NO_FILLING): string | undefined | Missing {
  switch (node.kind) {
    case "constant":
      return JSON.stringify(node.value);
    case "text": {
      const text = textOf(node.template, scope);
      return text instanceof Missing ? text : JSON.stringify(text);
    }
    case "value": {
      const value = valueOf(node.placeholder, scope);
      return value instanceof Missing || value === undefined ? value : JSON.stringify(value);
    }
    case "events":
      return `[${filling.events.join(",")}]`;
    case "event":
      return filling.events[0];
    case "collect": {
      const texts = filling.collected[node.index] ?? [];
      return texts.length === 0 ? undefined : `[${texts.join(",")}]`;
    }
    case "list":
      return writeList(node.items, scope, filling);
    case "object":
      return writeObject(node.entries, scope, filling);
    default:
      return node satisfies never;
  }
}

function writeList(items: readonly JsonNode[], scope: Scope, filling: Filling): string | Missing {
  const texts: string[] = [];
  for (const item of items) {
    const text = writeJson(item, scope, filling);
    if (text instanceof Missing) return text;
    if (text !== undefined) texts.push(text);
  }
  return `[${texts.join(",")}]`;
}

function writeObject(
  entries: readonly (readonly [string, JsonNode])[],
  scope: Scope,
  filling: Filling,
): string | Missing {
  const texts: string[] = [];
  for (const [key, node] of entries) {
    const text = writeJson(node, scope, filling);
    if (text instanceof Missing) return text;
    if (text === undefined) continue;
    if (key !== SPREAD) texts.push(`${JSON.stringify(key)}:${text}`);
    else if (text.startsWith("{") && text !== "{}") texts.push(text.slice(1, -1));
  }
  return `{${texts.join(",")}}`;
}

/** The value itself, for encodings other than JSON. */
export function renderJson(
  node: JsonNode,
  scope: Scope,
  filling: Filling = NO_FILLING,
): JsonValue | undefined | Missing {
  // Most often an event is what one placeholder stands for: writing and parsing it would only copy it.
  if (node.kind === "value") return valueOf(node.placeholder, scope);
  const text = writeJson(node, scope, filling);
  return typeof text === "string" ? (JSON.parse(text) as JsonValue) : text;
}
