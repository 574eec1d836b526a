/** Hostile values where mappings, filters and templates look: each delivery is sent, filtered or given up, and counted as that. */
import assert from "node:assert/strict";
import type { Arena, ArenaStatus, JsonFields } from "./arena.ts";
import type { Received, Receiver } from "../harness/receiver.ts";
import { MIB } from "./limit-section.ts";

/** Events of this name go through the mapping, all others past it. */
const EVENT = "Mapped";
const ROWS = [
  { source: "messageId", target: "id" },
  { source: "properties.v", target: "raw" },
  { source: "properties.v", target: "text", transform: ["to_string", "trim", "lowercase", { truncate: 100 }] },
  { source: "properties.v", target: "hash", transform: ["to_string", "sha256"] },
  { source: "properties.n", target: "cents", transform: ["to_number", "to_cents"], default_value: 0 },
  { source: "properties.items[].item_id", target: "lines[].sku" },
  { source: "properties.items[].price", target: "lines[].price", default_value: 0 },
  { source: "properties.items[].tags[].name", target: "lines[].tags" },
  { source: "properties.items", target: "count", transform: "count" },
  { source: "canonical.items[].item_id", target: "skus", transform: ["unique", { join: "," }] },
  { source: "properties.a.b.c[].d.e", target: "deep.x.y[].z" },
  { source: "properties.list[999]", target: "last" },
  { source: "properties.v", target: "kind", value_map: { constructor: "method", "*": "other" } },
  { source: "context.page.url", target: "host", transform: "url_host" },
  { source: "traits.email", target: "em", transform: ["normalize_email", "sha256"] },
];
const FILTER =
  'coalesce(properties.drop, 1) != "yes" AND NOT properties.v matches "^(a+)+$" AND NOT properties.v contains "never"';

/** Takes a megabyte of anything and writes it thirty times. */
const COPIES = Array.from({ length: 30 }, (_, index) => ({ source: "properties.v", target: `copy_${index}` }));
const TEMPLATE =
  '{"id":{{json event.messageId}},"v":"{{event.properties.v}}","all":[{{#each event.properties.items}}{{json this}}{{#unless @last}},{{/unless}}{{/each}}],"gone":{{json event.constructor.constructor}},"x":"{{event.properties.__proto__.polluted}}{{event.properties.toString}}"}';

export function mappingIntegrations(receiver: Receiver): { name: string; yaml: string }[] {
  const only = (mappings: unknown): string =>
    JSON.stringify({ version: 2, events: { [EVENT]: { filter: FILTER, mappings } }, defaults: { action: "drop" } });
  const entry = (name: string, mapping: string, config = ""): { name: string; yaml: string } => ({
    name,
    yaml: `  - { name: ${name}, vendor: webhook, config: { url: "${receiver.url}/${name}"${config} }, mapping: ${mapping} }`,
  });
  return [
    entry("mapped", only(ROWS)),
    entry("copied", only(COPIES)),
    entry("templated", only([]), `, payload_format: custom, payload_template: ${JSON.stringify(TEMPLATE)}`),
  ];
}

interface MappingCase {
  name: string;
  properties: JsonFields;
  more?: JsonFields;
  /** What becomes of it in each of the three: a count's name, or `delivered` with a look at what arrived. */
  mapped: string | ((payload: JsonFields) => void);
  copied?: string;
  templated?: string | ((payload: JsonFields) => void);
}

const any = (): void => undefined;
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

