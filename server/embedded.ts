/** The embedded server: one process, all roles, one data folder. */
import { mkdirSync } from "node:fs";
import { loadConnectors } from "@datafly-signal/connectors";
import {
  createKeyring,
  fixedTopics,
  integrationTopics,
  type Logger,
  OUTCOMES,
  type OutcomeRecord,
} from "@datafly-signal/core";
import { type Aggregator, inFlight, startAggregator, startManagement } from "@datafly-signal/management-api";
import type { EventLog } from "@datafly-signal/ports/log";
import { createLogBell } from "@datafly-signal/ports/log/lmdb";
import { systemClock } from "./clock.ts";
import { type Configuration, openConfiguration } from "./configuration/configuration.ts";
import { faultText } from "./configuration/config-files.ts";
import { controlMethods } from "./control/methods.ts";
import { startControlServer } from "./control/control-server.ts";
import { controlSocketPath } from "./control/socket-path.ts";
import { type DataFolder, folderKey, openDataFolder } from "./data-folder/data-folder.ts";
import { greeting } from "./greeting.ts";
import type { Settings } from "./settings.ts";
import { type DataPlane, startDataPlane } from "./threads/data-plane.ts";
import { openThreadLog, openThreadState, startRetention } from "./threads/embedded-stores.ts";
import type { ThreadData } from "./threads/protocol.ts";

/** Partitions of the embedded log's topics (contracts §3). */
const PARTITIONS = 4;
const AGGREGATE_EVERY_MS = 250;

/** What keeps the server from starting, each in words with the cure. */
export class StartFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "StartFault";
    this.faults = faults;
  }
}

export interface EmbeddedServer {
  /** What a person sees who has just started it. */
  greeting: string;
  /** Resolves when a part fails that cannot go on. */
  failed: Promise<Error>;
  close(deadlineMs: number): Promise<void>;
}

interface StartOptions {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  logger: Logger;
  discardWaiting: boolean;
}

/** What was opened, to be closed in the opposite order. */
type Closers = ((deadlineMs: number) => Promise<void> | void)[];

/** @throws {StartFault} */
export async function startEmbedded(options: StartOptions): Promise<EmbeddedServer> {
  const opened = openDataFolder(options.settings.dataDir);
  if ("fault" in opened) throw new StartFault([opened.fault]);
  const closers: Closers = [() => opened.folder.lock.release()];
  const close = async (deadlineMs: number): Promise<void> => {
    for (const closer of closers.toReversed()) await closer(deadlineMs);
  };
  try {
    return { ...(await startParts(options, opened.folder, closers)), close };
  } catch (error) {
    await close(1000);
    throw startFaultOf(error);
  }
}

async function startParts(
  options: StartOptions,
  folder: DataFolder,
  closers: Closers,
): Promise<Omit<EmbeddedServer, "close">> {
  const { settings, logger } = options;
  const stores = openMainStores(options, closers);
  await stores.log.ensureTopics(fixedTopics(PARTITIONS));
  const aggregator = await startAggregator({
    log: stores.log,
    records: stores.state.records,
    clock: systemClock,
    logger,
    intervalMs: AGGREGATE_EVERY_MS,
  });
  closers.push(() => aggregator.close());
  const keys = encryptionKeys(settings, folder);
  const configuration = await configure({ options, ...stores, aggregator, keys });
  closers.push(() => configuration.close());
  const keyless = { ...settings, encryptionKey: null, encryptionKeyPrevious: null };
  const data: ThreadData = { settings: keyless, bell: stores.bell, snapshot: configuration.snapshots.current(), keys };
  const plane = await startDataPlane({
    data,
    onRefresh: () => configuration.reload(),
    onRefused: (counts) => void recordRefused(stores.log, counts, logger),
  });
  closers.push((deadlineMs) => plane.close(deadlineMs));
  closers.push(configuration.snapshots.onChange((snapshot) => plane.publish(snapshot)));
  plane.publish(configuration.snapshots.current());
  const management = await startManagementOn(options, { ...stores, aggregator, configuration, plane });
  closers.push(() => management.close());
  const control = await startControlServer({
    path: controlSocketPath(settings.dataDir),
    methods: controlMethods({ management, snapshots: configuration.snapshots }),
    logger,
  });
  closers.push(() => control.close());
  const addresses = { gateway: urlOf(plane.gateway), management: urlOf(management.address) };
  folder.lock.announce(addresses);
  logger.info(addresses, "ready");
  return {
    greeting: greeting({ settings, ...addresses, snapshot: configuration.snapshots.current() }),
    failed: plane.failed,
  };
}

