/** The embedded server: one process, all roles, one data folder. */
import { randomBytes } from "node:crypto";
import { loadConnectors } from "@datafly-signal/connectors";
import {
  type ConfigSnapshot,
  createKeyring,
  deliveryTopic,
  fixedTopics,
  integrationTopics,
  type Keyring,
  type Logger,
  workerGroup,
} from "@datafly-signal/core";
import {
  type Aggregator,
  demoAddress,
  inFlight,
  type ManagementHttp,
  openConfigurationStore,
  openManagementHttp,
  startAggregator,
  startManagement,
} from "@datafly-signal/management-api";
import type { Injected } from "@datafly-signal/gateway";
import type { EventLog } from "@datafly-signal/ports/log";
import { createLogBell, type LmdbLog } from "@datafly-signal/ports/log/lmdb";
import type { Database } from "@datafly-signal/ports/store";
import { type Budgets, budgetsOf } from "./budgets/describe.ts";
import { openFolderReserve } from "./budgets/disk-space.ts";
import { systemClock } from "./clock.ts";
import { type Configuration, openConfiguration } from "./configuration/configuration.ts";
import type { WaitingLane } from "./configuration/stranded.ts";
import { administratorOf, newId, openControlPlane, waitingNow } from "./control-plane.ts";
import { openDatabase } from "./database.ts";
import { controlMethods } from "./control/methods.ts";
import { startControlServer } from "./control/control-server.ts";
import { controlSocketPath } from "./control/socket-path.ts";
import { type DataFolder, folderKey, openDataFolder } from "./data-folder/data-folder.ts";
import { folderHolder } from "./data-folder/lock.ts";
import { greeting } from "./greeting.ts";
import { uuidV4, uuidV7 } from "./ids.ts";
import { portFaults } from "./listen-failure.ts";
import { refusedRecorder } from "./refused-recorder.ts";
import { type Settings, withoutSecrets } from "./settings.ts";
import { StartFault, startFaultOf } from "./start-fault.ts";
import { productVersion } from "./version.ts";
import { type DataPlane, startDataPlane } from "./threads/data-plane.ts";
import { openThreadLog, openThreadState, startRetention } from "./threads/embedded-stores.ts";
import type { ThreadData } from "./threads/protocol.ts";

/** Partitions of the embedded log's topics. */
const PARTITIONS = 4;
const AGGREGATE_EVERY_MS = 250;
const LOOK_AT_FOLDER_MS = 1000;

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
  const opened = openDataFolder(options.settings.dataDir, {
    version: productVersion(),
    now: () => systemClock.wall(),
    notice: (text) => options.logger.info({}, text),
  });
  if ("fault" in opened) throw new StartFault([opened.fault]);
  const closers: Closers = [() => opened.folder.lock.release()];
  try {
    const parts = await startParts(options, opened.folder, closers);
    return { ...parts, close: (deadlineMs) => closeAll(closers, deadlineMs) };
  } catch (error) {
    await closeAll(closers, 1000).catch(() => undefined);
    throw startFaultOf(error);
  }
}

