/** From batched input to one unbatched webhook, beside a raw undici loop to the same receiver. */
import { performance } from "node:perf_hooks";
import { drive, post } from "./generator.ts";
import { cpuOf, cpuPerEvent, KEY, memoryOf, startHelper, startProduct } from "./processes.ts";
import { rawLoop } from "./raw-loop.ts";
import type { Row } from "./row.ts";
import { sampleEvent } from "./sample-event.ts";

const BATCH = 100;
const IN_FLIGHT = 64;

interface Counted {
  count: number;
  lastAt: number;
}

export function webhookConfig(port: number): string {
  return [
    "version: 1",
    "pipelines:",
    `  - { name: Bench, pipeline_key: ${KEY}, rate_limit_rps: 1000000, integrations: [{ integration: hook }] }`,
    "integrations:",
    "  - name: hook",
    "    vendor: webhook",
    `    config: { url: "http://127.0.0.1:${port}/" }`,
    "    rate_limits: { rate_limit_rps: 1000000 }",
    "    mapping:",
    "      version: 2",
    "      global:",
    "        mappings:",
    "          - { source: messageId, target: event_id }",
    "          - { source: timestamp, target: event_time, transform: to_unix_seconds }",
    "          - { source: anonymousId, target: visitor }",
    "          - { source: context.page.url, target: page_url }",
    "          - { source: properties.sent_at, target: sent_at }",
    "      events:",
    "        purchase:",
    "          vendor_event_name: Purchase",
    "          mappings:",
    "            - { source: [properties.value, properties.revenue], target: value, transform: to_number }",
    "            - { source: properties.currency, target: currency }",
    '            - { source: "properties.items[].item_id", target: "contents[].id" }',
    '            - { source: "properties.items[].quantity", target: "contents[].quantity", default_value: 1 }',
    "",
  ].join("\n");
}

export async function benchDelivery(scale: number): Promise<Row[]> {
  const events = Math.round(200_000 * scale);
  const receiver = await startHelper("./receiver-process.ts");
  const floor = await rawWebhooks(receiver.port, Math.round(events / 2));
  await receiver.ask("reset");
  const product = await startProduct(webhookConfig(receiver.port));
  const warm = 5000;
  await feed(product.port, batches(warm, 50_000_000));
  await arrived(receiver, warm);
  await receiver.ask("reset");
  const requests = batches(events, 0);
  const cpuBefore = cpuOf(product.pid);
  const start = performance.timeOrigin + performance.now();
  await feed(product.port, requests);
  const fed = performance.timeOrigin + performance.now();
  const { lastAt } = await arrived(receiver, events);
  const memory = memoryOf(product.pid);
  const cpu = cpuPerEvent(cpuBefore, cpuOf(product.pid), events);
  await product.stop();
  const after = await receiver.ask<Counted>("count");
  await receiver.stop();
  const extra = after.count - events;
  return [
    {
      what: "end to end: batches in, one unbatched webhook out",
      value: events / ((lastAt - start) / 1000),
      unit: "events/s",
      floor,
      floorName: "raw undici loop",
      note: `accepting took ${((fed - start) / 1000).toFixed(1)} s of ${((lastAt - start) / 1000).toFixed(1)} s; ${extra} arrived twice`,
    },
    { what: "processor time an event, by thread", value: cpu.total, unit: "µs", note: cpu.text },
    {
      what: "memory after delivering (RSS; peak in the note)",
      value: memory.now,
      unit: "MB",
      note: `peak ${memory.peak} MB`,
    },
  ];
}

/** Requests of `BATCH` events each, made before the clock starts. */
function batches(events: number, from: number): Buffer[] {
  return Array.from({ length: Math.ceil(events / BATCH) }, (_, index) => {
    const batch = Array.from({ length: BATCH }, (__, item) => sampleEvent(from + index * BATCH + item));
    return post("/v1/batch", JSON.stringify({ batch }), { Authorization: `Bearer ${KEY}` });
  });
}

async function feed(port: number, requests: readonly Buffer[]): Promise<void> {
  const result = await drive({
    host: "127.0.0.1",
    port,
    connections: 8,
    requests: requests.length,
    make: (index) => requests[index] ?? Buffer.alloc(0),
  });
  if (result.statuses[200] !== requests.length) throw new Error(`answers were ${JSON.stringify(result.statuses)}`);
}

async function arrived(receiver: { ask<T>(question: string): Promise<T> }, events: number): Promise<Counted> {
  const end = performance.now() + 300_000;
  for (;;) {
    const counted = await receiver.ask<Counted>("count");
    if (counted.count >= events) return counted;
    if (performance.now() > end) throw new Error(`only ${counted.count} of ${events} arrived`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** POSTs of a mapped payload's size with as many in flight as a lane has. */
function rawWebhooks(port: number, count: number): Promise<number> {
  const body = JSON.stringify({
    event_id: "bench-1",
    event_time: 1_790_000_000,
    visitor: "00000000-0000-4000-8000-000000000001",
    page_url: "https://shop.example.com/checkout/thank-you",
    value: 129.9,
    currency: "EUR",
    contents: [
      { id: "SKU-1234", quantity: 1 },
      { id: "SKU-5678", quantity: 2 },
    ],
  });
  const requests = [{ path: "/", headers: { "content-type": "application/json" }, body }];
  return rawLoop(port, { requests, count, inFlight: IN_FLIGHT });
}
