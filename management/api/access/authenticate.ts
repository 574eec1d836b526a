/** Who calls: a person by an access token, or a person's API token; what they are and may do is read anew for each request. */
import {
  type Database,
  type PresentedApiToken,
  findPresentedApiToken,
  findSessionUser,
  noteApiTokenUse,
} from "@datafly-signal/ports/store";
import type { Authenticate, RequestFacts } from "../http/authenticate.ts";
import { type Caller, type Fault, fault, isFault } from "../http/route.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { type Permission, permissionsOf, roleNamed } from "./permissions.ts";
import { API_TOKEN_PREFIX, hashOf, isSecret } from "./secret-tokens.ts";

/** What a person may do whose password somebody else has seen. */
const BEFORE_PASSWORD_CHANGE = new Set(["getMe", "updateMe"]);
/** How exactly a token's last use is kept. */
const USE_INTERVAL_MS = 60_000;
const LONGEST_HEADER = 4_096;

interface Sources {
  database: Database;
  accessTokens: AccessTokens;
  /** Wall clock, epoch milliseconds. */
  now: () => number;
}

export function createAuthenticate(sources: Sources): Authenticate {
  return async (facts) => {
    const token = bearerToken(facts.authorization);
    if (isFault(token)) return token;
    return token.startsWith(API_TOKEN_PREFIX)
      ? byApiToken(token, facts, sources)
      : byAccessToken(token, facts, sources);
  };
}

/** RFC 6750: one token of the characters that a token may have. */
function bearerToken(header: string | undefined): string | Fault {
  if (header === undefined || header.trim() === "") return fault("MISSING_TOKEN");
  if (header.length > LONGEST_HEADER) return refused("INVALID_TOKEN");
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
  if (token !== undefined) return token;
  return /^Bearer\b/i.test(header) ? refused("INVALID_TOKEN") : fault("MISSING_TOKEN");
}

async function byAccessToken(token: string, facts: RequestFacts, sources: Sources): Promise<Caller | Fault> {
  const { database, accessTokens, now } = sources;
  const reading = await accessTokens.read(token, now());
  if (!reading.ok) return refused(reading.fault);
  const { userId, sessionId } = reading;
  const user = await findSessionUser(database.queries, { userId, family: sessionId });
  if (user === undefined || user.status !== "active") return refused("INVALID_TOKEN");
  if (mustChangePassword(user, facts)) return fault("PASSWORD_CHANGE_REQUIRED");
  const role = roleNamed(user.role);
  return {
    userId,
    email: user.email,
    role,
    permissions: role === null ? new Set() : permissionsOf(role),
    tokenId: null,
    sessionId,
    ipAddress: facts.ipAddress,
    userAgent: facts.userAgent,
  };
}

async function byApiToken(token: string, facts: RequestFacts, { database, now }: Sources): Promise<Caller | Fault> {
  if (!isSecret(API_TOKEN_PREFIX, token)) return refused("INVALID_TOKEN");
  const presented = await findPresentedApiToken(database.queries, hashOf(token));
  if (presented === undefined || presented.revoked_at !== null || presented.status !== "active") {
    return refused("INVALID_TOKEN");
  }
  if (presented.expires_at !== null && presented.expires_at <= now()) return refused("EXPIRED_TOKEN");
  if (mustChangePassword(presented, facts)) return fault("PASSWORD_CHANGE_REQUIRED");
  await noteUse(database, presented, now());
  return {
    userId: presented.user_id,
    email: presented.email,
    role: roleNamed(presented.role),
    permissions: scopedPermissions(presented),
    tokenId: presented.id,
    ipAddress: facts.ipAddress,
    userAgent: facts.userAgent,
  };
}

function mustChangePassword(user: { must_change_password: number }, { operation }: RequestFacts): boolean {
  return user.must_change_password === 1 && !BEFORE_PASSWORD_CHANGE.has(operation);
}

/** What the token was made for, as far as its owner may do it today. */
function scopedPermissions({ role: name, scopes }: PresentedApiToken): ReadonlySet<Permission> {
  const role = roleNamed(name);
  if (role === null) return new Set();
  const allowed = permissionsOf(role);
  const named = new Set(JSON.parse(scopes) as string[]);
  return new Set([...allowed].filter((permission) => named.has(permission)));
}

async function noteUse(database: Database, { id, last_used_at: last }: PresentedApiToken, now: number): Promise<void> {
  const since = now - USE_INTERVAL_MS;
  if (last !== null && last > since) return;
  await database.transaction((queries) => noteApiTokenUse(queries, { id, now, since }));
}

/** RFC 6750 §3.1. */
function refused(code: "INVALID_TOKEN" | "EXPIRED_TOKEN"): Fault {
  return { fault: code, headers: { "www-authenticate": 'Bearer error="invalid_token"' } };
}
