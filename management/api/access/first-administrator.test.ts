import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { madeId } from "@datafly-signal/core";
import type { Database } from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { PASSWORD, accountOf, openAccessRig } from "./access-fixture.ts";
import { ensureAdministrator } from "./first-administrator.ts";
import { createPasswords } from "./passwords.ts";
import { resetPassword } from "./reset-password.ts";

const NOW = Date.parse("2026-11-21T09:00:00.000Z");
const moment = { now: NOW, newId: (prefix: string) => madeId(prefix, NOW, randomBytes(10)), random: randomBytes };

function count(database: Database): Promise<number> {
  return database.queries
    .selectFrom("users")
    .select("id")
    .execute()
    .then(({ length }) => length);
}

eachDatabase("the first administrator", (open) => {
  test("is made once, with a password for one sign-in", async () => {
    const database = await open();
    const made = await ensureAdministrator(database, moment);
    assert.ok(made !== null && "email" in made && made.password !== null);
    assert.equal(made.email, "admin@localhost");
    assert.equal(await ensureAdministrator(database, moment), null);
    assert.equal(await count(database), 1);
    const rig = await openAccessRig({ database, options: { passwords: createPasswords({ random: randomBytes }) } });
    const body = { email: made.email, password: made.password };
    const login = await rig.call<{ access_token: string; user: Record<string, unknown> }>("POST", "/auth/login", {
      body,
    });
    assert.equal(login.status, 200);
    assert.equal(login.body.user["must_change_password"], true);
    const token = login.body.access_token;
    assert.equal(await rig.refused("GET", "/users", { token }), "PASSWORD_CHANGE_REQUIRED");
    const change = { password: PASSWORD, current_password: made.password };
    assert.equal((await rig.call("PATCH", "/auth/me", { token, body: change })).status, 200);
    assert.equal((await rig.call("GET", "/users", { token })).status, 200);
    const record = (await rig.rig.audits()).find(({ action }) => action === "user.created");
    assert.deepEqual([record?.user_id, record?.user_email], [null, "server"]);
    assert.ok(!JSON.stringify(await rig.rig.audits()).includes(made.password));
    await rig.close();
  });

  test("of several processes that start at once, one makes it", async () => {
    const database = await open();
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => ensureAdministrator(database, moment)));
    assert.equal(outcomes.filter((outcome) => outcome !== null).length, 1);
    assert.equal(await count(database), 1);
  });

  test("a password is reset by those who have the machine: all sessions end, and the lock", async () => {
    const database = await open();
    const rig = await openAccessRig({ database, options: { passwords: createPasswords({ random: randomBytes }) } });
    await rig.addUser("jane", "org_admin");
    const session = await rig.session("jane");
    const pat = await rig.apiToken(session, ["metrics:read"]);
    for (let tries = 0; tries < 5; tries += 1) await rig.login("jane", "a wrong password");
    assert.equal((await rig.login("jane")).status, 429);
    const reset = await resetPassword(database, { email: "JANE@example.com", ...moment });
    assert.ok(reset.ok);
    assert.equal(await rig.refused("GET", "/auth/me", { token: session.access_token }), "INVALID_TOKEN");
    const body = { refresh_token: session.refresh_token };
    assert.equal(await rig.refused("POST", "/auth/refresh", { body }), "INVALID_REFRESH_TOKEN");
    assert.equal(await rig.refused("GET", "/api-tokens", { token: pat.token }), "PASSWORD_CHANGE_REQUIRED");
    assert.equal((await rig.login("jane")).status, 401);
    assert.equal((await rig.login("jane", reset.password)).status, 200);
    assert.equal((await accountOf(rig, "jane")).must_change_password, 1);
    const record = (await rig.rig.audits()).find(({ action }) => action === "user.password_reset");
    assert.deepEqual(
      [record?.user_email, record?.changes],
      ["server", { password: { old: { set: true }, new: { set: true } } }],
    );
    await rig.close();
  });
});

test("address and password may be given", async () => {
  const database = await openSqlite({ path: ":memory:" });
  const wanted = { email: "Ada@Example.com", password: PASSWORD };
  assert.deepEqual(await ensureAdministrator(database, { ...moment, ...wanted }), {
    email: "ada@example.com",
    password: null,
  });
  const rig = await openAccessRig({ database });
  const account = await accountOf(rig, "ada");
  assert.deepEqual([account.role, account.must_change_password], ["org_admin", 0]);
  assert.equal((await rig.login("ada")).status, 200);
  // What was given counts for the first start alone: later faults in it are nobody's concern.
  assert.equal(await ensureAdministrator(database, { ...moment, email: "x", password: "x" }), null);
  await rig.close();
  await database.close();
});

test("what was given with faults makes nothing", async () => {
  const database = await openSqlite({ path: ":memory:" });
  const rows = [
    [{ email: "ada" }, ["email"]],
    [{ password: "short" }, ["password"]],
    [{ email: "ada", password: "password1234" }, ["email", "password"]],
    [{ email: "ada@example.com", password: "ada@example.com" }, ["password"]],
  ] as const;
  for (const [wanted, paths] of rows) {
    const outcome = await ensureAdministrator(database, { ...moment, ...wanted });
    assert.ok(outcome !== null && "faults" in outcome);
    assert.deepEqual(
      outcome.faults.map(({ path }) => path),
      paths,
    );
  }
  assert.equal(await count(database), 0);
  await database.close();
});

test("a password is reset of an account that is there and may sign in", async () => {
  const rig = await openAccessRig();
  await rig.addUser("ada", "org_admin");
  const id = await rig.addUser("jane");
  const { access_token: token } = await rig.session("ada");
  await rig.call("PATCH", `/users/${id}`, { token, body: { status: "disabled" } });
  const reset = (email: string) => resetPassword(rig.database, { email, ...moment });
  assert.deepEqual(await reset("nobody@example.com"), { ok: false, reason: "unknown_email" });
  assert.deepEqual(await reset("jane@example.com"), { ok: false, reason: "disabled" });
  await rig.close();
});
