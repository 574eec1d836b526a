import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type AccessRig, type FaultBody, type SessionBody, openAccessRig } from "./access-fixture.ts";
import { PERMISSIONS, ROLES, permissionsOf } from "./permissions.ts";

interface ListBody {
  data: { email: string; role: string }[];
  next_cursor: string | null;
}

function patch(rig: AccessRig, { access_token: token }: SessionBody, [id, body]: [string, object]) {
  return rig.call<Record<string, unknown> & FaultBody>("PATCH", `/users/${id}`, { token, body });
}

eachDatabase("users", (open) => {
  test("lists by address, in pages, by role and status and a part of name or address", async () => {
    const rig = await openAccessRig({ database: await open() });
    const names = ["ada", "bob", "cy_d", "dora%", "eve", "Ärger"];
    for (const [index, name] of names.entries()) await rig.addUser(name.toLowerCase(), ROLES[index % 5] ?? "org_admin");
    const ada = await rig.session("ada");
    const list = async (query: Record<string, string | number>) => {
      const { status, body } = await rig.call<ListBody>("GET", "/users", { token: ada.access_token, query });
      assert.equal(status, 200);
      return body;
    };
    const locals = ({ data }: ListBody) => data.map(({ email }) => email.split("@")[0]);
    const first = await list({ limit: 4 });
    assert.deepEqual(locals(first), ["ada", "bob", "cy_d", "dora%"]);
    assert.deepEqual(locals(await list({ limit: 4, cursor: first.next_cursor ?? "" })), ["eve", "ärger"]);
    assert.deepEqual(locals(await list({ role: "org_admin" })), ["ada", "ärger"]);
    assert.deepEqual(locals(await list({ search: "O" })), ["ada", "bob", "cy_d", "dora%", "eve", "ärger"]);
    assert.deepEqual(locals(await list({ search: "BO" })), ["bob"]);
    assert.deepEqual(locals(await list({ search: "_" })), ["cy_d"]);
    assert.deepEqual(locals(await list({ search: "%" })), ["dora%"]);
    assert.deepEqual(locals(await list({ search: "ÄRG" })), ["ärger"]);
    assert.deepEqual(locals(await list({ search: "' or 1=1 --" })), []);
    assert.deepEqual(locals(await list({ status: "disabled" })), []);
    const token = ada.access_token;
    assert.equal(await rig.refused("GET", "/users", { token, query: { cursor: "eyJ9" } }), "VALIDATION_FAILED");
    await rig.close();
  });

  test("a change says what it changed, and a stale version is refused", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("ada", "org_admin");
    const id = await rig.addUser("jane");
    const ada = await rig.session("ada");
    const changed = await patch(rig, ada, [id, { name: "Jane Smith", role: "source_admin", version: 1 }]);
    assert.equal(changed.status, 200);
    assert.deepEqual(
      [changed.body["name"], changed.body["role"], changed.body["version"]],
      ["Jane Smith", "source_admin", 2],
    );
    const stale = await patch(rig, ada, [id, { name: "Other", version: 1 }]);
    assert.deepEqual([stale.status, stale.body.error.code], [409, "VERSION_CONFLICT"]);
    assert.equal((await patch(rig, ada, [id, { name: "Jane Smith" }])).body["version"], 2);
    const records = (await rig.rig.audits()).filter(({ action }) => action === "user.updated");
    assert.deepEqual(
      records.map(({ changes }) => changes),
      [{ name: { old: "jane", new: "Jane Smith" }, role: { old: "source_viewer", new: "source_admin" } }],
    );
    assert.equal(await rig.refused("GET", "/users/usr_unknown", { token: ada.access_token }), "NOT_FOUND");
    assert.equal((await patch(rig, ada, ["usr_unknown", { name: "x" }])).status, 404);
    await rig.close();
  });

  test("who is disabled is out at once, and comes back without the sessions and tokens from before", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("ada", "org_admin");
    const id = await rig.addUser("jane");
    const [ada, jane] = [await rig.session("ada"), await rig.session("jane")];
    const pat = await rig.apiToken(jane, ["metrics:read"]);
    assert.equal((await patch(rig, ada, [id, { status: "disabled" }])).body["status"], "disabled");
    const body = { refresh_token: jane.refresh_token };
    const areOut = async () => {
      for (const token of [jane.access_token, pat.token])
        assert.equal(await rig.refused("GET", "/auth/me", { token }), "INVALID_TOKEN");
      assert.equal(await rig.refused("POST", "/auth/refresh", { body }), "INVALID_REFRESH_TOKEN");
    };
    await areOut();
    assert.equal((await rig.login("jane")).status, 401);
    await patch(rig, ada, [id, { status: "active" }]);
    await areOut();
    assert.equal((await rig.login("jane")).status, 200);
    await rig.close();
  });

  test("who is removed leaves nothing but the audit log", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("ada", "org_admin");
    const id = await rig.addUser("jane");
    const [ada, jane] = [await rig.session("ada"), await rig.session("jane")];
    const pat = await rig.apiToken(jane, ["metrics:read"]);
    assert.equal((await rig.call("DELETE", `/users/${id}`, { token: ada.access_token })).status, 204);
    for (const token of [jane.access_token, pat.token])
      assert.equal(await rig.refused("GET", "/auth/me", { token }), "INVALID_TOKEN");
    assert.equal(await rig.refused("DELETE", `/users/${id}`, { token: ada.access_token }), "NOT_FOUND");
    const record = (await rig.rig.audits()).at(-1);
    assert.equal(record?.action, "user.deleted");
    assert.deepEqual(record?.changes["email"], { old: "jane@example.com", new: null });
    assert.ok((await rig.rig.audits()).some(({ user_id: who }) => who === id));
    await rig.close();
  });

  test("the last active administrator stays one, whatever is tried, also at once", async () => {
    const database = await open();
    const [rig, second] = [await openAccessRig({ database }), await openAccessRig({ database })];
    const ada = await rig.addUser("ada", "org_admin");
    const bob = await rig.addUser("bob", "org_admin");
    const [adas, bobs] = [await rig.session("ada"), await rig.session("bob")];
    // Each removes the other one: one of the two must stay.
    const answers = await Promise.all([
      patch(rig, adas, [bob, { role: "source_admin" }]),
      second.call("DELETE", `/users/${ada}`, { token: bobs.access_token }),
    ]);
    assert.equal(
      answers.filter(({ status }) => status < 300).length,
      1,
      JSON.stringify(answers.map(({ status }) => status)),
    );
    const rows = await database.queries
      .selectFrom("users")
      .select("id")
      .where("role", "=", "org_admin")
      .where("status", "=", "active")
      .execute();
    assert.equal(rows.length, 1);
    const [last] = rows;
    const session = last?.id === ada ? adas : bobs;
    for (const body of [{ role: "source_admin" }, { status: "disabled" }]) {
      const refusal = await patch(rig, session, [last?.id ?? "", body]);
      assert.deepEqual([refusal.status, refusal.body.error.code], [409, "CONFLICT"]);
      assert.match(refusal.body.error.message, /org_admin/);
    }
    const token = session.access_token;
    assert.equal(await rig.refused("DELETE", `/users/${last?.id}`, { token }), "CONFLICT");
    assert.equal(
      (await rig.call("GET", "/users", { token })).status,
      200,
      "still signed in: nothing was kept of the refused",
    );
    await Promise.all([rig.close(), second.close()]);
  });

  test("the invitations of an administrator who is none any more are closed", async () => {
    for (const change of [{ role: "source_admin" }, { status: "disabled" }, null]) {
      const rig = await openAccessRig({ database: await open() });
      await rig.addUser("ada", "org_admin");
      const bob = await rig.addUser("bob", "org_admin");
      const [adas, bobs] = [await rig.session("ada"), await rig.session("bob")];
      const body = { email: "friend@example.com", role: "org_admin" };
      const invitation = await rig.call("POST", "/invitations", { token: bobs.access_token, body });
      assert.equal(invitation.status, 201);
      if (change === null) await rig.call("DELETE", `/users/${bob}`, { token: adas.access_token });
      else assert.equal((await patch(rig, adas, [bob, change])).status, 200);
      const acceptance = { token: invitation.body["token"], name: "Friend", password: "five slow boats at noon" };
      assert.equal(await rig.refused("POST", "/auth/invitations/accept", { body: acceptance }), "INVALID_TOKEN");
      assert.ok((await rig.rig.audits()).some(({ action }) => action === "invitation.revoked"));
      await rig.close();
    }
  });
});

