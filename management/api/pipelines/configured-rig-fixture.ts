/** For tests: routes on a database with an organisation, whose configuration changes as the server's does. */
import { createHash, randomUUID } from "node:crypto";
import { loadConnectors } from "@datafly-signal/connectors";
import { createKeyring, emptyConfiguration, compileMapping, readSignalFile, type Waiting } from "@datafly-signal/core";
import {
  type Database,
  loadConfiguration,
  type Queries,
  raiseConfigurationNumber,
  saveConfiguration,
} from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { permissionsOf } from "../access/permissions.ts";
import type { ChangeCall, ConfigurationChange, ConfigurationDocument } from "../configuration/configuration-changes.ts";
import {
  type ChangeServices,
  openConfigurationChanges,
  writeFile,
} from "../configuration/open-configuration-changes.ts";
import { type ApiRig, openApiRig } from "../http/api-rig.ts";
import { isFault, type Route } from "../http/route.ts";
import type { KeyServices } from "./new-key.ts";

const ORGANISATION = "org_shop";
export const ORIGIN = "https://data.example.com";

export interface ConfiguredRig extends ApiRig {
  /** What the configuration file says from now on. */
  applyFile(text: string): Promise<void>;
  /** Deliveries that wait for each integration. */
  waits: Map<string, number>;
  /** A change that no route of the test makes. */
  change(change: ConfigurationChange): Promise<void>;
  /** An integration of a webhook, assigned to the pipeline; its token is the pipeline's parameter `token`. */
  assign(pipelineId: string): Promise<void>;
}

export type RigServices = KeyServices & { collectorOrigin(): string };

export interface ConfiguredRigOptions {
  environment?: "development" | "production";
  database?: Database;
  /** Other vendors than those of the shelf. */
  connectors?: ChangeServices["connectors"];
}

const START = Date.parse("2026-11-21T09:00:00.000Z");

export async function openConfiguredRig(
  routes: (services: RigServices) => Route[],
  { environment = "development", database: given, connectors }: ConfiguredRigOptions = {},
): Promise<ConfiguredRig> {
  const database = given ?? (await openSqlite({ path: ":memory:" }));
  const waits = new Map<string, number>();
  const services: ChangeServices = {
    keyring: createKeyring({ current: createHash("sha256").update("test").digest() }),
    nonce: counted(12),
    connectors: connectors ?? (await loadConnectors()),
    environment,
    allowPrivateAddresses: true,
    waiting: async (): Promise<Waiting> => (integrationId) => waits.get(integrationId) ?? 0,
  };
  const organisation = { id: ORGANISATION, name: "Shop", now: START };
  await database.transaction((queries) => saveConfiguration(queries, null, emptyConfiguration(organisation), START));
  const changes = openConfigurationChanges(services);
  const random = counted(0);
  const rig = await openApiRig({
    database,
    routes: routes({ changes, environment, collectorOrigin: () => ORIGIN, random: (bytes) => random(bytes) }),
  });
  const change = async (change: ConfigurationChange): Promise<void> => {
    await database.transaction(async (queries) => {
      const applied = await changes.apply(callOf(queries), change);
      if (isFault(applied)) throw new Error(JSON.stringify(applied));
    });
  };
  return {
    ...rig,
    waits,
    change,
    async assign(pipelineId) {
      const state = await changes.load(database.queries);
      const document = changes.document(state, { pipelines: [pipelineId] });
      await change({ document: { ...document, ...assigned(document, "tmpl_orders") } });
    },
    applyFile: (text) => applyFile(database, services, text),
    async close() {
      await rig.close();
      if (given === undefined) await database.close();
    },
  };
}

async function applyFile(database: Database, services: ChangeServices, text: string): Promise<void> {
  const { connectors, environment } = services;
  const options = { env: {}, environment, connectors, compileMapping, readFile: () => undefined };
  const read = readSignalFile(text, options);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  await database.transaction(async (queries) => {
    const before = await loadConfiguration(queries);
    if (before === null) throw new Error("no organisation");
    const options = { owner: "file", whole: true, discardWaiting: false } as const;
    const written = await writeFile(services, callOf(queries, null), { before, file: read.file, options });
    if ("faults" in written) throw new Error(JSON.stringify(written.faults));
    await raiseConfigurationNumber(queries, START);
  });
}

function assigned({ pipelines = [] }: ConfigurationDocument, id: string): ConfigurationDocument {
  const integration = {
    id,
    name: "Orders",
    vendor: "webhook",
    config: { url: "https://hooks.example.com/{{pipeline_param.region}}", authentication: "bearer" },
    secrets: { auth_token: "{{pipeline_param.token}}" },
  };
  const parameters = { region: "eu", token: "hunter2-secret" };
  return {
    integrations: [integration],
    pipelines: pipelines.map((one) => {
      return { ...one, parameters: { ...parameters, ...one.parameters }, integrations: [{ integration: id }] };
    }),
  };
}

function callOf(queries: Queries, userId: string | null = "usr_org_admin"): ChangeCall {
  const permissions = permissionsOf("org_admin");
  return {
    queries,
    now: START,
    caller: {
      ...{ userId, email: "org_admin@example.com", role: "org_admin", permissions },
      ...{ tokenId: null, ipAddress: "192.0.2.1", userAgent: null },
    },
    newId: (prefix) => prefix + randomUUID().replaceAll("-", ""),
    audit: () => undefined,
    touchConfiguration: () => undefined,
  };
}

/** Bytes that differ at each call. */
function counted(size: number): (bytes?: number) => Uint8Array {
  let count = 0;
  return (bytes = size) => {
    const made = new Uint8Array(bytes);
    new DataView(made.buffer).setUint32(0, (count += 1));
    return made;
  };
}
