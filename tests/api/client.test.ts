/** The typed client against a real server: signing in, making, listing, changing, and being refused. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { each, memorySession, openManagementClient } from "@datafly-signal/management-client";
import { ADMINISTRATOR, type ApiRig, openApiRig } from "./api-rig.ts";

let rig: ApiRig;

before(async () => {
  rig = await openApiRig();
});

after(() => rig.close());

test("a person signs in, works on a pipeline, and goes on when the access token is not taken any more", async () => {
  const session = memorySession();
  const client = openManagementClient({ baseUrl: rig.server.management, session });
  const before = await client.getMe();
  assert.equal(!before.ok && before.error.code, "MISSING_TOKEN");
  const wrong = await client.login({ body: { ...ADMINISTRATOR, password: "wrong" } });
  assert.equal(!wrong.ok && wrong.error.code, "INVALID_CREDENTIALS");
  const signedIn = await client.login({ body: ADMINISTRATOR });
  assert.ok(signedIn.ok);
  session.write(signedIn.data);

  const created = await client.createPipeline({ body: { name: "Client shop" }, idempotencyKey: "shop-1" });
  assert.ok(created.ok);
  const again = await client.createPipeline({ body: { name: "Client shop" }, idempotencyKey: "shop-1" });
  assert.deepEqual(again.ok && again.data.id, created.data.id);
  const { id, version } = created.data;
  const stale = await client.updatePipeline({ params: { id }, body: { name: "Other", version: version + 1 } });
  assert.equal(!stale.ok && stale.error.code, "VERSION_CONFLICT");

  session.write({ ...signedIn.data, access_token: `${signedIn.data.access_token.slice(0, -10)}0123456789` });
  const found = await client.getPipeline({ params: { id } });
  assert.ok(found.ok);
  assert.equal(found.data.name, "Client shop");
  assert.notEqual(session.read()?.refresh_token, signedIn.data.refresh_token);

  const out = await client.logout({ body: { refresh_token: session.read()?.refresh_token ?? "" } });
  assert.ok(out.ok);
  const after = await client.getMe();
  assert.ok(!after.ok);
  assert.equal(session.read(), null, "the refresh token ended with the session");
});

test("a program lists what there is, page by page", async () => {
  const scopes = ["pipelines:read", "pipelines:create"];
  const client = openManagementClient({
    baseUrl: rig.server.management,
    token: (await rig.made<{ token: string }>("POST", "/api-tokens", { name: "Listing", scopes })).token,
  });
  const names = ["Page A", "Page B", "Page C"];
  for (const name of names) assert.ok((await client.createPipeline({ body: { name } })).ok);
  const found: string[] = [];
  for await (const { name } of each(client.listPipelines, { query: { search: "Page ", limit: 2 } })) found.push(name);
  assert.deepEqual(found.toSorted(), names);
  const refused = await client.getOrganisation();
  assert.equal(!refused.ok && refused.error.code, "FORBIDDEN");
});
