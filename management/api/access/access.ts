/** Access control put together: who calls, how often they may, and the routes of accounts. */
import type { Clock } from "@datafly-signal/core";
import type { Database } from "@datafly-signal/ports/store";
import type { Authenticate, Limit } from "../http/authenticate.ts";
import type { Route } from "../http/route.ts";
import { acceptInvitationRoute } from "./accept-invitation.ts";
import type { AccessServices } from "./access-services.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { apiTokenRoutes } from "./api-token-routes.ts";
import { authRoutes } from "./auth-routes.ts";
import { createAuthenticate } from "./authenticate.ts";
import { createPasswordCheck } from "./check-password.ts";
import { invitationRoutes } from "./invitation-routes.ts";
import { meRoutes } from "./me-routes.ts";
import { type Passwords, createPasswords } from "./passwords.ts";
import { type RateLimitOptions, createLimit } from "./rate-limits.ts";
import type { Random } from "./secret-tokens.ts";
import { createSessions } from "./sessions.ts";
import { userRoutes } from "./user-routes.ts";

export interface AccessOptions {
  database: Database;
  organisationId: string;
  /** Signs access tokens: at least 32 bytes. */
  jwtSecret: Uint8Array;
  /** What they signed counts until it expires. */
  previousJwtSecrets?: readonly Uint8Array[];
  /** Seconds. */
  accessTokenTtl?: number;
  /** Seconds. */
  refreshTokenTtl?: number;
  /** Where people reach the console, as in `https://signal.example.com`; links of invitations have no host without it. */
  publicUrl?: string | null;
  rateLimits?: RateLimitOptions;
  random: Random;
  clock: Pick<Clock, "wall" | "monotonic">;
  /** Others than the usual ones, as cheaper ones for tests. */
  passwords?: Passwords;
}

export interface Access {
  authenticate: Authenticate;
  limit: Limit;
  routes: Route[];
}

const ACCESS_TTL = 900;
const REFRESH_TTL = 604_800;

/** @throws {WeakSecretError} */
export function createAccess(options: AccessOptions): Access {
  const { database, organisationId, random, clock, publicUrl = null, rateLimits = {} } = options;
  const accessTokens = createAccessTokens({
    secret: options.jwtSecret,
    previousSecrets: options.previousJwtSecrets ?? [],
    organisationId,
    ttl: options.accessTokenTtl ?? ACCESS_TTL,
  });
  const passwords = options.passwords ?? createPasswords({ random });
  const services: AccessServices = {
    database,
    passwords,
    passwordCheck: createPasswordCheck({ database, passwords }),
    sessions: createSessions({ accessTokens, random, ttl: options.refreshTokenTtl ?? REFRESH_TTL }),
    random,
    organisationId,
    publicUrl,
  };
  return {
    authenticate: createAuthenticate({ database, accessTokens, now: clock.wall }),
    limit: createLimit(rateLimits, clock.monotonic),
    routes: [
      ...authRoutes(services),
      acceptInvitationRoute(services),
      ...meRoutes(services),
      ...apiTokenRoutes(services),
      ...userRoutes(),
      ...invitationRoutes(services),
    ],
  };
}
