/** A processor on a log and a state store in memory, for tests: events in, everything written out. */
import {
  type CompiledMapping,
  type ConfigSnapshot,
  type DeadLetterRecord,
  type DeliveryRecord,
  type IntegrationConfig,
  type JsonObject,
  type LaneConfig,
  type OutcomeRecord,
  type PipelineConfig,
  type ProcessedTrace,
  type RejectedEventRecord,
  type RevisionContent,
  type SnapshotSource,
  type TraceSettings,
  DLQ_EVENTS,
  OUTCOMES,
  RAW_EVENTS,
  TRACES,
  deadLetterTopic,
  deliveryTopic,
  fixedTopics,
  integrationTopics,
} from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import { type FaultyLog, type FaultyLogOptions, openFaultyLog } from "@datafly-signal/ports/log/faulty";
import type { StateStore } from "@datafly-signal/ports/state";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { Registry } from "prom-client";
import { type Processor, type ProcessorSettings, startProcessor } from "./processor.ts";

export const WALL = Date.parse("2026-02-25T14:30:10.000Z");
const PARTITIONS = 4;

export function pipeline(id: string, parameters: Record<string, string> = {}): PipelineConfig {
  return {
    id,
    name: id,
    slug: id,
    type: "web",
    enabled: true,
    keys: [],
    domainAllowlist: [],
    rateLimitRps: 1000,
    parameters,
  };
}

export function revision(fields: Partial<RevisionContent> = {}): RevisionContent {
  return {
    parameters: {},
    secrets: {},
    mapping: null,
    consentCategories: [],
    rateLimits: { rps: null, burst: null, daily: null },
    batch: {},
    deliverySpec: null,
    ...fields,
  };
}

export function integration(id: string, fields: Partial<IntegrationConfig> = {}): IntegrationConfig {
  return {
    id,
    name: `Hook ${id}`,
    vendor: "webhook",
    vendorName: "Custom webhook",
    variant: "default",
    deliveryMode: "server_side",
    latestRevision: 1,
    revisions: { 1: revision() },
    consentByRevision: {},
    ...fields,
  };
}

export function lane(id: string, integrationId: string, fields: Partial<LaneConfig> = {}): LaneConfig {
  return { id, pipelineId: "pip_shop", integrationId, revision: 1, enabled: true, ...fields };
}

export function snapshotOf(fields: Partial<ConfigSnapshot>): ConfigSnapshot {
  return {
    number: 1,
    environment: "development",
    organisationId: "org_1",
    pipelines: [pipeline("pip_shop")],
    integrations: [integration("tmpl_a")],
    lanes: [lane("pi_a", "tmpl_a")],
    removed: [],
    ...fields,
  };
}

/** A raw event; `fields` replace and add. */
export function raw(messageId: string, fields: JsonObject = {}): JsonObject {
  return {
    type: "track",
    event: "Product Added",
    messageId,
    anonymousId: "anon-1",
    timestamp: "2026-02-25T14:30:00.000Z",
    receivedAt: "2026-02-25T14:30:01.000Z",
    properties: { value: 79.99 },
    context: {},
    pipelineId: "pip_shop",
    input: "browser",
    request: { ip: "203.0.113.7", browser: false },
    ...fields,
  };
}

/** An event, or a record's text or bytes as they are. */
type RawInput = JsonObject | string | Buffer;

/** A mapping that does what a function says. */
export function mappingOf(apply: CompiledMapping["apply"]): CompiledMapping {
  return { apply };
}

