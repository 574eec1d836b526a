/** What a delivery puts into a request: its items as they are written, its key of grouping, or why it cannot be sent. */
import type { AttemptFacts } from "../connector/contract.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { parsePath, type PathSegment } from "../mapping/path.ts";
import type { Encoding } from "./encode-body.ts";
import { type JsonTemplate, readJsonTemplate, renderJson } from "./json-template.ts";
import { deliveryScope, EACH_EVENT, find, Missing, plainText, type Scope, valueOf } from "./scope.ts";
import type { SpecHooks } from "./spec-hooks.ts";
import { addSpecFault, readText, type SpecReading } from "./spec-reading.ts";
import type { DeliverySpec } from "./spec-schema.ts";
import { isMissing } from "./template-filters.ts";
import { onlyPlaceholder, type Placeholder } from "./template-text.ts";

export interface EventItems {
  index: number;
  delivery: DeliveryRecord;
  scope: Scope;
  /** What stands in `$events`, written out. */
  texts: readonly string[];
  /** What each `$collect` gathers of this event, written out. */
  collected: readonly (readonly string[])[];
  bytes: number;
  group: string;
}

export type ReadEvent = (
  index: number,
  delivery: DeliveryRecord,
  facts: AttemptFacts,
) => EventItems | { refuse: string };

interface Parts {
  encoding: Encoding;
  /** What the request as a whole reads of an event. */
  shared: readonly Placeholder[];
  collects: readonly Placeholder[];
  /** The events themselves stand in the request, and not only what is collected of them. */
  sendsEvents: boolean;
  hooks: SpecHooks;
  settings: Scope;
}

interface Shape {
  event: JsonTemplate | undefined;
  omit: readonly (readonly PathSegment[])[];
  dedupe: { path: readonly PathSegment[]; from: Placeholder } | undefined;
  flatten: boolean;
}

/** Undefined where the spec is at fault. */
export function eventReader(reading: SpecReading, spec: DeliverySpec, parts: Parts): ReadEvent | undefined {
  const shape = readShape(reading, spec);
  if (shape === undefined) return undefined;
  const { encoding, shared, collects, sendsEvents, hooks, settings } = parts;
  return (index, delivery, facts) => {
    const scope = deliveryScope(settings, delivery, facts);
    const value = shapedItems(shape, { scope, delivery, hooks, facts });
    if ("refuse" in value) return value;
    const texts: string[] = [];
    for (const item of value.items) {
      const text = encoding.item(item, scope);
      if (text instanceof Missing) return { refuse: missingReason(text) };
      if ("refuse" in text) return text;
      texts.push(text.text);
    }
    const collected: string[][] = [];
    for (const placeholder of collects) {
      const list = collectedTexts(placeholder, scope);
      if (list instanceof Missing) return { refuse: missingReason(list) };
      collected.push(list);
    }
    if (!sendsEvents && collected.length > 0 && collected.every((list) => list.length === 0))
      return { refuse: NOTHING_TO_SEND };
    const group = groupKey(shared, scope);
    if (group instanceof Missing) return { refuse: missingReason(group) };
    const all = [...(sendsEvents ? texts : []), ...collected.flat()];
    const bytes = all.reduce((sum, text) => sum + Buffer.byteLength(text) + encoding.separatorBytes, 0);
    return { index, delivery, scope, texts, collected, bytes, group };
  };
}

/** In words what a request needed and did not find. */
export function missingReason({ placeholder }: Missing): string {
  const path = placeholder.text.slice(2, -2).split("|", 1)[0]?.trim();
  return `The request needs ${path}, and this event has none.`;
}

