/** The control plane: the API over the database, its reference, and what has to be done now and then. */
import type { Clock, ConfigSeal, Connector, Logger, NewIds, Waiting } from "@datafly-signal/core";
import { type Database, removeExpiredRefreshTokens } from "@datafly-signal/ports/store";
import type { FastifyInstance } from "fastify";
import { createAccess, type AccessOptions } from "./access/access.ts";
import { apiRoutes } from "./api-routes.ts";
import { removeOldAudits } from "./audit/audit.ts";
import type { ReadServices } from "./configuration/read-change.ts";
import { openConfigurationChanges } from "./configuration/open-configuration-changes.ts";
import { removeOldIdempotencyKeys } from "./http/idempotency.ts";
import { mountApi } from "./http/mount-api.ts";
import type { SendOnce } from "./integrations/send-once.ts";
import { openWorkbench } from "./mapping/work/workbench.ts";
import { type Operator, openOperator } from "./operator/operator.ts";
import { openApiOf } from "./openapi/openapi-document.ts";
import { serveApiReference } from "./openapi/serve-api-reference.ts";
import { startKeyExpiry } from "./pipelines/key-expiry.ts";
import { type Repeating, repeating } from "./repeating.ts";

export interface ControlPlaneOptions extends ReadServices {
  database: Database;
  keyring: ConfigSeal["keyring"];
  connectors: ReadonlyMap<string, Connector>;
  logos: ReadonlyMap<string, string>;
  /** The program's version. */
  version: string;
  organisationId: string;
  access: Pick<
    AccessOptions,
    "jwtSecret" | "previousJwtSecrets" | "accessTokenTtl" | "refreshTokenTtl" | "publicUrl" | "rateLimits"
  >;
  /** Deliveries under way, as they are now. */
  waiting(): Promise<Waiting>;
  collectorOrigin(): string;
  /** For tests of connections: management itself reaches no vendor. */
  sendOnce: SendOnce;
  random(bytes: number): Uint8Array;
  newId(prefix: string): string;
  ids: NewIds;
  clock: Clock;
  logger: Logger;
  /** After a change of the configuration was committed. */
  onConfigurationChanged(): void;
}

export interface ControlPlane {
  routes: readonly ((server: FastifyInstance) => void)[];
  /** For the command line. */
  operator: Operator;
  /** Ends what runs by itself. */
  close(): Promise<void>;
}

const CLEAN_EVERY_MS = 600_000;
/** What answers to Idempotency-Keys are sealed for. */
const ANSWERS = { object: "idempotency_keys", field: "answer" };

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { database, clock, logger, random, newId, keyring, organisationId } = options;
  const nonce = (): Uint8Array => random(12);
  const workbench = openWorkbench({ clock, logger });
  const services = { ...options, nonce, workbench };
  const changes = openConfigurationChanges(services);
  const access = createAccess({ ...options.access, database, organisationId, random, clock });
  const routes = [...access.routes, ...apiRoutes({ ...services, changes })];
  const expiry = startKeyExpiry(options);
  const cleaning = cleanRegularly(options);
  const address = { organisation: organisationId, ...ANSWERS };
  return {
    routes: [
      (server) =>
        mountApi(server, {
          routes,
          database,
          authenticate: access.authenticate,
          limit: access.limit,
          now: () => clock.wall(),
          newId,
          sealer: {
            seal: (text) => keyring.seal(text, address, nonce()),
            open: (sealed) => openedOrNull(() => keyring.open(sealed, address)),
          },
          onConfigurationChanged: options.onConfigurationChanged,
          logger,
          checkAnswers: options.environment === "development",
        }),
      serveApiReference(openApiOf(routes, { version: options.version })),
    ],
    operator: openOperator({ ...services, changes, now: () => clock.wall() }),
    async close() {
      cleaning.end();
      await expiry.stop();
      await workbench.close();
    },
  };
}

/** Null where its key is not there any more. */
function openedOrNull(open: () => string): string | null {
  try {
    return open();
  } catch {
    return null;
  }
}

/** Deletes what has passed its time: audit records, kept answers, sessions. */
function cleanRegularly(options: Pick<ControlPlaneOptions, "database" | "clock" | "logger">): Repeating {
  const { database, clock } = options;
  return repeating(options, { everyMs: CLEAN_EVERY_MS, trouble: "the database could not be tidied up" }, async () => {
    const now = clock.wall();
    await removeOldAudits(database.queries, now);
    await removeOldIdempotencyKeys(database.queries, now);
    await removeExpiredRefreshTokens(database.queries, now);
  });
}
