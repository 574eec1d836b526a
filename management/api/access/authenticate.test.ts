import assert from "node:assert/strict";
import { test } from "node:test";
import { type Database, updateUser } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type FaultBody, openAccessRig } from "./access-fixture.ts";
import { API_TOKEN_PREFIX, newSecret } from "./secret-tokens.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

function change(database: Database, id: string, changes: Parameters<typeof updateUser>[2]) {
  return database.transaction((queries) => updateUser(queries, { id, now: 0 }, changes));
}

eachDatabase("authenticate", (open) => {
  test("a changed role and a disabled account count at the next request, for sessions and API tokens", async () => {
    const rig = await openAccessRig({ database: await open() });
    const id = await rig.addUser("jane", "org_admin");
    const session = await rig.session("jane");
    const { token } = await rig.apiToken(session, ["team:read"]);
    const both = [session.access_token, token];
    for (const one of both) assert.equal((await rig.call("GET", "/users", { token: one })).status, 200);
    await change(rig.database, id, { role: "source_viewer" });
    for (const one of both) assert.equal(await rig.refused("GET", "/users", { token: one }), "FORBIDDEN");
    const me = await rig.call("GET", "/auth/me", { token });
    assert.deepEqual([me.body["role"], me.body["permissions"]], ["source_viewer", []]);
    await change(rig.database, id, { role: "org_admin", status: "disabled" });
    for (const one of both) assert.equal(await rig.refused("GET", "/users", { token: one }), "INVALID_TOKEN");
    await change(rig.database, id, { role: "a role of a later version", status: "active" });
    for (const one of both) assert.equal(await rig.refused("GET", "/users", { token: one }), "FORBIDDEN");
    await rig.close();
  });

  test("of an API token, the scopes that its owner may use today are left", async () => {
    const rig = await openAccessRig({ database: await open() });
    const id = await rig.addUser("jane", "source_admin");
    const { token } = await rig.apiToken(await rig.session("jane"), ["metrics:read", "pipelines:create"]);
    const permissions = async () => (await rig.call("GET", "/auth/me", { token })).body["permissions"];
    assert.deepEqual(await permissions(), ["pipelines:create", "metrics:read"]);
    await change(rig.database, id, { role: "source_viewer" });
    assert.deepEqual(await permissions(), ["metrics:read"]);
    await change(rig.database, id, { role: "source_admin" });
    assert.deepEqual(await permissions(), ["pipelines:create", "metrics:read"]);
    await rig.close();
  });

  test("an API token's last use is kept to the minute", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const session = await rig.session("jane");
    const { id, token } = await rig.apiToken(session, ["metrics:read"]);
    const lastUse = async () => {
      const { body } = await rig.call("GET", `/api-tokens/${id}`, { token: session.access_token });
      return body["last_used_at"];
    };
    assert.equal(await lastUse(), null);
    for (const [elapsed, seen] of [
      [0, "09:00:00"],
      [MINUTE - 1, "09:00:00"],
      [1, "09:01:00"],
      [30_000, "09:01:00"],
      [40_000, "09:02:10"],
    ] as const) {
      rig.clock.advance(elapsed);
      await rig.call("GET", "/auth/me", { token });
      assert.equal(await lastUse(), `2026-11-21T${seen}.000Z`);
    }
    await rig.close();
  });
});

test("an API token is refused when it is over, revoked, unknown or misspelt", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const session = await rig.session("jane");
  const [one, other] = [await rig.apiToken(session, ["metrics:read"]), await rig.apiToken(session, ["metrics:read"])];
  await rig.call("DELETE", `/api-tokens/${other.id}`, { token: session.access_token });
  const strange = newSecret(API_TOKEN_PREFIX, (size) => new Uint8Array(size).fill(7));
  const { token } = one;
  const misspelt = `${token.slice(0, 20)}${token[20] === "a" ? "b" : "a"}${token.slice(21)}`;
  for (const wrong of [other.token, strange, misspelt, token.slice(0, -1), `${token}0`, token.toLowerCase()]) {
    assert.equal(await rig.refused("GET", "/auth/me", { token: wrong }), "INVALID_TOKEN");
  }
  assert.equal((await rig.call("GET", "/auth/me", { token })).status, 200);
  rig.clock.advance(90 * DAY);
  assert.equal(await rig.refused("GET", "/auth/me", { token }), "EXPIRED_TOKEN");
  await rig.close();
});

test("headers that carry no token, and others than one", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const { access_token: token, refresh_token: refresh } = await rig.session("jane");
  const rows: readonly (readonly [authorization: string, code: string | null])[] = [
    [`Bearer ${token}`, null],
    [`bearer  ${token} `, null],
    ["", "MISSING_TOKEN"],
    ["Basic amFuZTpzZWNyZXQ=", "MISSING_TOKEN"],
    [token, "MISSING_TOKEN"],
    ["Bearer", "INVALID_TOKEN"],
    ["Bearer ", "INVALID_TOKEN"],
    [`Bearer ${token} ${token}`, "INVALID_TOKEN"],
    [`Bearer ${refresh}`, "INVALID_TOKEN"],
    [`Bearer ${"a".repeat(10_000)}`, "INVALID_TOKEN"],
    ["Bearer ' or 1=1 --", "INVALID_TOKEN"],
    ["Bearer dfs_pat_", "INVALID_TOKEN"],
  ];
  for (const [authorization, code] of rows) {
    const { status, body, headers } = await rig.call<FaultBody>("GET", "/auth/me", { headers: { authorization } });
    assert.equal(status === 200 ? null : body.error.code, code, authorization.slice(0, 40));
    if (code !== null) assert.match(headers["www-authenticate"] ?? "", /^Bearer/);
  }
  assert.equal(await rig.refused("GET", "/auth/me"), "MISSING_TOKEN");
  await rig.close();
});

test("until a password that somebody else has seen is changed, everything but that is refused", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("jane", "org_admin");
  const session = await rig.session("jane");
  const { token } = await rig.apiToken(session, ["team:read"]);
  await change(rig.database, id, { must_change_password: 1 });
  for (const one of [session.access_token, token]) {
    for (const path of ["/users", "/api-tokens", "/invitations"]) {
      assert.equal(await rig.refused("GET", path, { token: one }), "PASSWORD_CHANGE_REQUIRED");
    }
    assert.equal((await rig.call("GET", "/auth/me", { token: one })).body["must_change_password"], true);
  }
  await rig.close();
});