/** Every closer runs, whatever becomes of the others. @throws the first failure, at the end */
async function closeAll(closers: Closers, deadlineMs: number): Promise<void> {
  const end = systemClock.monotonic() + deadlineMs;
  const failures: unknown[] = [];
  for (const closer of closers.toReversed()) {
    try {
      await closer(Math.max(0, end - systemClock.monotonic()));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function startParts(
  options: StartOptions,
  folder: DataFolder,
  closers: Closers,
): Promise<Omit<EmbeddedServer, "close">> {
  const { settings, logger } = options;
  const faults = await portFaults(settings);
  if (faults.length > 0) throw new StartFault(faults);
  const http = await openManagementHttp({ host: settings.host, port: settings.managementPort });
  closers.push(() => http.close());
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
  const { database, opened } = await openDatabase({
    dataDir: folder.path,
    url: settings.databaseUrl,
    clock: systemClock,
    logger,
  });
  closers.push(() => database.close());
  const keyring = keyringOf(keys);
  const configuration = await configure({ options, ...stores, http, aggregator, keyring, database });
  closers.push(() => configuration.close());
  const retention = startRetention(stores.log, "work", {
    clock: systemClock,
    logger,
    keepFrom: () => unreadDeliveries(stores.log, configuration.snapshots.current()),
  });
  closers.push(() => retention.close());
  const started: Started = { ...stores, http, aggregator, configuration, plane: null };
  const administrator = await administratorOf(options, { database, opened });
  const controlPlane = await openControlPlane({
    settings,
    database,
    keyring,
    jwtSecret: settings.jwtSecret ?? folderKey(folder.path, "jwt.key"),
    snapshots: configuration.snapshots,
    waitingLanes: () => waitingLanes(aggregator),
    gatewayUrl: () => (started.plane === null ? null : urlOf(started.plane.gateway)),
    managementUrl: urlOf(http.address),
    logger,
    onConfigurationChanged: () => void configuration.reload(),
  });
  closers.push(() => controlPlane.close());
  const management = await startManagementOn(options, started, controlPlane);
  closers.push((deadlineMs) => management.close(deadlineMs));
  const control = await startControlServer({
    path: controlSocketPath(settings.dataDir),
    methods: controlMethods({
      management,
      log: stores.log,
      snapshots: configuration.snapshots,
      clock: systemClock,
      settings,
      ids: { uuidV4, uuidV7 },
      configurationFiles: () => configuration.files(),
      operator: controlPlane.operator,
      reload: () => configuration.reload(),
      troubles: () => configuration.troubles(),
      ready: () => readiness(started),
      inject: async (injection) => started.plane?.inject(injection) ?? STARTING,
    }),
    logger,
  });
  closers.push(() => control.close());
  const plane = await startPlane(options, { ...started, keys }, closers);
  started.plane = plane;
  const addresses = { gateway: urlOf(plane.gateway), management: urlOf(http.address) };
  const budgets = await budgetsNow(settings, stores.log);
  folder.lock.announce(addresses);
  logger.info(
    { dataFolder: folder.path, deployment: folder.mark.deployment, ...budgets },
    "what may be used, in bytes",
  );
  logger.info(addresses, "ready");
  return {
    greeting: greeting({ settings, ...addresses, snapshot: configuration.snapshots.current(), budgets, administrator }),
    failed: Promise.race([plane.failed, folderLost(folder, closers)]),
  };
}

async function budgetsNow(settings: Settings, log: LmdbLog): Promise<Budgets> {
  const reserve = openFolderReserve(settings, log);
  try {
    return await budgetsOf(settings, reserve);
  } finally {
    reserve.close();
  }
}

/** Resolves when the folder, or its lock, was taken away under the running server: what it then accepts would not stay. */
function folderLost(folder: DataFolder, closers: Closers): Promise<Error> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (folderHolder(folder.path)?.pid === process.pid) return;
      clearInterval(timer);
      resolve(new StartFault([`The data folder ${folder.path} was removed, or taken by another process.`]));
    }, LOOK_AT_FOLDER_MS);
    closers.push(() => clearInterval(timer));
  });
}

/** What runs on the main thread; the data plane joins it last, so that 8084 answers from the start. */
interface Started extends MainStores {
  http: ManagementHttp;
  aggregator: Aggregator;
  configuration: Configuration;
  plane: DataPlane | null;
}

async function startPlane(
  options: StartOptions,
  parts: Started & { keys: Uint8Array[] },
  closers: Closers,
): Promise<DataPlane> {
  const { settings, logger } = options;
  const { configuration, log, bell, keys } = parts;
  const keyless = withoutSecrets(settings);
  const data: ThreadData = { settings: keyless, bell, snapshot: configuration.snapshots.current(), keys };
  const refused = refusedRecorder(log, { clock: systemClock, logger });
  closers.push(() => refused.close());
  const plane = await startDataPlane({
    data,
    onRefresh: () => configuration.reload(),
    onRefused: refused.add,
  });
  closers.push(configuration.snapshots.onChange((snapshot) => plane.publish(snapshot)));
  closers.push((deadlineMs) => plane.close(deadlineMs));
  plane.publish(configuration.snapshots.current());
  return plane;
}

type MainStores = ReturnType<typeof openMainStores>;

function openMainStores(options: StartOptions, closers: Closers) {
  const { settings } = options;
  const bell = createLogBell();
  const threadData = { settings, bell };
  const log = openThreadLog(threadData, "main");
  closers.push(() => log.close());
  const state = openThreadState(threadData, "main");
  closers.push(() => state.close());
  return { bell, log, state };
}

