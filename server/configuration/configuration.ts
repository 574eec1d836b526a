/** The configuration of the running server: read from the files, made a snapshot, kept in the state store, followed while it changes. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  type BuiltInDemo,
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
import { currentMark, existingFiles, faultText, markOf, readConfigFiles } from "./config-files.ts";
import { type WaitingLane, withStranded } from "./stranded.ts";

const STORED = "configuration";
const BUILT_IN_KEY = "built-in-pipeline-key";
const ORGANISATION = "organisation-id";
/** Taken up also when it appears beside a server that was started without one. */
const DEFAULT_FILE = "./signal.yaml";
const LOOK_EVERY_MS = 300;
/** Batches of the snapshot before are committed long before. */
const GATHER_MS = 30_000;
const AGAIN_MS = 3000;

export interface ConfigurationOptions {
  settings: Settings;
  env: Readonly<Record<string, string | undefined>>;
  records: RecordTable;
  keyring: Keyring;
  connectors: ReadonlyMap<string, Connector>;
  clock: Clock;
  logger: Logger;
  discardWaiting: boolean;
  /** The demo that runs without a file; null where there is none. */
  demo: BuiltInDemo | null;
  /** Lanes with deliveries on their way. */
  waiting(): Promise<WaitingLane[]>;
  /** Makes what integrations need before a snapshot that names them becomes current. */
  prepare(integrationIds: readonly string[]): Promise<void>;
}

export interface Configuration {
  snapshots: SnapshotSource;
  /** The change that is refused at present, since when and why; null when the files are as the server runs. */
  refused(): RefusedChange | null;
  /** The files that were read, absolute or as they were named; empty without any. */
  files(): string[];
  /** Looks for a change now. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** A changed configuration that is not taken; the last good one stays. */
interface RefusedChange {
  /** ISO time. */
  since: string;
  /** Each with its place and its cure. */
  faults: string[];
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
  #stored: StoredConfiguration | null = null;
  #mark = "";
  /** Monotonic clock: until then late deliveries of what left are looked for. */
  #gatherUntil = 0;
  /** Monotonic clock: when a refused change is looked at again. */
  #againAt = Number.POSITIVE_INFINITY;
  #refused: RefusedChange | null = null;
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
    const { logger } = this.#options;
    const read = await this.#read();
    if (!read.ok) return read.faults;
    for (const warning of read.warnings) logger.warn({}, faultText(warning));
    const resolved = await this.#resolve(read.file, discardWaiting);
    if (!resolved.ok) return resolved.faults;
    await this.#options.prepare(resolved.snapshot.integrations.map((integration) => integration.id));
    await this.#publish(resolved.stored, resolved.changes);
    this.#gatherUntil = this.#options.clock.monotonic() + GATHER_MS;
    await this.#gatherStranded();
    return null;
  }

  /** Stores and announces a configuration; one that changes nothing is only stored. */
  async #publish(stored: StoredConfiguration, changes: readonly string[]): Promise<void> {
    const { records, logger } = this.#options;
    const { snapshot } = stored;
    await records.put([[STORED, Buffer.from(JSON.stringify(stored))]]);
    this.#stored = stored;
    if (this.#current?.number === snapshot.number) return;
    this.#current = snapshot;
    logger.info({ snapshot: snapshot.number, changes }, "configuration is current");
    for (const listener of this.#listeners) listener(snapshot);
  }

  /**
   * Deliveries that were made under the snapshot before, after nothing was found to wait: their lanes are given up too.
   * Looked for at the start and for a while after each change.
   */
  async #gatherStranded(): Promise<void> {
    const stored = this.#stored;
    if (stored === null) return;
    const next = withStranded(stored.snapshot, await this.#options.waiting());
    if (next === null) return;
    await this.#publish({ ...stored, snapshotNumber: next.number, snapshot: next }, ["late deliveries given up"]);
  }

  refused(): RefusedChange | null {
    return this.#refused;
  }

  files(): string[] {
    return existingFiles(this.#mark);
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
    if (this.#closed) return;
    const { logger, clock } = this.#options;
    const now = clock.monotonic();
    try {
      if (now < this.#gatherUntil) await this.#gatherStranded();
      const changed = this.#mark !== "" && currentMark(this.#mark) !== this.#mark;
      if (!changed && now < this.#againAt) return;
      this.#againAt = Number.POSITIVE_INFINITY;
      this.#report(await this.load(false));
    } catch (error) {
      logger.error({ error: String(error) }, "the changed configuration could not be taken; it is tried again");
      this.#againAt = now + AGAIN_MS;
    }
  }

  /** A refused change is looked at again: what it waited for may be over. Its faults are said once. */
  #report(faults: readonly ConfigFault[] | null): void {
    const { logger, clock } = this.#options;
    const texts = (faults ?? []).map(faultText);
    if (faults !== null) this.#againAt = clock.monotonic() + AGAIN_MS;
    const before = this.#refused;
    if (faults !== null && texts.join("\n") !== before?.faults.join("\n")) {
      for (const text of texts) logger.error({}, text);
      logger.error(
        { snapshot: this.#snapshot().number, faults: texts },
        "the changed configuration was refused; the last good one stays",
      );
    }
    if (faults === null && before !== null) {
      logger.info({ snapshot: this.#snapshot().number }, "the configuration is valid again");
    }
    const since = before?.since ?? new Date(clock.wall()).toISOString();
    this.#refused = faults === null ? null : { since, faults: texts };
  }

  async #read(): Promise<Read> {
    const { settings, env, connectors } = this.#options;
    const path = settings.configFile ?? DEFAULT_FILE;
    if (settings.configFile === null && !existsSync(path)) {
      this.#mark = markOf([path]);
      const key = await this.#madeOnce(BUILT_IN_KEY, () => `dk_test_${randomBytes(16).toString("hex")}`);
      return { ok: true, file: builtInFile(key, this.#options.demo), warnings: [] };
    }
    const { result, mark } = await readConfigFiles({
      path,
      env,
      environment: settings.environment,
      connectors,
      rateLimitRps: settings.rateLimitRps,
      allowPrivateAddresses: settings.allowPrivateAddresses,
    });
    this.#mark = mark;
    return result;
  }

  async #resolve(file: SignalFile, discardWaiting: boolean): Promise<ReturnType<typeof resolveConfiguration>> {
    const { records, settings, keyring, clock } = this.#options;
    const bytes = await records.get(STORED);
    const lanes = await this.#options.waiting();
    const waiting = (integrationId: string, laneId?: string): number =>
      lanes
        .filter((lane) => (laneId === undefined ? lane.integrationId === integrationId : lane.laneId === laneId))
        .reduce((sum, lane) => sum + lane.count, 0);
    const organisationId = await this.#madeOnce(ORGANISATION, () => madeId("org_", clock.wall(), randomBytes(10)));
    return resolveConfiguration({
      file,
      stored: bytes === undefined ? null : (JSON.parse(Buffer.from(bytes).toString("utf8")) as StoredConfiguration),
      environment: settings.environment,
      seal: { keyring, nonce: () => randomBytes(12), organisationId },
      waiting,
      discardWaiting,
      fileName: settings.configFile ?? DEFAULT_FILE,
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
