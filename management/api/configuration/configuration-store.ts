/** What the server itself does with the configuration: begins it, applies its file, gives up what is stranded, reads it for the snapshot. */
import type { ApplyFault, ConfigurationState, Departure, Owner, SignalFile } from "@datafly-signal/core";
import { configurationNumber, loadConfiguration, saveConfiguration } from "@datafly-signal/ports/store";
import { serverAuthor } from "../audit/audit.ts";
import { changeUnasked, type UnaskedServices } from "./change-unasked.ts";
import { type ChangeServices, writeFile } from "./open-configuration-changes.ts";
import { namedRevisions } from "./read-change.ts";

export interface ConfigurationStore {
  /** The configuration as it is; of a new database what `first` makes. Of several processes that start at once, one makes it. */
  begin(first: () => ConfigurationState): Promise<ConfigurationState>;
  load(): Promise<ConfigurationState>;
  /** The number alone. */
  number(): Promise<number>;
  /** Takes a file as what its owner has; answers what it changed, in sentences. */
  apply(
    file: SignalFile,
    how: { owner: Owner; whole: boolean; discardWaiting: boolean; fileName: string },
  ): Promise<{ changes: string[] } | { faults: ApplyFault[] }>;
  /** Lets the number count on from another one, which is higher. */
  raiseTo(number: number): Promise<void>;
  /** Sets what left while deliveries were waiting for it, by how it is now; null leaves it. Answers whether it did. */
  setDepartures(decide: (state: ConfigurationState) => readonly Departure[] | null): Promise<boolean>;
}

export type StoreServices = ChangeServices & UnaskedServices;

/** Thrown where the database lost its organisation while the server runs. */
class MissingConfigurationError extends Error {
  constructor() {
    super("the database has no configuration any more: it was emptied, or is another one");
    this.name = "MissingConfigurationError";
  }
}

export function openConfigurationStore(services: StoreServices): ConfigurationStore {
  const { database, now } = services;
  const load = async (
    queries = database.queries,
    wanted: Parameters<typeof loadConfiguration>[1] = [],
  ): Promise<ConfigurationState> => {
    const state = await loadConfiguration(queries, wanted);
    if (state === null) throw new MissingConfigurationError();
    return state;
  };
  return {
    // Read in one transaction: what is written meanwhile comes whole or not at all.
    load: () => database.transaction((queries) => load(queries)),
    number: () => configurationNumber(database.queries),
    async begin(first) {
      return database.transaction(async (queries) => {
        const there = await loadConfiguration(queries);
        if (there !== null) return there;
        const state = first();
        await saveConfiguration(queries, null, state, now());
        return state;
      });
    },
    async apply(file, { owner, ...options }) {
      const author = serverAuthor(owner === "file" ? options.fileName : "server");
      const { result } = await changeUnasked(services, author, async (call) => {
        const found = await load(call.queries);
        const wanted = namedRevisions(found, file);
        const before = wanted.length === 0 ? found : await load(call.queries, wanted);
        return writeFile(services, call, { before, file, options: { owner, ...options } });
      });
      return "faults" in result ? result : { changes: result.changes };
    },
    async raiseTo(number) {
      await database.transaction(async (queries) => {
        const before = await load(queries);
        if (before.number < number) await saveConfiguration(queries, before, { ...before, number }, now());
      });
    },
    async setDepartures(decide) {
      return database.transaction(async (queries) => {
        const before = await load(queries);
        const departures = decide(before);
        if (departures === null) return false;
        const after = { ...before, departures: [...departures], number: before.number + 1 };
        await saveConfiguration(queries, before, after, now());
        return true;
      });
    },
  };
}
