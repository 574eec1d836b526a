import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type AccessRig, type FaultBody, type SessionBody, openAccessRig } from "./access-fixture.ts";
import { ROLES, permissionsOf } from "./permissions.ts";

const DAY = 86_400_000;
const CHOSEN = "five slow boats at noon";

interface InvitationBody {
  id: string;
  email: string;
  status: string;
  token: string;
  accept_url: string;
  expires_at: string;
}
interface ListBody {
  data: InvitationBody[];
}

async function administered(options: Parameters<typeof openAccessRig>[0]) {
  const rig = await openAccessRig(options);
  await rig.addUser("ada", "org_admin");
  const token = (await rig.session("ada")).access_token;
  return { rig, token };
}

function invite(rig: AccessRig, token: string, [email, role = "source_editor"]: [string, string?]) {
  return rig.call<InvitationBody & FaultBody>("POST", "/invitations", { token, body: { email, role } });
}

function accept(rig: AccessRig, token: string, { name = "Jane", password = CHOSEN } = {}) {
  return rig.call<SessionBody & FaultBody>("POST", "/auth/invitations/accept", { body: { token, name, password } });
}

eachDatabase("invitations", (open) => {
  test("one is made, passed on and accepted, once", async () => {
    const { rig, token } = await administered({ database: await open() });
    const { status, body } = await invite(rig, token, ["Jane@Example.com"]);
    assert.equal(status, 201);
    assert.equal(body.email, "jane@example.com");
    assert.equal(body.status, "open");
    assert.equal(body.expires_at, "2026-11-28T09:00:00.000Z");
    assert.match(body.token, /^dfs_inv_\w{49}$/);
    assert.equal(body.accept_url, `/accept-invitation#token=${body.token}`);
    const session = await accept(rig, body.token);
    assert.equal(session.status, 201);
    const { email, role } = session.body.user;
    assert.deepEqual([email, role], ["jane@example.com", "source_editor"]);
    assert.equal((await rig.call("GET", "/auth/me", { token: session.body.access_token })).status, 200);
    assert.equal((await rig.login("jane", CHOSEN)).status, 200);
    const again = await accept(rig, body.token);
    assert.deepEqual([again.status, again.body.error.code], [401, "INVALID_TOKEN"]);
    const list = await rig.call<ListBody>("GET", "/invitations", { token });
    assert.deepEqual(
      list.body.data.map(({ status }) => status),
      ["accepted"],
    );
    assert.ok(!JSON.stringify(list.body).includes(body.token));
    const actions = (await rig.rig.audits()).map(({ action, user_email: email }) => `${action} ${email}`);
    assert.deepEqual(actions, [
      "auth.login ada@example.com",
      "user.invited ada@example.com",
      "user.created jane@example.com",
      "auth.login jane@example.com",
      "auth.login jane@example.com",
    ]);
    await rig.close();
  });

  test("accepted at once by several, it makes one account", async () => {
    const database = await open();
    const { rig, token } = await administered({ database });
    const second = await openAccessRig({ database });
    const { body } = await invite(rig, token, ["jane@example.com"]);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => accept(index % 2 === 0 ? rig : second, body.token)),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 401, 401, 401, 401, 401]);
    await Promise.all([rig.close(), second.close()]);
  });

  test("the same address is invited once, and not when it has an account", async () => {
    const { rig, token } = await administered({ database: await open() });
    const first = await invite(rig, token, ["jane@example.com"]);
    assert.equal((await invite(rig, token, ["JANE@example.com"])).body.error.code, "CONFLICT");
    assert.equal((await invite(rig, token, ["ada@example.com"])).body.error.code, "CONFLICT");
    assert.equal((await rig.call("DELETE", `/invitations/${first.body.id}`, { token })).status, 204);
    assert.equal((await invite(rig, token, ["jane@example.com"])).status, 201);
    assert.equal((await accept(rig, first.body.token)).status, 401);
    await rig.close();
  });

  test("sent again, it has another link and seven more days", async () => {
    const { rig, token } = await administered({ database: await open() });
    const first = (await invite(rig, token, ["jane@example.com"])).body;
    rig.clock.advance(8 * DAY);
    assert.equal((await accept(rig, first.token)).status, 401);
    const admin = (await rig.session("ada")).access_token;
    const again = await rig.call<InvitationBody>("POST", `/invitations/${first.id}/resend`, { token: admin });
    assert.equal(again.status, 200);
    assert.notEqual(again.body.token, first.token);
    assert.equal(again.body.status, "open");
    assert.equal((await accept(rig, first.token)).status, 401);
    assert.equal((await accept(rig, again.body.token)).status, 201);
    const path = `/invitations/${first.id}`;
    assert.equal(await rig.refused("POST", `${path}/resend`, { token: admin }), "CONFLICT");
    assert.equal(await rig.refused("DELETE", path, { token: admin }), "CONFLICT");
    await rig.close();
  });

  test("an expired one does not come back beside a newer one of the same address", async () => {
    const { rig, token } = await administered({ database: await open() });
    const first = (await invite(rig, token, ["jane@example.com"])).body;
    rig.clock.advance(7 * DAY);
    const admin = (await rig.session("ada")).access_token;
    assert.equal((await invite(rig, admin, ["jane@example.com"])).status, 201);
    assert.equal(await rig.refused("POST", `/invitations/${first.id}/resend`, { token: admin }), "CONFLICT");
    const statuses = async (query: Record<string, string>) => {
      const { body } = await rig.call<ListBody>("GET", "/invitations", { token: admin, query });
      return body.data.map(({ status }) => status);
    };
    assert.deepEqual(await statuses({}), ["open", "expired"]);
    for (const status of ["open", "expired"]) assert.deepEqual(await statuses({ status }), [status]);
    assert.deepEqual(await statuses({ status: "accepted" }), []);
    assert.deepEqual(await statuses({ search: "JANE@" }), ["open", "expired"]);
    assert.deepEqual(await statuses({ search: "john" }), []);
    await rig.close();
  });
});

