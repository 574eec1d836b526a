/** Personal API tokens: what a person's programs sign in with. */
import {
  type ApiTokenRow,
  type OwnedApiToken,
  countApiTokens,
  findApiToken,
  insertApiToken,
  listApiTokens,
  revokeApiToken,
} from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { type Caller, type Fault, type Route, defineRoute, fault, isFault } from "../http/route.ts";
import { changed, made } from "./access-audit.ts";
import type { AccessServices } from "./access-services.ts";
import { STRICT, idParams, iso, isoOrNull, nameField, permission, time, timeOrNull } from "./access-shapes.ts";
import { API_TOKEN_PREFIX, hashOf, newSecret, shownPart } from "./secret-tokens.ts";

const position = Type.Object({ createdAt: Type.Integer(), id: Type.String() }, STRICT);

const TAG = "API tokens";
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;
const MOST_DAYS = 366;
/** Usable ones of one person. */
const MOST_TOKENS = 100;
const status = Type.Enum(["active", "expired", "revoked"]);

const ApiToken = Type.Object(
  {
    id: Type.String({ description: "tok_…" }),
    name: Type.String(),
    prefix: Type.String({ description: "How the token begins." }),
    user_id: Type.String({ description: "Whose it is." }),
    user_email: Type.String(),
    scopes: Type.Array(Type.String(), {
      description: "Permissions it has at most; what its owner may not do, it may not either.",
    }),
    status,
    created_at: time,
    expires_at: timeOrNull,
    last_used_at: timeOrNull,
    revoked_at: timeOrNull,
  },
  { ...STRICT, title: "ApiToken" },
);

const NewApiToken = Type.Object(
  { ...ApiToken.properties, token: Type.String({ description: "Shown this once." }) },
  { ...STRICT, title: "NewApiToken" },
);

const ListQuery = Type.Object(
  {
    ...pagingQuery,
    status: Type.Optional(status),
    user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Whose, for administrators." })),
  },
  STRICT,
);

const Wanted = Type.Object(
  {
    name: nameField,
    scopes: Type.Array(permission, { minItems: 1, maxItems: 50, uniqueItems: true }),
    expires_at: Type.Optional(
      Type.String({
        format: "date-time",
        maxLength: 40,
        description: "At most a year from now; 90 days where it is left out.",
      }),
    ),
  },
  STRICT,
);

export function apiTokenRoutes(services: AccessServices): Route[] {
  return [listRoute(), createRoute(services), getRoute(), revokeRoute()];
}

function listRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/api-tokens",
    operation: "listApiTokens",
    tag: TAG,
    summary: "List API tokens, the newest first",
    description: "One's own; those who may see the team see everybody's. Not with an API token.",
    access: "signed_in",
    query: ListQuery,
    answers: { 200: { description: "A page of tokens.", schema: pageOf(ApiToken) } },
    errors: ["FORBIDDEN"],
    async handle({ query, queries, caller, now }) {
      if (caller.tokenId !== null) return byPeopleOnly();
      const after = readCursor(query, position);
      if (isFault(after)) return after;
      const own = ownerSeen(caller, "team:read");
      if (own !== undefined && query.user_id !== undefined && query.user_id !== own) return fault("FORBIDDEN");
      const limit = limitOf(query);
      const filter = { userId: query.user_id ?? own, status: query.status, now, after: after ?? undefined };
      const rows = await listApiTokens(queries, { ...filter, limit: limit + 1 });
      const tokens = page(rows, limit, ({ created_at: createdAt, id }) => ({ createdAt, id }));
      return { status: 200, body: mapPage(tokens, (row) => tokenOf(row, now)) };
    },
  });
}

