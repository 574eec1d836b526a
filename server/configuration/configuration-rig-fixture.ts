/** For tests: the configuration as the server runs it, with a database that can be away or set back, and a file of its own. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { loadConnectors } from "@datafly-signal/connectors";
import { type ConfigSnapshot, type ConfigurationState, createKeyring } from "@datafly-signal/core";
import { type ConfigurationStore, openConfigurationStore } from "@datafly-signal/management-api";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import type { RecordTable } from "@datafly-signal/ports/state";
import { type Database, loadConfiguration, saveConfiguration, StoreError } from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import type { Settings } from "../settings.ts";
import { type Configuration, type ConfigurationOptions, openConfiguration } from "./configuration.ts";
import type { WaitingLane } from "./stranded.ts";

export interface ConfigurationRig {
  records: RecordTable;
  /** True while the database does not answer. */
  away: boolean;
  /** Integrations whose topics cannot be made. */
  unmade: Set<string>;
  waiting: WaitingLane[];
  /** What was said, the newest last. */
  log: { level: string; message: string; fields: object }[];
  /** Every snapshot that the parts were told of. */
  told: ConfigSnapshot[];
  database(): Database;
  state(): Promise<ConfigurationState>;
  /** Writes, or deletes, the file. */
  file(text: string | null): Promise<void>;
  /** A start; the one before is closed. */
  start(given?: Partial<ConfigurationOptions>): Promise<{ configuration: Configuration } | { faults: string[] }>;
  started(given?: Partial<ConfigurationOptions>): Promise<Configuration>;
  /** A look a while later. */
  look(seconds?: number): Promise<void>;
  /** Sets the database back to an earlier state; null empties it. */
  setBack(state: ConfigurationState | null): Promise<void>;
  /** Changes as the API does. */
  edit(change: (state: ConfigurationState) => ConfigurationState): Promise<void>;
}

export const ORDERS = `version: 1
pipelines:
  - { name: Shop, pipeline_key: dk_live_0123456789abcdef, integrations: [{ integration: Orders }] }
integrations:
  - { name: Orders, vendor: webhook, consent_categories: [], config: { url: "https://orders.example.com" } }
`;

export async function openConfigurationRig(t: TestContext, keyLetter = "a"): Promise<ConfigurationRig> {
  const folder = await mkdtemp(join(tmpdir(), "signal-configuration-"));
  const path = join(folder, "signal.yaml");
  const { records } = openMemoryState();
  const connectors = await loadConnectors();
  const keyring = createKeyring({ current: new Uint8Array(32).fill(keyLetter.charCodeAt(0)) });
  let database = await openSqlite({ path: ":memory:" });
  let monotonic = 0;
  let running: Configuration | null = null;
  let hasFile = false;
  const clock = { wall: () => Date.now(), monotonic: () => monotonic, after: () => () => undefined };
  t.after(async () => {
    await running?.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const rig: ConfigurationRig = {
    records,
    away: false,
    unmade: new Set(),
    waiting: [],
    log: [],
    told: [],
    database: () => database,
    async state() {
      const state = await loadConfiguration(database.queries);
      if (state === null) throw new Error("no organisation");
      return state;
    },
    async file(text) {
      hasFile = text !== null;
      if (text === null) await rm(path, { force: true });
      else await writeFile(path, text);
    },
    async start(given = {}) {
      await running?.close();
      const opened = await openConfiguration({ ...options(), ...given });
      if (!opened.ok) return { faults: opened.faults };
      running = opened.configuration;
      rig.told.push(running.snapshots.current());
      running.snapshots.onChange((snapshot) => void rig.told.push(snapshot));
      return { configuration: running };
    },
    async started(given) {
      const opened = await rig.start(given);
      if ("faults" in opened) throw new Error(opened.faults.join("\n"));
      return opened.configuration;
    },
    async look(seconds = 4) {
      monotonic += seconds * 1000;
      await running?.reload();
    },
    async setBack(state) {
      await database.close();
      database = await openSqlite({ path: ":memory:" });
      if (state !== null)
        await database.transaction((queries) => saveConfiguration(queries, null, state, clock.wall()));
    },
    async edit(change) {
      await database.transaction(async (queries) => {
        const before = await loadConfiguration(queries);
        if (before === null) throw new Error("no organisation");
        await saveConfiguration(queries, before, { ...change(before), number: before.number + 1 }, clock.wall());
      });
    },
  };

  const store = (): ConfigurationStore =>
    openConfigurationStore({
      keyring,
      nonce: () => randomBytes(12),
      connectors,
      environment: "development",
      allowPrivateAddresses: true,
      waiting: async () => (integrationId, laneId) =>
        rig.waiting
          .filter((one) => (laneId === undefined ? one.integrationId === integrationId : one.laneId === laneId))
          .reduce((sum, { count }) => sum + count, 0),
      database,
      now: () => clock.wall(),
      newId: (prefix) => prefix + randomUUID().replaceAll("-", ""),
    });
  const call = async <T>(work: (store: ConfigurationStore) => Promise<T>): Promise<T> => {
    if (rig.away) throw new StoreError("The database does not answer.", { fault: "away", cure: "Start it." });
    return work(store());
  };
  const options = (): ConfigurationOptions => ({
    settings: {
      configFile: hasFile ? path : null,
      environment: "development",
      rateLimitRps: 1000,
      allowPrivateAddresses: true,
    } as Settings,
    env: { TOKEN: "planted-token" },
    store: {
      begin: (first) => call((one) => one.begin(first)),
      load: () => call((one) => one.load()),
      number: () => call((one) => one.number()),
      apply: (file, how) => call((one) => one.apply(file, how)),
      raiseTo: (number) => call((one) => one.raiseTo(number)),
      setDepartures: (decide) => call((one) => one.setDepartures(decide)),
    },
    records,
    connectors,
    clock,
    logger: Object.fromEntries(
      ["debug", "info", "warn", "error"].map((level) => [
        level,
        (fields: object, message: string) => void rig.log.push({ level, message, fields }),
      ]),
    ) as unknown as ConfigurationOptions["logger"],
    discardWaiting: false,
    demo: null,
    waiting: async () => rig.waiting,
    prepare: async (ids) => {
      const failed = ids.find((id) => rig.unmade.has(id));
      if (failed !== undefined) throw new Error(`no topic for ${failed}`);
    },
  });
  return rig;
}
