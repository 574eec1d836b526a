import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type FaultBody, openAccessRig } from "./access-fixture.ts";
import { PERMISSIONS } from "./permissions.ts";

const DAY = 86_400_000;

interface TokenBody {
  id: string;
  name: string;
  user_email: string;
  status: string;
  expires_at: string;
}
interface ListBody {
  data: TokenBody[];
  next_cursor: string | null;
  has_more: boolean;
}

eachDatabase("API tokens", (open) => {
  test("one is shown once and kept as its hash", async () => {
    const rig = await openAccessRig({ database: await open() });
    const id = await rig.addUser("jane", "source_editor");
    const { access_token: session } = await rig.session("jane");
    const body = { name: "deploy", scopes: ["pipelines:write", "metrics:read"] };
    const answer = await rig.call("POST", "/api-tokens", { token: session, body });
    assert.equal(answer.status, 201);
    const { token, ...facts } = answer.body;
    assert.match(String(token), /^dfs_pat_[0-9A-Za-z]{49}$/);
    const shown = {
      id: facts["id"],
      name: "deploy",
      prefix: String(token).slice(0, 12),
      user_id: id,
      user_email: "jane@example.com",
      scopes: body.scopes,
      status: "active",
      created_at: "2026-11-21T09:00:00.000Z",
      expires_at: "2027-02-19T09:00:00.000Z",
      last_used_at: null,
      revoked_at: null,
    };
    assert.deepEqual(facts, shown);
    assert.deepEqual((await rig.call("GET", `/api-tokens/${shown.id}`, { token: session })).body, shown);
    assert.deepEqual((await rig.call("GET", "/api-tokens", { token: session })).body, {
      data: [shown],
      next_cursor: null,
      has_more: false,
    });
    const [row] = await rig.database.queries.selectFrom("api_tokens").selectAll().execute();
    assert.equal(row?.token_hash, createHash("sha256").update(String(token)).digest("hex"));
    assert.ok(!JSON.stringify(row).includes(String(token).slice(12)));
    const record = (await rig.rig.audits()).at(-1);
    assert.equal(record?.action, "api_token.created");
    assert.deepEqual(Object.keys(record?.changes ?? {}), ["name", "scopes", "expires_at"]);
    await rig.close();
  });

  test("other people's are not there, and administrators see and revoke all", async () => {
    const rig = await openAccessRig({ database: await open() });
    for (const [name, role] of [
      ["jane", "source_admin"],
      ["john", "source_admin"],
      ["ada", "org_admin"],
    ] as const)
      await rig.addUser(name, role);
    const [jane, john, ada] = [await rig.session("jane"), await rig.session("john"), await rig.session("ada")];
    const janes = await rig.apiToken(jane, ["metrics:read"]);
    await rig.apiToken(john, ["metrics:read"]);
    for (const method of ["GET", "DELETE"] as const) {
      for (const id of [janes.id, "tok_unknown", "' or 1=1 --"]) {
        const path = `/api-tokens/${encodeURIComponent(id)}`;
        assert.equal(await rig.refused(method, path, { token: john.access_token }), "NOT_FOUND");
      }
    }
    const seen = async (session: { access_token: string }, query = {}) => {
      const { body } = await rig.call<ListBody>("GET", "/api-tokens", { token: session.access_token, query });
      return body.data.map(({ user_email: email }) => email).sort();
    };
    assert.deepEqual(await seen(john), ["john@example.com"]);
    assert.deepEqual(await seen(ada), ["jane@example.com", "john@example.com"]);
    assert.deepEqual(await seen(ada, { user_id: jane.user.id }), ["jane@example.com"]);
    assert.deepEqual(await seen(john, { user_id: john.user.id }), ["john@example.com"]);
    const query = { user_id: jane.user.id };
    assert.equal(await rig.refused("GET", "/api-tokens", { token: john.access_token, query }), "FORBIDDEN");
    assert.equal((await rig.call("GET", "/auth/me", { token: janes.token })).status, 200);
    for (let times = 0; times < 2; times += 1) {
      assert.equal((await rig.call("DELETE", `/api-tokens/${janes.id}`, { token: ada.access_token })).status, 204);
    }
    assert.equal(await rig.refused("GET", "/auth/me", { token: janes.token }), "INVALID_TOKEN");
    const revoked = (await rig.rig.audits()).filter(({ action }) => action === "api_token.revoked");
    assert.deepEqual(
      revoked.map(({ user_email: email, resource_id: id }) => [email, id]),
      [["ada@example.com", janes.id]],
    );
    await rig.close();
  });

  test("pages and states", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const session = await rig.session("jane");
    const token = session.access_token;
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.unshift((await rig.apiToken(session, ["metrics:read"], "2026-11-21T10:00:00Z")).id);
      rig.clock.advance(1);
    }
    await rig.call("DELETE", `/api-tokens/${made[0]}`, { token });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string | number> = { limit: 2, ...(cursor !== null && { cursor }) };
      const { body } = await rig.call<ListBody>("GET", "/api-tokens", { token, query });
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.next_cursor;
      assert.equal(body.has_more, cursor !== null);
    } while (cursor !== null);
    assert.deepEqual(seen, made);
    const count = async (status: string, session = token) =>
      (await rig.call<ListBody>("GET", "/api-tokens", { token: session, query: { status } })).body.data.length;
    assert.deepEqual([await count("active"), await count("revoked"), await count("expired")], [4, 1, 0]);
    rig.clock.advance(3_600_000);
    const later = (await rig.session("jane")).access_token;
    assert.deepEqual(
      [await count("active", later), await count("revoked", later), await count("expired", later)],
      [0, 1, 4],
    );
    await rig.close();
  });
});

