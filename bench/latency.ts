/** From sending an event to its arrival at the vendor, at a steady 1,000 events a second; accepting is part of it. */
import { performance } from "node:perf_hooks";
import { webhookConfig } from "./delivery.ts";
import { drive, post } from "./generator.ts";
import { KEY, startHelper, startProduct } from "./processes.ts";
import type { Row } from "./row.ts";
import { sampleEvent } from "./sample-event.ts";

const RATE = 1000;

export async function benchLatency(scale: number): Promise<Row[]> {
  const events = Math.round(20_000 * scale);
  const receiver = await startHelper("./receiver-process.ts");
  const floor = await steady(receiver.port, events, "/");
  const direct = await delays(receiver, events);
  const product = await startProduct(webhookConfig(receiver.port));
  await steady(product.port, 2000, "/v1/t");
  await delays(receiver, 2000);
  const accept = await steady(product.port, events, "/v1/t");
  const through = await delays(receiver, events);
  await product.stop();
  await receiver.stop();
  return [
    {
      what: `accept at ${RATE}/s, p50`,
      value: accept.p50,
      unit: "ms",
      note: `p99 ${accept.p99.toFixed(1)} ms; straight to the receiver ${floor.p50.toFixed(1)} / ${floor.p99.toFixed(1)} ms`,
    },
    {
      what: `sent to received at ${RATE}/s, p50`,
      value: through.p50,
      unit: "ms",
      note: `straight to the receiver ${direct.p50.toFixed(1)} ms`,
    },
    {
      what: `sent to received at ${RATE}/s, p99`,
      value: through.p99,
      unit: "ms",
      note: `straight to the receiver ${direct.p99.toFixed(1)} ms`,
    },
  ];
}

let round = 0;

function steady(port: number, events: number, path: string): ReturnType<typeof drive> {
  round += 1;
  const from = round * 1_000_000;
  return drive({
    host: "127.0.0.1",
    port,
    connections: 32,
    requests: events,
    rate: RATE,
    make: (index) => {
      const event = sampleEvent(from + index, { sent_at: performance.timeOrigin + performance.now() });
      return post(path, JSON.stringify(event), { Authorization: `Bearer ${KEY}` });
    },
  });
}

async function delays(
  receiver: { ask<T>(question: string): Promise<T> },
  events: number,
): Promise<{ p50: number; p99: number }> {
  for (let tries = 0; tries < 600; tries += 1) {
    const counted = await receiver.ask<{ count: number }>("count");
    if (counted.count >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { delays: all } = await receiver.ask<{ delays: number[] }>("reset");
  const sorted = all.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
