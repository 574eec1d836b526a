import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countApiTokens,
  findApiToken,
  findPresentedApiToken,
  insertApiToken,
  listApiTokens,
  noteApiTokenUse,
  revokeApiToken,
  revokeApiTokensOf,
} from "./api-tokens.ts";
import {
  acceptInvitation,
  findOpenInvitation,
  insertInvitation,
  listInvitations,
  renewInvitation,
  revokeInvitation,
  revokeInvitationsOf,
} from "./invitations.ts";
import type { Database } from "./queries.ts";
import {
  findRefreshToken,
  findSessionUser,
  insertRefreshToken,
  removeExpiredRefreshTokens,
  revokeSession,
  revokeSessions,
  useRefreshToken,
} from "./refresh-tokens.ts";
import { isUniqueViolation } from "./store-error.ts";
import { eachDatabase } from "./testing.ts";
import {
  type UserRow,
  countActiveUsers,
  countFailedLogin,
  deleteUser,
  findUser,
  findUserByEmail,
  hasUsers,
  insertUser,
  listUsers,
  recordLogin,
  updateUser,
} from "./users.ts";

function user(id: string, changes: Partial<UserRow> = {}): UserRow {
  return {
    id,
    email: `${id}@example.com`,
    name: id,
    role: "source_viewer",
    status: "active",
    password_hash: "hash",
    must_change_password: 0,
    failed_logins: 0,
    locked_until: null,
    last_login_at: null,
    version: 1,
    created_at: 1_000,
    updated_at: 1_000,
    ...changes,
  };
}

async function withUsers(database: Database, ...users: UserRow[]): Promise<Database["queries"]> {
  await database.transaction(async (queries) => {
    for (const one of users) await insertUser(queries, one);
  });
  return database.queries;
}

function refreshToken(id: string, changes: Partial<Parameters<typeof insertRefreshToken>[1]> = {}) {
  const times = { created_at: 1_000, expires_at: 9_000, used_at: null, revoked_at: null };
  return { id, family: "ses_1", user_id: "jane", token_hash: `hash of ${id}`, ...times, ...changes };
}

function apiToken(id: string, changes: Partial<Parameters<typeof insertApiToken>[1]> = {}) {
  const times = { created_at: 1_000, expires_at: 9_000, last_used_at: null, revoked_at: null };
  return {
    id,
    name: id,
    user_id: "jane",
    scopes: "[]",
    token_hash: `hash of ${id}`,
    prefix: "dfs_pat_",
    ...times,
    ...changes,
  };
}

function invitation(id: string, changes: Partial<Parameters<typeof insertInvitation>[1]> = {}) {
  const times = { created_at: 1_000, expires_at: 9_000, accepted_at: null, revoked_at: null };
  return {
    id,
    email: "jane@example.com",
    role: "source_viewer",
    token_hash: `hash of ${id}`,
    invited_by: "ada",
    ...times,
    ...changes,
  };
}