async function configure(
  parts: {
    options: StartOptions;
    http: ManagementHttp;
    aggregator: Aggregator;
    keyring: Keyring;
    database: Database;
  } & MainStores,
): Promise<Configuration> {
  const { options, http, log, state, aggregator, keyring, database } = parts;
  const { environment, allowPrivateAddresses } = options.settings;
  const connectors = await loadConnectors();
  const store = openConfigurationStore({
    database,
    keyring,
    nonce: () => randomBytes(12),
    now: () => systemClock.wall(),
    newId,
    connectors,
    environment,
    allowPrivateAddresses,
    waiting: () => waitingNow(() => waitingLanes(aggregator)),
  });
  const opened = await openConfiguration({
    settings: options.settings,
    env: options.env,
    records: state.records,
    store,
    connectors,
    clock: systemClock,
    logger: options.logger,
    discardWaiting: options.discardWaiting,
    demo: environment === "development" ? demoAddress(http.address) : null,
    waiting: () => waitingLanes(aggregator),
    prepare: async (integrationIds) =>
      log.ensureTopics(integrationIds.flatMap((id) => integrationTopics(id, PARTITIONS))),
  });
  if (!opened.ok) throw new StartFault(opened.faults);
  return opened.configuration;
}

/** Lanes with deliveries on their way. */
async function waitingLanes(aggregator: Aggregator): Promise<WaitingLane[]> {
  const totals = await aggregator.totals();
  return Object.entries(totals.lanes)
    .map(([laneId, counts]) => ({ laneId, integrationId: counts.integrationId, count: inFlight(counts) }))
    .filter(({ count }) => count > 0);
}

/** Where workers read on, by topic and partition: what they have not read stays, however old, until they give it up themselves. */
async function unreadDeliveries(log: EventLog, snapshot: ConfigSnapshot): Promise<Map<string, Map<number, number>>> {
  const ids = [...snapshot.integrations.map((one) => one.id), ...snapshot.removed.map((one) => one.integrationId)];
  const topics = ids.map(async (id): Promise<[string, Map<number, number>]> => {
    const topic = deliveryTopic(id);
    const committed = await log.committed(workerGroup(id), topic);
    const bounds = await log.bounds(topic);
    return [topic, new Map(bounds.map(({ partition }) => [partition, committed.get(partition) ?? 0]))];
  });
  return new Map(await Promise.all(topics));
}

function encryptionKeys(settings: Settings, folder: DataFolder): Uint8Array[] {
  const current = settings.encryptionKey ?? folderKey(folder.path, "encryption.key");
  return settings.encryptionKeyPrevious === null ? [current] : [current, settings.encryptionKeyPrevious];
}

function keyringOf(keys: readonly Uint8Array[]): Keyring {
  const [current = new Uint8Array(), ...previous] = keys;
  return createKeyring({ current, previous });
}

function startManagementOn(
  options: StartOptions,
  started: Started,
  controlPlane: Awaited<ReturnType<typeof openControlPlane>>,
): ReturnType<typeof startManagement> {
  const { log, state, http, aggregator, configuration } = started;
  return startManagement({
    log,
    state,
    aggregator,
    snapshots: configuration.snapshots,
    clock: systemClock,
    logger: options.logger,
    http,
    demo:
      options.settings.environment === "development"
        ? { gatewayPort: () => started.plane?.gateway.port ?? null }
        : null,
    lanes: async () => started.plane?.lanes() ?? [],
    trustedProxies: options.settings.trustedProxies,
    ready: () => readiness(started),
    refused: async () => started.plane?.refused() ?? [],
    refusedChange: () => configuration.refused(),
    troubles: () => configuration.troubles(),
    controlPlane,
    metrics: async () =>
      started.plane?.metrics() ?? { contentType: "text/plain; version=0.0.4; charset=utf-8", text: "" },
  });
}

const STARTING: Injected = { ok: false, code: "overloaded", message: "The server is starting; send it again." };

async function readiness({ plane }: Started): Promise<string[]> {
  return plane?.ready() ?? ["the server is starting"];
}

function urlOf(address: { host: string; port: number }): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
