/** The worker with a vendor's own plan: deliveries from an LMDB log to a local receiver, beside a raw undici loop that sends the same requests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import {
  type AttemptFacts,
  deliveryKey,
  deliveryTopic,
  fixedTopics,
  integrationTopics,
  OUTCOMES,
  type OutcomeRecord,
  type VendorRequest,
  visitorKey,
} from "@datafly-signal/core";
import { openLmdbLog } from "@datafly-signal/ports/log/lmdb";
import { type ConnectorCase, INTEGRATION, openCase } from "./connector-case.ts";
import { cpuOf, cpuPerEvent, profileFlags, type Running, startHelper } from "./processes.ts";
import { rawLoop, type RawRequest } from "./raw-loop.ts";
import type { Row } from "./row.ts";
import { answerOf } from "./vendor-answers.ts";
import type { Seen } from "./vendor-process.ts";

interface Load {
  vendor: string;
  /** How it sends, in words. */
  way: string;
  /** Stands in each event as it is sent, once. */
  mark: string;
  /** Deliveries before the clock starts: until the code is compiled and the lane's window is open. */
  warm: number;
  /** Deliveries while it runs. */
  events: number;
}

const LOADS: readonly Load[] = [
  { vendor: "amplitude", way: "batched", mark: '"insert_id":', warm: 8_000, events: 60_000 },
  { vendor: "webhook", way: "one request an event", mark: '"messageId":', warm: 8_000, events: 40_000 },
  { vendor: "google_analytics_4", way: "one request a visitor", mark: '"event_id":', warm: 8_000, events: 40_000 },
];

/** A quick run has one batched vendor and one that takes single events. */
const QUICK_LOADS = 2;
const QUICK_WARM = 5_000;
/** As the embedded log has. */
const PARTITIONS = 4;
/** Deliveries after the clock has stopped: the last ones of a log may wait for company that never comes. */
const TAIL = 500;
const APPENDED_AT_ONCE = 500;
const RAW_WARM = 2_000;
/** Deliveries that the raw loop's requests are made of, and the plan is measured with. */
const DISTINCT = 2_000;
const ROUNDS = 5;
const PATIENCE_MS = 120_000;

export async function benchConnectors(scale: number): Promise<Row[]> {
  const isQuick = scale < 1;
  const rows: Row[] = [];
  for (const load of isQuick ? LOADS.slice(0, QUICK_LOADS) : LOADS) {
    const warm = isQuick ? QUICK_WARM : load.warm;
    rows.push(...(await benchConnector({ ...load, warm, events: Math.round(load.events * scale) })));
  }
  return rows;
}

async function benchConnector(load: Load): Promise<Row[]> {
  const about = await openCase(load.vendor);
  const { requests, perEvent } = buildAll(about, load.vendor);
  const size = DISTINCT / requests.length;
  const receiver = await startHelper("./vendor-process.ts", [
    load.vendor,
    load.mark,
    String(load.warm),
    String(load.warm + load.events),
  ]);
  const inFlight = about.connector.limits.concurrency;
  const raw = (): Promise<Floor> =>
    rawFloor(receiver.port, { requests, inFlight, deliveries: Math.ceil(load.events / 2) });
  const before = await raw();
  await receiver.ask("reset");
  const work = await deliverAll(about, receiver, load);
  // Before and after: what else runs on the machine meets both alike.
  const after = await raw();
  await receiver.stop();
  const floor = { rate: (before.rate + after.rate) / 2, cpu: (before.cpu + after.cpu) / 2 };
  return [
    {
      what: `worker, ${load.vendor}, ${load.way}`,
      value: work.rate,
      unit: "deliveries/s",
      floor: floor.rate,
      floorName: "raw undici loop, same requests",
      note: `${size === 1 ? "" : `${size} a request, `}${inFlight} under way; ${work.note}`,
    },
    {
      what: "  processor time a delivery, by thread",
      value: work.cpu.total,
      unit: "µs",
      floor: floor.cpu,
      floorName: "raw undici loop",
      note: work.cpu.text,
    },
    {
      what: "  of it the plan alone: build and classify",
      value: perEvent.build + perEvent.classify,
      unit: "µs",
      note: `build ${perEvent.build.toFixed(1)}, classify ${perEvent.classify.toFixed(2)}`,
    },
  ];
}

interface Floor {
  /** Deliveries a second. */
  rate: number;
  /** Processor time of each, in microseconds. */
  cpu: number;
}

async function rawFloor(
  port: number,
  { requests, inFlight, deliveries }: { requests: readonly VendorRequest[]; inFlight: number; deliveries: number },
): Promise<Floor> {
  const size = DISTINCT / requests.length;
  const raw = requests.map(rawOf);
  const run = (count: number): Promise<number> =>
    rawLoop(port, { requests: raw, count: Math.ceil(count / size), inFlight });
  await run(RAW_WARM);
  const before = processorTime();
  const rate = (await run(deliveries)) * size;
  return { rate, cpu: (processorTime() - before) / deliveries };
}

