/** For tests: the configuration of a database, changed as the API, the file and the command line change it. */
import { createHash, randomUUID } from "node:crypto";
import { loadConnectors } from "@datafly-signal/connectors";
import {
  compileMapping,
  type ConfigurationState,
  createKeyring,
  emptyConfiguration,
  type Owner,
  readSignalFile,
  type Waiting,
} from "@datafly-signal/core";
import {
  type Database,
  loadConfiguration,
  raiseConfigurationNumber,
  saveConfiguration,
} from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { permissionsOf } from "../access/permissions.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { type AppliedText, applyText, type ApplyText } from "../config-as-code/apply-text.ts";
import { type Fault, isFault } from "../http/route.ts";
import type { Applied, ChangeCall, ConfigurationChange, ConfigurationChanges } from "./configuration-changes.ts";
import { type ConfigurationStore, openConfigurationStore } from "./configuration-store.ts";
import { type ChangeServices, openConfigurationChanges } from "./open-configuration-changes.ts";

const START = Date.parse("2026-11-21T09:00:00.000Z");

export interface ChangesRig {
  database: Database;
  services: ChangeServices;
  changes: ConfigurationChanges;
  store: ConfigurationStore;
  state(): Promise<ConfigurationState>;
  /** In a transaction of its own, which a fault rolls back. */
  change(change: ConfigurationChange): Promise<{ applied: Applied; audits: AuditEntry[]; touched: number } | Fault>;
  text(given: Partial<ApplyText> & { yaml: string }): Promise<{ applied: AppliedText; audits: AuditEntry[] } | Fault>;
  file(yaml: string, env?: Record<string, string>, owner?: Owner): Promise<string[]>;
}

export async function openChangesRig(
  given: { database?: Database; keys?: string[]; waiting?: Waiting; fresh?: boolean } = {},
): Promise<ChangesRig> {
  const database = given.database ?? (await openSqlite({ path: ":memory:" }));
  const [current = "test", ...previous] = (given.keys ?? ["test"]).map((key) =>
    createHash("sha256").update(key).digest(),
  );
  let moment = START;
  const newId = (prefix: string): string => prefix + randomUUID().replaceAll("-", "");
  const services: ChangeServices = {
    keyring: createKeyring({ current: Buffer.from(current), previous }),
    nonce: () => createHash("sha256").update(randomUUID()).digest().subarray(0, 12),
    connectors: await loadConnectors(),
    environment: "development",
    allowPrivateAddresses: true,
    waiting: async () => given.waiting ?? (() => 0),
  };
  if (given.fresh !== false) {
    const first = emptyConfiguration({ id: "org_shop", name: "Shop", now: START });
    await database.transaction((queries) => saveConfiguration(queries, null, first, START));
  }
  const changes = openConfigurationChanges(services);
  const store = openConfigurationStore({ ...services, database, now: () => (moment += 1000), newId });
  const inCall = async <T extends object>(
    work: (call: ChangeCall) => Promise<T | Fault>,
  ): Promise<{ applied: T; audits: AuditEntry[]; touched: number } | Fault> => {
    const audits: AuditEntry[] = [];
    let touched = 0;
    class RolledBack extends Error {}
    let refused: Fault | undefined;
    try {
      return await database.transaction(async (queries) => {
        const applied = await work({
          queries,
          now: (moment += 1000),
          newId,
          caller: {
            ...{
              userId: "usr_1",
              email: "jane@example.com",
              role: "org_admin",
              permissions: permissionsOf("org_admin"),
            },
            ...{ tokenId: null, ipAddress: "192.0.2.1", userAgent: null },
          },
          audit: (entry) => void audits.push(entry),
          touchConfiguration: () => void (touched += 1),
        });
        if (isFault(applied)) {
          refused = applied;
          throw new RolledBack();
        }
        if (touched > 0) await raiseConfigurationNumber(queries, moment);
        return { applied: applied as T, audits, touched };
      });
    } catch (error) {
      if (error instanceof RolledBack && refused !== undefined) return refused;
      throw error;
    }
  };
  return {
    database,
    services,
    changes,
    store,
    async state() {
      const state = await loadConfiguration(database.queries);
      if (state === null) throw new Error("no organisation");
      return state;
    },
    change: (change) => inCall((call) => changes.apply(call, change)),
    text: ({ yaml, variables = {}, prune = false, discardWaiting = false, dryRun = false }) =>
      inCall((call) => applyText({ ...services, changes }, call, { yaml, variables, prune, discardWaiting, dryRun })),
    async file(yaml, env = {}, owner = "file") {
      const { connectors, environment } = services;
      const read = readSignalFile(yaml, { env, environment, connectors, compileMapping, readFile: () => undefined });
      if (!read.ok) throw new Error(JSON.stringify(read.faults));
      const how = { owner, whole: true, discardWaiting: false, fileName: "signal.yaml" };
      const applied = await store.apply(read.file, how);
      if ("faults" in applied) throw new Error(JSON.stringify(applied.faults));
      return applied.changes;
    },
  };
}