test("only administrators see and change the team", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("jane");
  for (const role of ROLES) {
    await rig.addUser(role, role);
    const { access_token: token } = await rig.session(role);
    const expected = role === "org_admin" ? null : "FORBIDDEN";
    const calls = [
      ["GET", "/users", undefined],
      ["GET", `/users/${id}`, undefined],
      ["PATCH", `/users/${id}`, { name: role }],
      ["GET", "/invitations", undefined],
      ["POST", "/invitations", { email: `${role}-friend@example.com`, role: "source_viewer" }],
    ] as const;
    for (const [method, path, body] of calls) {
      const { status, body: answer } = await rig.call<FaultBody>(method, path, {
        token,
        ...(body !== undefined && { body }),
      });
      assert.equal(status < 300 ? null : answer.error.code, expected, `${role} ${method} ${path}`);
    }
  }
  await rig.close();
});

test("an API token gives nobody what it may not do itself", async () => {
  const rig = await openAccessRig();
  await rig.addUser("ada", "org_admin");
  const ada = await rig.session("ada");
  const scopes = ["team:read", "team:write"];
  const team = { access_token: (await rig.apiToken(ada, scopes)).token };
  const viewing = { access_token: (await rig.apiToken(ada, [...scopes, ...permissionsOf("source_viewer")])).token };
  const id = await rig.addUser("jane", "source_editor");
  const roleNow = async () => {
    const user = await rig.call("GET", `/users/${id}`, { token: ada.access_token });
    return [user.body["role"], user.body["version"]];
  };
  const refuses = async (by: typeof team, body: object): Promise<void> => {
    const { status, body: answer } = await patch(rig, by as SessionBody, [id, body]);
    assert.deepEqual([status, answer.error?.code], [403, "FORBIDDEN"], JSON.stringify(body));
    assert.match(answer.error.message, /what you may not do with this token/);
  };
  for (const role of ROLES.filter((one) => one !== "source_editor")) await refuses(team, { role });
  await refuses(team, { role: "source_admin", name: "Jane Smith" });
  for (const role of ROLES.filter((one) => !/editor|viewer/.test(one))) await refuses(viewing, { role });
  assert.deepEqual(await roleNow(), ["source_editor", 1], "nothing of a refused change is kept");
  const same = await patch(rig, team as SessionBody, [id, { role: "source_editor", name: "Jane Smith" }]);
  assert.deepEqual([same.status, same.body["name"]], [200, "Jane Smith"], "the role that one has is not given");
  assert.equal((await patch(rig, viewing as SessionBody, [id, { role: "source_viewer" }])).status, 200);
  await refuses(viewing, { role: "source_editor" });
  const whole = { access_token: (await rig.apiToken(ada, [...PERMISSIONS])).token };
  assert.equal((await patch(rig, whole as SessionBody, [id, { role: "org_admin" }])).status, 200);
  assert.deepEqual(await roleNow(), ["org_admin", 4]);
  await rig.close();
});

