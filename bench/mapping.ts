/** What mapping costs on one core: from the text of an event to the text of its payload, beside parsing and writing it alone. */
import {
  compileMapping,
  type CompiledMapping,
  type JsonObject,
  type JsonValue,
  type SignalEvent,
} from "@datafly-signal/core";
import type { Row } from "./row.ts";
import { sampleEvent } from "./sample-event.ts";

const EVENTS = 60_000;
const ROUNDS = 5;
const TEN = 10;

/** Twenty-five rows as a commerce integration has them, hashing left out: it costs the same in every product. */
const ROWS: readonly JsonObject[] = [
  { source: "messageId", target: "event_id" },
  { source: "timestamp", target: "event_time", transform: "to_unix_seconds", required: true },
  { source: "context.library.name", target: "action_source", value_map: { "@datafly/ios": "app", "*": "website" } },
  { source: ["userId", "anonymousId"], target: "user_data.external_id" },
  { source: "anonymousId", target: "user_data.visitor" },
  { source: ["traits.email", "context.traits.email"], target: "user_data.em", transform: ["trim", "lowercase"] },
  { source: "context.ip", target: "user_data.client_ip_address" },
  { source: "context.userAgent", target: "user_data.client_user_agent" },
  { source: "context.locale", target: "user_data.language", transform: { substring: { start: 0, length: 2 } } },
  { source: "context.timezone", target: "custom_data.timezone" },
  { source: "context.page.url", target: "event_source_url" },
  { source: "context.page.url", target: "custom_data.host", transform: "url_host" },
  { source: "context.page.path", target: "custom_data.path" },
  { source: "context.page.title", target: "custom_data.title", transform: { truncate: 50 } },
  { source: "context.page.referrer", target: "custom_data.referrer_host", transform: "url_host" },
  {
    source: "context.consent.marketing",
    target: "consent.ad_user_data",
    value_map: { true: "GRANTED", "*": "DENIED" },
  },
  { source: ["properties.value", "properties.revenue"], target: "custom_data.value", transform: "to_number" },
  { source: "properties.currency", target: "custom_data.currency", transform: "uppercase", default_value: "EUR" },
  { source: ["properties.transaction_id", "properties.order_id"], target: "custom_data.order_id", required: true },
  { source: "properties.coupon", target: "custom_data.coupon", when: "properties.coupon exists" },
  { source: "properties.items[].item_id", target: "custom_data.contents[].id" },
  { source: "properties.items[].quantity", target: "custom_data.contents[].quantity", default_value: 1 },
  { source: "properties.items[].price", target: "custom_data.contents[].item_price" },
  { source: "properties.items[].item_name", target: "custom_data.contents[].title", transform: "trim" },
  { source: "properties.items", target: "custom_data.num_items", transform: "count" },
];

export async function benchMapping(scale: number): Promise<Row[]> {
  const texts = Array.from({ length: 1000 }, (_, index) => JSON.stringify(rawEvent(index)));
  const mapping = mappingOf();
  const mappings = Array.from({ length: TEN }, mappingOf);
  const events = Math.round(EVENTS * scale);
  const floor = best(() => rate(texts, events, (text) => JSON.stringify(JSON.parse(text)).length));
  const one = best(() => rate(texts, events, (text) => mapped(text, [mapping])));
  const ten = best(() => rate(texts, Math.round(events / 4), (text) => mapped(text, mappings)));
  const perLane = (1e6 / ten - 1e6 / one) / (TEN - 1);
  return [
    {
      what: "map an event, one integration of 25 rows",
      value: one,
      unit: "events/s",
      floor,
      floorName: "JSON.parse and JSON.stringify of it",
      note: "one core",
    },
    {
      what: "map an event, ten integrations of 25 rows",
      value: ten,
      unit: "events/s",
      floor,
      floorName: "JSON.parse and JSON.stringify of it",
      note: `${perLane.toFixed(1)} µs for each further one, ${(1e6 / one).toFixed(1)} µs with the first`,
    },
  ];
}

function rawEvent(index: number): object {
  const now = new Date().toISOString();
  return { ...sampleEvent(index), receivedAt: now };
}

function mappingOf(): CompiledMapping {
  const document: JsonValue = {
    version: 2,
    events: { purchase: { vendor_event_name: "Purchase", mappings: [...ROWS] } },
    defaults: { action: "drop" },
  };
  const made = compileMapping(document);
  if ("faults" in made) throw new Error(made.faults.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return made.mapping;
}

function mapped(text: string, mappings: readonly CompiledMapping[]): number {
  const event = JSON.parse(text) as SignalEvent;
  let size = 0;
  for (const mapping of mappings) {
    const result = mapping.apply(event, {});
    if (result.kind === "stopped") throw new Error(`the event was not mapped: ${result.reason}`);
    size += JSON.stringify(result.payload).length;
  }
  return size;
}

/** Events a second. */
function rate(texts: readonly string[], events: number, work: (text: string) => number): number {
  const began = performance.now();
  let size = 0;
  for (let index = 0; index < events; index += 1) size += work(texts[index % texts.length] ?? "");
  // What is not used may not be computed at all.
  if (size === 0) throw new Error("nothing was made");
  return events / ((performance.now() - began) / 1000);
}

/** The best of some rounds: what the machine can do when nothing else runs. */
function best(measure: () => number): number {
  return Math.max(...Array.from({ length: ROUNDS }, measure));
}
