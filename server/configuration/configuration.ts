/** The configuration of the running server: its file is applied to the database, the database becomes the snapshot, both are followed while they change. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  type BuiltInDemo,
  type Clock,
  type ConfigFault,
  type ConfigurationState,
  type Connector,
  emptyConfiguration,
  type Logger,
  madeId,
  type SignalFile,
  type SnapshotSource,
} from "@datafly-signal/core";
import type { ConfigurationStore } from "@datafly-signal/management-api";
import type { RecordTable } from "@datafly-signal/ports/state";
import { isAway } from "@datafly-signal/ports/store";
import type { Settings } from "../settings.ts";
import { builtInChange, hasFileObjects } from "./built-in.ts";
import { currentMark, existingFiles, faultText, markOf, readConfigFiles } from "./config-files.ts";
import { configurationFromRecord, ORGANISATION_NAME } from "./earlier-configuration.ts";
import { openSnapshotPublisher, type SnapshotPublisher } from "./snapshot-publisher.ts";
import type { WaitingLane } from "./stranded.ts";

/** Where data folders of earlier formats kept it. */
const EARLIER = "configuration";
const BUILT_IN_KEY = "built-in-pipeline-key";
const ORGANISATION = "organisation-id";
/** Taken up also when it appears beside a server that was started without one. */
const DEFAULT_FILE = "./signal.yaml";
const LOOK_EVERY_MS = 300;
/** Batches of the snapshot before are committed long before. */
const GATHER_MS = 30_000;
const AGAIN_MS = 3000;

const NO_FILE: SignalFile = { version: 1, pipelines: [], integrations: [], sections: {} };

export interface ConfigurationOptions {
  settings: Settings;
  env: Readonly<Record<string, string | undefined>>;
  store: ConfigurationStore;
  records: RecordTable;
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
  /** What keeps the configuration from being as the database says, in words; empty when nothing does. */
  troubles(): string[];
  /** The files that were read, absolute or as they were named; empty without any. */
  files(): string[];
  /** Looks for a change now, of the files and of the database. */
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

/** Reads the configuration for the start; wrong files answer all their faults. */
export async function openConfiguration(
  options: ConfigurationOptions,
): Promise<{ ok: true; configuration: Configuration } | { ok: false; faults: string[] }> {
  const follower = new ConfigFollower(options);
  const faults = await follower.start();
  if (faults !== null) return { ok: false, faults };
  follower.watch();
  return { ok: true, configuration: follower };
}

class ConfigFollower implements Configuration {
  readonly snapshots: SnapshotSource;
  readonly #options: ConfigurationOptions;
  readonly #publisher: SnapshotPublisher;
  #mark = "";
  /** What a new database begins with; null once the database has been met. */
  #first: ConfigurationState | null = null;
  /** Given up on the operator's word until the first application has gone well. */
  #discardWaiting: boolean;
  /** Monotonic clock: until then late deliveries of what left are looked for. */
  #gatherUntil = 0;
  /** Monotonic clock: when files that could not be taken are looked at again. */
  #againAt = Number.POSITIVE_INFINITY;
  #refused: RefusedChange | null = null;
  #warned = "";
  /** Why the database does not answer, in words; null when it does. */
  #away: string | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#discardWaiting = options.discardWaiting;
    this.#publisher = openSnapshotPublisher({ ...options, environment: options.settings.environment });
    this.snapshots = { ...this.#publisher.source, refresh: () => this.reload() };
  }

