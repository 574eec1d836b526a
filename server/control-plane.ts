/** The control plane as the server runs it: over its database, with its keys, its vendors and its first administrator. */
import { randomBytes } from "node:crypto";
import { loadConnectors, loadLogos } from "@datafly-signal/connectors";
import { type Keyring, type Logger, madeId, type SnapshotSource, type Waiting } from "@datafly-signal/core";
import { type ControlPlane, createControlPlane, ensureAdministrator } from "@datafly-signal/management-api";
import { type Database, isAway } from "@datafly-signal/ports/store";
import { codeChecker } from "@datafly-signal/processor";
import { createSender } from "@datafly-signal/worker";
import { systemClock } from "./clock.ts";
import { locationsChecker } from "./configuration/location-file.ts";
import type { WaitingLane } from "./configuration/stranded.ts";
import type { OpenedDatabase } from "./database.ts";
import { administratorLines } from "./greeting.ts";
import { uuidV4, uuidV7 } from "./ids.ts";
import type { Settings } from "./settings.ts";
import { productVersion } from "./version.ts";

/** An id of the API's: prefix and UUID v7. */
export function newId(prefix: string): string {
  return madeId(prefix, systemClock.wall(), randomBytes(10));
}

/** Asked of what leaves; counted as it is now. */
export async function waitingNow(lanes: () => Promise<readonly WaitingLane[]>): Promise<Waiting> {
  const waiting = await lanes();
  return (integrationId, laneId) =>
    waiting
      .filter((lane) => (laneId === undefined ? lane.integrationId === integrationId : lane.laneId === laneId))
      .reduce((sum, lane) => sum + lane.count, 0);
}

export interface ControlPlaneParts {
  settings: Settings;
  database: Database;
  keyring: Keyring;
  /** Signs access tokens. */
  jwtSecret: Uint8Array;
  snapshots: SnapshotSource;
  waitingLanes(): Promise<WaitingLane[]>;
  /** Where the gateway listens; null before it does. */
  gatewayUrl(): string | null;
  managementUrl: string;
  logger: Logger;
  onConfigurationChanged(): void;
}

export async function openControlPlane(parts: ControlPlaneParts): Promise<ControlPlane> {
  const { settings, database, keyring, snapshots, logger } = parts;
  const connectors = await loadConnectors();
  const { jwtSecretPrevious } = settings;
  const sender = createSender({ allowPrivateAddresses: settings.allowPrivateAddresses });
  const plane = createControlPlane({
    database,
    keyring,
    connectors,
    logos: await loadLogos(connectors.keys()),
    version: productVersion(),
    environment: settings.environment,
    allowPrivateAddresses: settings.allowPrivateAddresses,
    rateLimitRps: settings.rateLimitRps,
    checkCode: await codeChecker(),
    checkLocations: locationsChecker(settings.dataDir),
    organisationId: snapshots.current().organisationId,
    access: {
      jwtSecret: parts.jwtSecret,
      previousJwtSecrets: jwtSecretPrevious === null ? [] : [jwtSecretPrevious],
      accessTokenTtl: settings.accessTokenTtl,
      refreshTokenTtl: settings.refreshTokenTtl,
      publicUrl: settings.managementPublicUrl ?? parts.managementUrl,
      rateLimits: { apiTokenRpm: settings.managementRateLimitRpm },
    },
    waiting: () => waitingNow(parts.waitingLanes),
    collectorOrigin: () => settings.gatewayPublicUrl ?? parts.gatewayUrl() ?? "http://localhost:8080",
    sendOnce: async (request, options) => {
      const result = await sender.send(request, options);
      return result.kind === "response" ? result.response : { failure: result.detail };
    },
    random: (bytes) => randomBytes(bytes),
    newId,
    ids: { uuidV4, uuidV7 },
    clock: systemClock,
    logger,
    onConfigurationChanged: parts.onConfigurationChanged,
  });
  return {
    ...plane,
    async close() {
      await plane.close();
      await sender.close();
    },
  };
}

/** The first administrator where there is no user yet; answers what is to be shown once. @throws {AdministratorFault} */
async function firstAdministrator(
  database: Database,
  { adminEmail, adminPassword }: Pick<Settings, "adminEmail" | "adminPassword">,
): Promise<{ email: string; password: string | null } | null> {
  const made = await ensureAdministrator(database, {
    now: systemClock.wall(),
    newId,
    random: (bytes: number) => randomBytes(bytes),
    ...(adminEmail !== null && { email: adminEmail }),
    ...(adminPassword !== null && { password: adminPassword }),
  });
  if (made === null || !("faults" in made)) return made;
  throw new AdministratorFault(
    made.faults.map(({ path, message }) => `SIGNAL_ADMIN_${path.toUpperCase()}: ${message}`),
  );
}

/** Made when the database can be used, which may be later; then what is to be shown once is logged. */
export async function administratorOf(
  { settings, logger }: { settings: Settings; logger: Logger },
  { database, opened }: OpenedDatabase,
): Promise<Awaited<ReturnType<typeof firstAdministrator>>> {
  try {
    return await firstAdministrator(database, settings);
  } catch (error) {
    if (!isAway(error)) throw error;
    const later = opened.then(() => firstAdministrator(database, settings));
    later
      .then((made) => made && process.stdout.write(administratorLines(made).join("\n") + "\n"))
      .catch((failure: unknown) => logger.error({ error: String(failure) }, "the first administrator was not made"));
    return null;
  }
}

/** What is wrong with the variables that name the first administrator. */
export class AdministratorFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "AdministratorFault";
    this.faults = faults;
  }
}
