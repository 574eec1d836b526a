/** A worker on a log in memory, with a clock that stands still and a vendor that plays a script. */
import {
  type Clock,
  type ConfigSnapshot,
  type Connector,
  DEAD_LETTER_STATES,
  type DeadLetterRecord,
  type DeadLetterState,
  deadLetterTopic,
  type DeliveryRecord,
  deliveryTopic,
  fixedTopics,
  integrationTopics,
  type IntegrationConfig,
  type JsonObject,
  type LaneConfig,
  type Logger,
  OUTCOMES,
  type OutcomeRecord,
  type RevisionContent,
  type SentTrace,
  type SnapshotSource,
  TRACES,
  type TraceSettings,
  WORKER_LEDGER,
  workerGroup,
} from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import { type FaultyLog, type FaultyLogOptions, openFaultyLog } from "@datafly-signal/ports/log/faulty";
import type { StateStore } from "@datafly-signal/ports/state";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { afterEach } from "node:test";
import { Registry } from "prom-client";
import { startWorker, type Worker, type WorkerSettings } from "../worker.ts";
import { TestClock } from "./test-clock.ts";
import {
  type Play,
  type PlayPreparing,
  type PlayToken,
  testConnector,
  testSender,
  type TestSender,
} from "./test-vendor.ts";

const PARTITIONS = 2;

export interface TrialOptions {
  snapshot?: ConfigSnapshot;
  connector?: Connector;
  play?: Play;
  playToken?: PlayToken;
  playPreparing?: PlayPreparing;
  redactor?: { learn(secret: string): void; forget(secret: string): void };
  logger?: Logger;
  faults?: FaultyLogOptions;
  settings?: WorkerSettings;
  traces?: TraceSettings;
  random?: () => number;
}

export interface Trial {
  clock: TestClock;
  log: FaultyLog;
  sender: TestSender;
  snapshots: TestSnapshots;
  registry: Registry;
  worker: Worker;
  options: TrialOptions;
}

interface TestSnapshots extends SnapshotSource {
  set(snapshot: ConfigSnapshot): void;
  /** What the next `refresh` finds. */
  upcoming: ConfigSnapshot | null;
  refreshes: number;
}

function testSnapshots(first: ConfigSnapshot): TestSnapshots {
  let current = first;
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  return {
    upcoming: null,
    refreshes: 0,
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async refresh() {
      this.refreshes += 1;
      if (this.upcoming !== null) this.set(this.upcoming);
      this.upcoming = null;
    },
    set(snapshot) {
      current = snapshot;
      for (const listener of listeners) listener(snapshot);
    },
  };
}

export const quietLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export function revision(content: Partial<RevisionContent> = {}): RevisionContent {
  return {
    parameters: {},
    secrets: {},
    mapping: null,
    consentCategories: [],
    rateLimits: { rps: null, burst: null, daily: null },
    batch: {},
    deliverySpec: null,
    ...content,
  };
}

export interface TestLane extends Partial<LaneConfig> {
  id: string;
}

/** One integration a key of `integrations`, each with the lanes `<id>_lane` or as given. */
export function snapshotOf(
  integrations: Record<string, { lanes?: TestLane[]; revisions?: Record<number, RevisionContent> }> = { tmpl_a: {} },
  facts: Partial<ConfigSnapshot> = {},
): ConfigSnapshot {
  const lanes = Object.entries(integrations).flatMap(([integrationId, given]) =>
    (given.lanes ?? [{ id: `${integrationId}_lane` }]).map((lane) => ({
      pipelineId: "pip_a",
      integrationId,
      revision: 1,
      enabled: true,
      ...lane,
    })),
  );
  return {
    number: 1,
    environment: "development",
    organisationId: "org_a",
    pipelines: [pipeline({})],
    integrations: Object.entries(integrations).map(([id, given]) =>
      integration(id, given.revisions ?? { 1: revision() }),
    ),
    lanes,
    removed: [],
    ...facts,
  };
}

function pipeline(parameters: Record<string, string>): ConfigSnapshot["pipelines"][number] {
  return {
    id: "pip_a",
    name: "Shop",
    slug: "shop",
    type: "web",
    enabled: true,
    keys: [],
    domainAllowlist: [],
    rateLimitRps: 1000,
    parameters,
  };
}

function integration(id: string, revisions: Record<number, RevisionContent>): IntegrationConfig {
  const consentByRevision = Object.fromEntries(
    Object.entries(revisions).map(([number, content]) => [number, content.consentCategories]),
  );
  return {
    id,
    name: id,
    vendor: "test_vendor",
    vendorName: "Test vendor",
    variant: "default",
    deliveryMode: "server_side",
    latestRevision: Math.max(...Object.keys(revisions).map(Number)),
    revisions,
    consentByRevision,
  };
}

export function delivery(messageId: string, clock: TestClock, facts: Partial<DeliveryRecord> = {}): DeliveryRecord {
  const at = new Date(clock.wall()).toISOString();
  const integrationId = facts.integrationId ?? "tmpl_a";
  const lane = facts.pipelineIntegrationId ?? `${integrationId}_lane`;
  return {
    v: 1,
    deliveryId: `${lane}:${messageId}`,
    messageId,
    pipelineId: "pip_a",
    integrationId,
    pipelineIntegrationId: lane,
    revision: 1,
    snapshot: 1,
    eventName: "purchase",
    vendorEventName: null,
    payload: { value: 1 },
    event: { type: "track", messageId, timestamp: at, receivedAt: at, context: {} },
    consent: null,
    timestamp: at,
    receivedAt: at,
    raw: { partition: 0, offset: 0 },
    ...facts,
  };
}