  /** Null when all went well; without its database the server starts with the last good snapshot. */
  async start(): Promise<string[] | null> {
    const { logger } = this.#options;
    this.#first = await this.#beginning();
    try {
      const faults = await this.#applyFiles();
      if (faults !== null) return faults.map(faultText);
      await this.#publisher.publish();
      await this.#publisher.gatherStranded();
      return null;
    } catch (error) {
      if (!isAway(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (!(await this.#publisher.publishLastGood())) return [reason];
      this.#away = reason;
      this.#againAt = 0;
      logger.warn({ error: reason }, "the database cannot be reached; starting with the last good configuration");
      return null;
    }
  }

  refused(): RefusedChange | null {
    return this.#refused;
  }

  troubles(): string[] {
    return [...(this.#away === null ? [] : [`database: ${this.#away}`]), ...this.#publisher.leftOut().values()];
  }

  files(): string[] {
    return existingFiles(this.#mark);
  }

  reload(): Promise<void> {
    const next = this.#work.then(() => this.#look());
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

  async #look(): Promise<void> {
    if (this.#closed) return;
    const { logger, clock } = this.#options;
    const now = clock.monotonic();
    try {
      await this.#begin();
      await this.#applyChangedFiles(now);
      const { wasSetBack } = await this.#publisher.publishIfNewer();
      if (wasSetBack) this.#againAt = now;
      if (now < this.#gatherUntil) await this.#publisher.gatherStranded();
      if (this.#away !== null) logger.info({}, "the database can be reached again");
      this.#away = null;
    } catch (error) {
      this.#againAt = Math.min(this.#againAt, now + AGAIN_MS);
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#away === null) {
        const what = isAway(error)
          ? "the database cannot be reached; all parts go on with the configuration they have"
          : "the configuration could not be taken; it is tried again";
        logger.error({ error: reason }, what);
      }
      this.#away = reason;
    }
  }

  /** Once the database is met. One that was set back to an earlier state still counts on from what was delivered under. */
  async #begin(): Promise<void> {
    const first = this.#first;
    if (first === null) return;
    const { store } = this.#options;
    const state = await store.begin(() => first);
    const last = await this.#publisher.lastGoodNumber();
    if (last > state.number) await store.raiseTo(last + 1);
    // From now on the database alone says it: what was revoked since must not come back with a lost database.
    await this.#options.records.put([[EARLIER, null]]);
    this.#first = null;
  }

  async #applyChangedFiles(now: number): Promise<void> {
    const changed = this.#mark !== "" && currentMark(this.#mark) !== this.#mark;
    if (!changed && now < this.#againAt) return;
    this.#againAt = Number.POSITIVE_INFINITY;
    this.#report(await this.#applyFiles());
  }

  /** Applies the file, or what is built in; answers faults where the file is not taken. */
  async #applyFiles(): Promise<ConfigFault[] | null> {
    const { settings, logger, clock } = this.#options;
    await this.#begin();
    const discardWaiting = this.#discardWaiting;
    const path = settings.configFile ?? DEFAULT_FILE;
    const hasFile = settings.configFile !== null || existsSync(path);
    const applied = hasFile
      ? await this.#applyFile(path, discardWaiting)
      : await this.#applyBuiltIn(path, discardWaiting);
    if ("faults" in applied) return applied.faults;
    this.#discardWaiting = false;
    if (applied.changes.length === 0) return null;
    logger.info({ changes: applied.changes }, "configuration applied");
    this.#gatherUntil = clock.monotonic() + GATHER_MS;
    return null;
  }

  async #applyFile(path: string, discardWaiting: boolean): Promise<{ changes: string[] } | { faults: ConfigFault[] }> {
    const { settings, env, connectors, store, logger } = this.#options;
    const { result, mark } = await readConfigFiles({
      path,
      env,
      environment: settings.environment,
      connectors,
      rateLimitRps: settings.rateLimitRps,
      allowPrivateAddresses: settings.allowPrivateAddresses,
    });
    this.#mark = mark;
    if (!result.ok) return { faults: result.faults };
    const warnings = result.warnings.map(faultText);
    // A file that waits to be taken is read again and again.
    if (warnings.join("\n") !== this.#warned) for (const warning of warnings) logger.warn({}, warning);
    this.#warned = warnings.join("\n");
    return store.apply(result.file, { owner: "file", whole: true, discardWaiting, fileName: path });
  }

  async #applyBuiltIn(
    path: string,
    discardWaiting: boolean,
  ): Promise<{ changes: string[] } | { faults: ConfigFault[] }> {
    const { store, demo } = this.#options;
    this.#mark = markOf([path]);
    const how = { discardWaiting, fileName: path };
    const isLeft = hasFileObjects(await store.load());
    const gone = isLeft ? await store.apply(NO_FILE, { ...how, owner: "file", whole: true }) : { changes: [] };
    if ("faults" in gone) return gone;
    const key = await this.#madeOnce(BUILT_IN_KEY, () => `dk_test_${randomBytes(16).toString("hex")}`);
    const change = builtInChange(await store.load(), key, demo);
    if (change === null) return gone;
    const brought = await store.apply(change.file, { ...how, owner: "demo", whole: change.whole });
    return "faults" in brought ? brought : { changes: [...gone.changes, ...brought.changes] };
  }

  /** A refused change is looked at again: what it waited for may be over. Its faults are said once. */
  #report(faults: readonly ConfigFault[] | null): void {
    const { logger, clock } = this.#options;
    const texts = (faults ?? []).map(faultText);
    if (faults !== null) this.#againAt = clock.monotonic() + AGAIN_MS;
    const before = this.#refused;
    const snapshot = this.#publisher.current()?.number ?? 0;
    if (faults !== null && texts.join("\n") !== before?.faults.join("\n")) {
      for (const text of texts) logger.error({}, text);
      logger.error({ snapshot, faults: texts }, "the changed configuration was refused; the last good one stays");
    }
    if (faults === null && before !== null) logger.info({ snapshot }, "the configuration is valid again");
    const since = before?.since ?? new Date(clock.wall()).toISOString();
    this.#refused = faults === null ? null : { since, faults: texts };
  }

  /** What a new database begins with: nothing, or what an earlier format of the data folder held. */
  async #beginning(): Promise<ConfigurationState> {
    const { records, clock } = this.#options;
    const now = clock.wall();
    const record = await records.get(EARLIER);
    const newId = (prefix: string): string => madeId(prefix, now, randomBytes(10));
    if (record !== undefined) return configurationFromRecord(Buffer.from(record).toString("utf8"), { now, newId });
    const id = await this.#madeOnce(ORGANISATION, () => newId("org_"));
    return emptyConfiguration({ id, name: ORGANISATION_NAME, now });
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
}