type MainStores = ReturnType<typeof openMainStores>;

function openMainStores(options: StartOptions, closers: Closers) {
  const { settings, logger } = options;
  mkdirSync(settings.dataDir, { recursive: true });
  const bell = createLogBell();
  const threadData = { settings, bell };
  const log = openThreadLog(threadData, "main");
  closers.push(() => log.close());
  const state = openThreadState(threadData, "main");
  closers.push(() => state.close());
  const retention = startRetention(log, "work", { clock: systemClock, logger });
  closers.push(() => retention.close());
  return { bell, log, state };
}

async function configure(
  parts: { options: StartOptions; aggregator: Aggregator; keys: Uint8Array[] } & MainStores,
): Promise<Configuration> {
  const { options, log, state, aggregator, keys } = parts;
  const [current = new Uint8Array(), ...previous] = keys;
  const opened = await openConfiguration({
    settings: options.settings,
    env: options.env,
    records: state.records,
    keyring: createKeyring({ current, previous }),
    connectors: await loadConnectors(),
    clock: systemClock,
    logger: options.logger,
    discardWaiting: options.discardWaiting,
    waiting: () => waitingByIntegration(aggregator),
    prepare: async (integrationIds) =>
      log.ensureTopics(integrationIds.flatMap((id) => integrationTopics(id, PARTITIONS))),
  });
  if (!opened.ok) throw new StartFault(opened.faults.map(faultText));
  return opened.configuration;
}

/** Deliveries on their way, by integration and by lane. */
async function waitingByIntegration(aggregator: Aggregator): Promise<Map<string, number>> {
  const totals = await aggregator.totals();
  const waiting = new Map<string, number>();
  for (const [lane, counts] of Object.entries(totals.lanes)) {
    const count = inFlight(counts);
    waiting.set(lane, count);
    waiting.set(counts.integrationId, (waiting.get(counts.integrationId) ?? 0) + count);
  }
  return waiting;
}

function encryptionKeys(settings: Settings, folder: DataFolder): Uint8Array[] {
  const current = settings.encryptionKey ?? folderKey(folder.path, "encryption.key");
  return settings.encryptionKeyPrevious === null ? [current] : [current, settings.encryptionKeyPrevious];
}

function startManagementOn(
  options: StartOptions,
  parts: { aggregator: Aggregator; configuration: Configuration; plane: DataPlane } & MainStores,
): ReturnType<typeof startManagement> {
  const { log, state, aggregator, configuration, plane } = parts;
  return startManagement({
    log,
    state,
    aggregator,
    snapshots: configuration.snapshots,
    clock: systemClock,
    logger: options.logger,
    host: options.settings.host,
    port: options.settings.managementPort,
    lanes: () => plane.lanes(),
    ready: () => plane.ready(),
    metrics: () => plane.metrics(),
  });
}

async function recordRefused(log: EventLog, counts: Record<string, number>, logger: Logger): Promise<void> {
  const now = systemClock.wall();
  const records = Object.entries(counts).map(([reason, count]) => {
    const record: OutcomeRecord = { v: 1, minute: now - (now % 60_000), count, lane: null, kind: "refused", reason };
    return { topic: OUTCOMES, key: reason, value: Buffer.from(JSON.stringify(record)) };
  });
  await log.append(records).catch((error: unknown) => {
    logger.warn({ error: String(error), counts }, "refused requests could not be counted");
  });
}

function urlOf(address: { host: string; port: number }): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}

function startFaultOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const taken = /listen (EADDRINUSE|EACCES|EADDRNOTAVAIL)[^]* ([^ ]+):(\d+)/.exec(error.message);
  if (taken === null) return error;
  const [, code, host, port] = taken;
  const what =
    code === "EADDRINUSE"
      ? "is taken by another program"
      : code === "EACCES"
        ? "may not be opened"
        : "is not one of this machine's addresses";
  return new StartFault([
    `${host}:${port} ${what}. Set GATEWAY_PORT, MANAGEMENT_PORT or HOST to another; port 0 takes any free one.`,
  ]);
}