const open: { worker: Worker; clock: TestClock }[] = [];

afterEach(async () => {
  for (const { worker, clock } of open.splice(0)) {
    const closing = worker.close(0);
    await clock.advance(1);
    await closing;
  }
});

/** A log with a configuration, a vendor and a worker. */
export async function openTrial(options: TrialOptions = {}): Promise<Trial> {
  const stage = await setStage(options);
  return { ...stage, ...(await hire(stage, stage.log)) };
}

/** The same before anybody works. */
export async function setStage(options: TrialOptions = {}): Promise<Omit<Trial, "worker" | "registry">> {
  const clock = new TestClock();
  const snapshot = options.snapshot ?? snapshotOf();
  const log = openFaultyLog({ wall: () => clock.wall(), ...options.faults });
  await log.ensureTopics(fixedTopics(PARTITIONS));
  for (const { id } of snapshot.integrations) await log.ensureTopics(integrationTopics(id, PARTITIONS));
  for (const { integrationId } of snapshot.removed)
    await log.ensureTopics(integrationTopics(integrationId, PARTITIONS));
  const snapshots = testSnapshots(snapshot);
  const sender = testSender(() => clock.monotonic(), options.play);
  if (options.playToken !== undefined) sender.playToken = options.playToken;
  if (options.playPreparing !== undefined) sender.playPreparing = options.playPreparing;
  return { clock, log, sender, snapshots, options };
}

/** A further worker on the trial's log, or on another view of it. */
export async function hire(
  trial: Pick<Trial, "clock" | "sender" | "snapshots" | "options">,
  log: EventLog,
  facts: { sender?: TestSender; state?: StateStore; clock?: Clock; mortal?: boolean } = {},
): Promise<{ worker: Worker; registry: Registry }> {
  const registry = new Registry();
  const connector = trial.options.connector ?? testConnector();
  const worker = await startWorker({
    log,
    state: facts.state ?? openMemoryState(),
    connectors: new Map([[connector.key, connector]]),
    snapshots: trial.snapshots,
    sender: facts.sender ?? trial.sender,
    openSecret: (sealed) => sealed.replace("v1.sealed.", ""),
    clock: facts.clock ?? trial.clock,
    random: trial.options.random ?? (() => 0),
    logger: trial.options.logger ?? quietLogger,
    registry,
    settings: { pollWaitMs: 20, ...trial.options.settings },
    ...(trial.options.traces === undefined ? {} : { traces: trial.options.traces }),
    ...(trial.options.redactor === undefined ? {} : { redactor: trial.options.redactor }),
  });
  // One that was killed cannot be closed.
  if (facts.mortal !== true) open.push({ worker, clock: trial.clock });
  return { worker, registry };
}

/** Appends deliveries, again until the log takes them. */
export async function post(trial: Pick<Trial, "log">, deliveries: readonly DeliveryRecord[]): Promise<void> {
  const records = deliveries.map((one) => ({
    topic: deliveryTopic(one.integrationId),
    key: `${one.pipelineIntegrationId}:${one.messageId}`,
    value: Buffer.from(JSON.stringify(one)),
  }));
  for (;;) {
    try {
      await trial.log.append(records);
      return;
    } catch {
      // The log was told to fail now and then.
    }
  }
}

async function readAll(log: EventLog, topic: string): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (const { partition } of await log.bounds(topic)) {
    all.push(...(await log.read({ topic, partition, from: { offset: 0 }, maxRecords: 1e6, maxBytes: 1e9 })));
  }
  return all;
}

function parse<T>(value: Uint8Array): T {
  return JSON.parse(Buffer.from(value).toString("utf8")) as T;
}

/** The sums of the outcomes: `delivered`, `filtered/consent_denied`, …, of one lane or of all. */
export async function outcomes(log: EventLog, lane?: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { value } of await readAll(log, OUTCOMES)) {
    const record = parse<OutcomeRecord>(value);
    if (lane !== undefined && record.lane?.pipelineIntegrationId !== lane) continue;
    const name = record.reason === null ? record.kind : `${record.kind}/${record.reason}`;
    sums[name] = (sums[name] ?? 0) + record.count;
  }
  return sums;
}

export async function deadLetters(log: EventLog, integrationId = "tmpl_a"): Promise<DeadLetterRecord[]> {
  return (await readAll(log, deadLetterTopic(integrationId))).map(({ value }) => parse<DeadLetterRecord>(value));
}

export async function sentTraces(log: EventLog): Promise<SentTrace[]> {
  return (await readAll(log, TRACES)).map(({ value }) => parse<SentTrace>(value));
}

export async function deadLetterStates(log: EventLog): Promise<Record<string, DeadLetterState>> {
  const table = await log.table(DEAD_LETTER_STATES, "");
  return Object.fromEntries([...table].map(([id, value]) => [id, parse<DeadLetterState>(value)]));
}

/** The ledger as it is written: heads by partition, parked entries by `partition/offset`. */
export async function ledger(
  log: EventLog,
  integrationId = "tmpl_a",
): Promise<{ heads: Record<string, JsonObject>; parked: Record<string, JsonObject> }> {
  const prefix = `${workerGroup(integrationId)}/`;
  const heads: Record<string, JsonObject> = {};
  const parked: Record<string, JsonObject> = {};
  for (const [key, value] of await log.table(WORKER_LEDGER, prefix)) {
    const place = key.slice(prefix.length);
    (place.includes("/") ? parked : heads)[place] = parse<JsonObject>(value);
  }
  return { heads, parked };
}
