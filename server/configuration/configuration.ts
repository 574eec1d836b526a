/** The configuration of the running server: read from the files, made a snapshot, kept in the state store, followed while it changes. */
import { randomBytes } from "node:crypto";
import {
  builtInFile,
  type Clock,
  type ConfigFault,
  type ConfigSnapshot,
  type Connector,
  type Keyring,
  type Logger,
  madeId,
  resolveConfiguration,
  type SignalFile,
  type SnapshotSource,
  type StoredConfiguration,
} from "@datafly-signal/core";
import type { RecordTable } from "@datafly-signal/ports/state";
import type { Settings } from "../settings.ts";
import { currentMark, faultText, readConfigFiles } from "./config-files.ts";

const STORED = "configuration";
const BUILT_IN_KEY = "built-in-pipeline-key";
const ORGANISATION = "organisation-id";
const LOOK_EVERY_MS = 300;

export interface ConfigurationOptions {
  settings: Settings;
  env: Readonly<Record<string, string | undefined>>;
  records: RecordTable;
  keyring: Keyring;
  connectors: ReadonlyMap<string, Connector>;
  clock: Clock;
  logger: Logger;
  discardWaiting: boolean;
  /** Deliveries on their way, by integration and by lane. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /** Makes what integrations need before a snapshot that names them becomes current. */
  prepare(integrationIds: readonly string[]): Promise<void>;
}

export interface Configuration {
  snapshots: SnapshotSource;
  /** Looks for a change now. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

type Read = { ok: true; file: SignalFile; warnings: ConfigFault[] } | { ok: false; faults: ConfigFault[] };

/** Reads the configuration for the start; wrong files answer all their faults. */
export async function openConfiguration(
  options: ConfigurationOptions,
): Promise<{ ok: true; configuration: Configuration } | { ok: false; faults: ConfigFault[] }> {
  const follower = new ConfigFollower(options);
  const faults = await follower.load(options.discardWaiting);
  if (faults !== null) return { ok: false, faults };
  follower.watch();
  return { ok: true, configuration: follower };
}

class ConfigFollower implements Configuration {
  readonly snapshots: SnapshotSource;
  readonly #options: ConfigurationOptions;
  readonly #listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  #current: ConfigSnapshot | null = null;
  #mark = "";
  #work: Promise<unknown> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.snapshots = {
      current: () => this.#snapshot(),
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      refresh: () => this.reload(),
    };
  }

  /** Reads, resolves, stores and publishes; null when all went well. */
  async load(discardWaiting: boolean): Promise<ConfigFault[] | null> {
    const { records, clock, logger } = this.#options;
    const read = await this.#read();
    if (!read.ok) return read.faults;
    for (const warning of read.warnings) logger.warn({}, faultText(warning));
    const resolved = await this.#resolve(read.file, discardWaiting);
    if (!resolved.ok) return resolved.faults;
    await this.#options.prepare(resolved.snapshot.integrations.map((integration) => integration.id));
    await records.put([[STORED, Buffer.from(JSON.stringify(resolved.stored))]]);
    if (this.#current?.number === resolved.snapshot.number) return null;
    this.#current = resolved.snapshot;
    logger.info(
      { snapshot: resolved.snapshot.number, changes: resolved.changes, at: clock.wall() },
      "configuration is current",
    );
    for (const listener of this.#listeners) listener(resolved.snapshot);
    return null;
  }

  reload(): Promise<void> {
    const next = this.#work.then(() => this.#reloadIfChanged());
    this.#work = next.catch(() => undefined);
    return next;
  }

  watch(): void {
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => {
      void this.reload().finally(() => this.#closed || this.watch());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#work;
  }

  async #reloadIfChanged(): Promise<void> {
    if (this.#closed || this.#mark === "" || currentMark(this.#mark) === this.#mark) return;
    const { logger } = this.#options;
    try {
      const faults = await this.load(false);
      if (faults === null) return;
      for (const fault of faults) logger.error({}, faultText(fault));
      logger.error(
        { snapshot: this.#snapshot().number },
        "the changed configuration was refused; the last good one stays",
      );
    } catch (error) {
      logger.error({ error: String(error) }, "the changed configuration could not be taken; it is tried again");
      this.#mark = JSON.stringify(JSON.parse(this.#mark).map(([path]: [string]) => [path, "again"]));
    }
  }

  async #read(): Promise<Read> {
    const { settings, env, connectors } = this.#options;
    if (settings.configFile === null)
      return {
        ok: true,
        file: builtInFile(await this.#madeOnce(BUILT_IN_KEY, () => `dk_test_${randomBytes(16).toString("hex")}`)),
        warnings: [],
      };
    const { result, mark } = readConfigFiles({
      path: settings.configFile,
      env,
      environment: settings.environment,
      connectors,
      rateLimitRps: settings.rateLimitRps,
    });
    this.#mark = mark;
    return result;
  }

  async #resolve(file: SignalFile, discardWaiting: boolean): Promise<ReturnType<typeof resolveConfiguration>> {
    const { records, settings, keyring, clock } = this.#options;
    const bytes = await records.get(STORED);
    const waiting = await this.#options.waiting();
    const organisationId = await this.#madeOnce(ORGANISATION, () => madeId("org_", clock.wall(), randomBytes(10)));
    return resolveConfiguration({
      file,
      stored: bytes === undefined ? null : (JSON.parse(Buffer.from(bytes).toString("utf8")) as StoredConfiguration),
      environment: settings.environment,
      seal: { keyring, nonce: () => randomBytes(12), organisationId },
      waiting: (integrationId, laneId) => waiting.get(laneId ?? integrationId) ?? 0,
      discardWaiting,
      ...(settings.configFile === null ? {} : { fileName: settings.configFile }),
    });
  }

  /** A text that is made at the first start and stays with the folder. */
  async #madeOnce(key: string, make: () => string): Promise<string> {
    const { records } = this.#options;
    const stored = await records.get(key);
    if (stored !== undefined) return Buffer.from(stored).toString("utf8");
    const made = make();
    await records.put([[key, Buffer.from(made)]]);
    return made;
  }

  #snapshot(): ConfigSnapshot {
    if (this.#current === null) throw new TypeError("the configuration is asked for before it was loaded");
    return this.#current;
  }
}
