/** Accepting: durable single events and batches a second, beside a bare server and a raw LMDB append. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { open } from "lmdb";
import { drive, post } from "./generator.ts";
import { KEY, memoryOf, type Running, startHelper, startProduct } from "./processes.ts";
import type { Row } from "./row.ts";
import { sampleEvent } from "./sample-event.ts";

const CONNECTIONS = 256;
const BATCH = 100;
const CONFIG = `version: 1\npipelines:\n  - { name: Bench, pipeline_key: ${KEY}, rate_limit_rps: 1000000 }\n`;
const AUTH = { Authorization: `Bearer ${KEY}` };

const single = (index: number): Buffer => post("/v1/t", JSON.stringify(sampleEvent(index)), AUTH);
const batch = (index: number): Buffer =>
  post(
    "/v1/batch",
    JSON.stringify({ batch: Array.from({ length: BATCH }, (_, item) => sampleEvent(index * BATCH + item)) }),
    AUTH,
  );

export async function benchAccept(scale: number): Promise<Row[]> {
  const singles = Math.round(200_000 * scale);
  const batches = Math.round(6000 * scale);
  const bare = await startHelper("./bare-server.ts");
  const bareSingle = await rate(bare, singles, single, 1);
  const bareBatch = await rate(bare, batches, batch, BATCH);
  await bare.stop();
  const product = await startProduct(CONFIG);
  await rate(product, 5000, (index) => single(index + 10_000_000), 1);
  const accepted = await rate(product, singles, single, 1);
  const batched = await rate(product, batches, (index) => batch(index + 100_000), BATCH);
  const memory = memoryOf(product.pid);
  await product.stop();
  const rawSingle = await rawAppend(singles, 256);
  const rawBatch = await rawAppend(batches * BATCH, 16 * BATCH);
  return [
    {
      what: "accepted durably, single events",
      value: accepted,
      unit: "events/s",
      floor: bareSingle,
      floorName: "bare node:http",
    },
    {
      what: "  the same",
      value: accepted,
      unit: "events/s",
      floor: rawSingle,
      floorName: "raw LMDB append, 256 at once",
    },
    {
      what: `accepted durably, batches of ${BATCH}`,
      value: batched,
      unit: "events/s",
      floor: bareBatch,
      floorName: "bare node:http",
    },
    {
      what: "  the same",
      value: batched,
      unit: "events/s",
      floor: rawBatch,
      floorName: "raw LMDB append, 1,600 at once",
    },
    {
      what: "memory after accepting (RSS; peak in the note)",
      value: memory.now,
      unit: "MB",
      note: `peak ${memory.peak} MB`,
    },
  ];
}

/** Events a second; every answer must be 200. */
async function rate(
  server: Running,
  requests: number,
  make: (index: number) => Buffer,
  events: number,
): Promise<number> {
  const made = Array.from({ length: Math.min(requests, 200_000) }, (_, index) => make(index));
  const result = await drive({
    host: "127.0.0.1",
    port: server.port,
    connections: CONNECTIONS,
    requests,
    make: (index) => made[index % made.length] ?? make(index),
  });
  if (result.statuses[200] !== requests) throw new Error(`answers were ${JSON.stringify(result.statuses)}`);
  return (requests * events) / result.seconds;
}

/** Appends records of the same size to a bare LMDB with a durable commit for each group. */
async function rawAppend(records: number, atOnce: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "signal-bench-lmdb-"));
  const database = open<Buffer, number>({
    path: folder,
    encoding: "binary",
    keyEncoding: "uint32",
    overlappingSync: false,
  });
  const value = Buffer.from(JSON.stringify(sampleEvent(1)));
  const start = performance.now();
  for (let done = 0; done < records; done += atOnce) {
    let last: Promise<unknown> = Promise.resolve();
    for (let index = done; index < Math.min(done + atOnce, records); index += 1) last = database.put(index, value);
    await last;
  }
  const seconds = (performance.now() - start) / 1000;
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return records / seconds;
}