export interface Trial {
  log: FaultyLog;
  state: StateStore;
  processor: Processor;
  registry: Registry;
  /** What was logged, as `level message fields`. */
  logged: string[];
  snapshots: { current: ConfigSnapshot; refreshed: number; onRefresh: () => void };
  /** Appends and waits until all of it is processed. */
  send(...events: RawInput[]): Promise<void>;
  /** Appends only. */
  append(...events: RawInput[]): Promise<void>;
  deliveries(integrationId: string): Promise<DeliveryRecord[]>;
  deadLetters(integrationId: string): Promise<DeadLetterRecord[]>;
  rejected(): Promise<RejectedEventRecord[]>;
  traces(): Promise<ProcessedTrace[]>;
  outcomes(): Promise<OutcomeRecord[]>;
  /** `lane kind reason` or `kind reason`, and how often. */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface TrialOptions {
  snapshot?: ConfigSnapshot;
  faults?: FaultyLogOptions;
  settings?: Partial<ProcessorSettings>;
  traces?: TraceSettings;
  compile?: (content: RevisionContent) => CompiledMapping;
  state?: StateStore;
  /** Events that are there before the processor starts. */
  waiting?: readonly RawInput[];
  /** Puts itself between the processor and the log. */
  wrap?: (log: EventLog) => EventLog;
}

export async function startTrial(options: TrialOptions = {}): Promise<Trial> {
  const log = openFaultyLog({ wall: () => WALL, ...options.faults });
  const state = options.state ?? openMemoryState();
  const snapshots = {
    current: options.snapshot ?? snapshotOf({}),
    refreshed: 0,
    onRefresh: (): void => undefined,
  };
  await log.ensureTopics([
    ...fixedTopics(PARTITIONS),
    ...snapshots.current.integrations.flatMap(({ id }) => integrationTopics(id, PARTITIONS)),
  ]);
  await appendAll(log, options.waiting ?? []);
  const logged: string[] = [];
  const registry = new Registry();
  const processor = await startProcessor({
    log: options.wrap === undefined ? log : options.wrap(log),
    state,
    snapshots: sourceOf(snapshots),
    clock: { wall: () => WALL, monotonic: () => performance.now(), after: soon },
    logger: loggerTo(logged),
    registry,
    settings: { pollWaitMs: 1, paceMs: 0, ...options.settings },
    ...(options.compile === undefined ? {} : { compile: options.compile }),
    ...(options.traces === undefined ? {} : { traces: options.traces }),
  });
  const append = (...events: RawInput[]): Promise<void> => appendAll(log, events);
  return {
    log,
    state,
    processor,
    registry,
    logged,
    snapshots,
    append,
    async send(...events) {
      await append(...events);
      await processor.idle();
    },
    deliveries: async (id) => (await readAll(log, deliveryTopic(id))).map((record) => parsed<DeliveryRecord>(record)),
    deadLetters: async (id) =>
      (await readAll(log, deadLetterTopic(id))).map((record) => parsed<DeadLetterRecord>(record)),
    rejected: async () => (await readAll(log, DLQ_EVENTS)).map((record) => parsed<RejectedEventRecord>(record)),
    traces: async () => (await readAll(log, TRACES)).map((record) => parsed<ProcessedTrace>(record)),
    outcomes: async () => (await readAll(log, OUTCOMES)).map((record) => parsed<OutcomeRecord>(record)),
    counts: async () => countsOf((await readAll(log, OUTCOMES)).map((record) => parsed<OutcomeRecord>(record))),
    async close() {
      await processor.close(1000);
      await log.close();
      await state.close();
    },
  };
}

/** Runs a trial and closes it, whatever happens. */
export async function withTrial<T>(options: TrialOptions, run: (trial: Trial) => Promise<T>): Promise<T> {
  const started = await startTrial(options);
  try {
    return await run(started);
  } finally {
    await started.close();
  }
}

/** Every record of a topic, partition by partition. */
export async function readAll(log: EventLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition } of await log.bounds(topic)) {
    found.push(
      ...(await log.read({
        topic,
        partition,
        from: { offset: 0 },
        maxRecords: 1_000_000,
        maxBytes: Number.MAX_SAFE_INTEGER,
      })),
    );
  }
  return found;
}

function parsed<T>(record: LogRecord): T {
  return JSON.parse(Buffer.from(record.value).toString()) as T;
}

/** Keys as the gateway makes them. An append that the log refuses is repeated, as a gateway's client would. */
async function appendAll(log: EventLog, events: readonly RawInput[]): Promise<void> {
  for (const event of events) {
    const plain = typeof event === "string" || Buffer.isBuffer(event);
    const record = {
      topic: RAW_EVENTS,
      key: plain
        ? "pip_shop:anon-1"
        : `${String(event["pipelineId"])}:${String(event["anonymousId"] ?? event["userId"])}`,
      value: plain ? Buffer.from(event) : Buffer.from(JSON.stringify(event)),
    };
    for (;;) {
      const kept = await log.append([record]).then(
        () => true,
        () => false,
      );
      if (kept) break;
    }
  }
}

function countsOf(outcomes: readonly OutcomeRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { lane: of, kind, reason, count } of outcomes) {
    const name = [of?.pipelineIntegrationId, kind, reason]
      .filter((part) => part !== undefined && part !== null)
      .join(" ");
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

/** Pauses are real in order, not in length. */
function soon(_ms: number, run: () => void): () => void {
  const timer = setImmediate(run);
  return () => clearImmediate(timer);
}

function sourceOf(snapshots: Trial["snapshots"]): SnapshotSource {
  return {
    current: () => snapshots.current,
    onChange: () => () => undefined,
    async refresh() {
      snapshots.refreshed += 1;
      snapshots.onRefresh();
    },
  };
}

function loggerTo(lines: string[]) {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