test("an API token lets nobody in again who may do what it may not", async () => {
  const rig = await openAccessRig();
  await rig.addUser("ada", "org_admin");
  const ada = await rig.session("ada");
  const scopes = ["team:write", ...permissionsOf("source_viewer")];
  const viewing = { access_token: (await rig.apiToken(ada, scopes)).token } as SessionBody;
  for (const role of ROLES) {
    const id = await rig.addUser(role, role);
    assert.equal((await patch(rig, viewing, [id, { status: "disabled" }])).status, 200, role);
    const isViewer = role === "source_viewer";
    const enabled = await patch(rig, viewing, [id, { status: "active" }]);
    assert.deepEqual(
      [enabled.status, enabled.body.error?.code],
      isViewer ? [200, undefined] : [403, "FORBIDDEN"],
      role,
    );
    assert.equal((await rig.login(role)).status, isViewer ? 200 : 401, role);
    assert.equal((await patch(rig, viewing, [id, { name: "Jane" }])).status, 200, "a name gives nothing");
    assert.equal((await patch(rig, viewing, [id, { status: "active", role: "source_viewer" }])).status, 200, role);
    assert.equal((await patch(rig, ada, [id, { status: "disabled", role }])).status, 200, role);
    assert.equal((await patch(rig, ada, [id, { status: "active" }])).status, 200, role);
  }
  await rig.close();
});

test("what a change of a user may not hold", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("ada", "org_admin");
  const ada = await rig.session("ada");
  for (const body of [
    {},
    { role: "owner" },
    { status: "invited" },
    { email: "x@example.com" },
    { password: "x" },
    { name: "" },
    { name: "x".repeat(201) },
    { version: 0 },
    { must_change_password: false },
  ]) {
    assert.equal((await patch(rig, ada, [id, body])).status, 422, JSON.stringify(body));
  }
  await rig.close();
});