eachDatabase("accounts", (open) => {
  test("users: found, counted, changed, removed", async () => {
    const database = await open();
    assert.equal(await hasUsers(database.queries), false);
    const queries = await withUsers(database, user("jane"), user("ada", { role: "org_admin" }));
    assert.equal(await hasUsers(queries), true);
    assert.deepEqual(await findUser(queries, "jane"), user("jane"));
    assert.deepEqual(await findUserByEmail(queries, "jane@example.com"), user("jane"));
    assert.equal(await findUserByEmail(queries, "' or 1=1 --"), undefined);
    assert.equal(await countActiveUsers(queries, "org_admin"), 1);
    const changed = await updateUser(queries, { id: "ada", now: 2_000 }, { status: "disabled", name: "Ada" });
    assert.deepEqual(
      changed,
      user("ada", { role: "org_admin", status: "disabled", name: "Ada", version: 2, updated_at: 2_000 }),
    );
    assert.equal(await countActiveUsers(queries, "org_admin"), 0);
    assert.equal(await updateUser(queries, { id: "nobody", now: 2_000 }, { name: "x" }), undefined);
    await assert.rejects(withUsers(database, user("other", { email: "jane@example.com" })), (error) =>
      isUniqueViolation(error),
    );
    await deleteUser(queries, "jane");
    assert.equal(await findUser(queries, "jane"), undefined);
  });

  test("users: listed in the order of their addresses, by bytes", async () => {
    const names = ["b", "a-", "a", "a.b", "z", "é"];
    const queries = await withUsers(await open(), ...names.map((name) => user(name)));
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const rows = await listUsers(queries, { after, limit: 4 });
      seen.push(...rows.map(({ id }) => id));
      if (rows.length < 4) break;
      after = rows.at(-1)?.email;
    }
    assert.deepEqual(seen, ["a-", "a.b", "a", "b", "z", "é"]);
  });

  test("wrong passwords are counted one by one, also at once", async () => {
    const database = await open();
    const queries = await withUsers(database, user("jane"));
    const fail = (now: number) => countFailedLogin(queries, { id: "jane", now, most: 5, lockMs: 100 });
    assert.deepEqual(await fail(1_000), { failed_logins: 1, locked_until: null });
    await Promise.all(
      Array.from({ length: 3 }, () =>
        database.transaction((queries) => countFailedLogin(queries, { id: "jane", now: 1_000, most: 5, lockMs: 100 })),
      ),
    );
    assert.deepEqual(await fail(1_000), { failed_logins: 5, locked_until: 1_100 });
    assert.deepEqual(await fail(1_050), { failed_logins: 6, locked_until: 1_100 }, "a lock is not prolonged");
    assert.deepEqual(await fail(1_100), { failed_logins: 1, locked_until: null }, "after it the row begins anew");
    assert.equal(await countFailedLogin(queries, { id: "nobody", now: 1, most: 5, lockMs: 1 }), undefined);
  });

  test("a sign-in counts while the account is as it was", async () => {
    const rows = [
      user("jane", { failed_logins: 4 }),
      user("locked", { locked_until: 2_001 }),
      user("over", { locked_until: 2_000 }),
      user("off", { status: "disabled" }),
    ];
    const queries = await withUsers(await open(), ...rows);
    const login = (id: string, passwordHash = "hash") => recordLogin(queries, { id, passwordHash, now: 2_000 });
    const signedIn = await login("jane");
    assert.deepEqual(signedIn, user("jane", { last_login_at: 2_000 }));
    assert.ok(await login("over"));
    for (const id of ["locked", "off", "nobody"]) assert.equal(await login(id), undefined);
    assert.equal(await login("jane", "another hash"), undefined);
    const replaced = await recordLogin(queries, {
      id: "jane",
      passwordHash: "hash",
      replacement: "stronger",
      now: 3_000,
    });
    assert.equal(replaced?.password_hash, "stronger");
  });

  test("a refresh token is used once, and a session ends as a whole", async () => {
    const database = await open();
    const queries = await withUsers(database, user("jane"), user("john"));
    for (const token of [
      refreshToken("rft_1"),
      refreshToken("rft_2", { family: "ses_2" }),
      refreshToken("rft_3", { family: "ses_3", user_id: "john" }),
      refreshToken("rft_4", { family: "ses_4", expires_at: 2_000 }),
    ])
      await insertRefreshToken(queries, token);
    const uses = await Promise.all(
      Array.from({ length: 5 }, () =>
        database.transaction((queries) => useRefreshToken(queries, { id: "rft_1", now: 2_000 })),
      ),
    );
    assert.deepEqual(uses.filter(Boolean), [true]);
    assert.equal((await findRefreshToken(queries, "hash of rft_1"))?.used_at, 2_000);
    const owner = async (family: string, userId = "jane") => (await findSessionUser(queries, { userId, family }))?.id;
    assert.equal(await owner("ses_1"), "jane");
    assert.equal(await owner("ses_1", "john"), undefined);
    assert.equal(await owner("ses_3"), undefined);
    assert.equal(await revokeSession(queries, { family: "ses_1", now: 2_000 }), true);
    assert.equal(await revokeSession(queries, { family: "ses_1", now: 2_001 }), false);
    assert.equal(await owner("ses_1"), undefined);
    await revokeSessions(queries, { userId: "jane", now: 3_000, except: "ses_2" });
    assert.deepEqual(
      [await owner("ses_2"), await owner("ses_4"), await owner("ses_3", "john")],
      ["jane", undefined, "john"],
    );
    await revokeSessions(queries, { userId: "jane", now: 3_000 });
    assert.equal(await owner("ses_2"), undefined);
    assert.equal(await useRefreshToken(queries, { id: "rft_2", now: 3_000 }), false, "revoked");
    await removeExpiredRefreshTokens(queries, 2_000);
    assert.equal(await findRefreshToken(queries, "hash of rft_4"), undefined);
    assert.ok(await findRefreshToken(queries, "hash of rft_2"));
  });

  test("API tokens: presented, listed, counted, revoked, gone with their owner", async () => {
    const queries = await withUsers(await open(), user("jane", { must_change_password: 1 }), user("john"));
    const rows = [
      apiToken("tok_1"),
      apiToken("tok_2", { created_at: 2_000 }),
      apiToken("tok_3", { created_at: 2_000, expires_at: 4_000 }),
      apiToken("tok_4", { created_at: 500, user_id: "john", expires_at: null }),
    ];
    for (const row of rows) await insertApiToken(queries, row);
    const owner = { email: "jane@example.com", role: "source_viewer", status: "active", must_change_password: 1 };
    assert.deepEqual(await findPresentedApiToken(queries, "hash of tok_1"), { ...rows[0], ...owner });
    assert.equal(await findPresentedApiToken(queries, "hash"), undefined);
    assert.equal((await findApiToken(queries, { id: "tok_1", userId: "john" }))?.id, undefined);
    assert.equal((await findApiToken(queries, { id: "tok_1" }))?.user_email, "jane@example.com");
    const ids = async (filter: Partial<Parameters<typeof listApiTokens>[1]>) =>
      (await listApiTokens(queries, { now: 5_000, limit: 10, ...filter })).map(({ id }) => id);
    assert.deepEqual(await ids({}), ["tok_3", "tok_2", "tok_1", "tok_4"]);
    assert.deepEqual(await ids({ after: { createdAt: 2_000, id: "tok_3" }, limit: 2 }), ["tok_2", "tok_1"]);
    assert.deepEqual(await ids({ userId: "john" }), ["tok_4"]);
    assert.equal(await revokeApiToken(queries, { id: "tok_1", now: 5_000 }), true);
    assert.equal(await revokeApiToken(queries, { id: "tok_1", now: 6_000 }), false);
    assert.deepEqual(await ids({ status: "active" }), ["tok_2", "tok_4"]);
    assert.deepEqual(await ids({ status: "expired" }), ["tok_3"]);
    assert.deepEqual(await ids({ status: "revoked" }), ["tok_1"]);
    assert.equal(await countApiTokens(queries, { userId: "jane", now: 5_000 }), 1);
    for (const [now, seen] of [
      [5_000, 5_000],
      [5_999, 5_000],
      [6_000, 6_000],
    ] as const) {
      await noteApiTokenUse(queries, { id: "tok_2", now, since: now - 1_000 });
      assert.equal((await findApiToken(queries, { id: "tok_2" }))?.last_used_at, seen);
    }
    await revokeApiTokensOf(queries, { userId: "jane", now: 7_000 });
    assert.deepEqual(await ids({ status: "active" }), ["tok_4"]);
    await deleteUser(queries, "john");
    assert.equal(await findApiToken(queries, { id: "tok_4" }), undefined);
  });

  test("invitations: accepted once, renewed and revoked while they are open", async () => {
    const database = await open();
    const { queries } = database;
    for (const row of [
      invitation("inv_1"),
      invitation("inv_2", { email: "john@example.com", created_at: 2_000 }),
      invitation("inv_3", { email: "old@example.com", expires_at: 3_000 }),
    ]) {
      await insertInvitation(queries, row);
    }
    const now = 3_000;
    assert.equal((await findOpenInvitation(queries, { email: "jane@example.com", now }))?.id, "inv_1");
    assert.equal(await findOpenInvitation(queries, { email: "old@example.com", now }), undefined);
    const accepted = await Promise.all(
      Array.from({ length: 5 }, () =>
        database.transaction((queries) => acceptInvitation(queries, { id: "inv_1", now })),
      ),
    );
    assert.deepEqual(accepted.filter(Boolean), [true]);
    assert.equal(await acceptInvitation(queries, { id: "inv_3", now }), false, "expired");
    const ids = async (filter: Partial<Parameters<typeof listInvitations>[1]>) =>
      (await listInvitations(queries, { now, limit: 10, ...filter })).map(({ id }) => id);
    assert.deepEqual(await ids({}), ["inv_2", "inv_3", "inv_1"]);
    assert.deepEqual(await ids({ after: { createdAt: 2_000, id: "inv_2" } }), ["inv_3", "inv_1"]);
    for (const [status, id] of [
      ["open", "inv_2"],
      ["expired", "inv_3"],
      ["accepted", "inv_1"],
    ] as const)
      assert.deepEqual(await ids({ status }), [id]);
    assert.deepEqual(await ids({ search: "JOHN@" }), ["inv_2"]);
    const renewal = { tokenHash: "another hash", expiresAt: 8_000 };
    assert.equal((await renewInvitation(queries, { id: "inv_3", ...renewal }))?.expires_at, 8_000);
    assert.equal(await renewInvitation(queries, { id: "inv_1", ...renewal, tokenHash: "third" }), undefined);
    assert.equal(await revokeInvitation(queries, { id: "inv_2", now }), true);
    assert.equal(await revokeInvitation(queries, { id: "inv_2", now }), false);
    assert.equal(await revokeInvitation(queries, { id: "inv_1", now }), false);
    assert.deepEqual(await revokeInvitationsOf(queries, { invitedBy: "ada", now }), ["inv_3"]);
    assert.deepEqual(await ids({ status: "revoked" }), ["inv_2", "inv_3"]);
  });
});
