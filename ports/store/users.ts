/** Queries of users: who may sign in, and what wrong passwords do to an account. */
import { type Selectable, sql } from "kysely";
import { containsText } from "./contains-text.ts";
import type { Queries } from "./queries.ts";
import type { UserTable } from "./tables.ts";

export type UserRow = Selectable<UserTable>;

export interface UserFilter {
  role?: string | undefined;
  status?: UserTable["status"] | undefined;
  /** Part of the name or the address, in any case. */
  search?: string | undefined;
}

/** @param email in lower case */
export function findUserByEmail(queries: Queries, email: string): Promise<UserRow | undefined> {
  return queries.selectFrom("users").selectAll().where("email", "=", email).executeTakeFirst();
}

export function findUser(queries: Queries, id: string): Promise<UserRow | undefined> {
  return queries.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
}

/** In the order of their addresses; `after` is the last address of the page before. */
export function listUsers(
  queries: Queries,
  { role, status, search, after, limit }: UserFilter & { after?: string | undefined; limit: number },
): Promise<UserRow[]> {
  let query = queries.selectFrom("users").selectAll();
  if (role !== undefined) query = query.where("role", "=", role);
  if (status !== undefined) query = query.where("status", "=", status);
  if (search !== undefined) query = query.where(containsText(["name", "email"], search));
  if (after !== undefined) query = query.where("email", ">", after);
  return query.orderBy("email").limit(limit).execute();
}

export async function hasUsers(queries: Queries): Promise<boolean> {
  return (await queries.selectFrom("users").select("id").limit(1).executeTakeFirst()) !== undefined;
}

/** @throws a unique violation when the address is taken */
export async function insertUser(queries: Queries, user: UserRow): Promise<void> {
  await queries.insertInto("users").values(user).execute();
}

export type UserChanges = Partial<
  Pick<
    UserRow,
    "name" | "role" | "status" | "password_hash" | "must_change_password" | "failed_logins" | "locked_until"
  >
>;

/** Changes what is named and raises the version. @returns the user as it is then, undefined when there is none (any more) */
export function updateUser(
  queries: Queries,
  { id, now }: { id: string; now: number },
  changes: UserChanges,
): Promise<UserRow | undefined> {
  return queries
    .updateTable("users")
    .set((users) => ({ ...changes, version: users("version", "+", 1), updated_at: now }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

export async function deleteUser(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom("users").where("id", "=", id).execute();
}

export async function countActiveUsers(queries: Queries, role: string): Promise<number> {
  const { count } = await queries
    .selectFrom("users")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("role", "=", role)
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * Counts a wrong password, in one statement; so many in a row lock the account. A lock that has run out starts the row
 * anew, one that holds is not prolonged.
 * @returns how it stands then; undefined when there is no such user
 */
export function countFailedLogin(
  queries: Queries,
  { id, now, most, lockMs }: { id: string; now: number; most: number; lockMs: number },
): Promise<Pick<UserRow, "failed_logins" | "locked_until"> | undefined> {
  const failed = sql<number>`case when locked_until is not null and locked_until <= ${now} then 1 else failed_logins + 1 end`;
  return queries
    .updateTable("users")
    .set({
      failed_logins: failed,
      locked_until: sql<number | null>`case
        when locked_until > ${now} then locked_until
        when ${failed} >= ${most} then ${now + lockMs}
        else null end`,
    })
    .where("id", "=", id)
    .returning(["failed_logins", "locked_until"])
    .executeTakeFirst();
}

/**
 * Ends the row of wrong passwords, if the account is still as it was when the password was found right.
 * @param replacement the same password's hash under stronger parameters
 * @returns the account; undefined when it was locked, disabled or given another password meanwhile
 */
export function recordLogin(
  queries: Queries,
  { id, passwordHash, replacement = passwordHash, now }: RightPassword,
): Promise<UserRow | undefined> {
  return queries
    .updateTable("users")
    .set({ failed_logins: 0, locked_until: null, last_login_at: now, password_hash: replacement })
    .where("id", "=", id)
    .where("status", "=", "active")
    .where("password_hash", "=", passwordHash)
    .where(({ or, eb }) => or([eb("locked_until", "is", null), eb("locked_until", "<=", now)]))
    .returningAll()
    .executeTakeFirst();
}

interface RightPassword {
  id: string;
  passwordHash: string;
  replacement?: string | undefined;
  now: number;
}