function readShape(reading: SpecReading, spec: DeliverySpec): Shape | undefined {
  const { body, dedupe } = spec;
  const before = reading.faults.length;
  const event =
    body.event === undefined
      ? undefined
      : readJsonTemplate(reading, "body.event", { value: body.event, roots: EACH_EVENT });
  if (event?.takesMany === true || event?.takesOne === true) {
    addSpecFault(reading, "body.event", "$events, $event and $collect belong into the envelope.");
  }
  const omit = (body.omit ?? []).map((path, index) => pathAt(reading, `body.omit[${index}]`, path));
  const path = dedupe && pathAt(reading, "dedupe.path", dedupe.path);
  const text = dedupe?.from ?? "{{delivery.message_id}}";
  const template = dedupe && readText(reading, "dedupe.from", { text, roots: EACH_EVENT });
  const from = template && onlyPlaceholder(template);
  if (template !== undefined && from === undefined) {
    addSpecFault(reading, "dedupe.from", "The id is one placeholder, as in {{delivery.message_id}}.");
  }
  if (reading.faults.length > before) return undefined;
  return {
    event,
    omit,
    flatten: body.flatten === true,
    dedupe: path !== undefined && from !== undefined ? { path, from } : undefined,
  };
}

function pathAt(reading: SpecReading, place: string, text: string): readonly PathSegment[] {
  const path = parsePath(text);
  if (!("fault" in path)) return path;
  addSpecFault(reading, place, `The path cannot be read: ${path.fault}.`);
  return [];
}

interface Shaping {
  scope: Scope;
  delivery: DeliveryRecord;
  hooks: SpecHooks;
  facts: AttemptFacts;
}

/** What the event puts into the request: one item, or those of its list. */
function shapedItems(
  shape: Shape,
  { scope, delivery, hooks, facts }: Shaping,
): { items: JsonValue[] } | { refuse: string } {
  const rendered = shape.event === undefined ? delivery.payload : renderJson(shape.event.node, scope);
  if (rendered instanceof Missing) return { refuse: missingReason(rendered) };
  if (rendered === undefined) return { refuse: "The delivery holds no payload." };
  const id = shape.dedupe === undefined ? undefined : valueOf(shape.dedupe.from, scope);
  if (id instanceof Missing) return { refuse: missingReason(id) };
  const isList = shape.flatten && Array.isArray(rendered);
  const items: JsonValue[] = [];
  for (const [at, one] of (isList ? rendered : [rendered]).entries()) {
    let value = one;
    for (const path of shape.omit) value = without(value, path);
    // Several items of one event are several to the vendor: with one id it would keep only the first.
    const own = at === 0 || id === undefined ? id : `${plainText(id)}-${at}`;
    if (shape.dedupe !== undefined && own !== undefined) value = withId(value, shape.dedupe.path, own);
    const hooked = hooks.event?.(value, delivery, facts) ?? { value };
    if ("refuse" in hooked) return hooked;
    items.push(hooked.value);
  }
  return items.length === 0 ? { refuse: NOTHING_TO_SEND } : { items };
}

const NOTHING_TO_SEND = "The event holds nothing to send: its list is empty.";

function collectedTexts(placeholder: Placeholder, scope: Scope): string[] | Missing {
  const value = valueOf(placeholder, scope);
  if (value instanceof Missing) return value;
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => JSON.stringify(item));
}

function groupKey(shared: readonly Placeholder[], scope: Scope): string | Missing {
  const values: string[] = [];
  for (const placeholder of shared) {
    const value = valueOf(placeholder, scope);
    if (value instanceof Missing) return value;
    values.push(JSON.stringify(value ?? null));
  }
  return values.join("\n");
}

/** A copy without what stands at the path. */
function without(value: JsonValue, [first, ...rest]: readonly PathSegment[]): JsonValue {
  if (first?.kind !== "key" || !isJsonObject(value) || !Object.hasOwn(value, first.key)) return value;
  const { [first.key]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...value, [first.key]: without(inner ?? null, rest) };
}

/** A copy with the id at the path, in every item where the path goes through lists; a value that is there already stays. */
function withId(value: JsonValue, [first, ...rest]: readonly PathSegment[], id: JsonValue): JsonValue {
  if (first === undefined) return isMissing(value) ? id : value;
  if (Array.isArray(value)) {
    if (first.kind === "each") return value.map((item) => withId(item, rest, id));
    return first.kind === "index"
      ? value.map((item, at) => (at === first.index ? withId(item, rest, id) : item))
      : value;
  }
  if (first.kind !== "key" || (!isJsonObject(value) && !isMissing(value))) return value;
  const object = isJsonObject(value) ? value : {};
  return { ...object, [first.key]: withId(find(object, [first]) ?? null, rest, id) };
}