test("what a token may not be", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane", "source_editor");
  const { access_token: token } = await rig.session("jane");
  const at = (days: number) => new Date(rig.clock.wall() + days * DAY).toISOString();
  const good = { name: "x", scopes: ["metrics:read"] };
  const rows: readonly (readonly [body: object, paths: string[]])[] = [
    [{ ...good, scopes: ["metrics:read", "team:write", "organisation:write"] }, ["scopes[1]", "scopes[2]"]],
    [{ ...good, scopes: ["everything"] }, ["scopes[0]"]],
    [{ ...good, scopes: [] }, ["scopes"]],
    [{ ...good, scopes: ["metrics:read", "metrics:read"] }, ["scopes"]],
    [{ ...good, expires_at: at(0) }, ["expires_at"]],
    [{ ...good, expires_at: at(-1) }, ["expires_at"]],
    [{ ...good, expires_at: at(367) }, ["expires_at"]],
    [{ ...good, expires_at: "tomorrow" }, ["expires_at"]],
    [{ ...good, expires_at: null }, ["expires_at"]],
    [{ ...good, name: "" }, ["name"]],
    [{ ...good, user_id: "usr_other" }, ["user_id"]],
    [{ scopes: good.scopes }, ["name"]],
  ];
  for (const [body, paths] of rows) {
    const answer = await rig.call<FaultBody>("POST", "/api-tokens", { token, body });
    assert.equal(answer.status, 422, JSON.stringify(body));
    assert.deepEqual(
      answer.body.error.details?.map(({ path }) => path),
      paths,
      JSON.stringify(body),
    );
  }
  const year = await rig.call("POST", "/api-tokens", { token, body: { ...good, expires_at: at(365) } });
  assert.equal(year.status, 201);
  await rig.close();
});

test("an API token makes, lists, shows and revokes none, whatever its scopes", async () => {
  const rig = await openAccessRig();
  await rig.addUser("ada", "org_admin");
  const { id, token } = await rig.apiToken(await rig.session("ada"), [...PERMISSIONS]);
  const body = { name: "x", scopes: ["metrics:read"] };
  assert.equal(await rig.refused("POST", "/api-tokens", { token, body }), "FORBIDDEN");
  assert.equal(await rig.refused("GET", "/api-tokens", { token }), "FORBIDDEN");
  assert.equal(await rig.refused("GET", `/api-tokens/${id}`, { token }), "FORBIDDEN");
  assert.equal(await rig.refused("DELETE", `/api-tokens/${id}`, { token }), "FORBIDDEN");
  await rig.close();
});

test("one person has a hundred usable ones at most", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const session = await rig.session("jane");
  const tokens = [];
  for (let count = 0; count < 100; count += 1) tokens.push(await rig.apiToken(session, ["metrics:read"]));
  const body = { name: "one more", scopes: ["metrics:read"] };
  const token = session.access_token;
  assert.equal(await rig.refused("POST", "/api-tokens", { token, body }), "CONFLICT");
  await rig.call("DELETE", `/api-tokens/${tokens[50]?.id}`, { token });
  assert.equal((await rig.call("POST", "/api-tokens", { token, body })).status, 201);
  await rig.close();
});