test("an API token invites nobody to what it may not do itself, and sends no such invitation again", async () => {
  const { rig, token } = await administered({});
  const ada = await rig.session("ada");
  const scopes = ["team:read", "team:write", ...permissionsOf("source_viewer")];
  const viewing = (await rig.apiToken(ada, scopes)).token;
  const team = (await rig.apiToken(ada, ["team:read", "team:write"])).token;
  for (const role of ROLES) {
    const email = `${role}@example.com`;
    assert.equal(await rig.refused("POST", "/invitations", { token: team, body: { email, role } }), "FORBIDDEN", role);
    const isViewer = role === "source_viewer";
    if (!isViewer) {
      const { status, body } = await invite(rig, viewing, [email, role]);
      assert.deepEqual([status, body.error?.code], [403, "FORBIDDEN"], role);
      assert.match(body.error.message, /what you may not do with this token/);
    }
    const { body: made } = await invite(rig, isViewer ? viewing : token, [email, role]);
    const path = `/invitations/${made.id}/resend`;
    assert.equal(await rig.refused("POST", path, { token: team }), "FORBIDDEN", role);
    const again = await rig.call<InvitationBody & FaultBody>("POST", path, { token: viewing });
    assert.deepEqual([again.status, again.body.error?.code], isViewer ? [200, undefined] : [403, "FORBIDDEN"], role);
    const list = await rig.call<ListBody>("GET", "/invitations", { token, query: { search: email } });
    assert.equal(list.body.data.length, 1, role);
    assert.equal((await accept(rig, again.body.token ?? made.token)).status, 201, "a refused call ends no link");
  }
  await rig.close();
});

test("a password that is not taken leaves the invitation open", async () => {
  const { rig, token } = await administered({});
  const { body } = await invite(rig, token, ["jane@example.com"]);
  for (const password of ["short", "Password12345!", "jane@example.com"]) {
    const { status, body: answer } = await accept(rig, body.token, { password });
    assert.equal(status, 422);
    assert.deepEqual(
      answer.error.details?.map(({ path }) => path),
      ["password"],
    );
  }
  assert.equal((await accept(rig, body.token)).status, 201);
  await rig.close();
});

test("links begin with the public address where there is one", async () => {
  for (const publicUrl of ["https://signal.example.com", "https://signal.example.com/"]) {
    const { rig, token } = await administered({ options: { publicUrl } });
    const { body } = await invite(rig, token, ["jane@example.com"]);
    assert.equal(body.accept_url, `https://signal.example.com/accept-invitation#token=${body.token}`);
    await rig.close();
  }
});

test("what is no invitation", async () => {
  const { rig, token } = await administered({});
  for (const body of [
    { email: "jane", role: "source_editor" },
    { email: "jane@example.com", role: "owner" },
    { email: "jane\0@example.com", role: "source_editor" },
    { email: "jane@example.com" },
    {},
  ]) {
    assert.equal(await rig.refused("POST", "/invitations", { token, body }), "VALIDATION_FAILED");
  }
  for (const id of ["inv_unknown", "' or 1=1 --"]) {
    const path = `/invitations/${encodeURIComponent(id)}`;
    assert.equal(await rig.refused("DELETE", path, { token }), "NOT_FOUND");
    assert.equal(await rig.refused("POST", `${path}/resend`, { token }), "NOT_FOUND");
  }
  assert.equal((await accept(rig, "dfs_inv_unknown")).status, 401);
  await rig.close();
});
