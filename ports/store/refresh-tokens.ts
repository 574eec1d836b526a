/** Queries of refresh tokens; those of one sign-in are a family, which is a session. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { RefreshTokenTable } from "./tables.ts";
import type { UserRow } from "./users.ts";

export type RefreshTokenRow = Selectable<RefreshTokenTable>;

export function findRefreshToken(queries: Queries, tokenHash: string): Promise<RefreshTokenRow | undefined> {
  return queries.selectFrom("refresh_tokens").selectAll().where("token_hash", "=", tokenHash).executeTakeFirst();
}

export async function insertRefreshToken(queries: Queries, token: RefreshTokenRow): Promise<void> {
  await queries.insertInto("refresh_tokens").values(token).execute();
}

/** Uses a token up. @returns false when it was used or revoked before: of several callers one is told true */
export async function useRefreshToken(queries: Queries, { id, now }: { id: string; now: number }): Promise<boolean> {
  const row = await queries
    .updateTable("refresh_tokens")
    .set({ used_at: now })
    .where("id", "=", id)
    .where("used_at", "is", null)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns whether it was open */
export async function revokeSession(
  queries: Queries,
  { family, now }: { family: string; now: number },
): Promise<boolean> {
  const rows = await queries
    .updateTable("refresh_tokens")
    .set({ revoked_at: now })
    .where("family", "=", family)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  return rows.length > 0;
}

/** Ends a user's sessions; `except` is the family of the one that stays. */
export async function revokeSessions(
  queries: Queries,
  { userId, now, except = null }: { userId: string; now: number; except?: string | null },
): Promise<void> {
  let query = queries
    .updateTable("refresh_tokens")
    .set({ revoked_at: now })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null);
  if (except !== null) query = query.where("family", "!=", except);
  await query.execute();
}

/** Removes those that nobody can use or reuse any more. */
export async function removeExpiredRefreshTokens(queries: Queries, now: number): Promise<void> {
  await queries.deleteFrom("refresh_tokens").where("expires_at", "<=", now).execute();
}

/** The user of a session that is open: neither signed out of nor revoked. */
export function findSessionUser(
  queries: Queries,
  { userId, family }: { userId: string; family: string },
): Promise<UserRow | undefined> {
  return queries
    .selectFrom("users")
    .selectAll()
    .where("id", "=", userId)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("refresh_tokens")
          .select("refresh_tokens.id")
          .where("family", "=", family)
          .where("user_id", "=", userId)
          .where("revoked_at", "is", null),
      ),
    )
    .executeTakeFirst();
}