/** Requests of some deliveries, and what making and judging them takes in the best of some rounds, in microseconds an event. */
function buildAll(
  { plan, delivery }: ConnectorCase,
  vendor: string,
): {
  requests: VendorRequest[];
  perEvent: { build: number; classify: number };
} {
  const deliveries = Array.from({ length: DISTINCT }, (_, index) => delivery(index));
  const facts: AttemptFacts = { now: Date.now(), batchId: "0".repeat(32), token: "token" };
  const build = (): VendorRequest[] => {
    const made: VendorRequest[] = [];
    for (let at = 0; at < DISTINCT; at += plan.batch.size) {
      const { requests, refused } = plan.build(deliveries.slice(at, at + plan.batch.size), facts);
      if (refused.length > 0) throw new Error(`${vendor} refuses: ${refused[0]?.reason}`);
      made.push(...requests);
    }
    return made;
  };
  const requests = build();
  const answer = answerOf({ vendor, events: DISTINCT / requests.length, bytes: 1_000 });
  const classify = (): void => {
    for (const request of requests) {
      const [outcome] = plan.classify(answer, request, facts);
      if (outcome?.kind !== "delivered") throw new Error(`${vendor}: the answer means ${JSON.stringify(outcome)}`);
    }
  };
  return { requests, perEvent: { build: microseconds(build), classify: microseconds(classify) } };
}

/** Processor time an event, in the best of some rounds. */
function microseconds(work: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = processorTime();
    work();
    return (processorTime() - before) / DISTINCT;
  });
  return Math.min(...rounds);
}

/** Of this process until now, in microseconds: unlike the clock it does not count what others take of the machine. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function rawOf({ url, headers, body }: VendorRequest): RawRequest {
  const { pathname, search } = new URL(url);
  return { path: pathname + search, headers, body };
}

/** Fills a log, lets the worker empty it, and holds it to having delivered everything. */
async function deliverAll(
  about: ConnectorCase,
  receiver: Running,
  { vendor, warm, events }: Load,
): Promise<{ rate: number; cpu: { total: number; text: string }; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "signal-bench-worker-"));
  try {
    const count = warm + events + TAIL;
    await fill(folder, about, count);
    const origin = `http://127.0.0.1:${receiver.port}`;
    const worker = await startHelper("./worker-process.ts", [vendor, folder, origin], profileFlags());
    await worker.ask("start");
    const warmed = await seenBy(receiver, warm);
    const before = cpuOf(worker.pid);
    const most = await seenBy(receiver, warm + events);
    const cpu = cpuPerEvent(before, cpuOf(worker.pid), most.events - warmed.events);
    await seenBy(receiver, count);
    while (!(await worker.ask<boolean>("idle"))) await pause();
    await worker.stop();
    const { events: arrived, moments } = await receiver.ask<Seen>("count");
    const delivered = await deliveredIn(folder);
    if (delivered !== count) throw new Error(`${vendor}: ${delivered} of ${count} were delivered`);
    const rate = rateOf(moments);
    return { rate, cpu, note: `${arrived - delivered} arrived twice; host led to the receiver, without TLS` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Events a second between the first moment and the last. */
function rateOf(moments: Seen["moments"]): number {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) throw new Error("the receiver saw too little");
  return ((last.events - first.events) / (last.at - first.at)) * 1_000;
}

async function fill(directory: string, { delivery }: ConnectorCase, count: number): Promise<void> {
  const log = openLmdbLog({ directory });
  await log.ensureTopics([...fixedTopics(PARTITIONS), ...integrationTopics(INTEGRATION, PARTITIONS)]);
  for (let from = 0; from < count; from += APPENDED_AT_ONCE) {
    const records = Array.from({ length: Math.min(APPENDED_AT_ONCE, count - from) }, (_, index) => {
      const one = delivery(from + index);
      return {
        topic: deliveryTopic(INTEGRATION),
        key: deliveryKey(one.pipelineIntegrationId, visitorKey(one.event)),
        value: Buffer.from(JSON.stringify(one)),
      };
    });
    await log.append(records);
  }
  await log.close();
}

/** Waits until so many events were seen. */
async function seenBy(receiver: Running, events: number): Promise<Seen> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await receiver.ask<Seen>("count");
    if (seen.events >= events) return seen;
    if (performance.now() > end) throw new Error(`only ${seen.events} of ${events} arrived`);
    await pause();
  }
}

async function deliveredIn(directory: string): Promise<number> {
  const log = openLmdbLog({ directory });
  const read = { topic: OUTCOMES, partition: 0, from: { offset: 0 }, maxRecords: 1e6, maxBytes: 1e9 };
  const records = (await log.read(read)).map(({ value }) => JSON.parse(Buffer.from(value).toString()) as OutcomeRecord);
  await log.close();
  return records.filter(({ kind }) => kind === "delivered").reduce((sum, { count }) => sum + count, 0);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
