/** Queries of personal API tokens. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { ApiTokenTable } from "./tables.ts";
import type { UserRow } from "./users.ts";

export type ApiTokenRow = Selectable<ApiTokenTable>;

export interface ApiTokenFilter {
  /** Whose; everybody's when left out. */
  userId?: string | undefined;
  status?: "active" | "expired" | "revoked" | undefined;
  now: number;
}

/** With its owner's address. */
export type OwnedApiToken = ApiTokenRow & { user_email: string };

/** A token that is shown to someone, and what of its owner decides whether it counts. */
export type PresentedApiToken = ApiTokenRow & Pick<UserRow, "email" | "role" | "status" | "must_change_password">;

export function findPresentedApiToken(queries: Queries, tokenHash: string): Promise<PresentedApiToken | undefined> {
  return queries
    .selectFrom("api_tokens")
    .innerJoin("users", "users.id", "api_tokens.user_id")
    .selectAll("api_tokens")
    .select(["users.email", "users.role", "users.status", "users.must_change_password"])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
}

/** @param userId whose it must be; anybody's when left out */
export function findApiToken(
  queries: Queries,
  { id, userId }: { id: string; userId?: string | undefined },
): Promise<OwnedApiToken | undefined> {
  let query = owned(queries).where("api_tokens.id", "=", id);
  if (userId !== undefined) query = query.where("user_id", "=", userId);
  return query.executeTakeFirst();
}

/** Where a page ends. */
interface Position {
  createdAt: number;
  id: string;
}

/** The newest first; `after` is the last one of the page before. */
export function listApiTokens(
  queries: Queries,
  { userId, status, now, after, limit }: ApiTokenFilter & { after?: Position | undefined; limit: number },
): Promise<OwnedApiToken[]> {
  let query = owned(queries);
  if (userId !== undefined) query = query.where("user_id", "=", userId);
  if (status === "revoked") query = query.where("revoked_at", "is not", null);
  if (status === "expired") query = query.where("revoked_at", "is", null).where("expires_at", "<=", now);
  if (status === "active") {
    query = query
      .where("revoked_at", "is", null)
      .where(({ or, eb }) => or([eb("expires_at", "is", null), eb("expires_at", ">", now)]));
  }
  if (after !== undefined) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb("api_tokens.created_at", "<", after.createdAt),
        and([eb("api_tokens.created_at", "=", after.createdAt), eb("api_tokens.id", "<", after.id)]),
      ]),
    );
  }
  return query.orderBy("api_tokens.created_at", "desc").orderBy("api_tokens.id", "desc").limit(limit).execute();
}

function owned(queries: Queries) {
  return queries
    .selectFrom("api_tokens")
    .innerJoin("users", "users.id", "api_tokens.user_id")
    .selectAll("api_tokens")
    .select("users.email as user_email");
}

/** How many of a user's can be used. */
export async function countApiTokens(
  queries: Queries,
  { userId, now }: { userId: string; now: number },
): Promise<number> {
  const { count } = await queries
    .selectFrom("api_tokens")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .where(({ or, eb }) => or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertApiToken(queries: Queries, token: ApiTokenRow): Promise<void> {
  await queries.insertInto("api_tokens").values(token).execute();
}

/** @returns false when it was revoked before */
export async function revokeApiToken(queries: Queries, { id, now }: { id: string; now: number }): Promise<boolean> {
  const row = await queries
    .updateTable("api_tokens")
    .set({ revoked_at: now })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

export async function revokeApiTokensOf(
  queries: Queries,
  { userId, now }: { userId: string; now: number },
): Promise<void> {
  await queries
    .updateTable("api_tokens")
    .set({ revoked_at: now })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .execute();
}

/** Notes that it was used, unless that was noted after `since`. */
export async function noteApiTokenUse(
  queries: Queries,
  { id, now, since }: { id: string; now: number; since: number },
): Promise<void> {
  await queries
    .updateTable("api_tokens")
    .set({ last_used_at: now })
    .where("id", "=", id)
    .where(({ or, eb }) => or([eb("last_used_at", "is", null), eb("last_used_at", "<=", since)]))
    .execute();
}