function createRoute({ random }: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/api-tokens",
    operation: "createApiToken",
    tag: TAG,
    summary: "Make an API token",
    description: "The answer holds it, this once. Not with an API token.",
    access: "signed_in",
    body: Wanted,
    answers: { 201: { description: "The token.", schema: NewApiToken } },
    errors: ["FORBIDDEN", "CONFLICT"],
    changes: true,
    showsSecret: true,
    async handle(call) {
      const { body, queries, caller, now } = call;
      if (caller.tokenId !== null || caller.userId === null) return byPeopleOnly();
      const expiresAt = body.expires_at === undefined ? now + DEFAULT_DAYS * DAY_MS : Date.parse(body.expires_at);
      const details = [...scopeFaults(body.scopes, caller), ...expiryFaults(expiresAt, now)];
      if (details.length > 0) return fault("VALIDATION_FAILED", undefined, details);
      const count = await countApiTokens(queries, { userId: caller.userId, now });
      if (count >= MOST_TOKENS) return fault("CONFLICT", `You have ${MOST_TOKENS} API tokens. Revoke one first.`);
      const token = newSecret(API_TOKEN_PREFIX, random);
      const row: ApiTokenRow = {
        id: call.newId("tok_"),
        name: body.name,
        user_id: caller.userId,
        scopes: JSON.stringify(body.scopes),
        token_hash: hashOf(token),
        prefix: shownPart(API_TOKEN_PREFIX, token),
        created_at: now,
        expires_at: expiresAt,
        last_used_at: null,
        revoked_at: null,
      };
      await insertApiToken(queries, row);
      const changes = made({ name: row.name, scopes: body.scopes, expires_at: iso(expiresAt) });
      call.audit({ action: "api_token.created", resourceType: "api_token", resourceId: row.id, changes });
      return { status: 201, body: { ...tokenOf({ ...row, user_email: caller.email }, now), token } };
    },
  });
}

function getRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/api-tokens/{id}",
    operation: "getApiToken",
    tag: TAG,
    summary: "Show an API token, without the token itself",
    access: "signed_in",
    params: idParams("tok"),
    answers: { 200: { description: "The token's facts.", schema: ApiToken } },
    errors: ["FORBIDDEN", "NOT_FOUND"],
    async handle({ params, queries, caller, now }) {
      if (caller.tokenId !== null) return byPeopleOnly();
      const row = await findApiToken(queries, { id: params.id, userId: ownerSeen(caller, "team:read") });
      return row === undefined ? noSuchToken() : { status: 200, body: tokenOf(row, now) };
    },
  });
}

function revokeRoute(): Route {
  return defineRoute({
    method: "DELETE",
    path: "/api-tokens/{id}",
    operation: "revokeApiToken",
    tag: TAG,
    summary: "Revoke an API token, at once",
    description: "One's own; administrators anybody's. One that is revoked already stays so.",
    access: "signed_in",
    params: idParams("tok"),
    answers: { 204: { description: "It does not work any more.", schema: null } },
    errors: ["FORBIDDEN", "NOT_FOUND"],
    changes: true,
    async handle(call) {
      const { params, queries, caller, now } = call;
      if (caller.tokenId !== null) return byPeopleOnly();
      const row = await findApiToken(queries, { id: params.id, userId: ownerSeen(caller, "team:write") });
      if (row === undefined) return noSuchToken();
      if (await revokeApiToken(queries, { id: row.id, now })) {
        const changes = changed({ status: statusOf(row, now) }, { status: "revoked" });
        call.audit({ action: "api_token.revoked", resourceType: "api_token", resourceId: row.id, changes });
      }
      return { status: 204 };
    },
  });
}

/** Whose tokens the caller sees or changes: their own, or anybody's (undefined). */
function ownerSeen({ userId, permissions }: Caller, needed: "team:read" | "team:write"): string | undefined {
  return permissions.has(needed) ? undefined : (userId ?? "");
}

type Details = NonNullable<Fault["details"]>;

function scopeFaults(scopes: readonly string[], { permissions }: Caller): Details {
  const allowed: ReadonlySet<string> = permissions;
  return scopes.flatMap((scope, index) =>
    allowed.has(scope) ? [] : [{ path: `scopes[${index}]`, message: `is ${scope}, which your role does not allow` }],
  );
}

function expiryFaults(expiresAt: number, now: number): Details {
  const isGood = expiresAt > now && expiresAt <= now + MOST_DAYS * DAY_MS;
  return isGood ? [] : [{ path: "expires_at", message: "must be later than now, and at most a year from now" }];
}

function tokenOf(row: OwnedApiToken, now: number): Static<typeof ApiToken> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    user_id: row.user_id,
    user_email: row.user_email,
    scopes: JSON.parse(row.scopes) as string[],
    status: statusOf(row, now),
    created_at: iso(row.created_at),
    expires_at: isoOrNull(row.expires_at),
    last_used_at: isoOrNull(row.last_used_at),
    revoked_at: isoOrNull(row.revoked_at),
  };
}

function statusOf(row: ApiTokenRow, now: number): Static<typeof status> {
  if (row.revoked_at !== null) return "revoked";
  return row.expires_at !== null && row.expires_at <= now ? "expired" : "active";
}

function byPeopleOnly(): Fault {
  return fault("FORBIDDEN", "API tokens are seen and made by people who signed in, not by other API tokens.");
}

function noSuchToken(): Fault {
  return fault("NOT_FOUND", "There is no such API token.");
}
