import assert from "node:assert/strict";
import { test } from "node:test";
import { updateUser } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type FaultBody, ORGANISATION, PASSWORD, accountOf, openAccessRig } from "./access-fixture.ts";
import { PERMISSIONS } from "./permissions.ts";

const NEXT = "seven green doors on a hill";

eachDatabase("the own account", (open) => {
  test("a new password ends all other sessions, and only it signs in from then on", async () => {
    const rig = await openAccessRig({ database: await open() });
    const id = await rig.addUser("jane");
    await rig.addUser("john");
    const [mine, other, johns] = [await rig.session("jane"), await rig.session("jane"), await rig.session("john")];
    const pat = await rig.apiToken(mine, ["metrics:read"]);
    await rig.database.transaction((queries) => updateUser(queries, { id, now: 0 }, { must_change_password: 1 }));
    const body = { password: NEXT, current_password: PASSWORD };
    const answer = await rig.call("PATCH", "/auth/me", { token: mine.access_token, body });
    assert.equal(answer.status, 200);
    assert.equal(answer.body["must_change_password"], false);
    const alive = async (token: string) => (await rig.call("GET", "/auth/me", { token })).status === 200;
    const tokens = [mine.access_token, other.access_token, johns.access_token, pat.token];
    assert.deepEqual(await Promise.all(tokens.map(alive)), [true, false, true, true]);
    const refreshed = { refresh_token: mine.refresh_token };
    assert.equal((await rig.call("POST", "/auth/refresh", { body: refreshed })).status, 200);
    assert.equal((await rig.login("jane")).status, 401);
    assert.equal((await rig.login("jane", NEXT)).status, 200);
    const record = (await rig.rig.audits()).find(({ action }) => action === "user.updated");
    assert.deepEqual(record?.changes, { password: { old: { set: true }, new: { set: true } } });
    await rig.close();
  });

  test("the current password is guessed no oftener here than at the login", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const { access_token: token } = await rig.session("jane");
    const body = { password: NEXT, current_password: "a wrong password" };
    for (let tries = 0; tries < 5; tries += 1) {
      assert.equal(await rig.refused("PATCH", "/auth/me", { token, body }), "INVALID_CREDENTIALS");
    }
    const right = { ...body, current_password: PASSWORD };
    assert.equal(await rig.refused("PATCH", "/auth/me", { token, body: right }), "ACCOUNT_LOCKED");
    assert.equal((await rig.login("jane")).status, 429);
    await rig.close();
  });
});

test("everybody sees who they are and what they may do", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("jane", "org_admin");
  const { access_token: token } = await rig.session("jane");
  const { body } = await rig.call("GET", "/auth/me", { token });
  assert.equal(body["id"], id);
  assert.equal(body["org_id"], ORGANISATION);
  assert.deepEqual(body["permissions"], PERMISSIONS);
  assert.ok(!JSON.stringify(body).includes("argon2"));
  await rig.close();
});

test("a name is changed without a password, and once", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const { access_token: token } = await rig.session("jane");
  for (let times = 0; times < 2; times += 1) {
    const { status, body } = await rig.call("PATCH", "/auth/me", { token, body: { name: "Jane Smith" } });
    assert.equal(status, 200);
    assert.deepEqual([body["name"], body["version"]], ["Jane Smith", 2]);
  }
  const changes = (await rig.rig.audits()).filter(({ action }) => action === "user.updated");
  assert.deepEqual(
    changes.map(({ changes, user_email: email }) => ({ changes, email })),
    [{ changes: { name: { old: "jane", new: "Jane Smith" } }, email: "jane@example.com" }],
  );
  await rig.close();
});

test("passwords that are refused, and where the fault is", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const { access_token: token } = await rig.session("jane");
  const rows: readonly (readonly [body: Record<string, unknown>, paths: string[]])[] = [
    [{ password: NEXT }, ["current_password"]],
    [{ password: "short", current_password: PASSWORD }, ["password"]],
    [{ password: "x".repeat(257), current_password: PASSWORD }, ["password"]],
    [{ password: "Password12345!", current_password: PASSWORD }, ["password"]],
    [{ password: "jane@example.com", current_password: PASSWORD }, ["password"]],
    [{ password: PASSWORD, current_password: PASSWORD }, ["password"]],
    [{ role: "org_admin" }, ["role"]],
    [{ name: "Jane", status: "active", email: "a@example.com" }, ["status", "email"]],
    [{}, [""]],
    [{ name: "" }, ["name"]],
    [{ name: "a\0b" }, ["name"]],
  ];
  for (const [body, paths] of rows) {
    const answer = await rig.call<FaultBody>("PATCH", "/auth/me", { token, body });
    assert.equal(answer.status, 422, JSON.stringify(body));
    assert.deepEqual(
      answer.body.error.details?.map(({ path }) => path),
      paths,
      JSON.stringify(body),
    );
  }
  assert.equal((await accountOf(rig, "jane")).version, 1);
  await rig.close();
});

test("an API token changes nothing of the account", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane", "org_admin");
  const { token } = await rig.apiToken(await rig.session("jane"), [...PERMISSIONS]);
  for (const body of [{ name: "Eve" }, { password: NEXT, current_password: PASSWORD }]) {
    assert.equal(await rig.refused("PATCH", "/auth/me", { token, body }), "FORBIDDEN");
  }
  await rig.close();
});