const CASES: readonly MappingCase[] = [
  {
    name: "items is a text",
    properties: { items: "sku", v: "x" },
    mapped: ({ lines, count }) => assert.deepEqual([lines, count], [undefined, 1]),
  },
  { name: "items is a number", properties: { items: 7 }, mapped: any },
  { name: "items is true", properties: { items: true }, mapped: any },
  { name: "items is empty", properties: { items: [] }, mapped: ({ lines }) => assert.equal(lines, undefined) },
  { name: "items of nothing", properties: { items: [null, 7, "a", [], {}, [[{ item_id: 1 }]]] }, mapped: any },
  { name: "one item, no list", properties: { items: { item_id: "a" } }, mapped: any },
  {
    name: "ids of other types",
    properties: { items: [{ item_id: { a: 1 } }, { item_id: [] }, { item_id: -0 }, { item_id: "\ud800" }] },
    // Texts are joined; an object is none.
    mapped: "mapping_failed",
  },
  {
    name: "ten thousand items",
    properties: { items: Array.from({ length: 10_000 }, (_, index) => ({ item_id: index })) },
    mapped: ({ lines, skus }) => {
      assert.ok(Array.isArray(lines));
      assert.deepEqual([lines.length, String(skus).split(",").length], [10_000, 10_000]);
    },
  },
  {
    name: "lists in lists",
    properties: {
      items: Array.from({ length: 50 }, () => ({ tags: Array.from({ length: 50 }, () => ({ name: [[1]] })) })),
    },
    mapped: any,
  },
  { name: "ninety levels", properties: { v: nested(90), a: nested(90), items: nested(90) }, mapped: "mapping_failed" },
  { name: "ninety levels in a path", properties: { a: { b: { c: nested(90) } } }, mapped: any },
  { name: "a text in the middle of a path", properties: { a: { b: "c" }, list: "l" }, mapped: any },
  { name: "keys of the machinery", properties: { v: "constructor", a: { constructor: 1 } }, mapped: any },
  { name: "method names", properties: { v: "__proto__", toString: "gotcha", items: { length: 1e9 } }, mapped: any },
  { name: "a number beyond all as text", properties: { n: "1e309", v: "0x10" }, mapped: "mapping_failed" },
  { name: "a number that is none", properties: { n: "12,34 €", v: 1 }, mapped: "mapping_failed" },
  { name: "a filter that says no", properties: { drop: "yes" }, mapped: "mapping_filter" },
  { name: "a filter with other types", properties: { drop: ["yes"], n: null, v: [] }, mapped: any },
  { name: "text for bad patterns", properties: { v: `${"a".repeat(19_000)}!` }, mapped: any },
  { name: "text with line ends and quotes", properties: { v: 'a"\\\r\n\u2028\u0000</script>{{event}}' }, mapped: any },
  { name: "lone surrogates", properties: { v: "\ud800a\udfff" }, mapped: any },
  {
    name: "traits of other types",
    properties: { v: 1 },
    more: { traits: { email: { a: 1 } } },
    mapped: any,
  },
  { name: "a url that is none", properties: {}, more: { context: { page: { url: "http://[" } } }, mapped: any },
  {
    name: "a megabyte of text",
    properties: { v: "w".repeat(MIB - 1_000) },
    mapped: any,
    copied: "record_too_large",
  },
  {
    name: "half a megabyte of quotes",
    properties: { v: '"'.repeat(400_000) },
    mapped: any,
    copied: "record_too_large",
  },
];

export async function hostileMappings(arena: Arena): Promise<void> {
  for (const [index, { name, properties, more }] of CASES.entries()) {
    const messageId = `mapping-${index}`;
    const body = JSON.stringify({ type: "track", event: EVENT, messageId, properties, ...more });
    await arena.expect(name, "200", { body });
    arena.accepted(messageId);
  }
}

/** Looks at what arrived and at the counts, when all has come to its end. */
export function checkMappings(status: ArenaStatus, receiver: Receiver): void {
  const expected = { mapped: new Map<string, number>(), copied: new Map<string, number>(), templated: new Map() };
  const note = (lane: keyof typeof expected, what: unknown): void => {
    const reason = typeof what === "string" ? what : "delivered";
    expected[lane].set(reason, (expected[lane].get(reason) ?? 0) + 1);
  };
  const faults: string[] = [];
  for (const [index, { name, mapped, copied, templated }] of CASES.entries()) {
    const filtered = mapped === "mapping_filter" ? mapped : undefined;
    note("mapped", mapped);
    note("copied", filtered ?? copied);
    note("templated", filtered ?? templated);
    if (typeof mapped !== "function") continue;
    try {
      mapped(payloadOf(receiver.requests, "/mapped", `mapping-${index}`, name));
    } catch (error) {
      faults.push(`${name}: ${String(error)}`);
    }
  }
  assert.equal(faults.length, 0, faults.join("\n"));
  for (const [lane, counts] of Object.entries(expected)) {
    const found = status.integrations.find((one) => one.name === lane);
    assert.ok(found !== undefined);
    const { mapping_default_drop: _others, ...filtered } = found.filtered;
    const reasons = Object.entries({ ...filtered, ...found.dead_lettered, delivered: found.delivered });
    assert.deepEqual(Object.fromEntries(reasons), Object.fromEntries(counts), lane);
  }
}

function payloadOf(requests: readonly Received[], path: string, id: string, name: string): JsonFields {
  const bodies = requests
    .filter((request) => request.path === path)
    .map(({ body }) => JSON.parse(body) as JsonFields)
    .filter((payload) => payload["id"] === id);
  assert.equal(bodies.length, 1, `${name} arrived ${bodies.length} times`);
  return bodies[0] ?? {};
}
