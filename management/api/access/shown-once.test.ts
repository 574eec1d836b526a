import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessRig, openAccessRig } from "./access-fixture.ts";

const HEADERS = { "idempotency-key": "k-1" };

interface Shown {
  id: string;
  token: string;
  error?: { code: string };
}

async function administered(): Promise<{ rig: AccessRig; post: (path: string, body?: object) => Promise<Sent> }> {
  const rig = await openAccessRig();
  await rig.addUser("ada", "org_admin");
  const { access_token: token } = await rig.session("ada");
  return {
    rig,
    async post(path, body) {
      const given = body === undefined ? {} : { body };
      const {
        status,
        body: answer,
        headers,
      } = await rig.call<Shown>("POST", path, { token, headers: HEADERS, ...given });
      assert.equal(headers["idempotency-replayed"], undefined, path);
      return { status, body: answer };
    },
  };
}

interface Sent {
  status: number;
  body: Shown;
}

async function assertNothingKept({ database, rig }: AccessRig, secrets: readonly string[]): Promise<void> {
  const { queries } = database;
  assert.deepEqual(await queries.selectFrom("idempotency_keys").selectAll().execute(), []);
  const text = JSON.stringify([await rig.audits(), await queries.selectFrom("api_tokens").selectAll().execute()]);
  for (const secret of secrets) assert.ok(!text.includes(secret));
}

test("an API token is not shown again to the same Idempotency-Key: another one is made", async () => {
  const { rig, post } = await administered();
  const body = { name: "deploy", scopes: ["metrics:read"] };
  const [first, again] = [await post("/api-tokens", body), await post("/api-tokens", body)];
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.notEqual(again.body.id, first.body.id);
  assert.ok(!JSON.stringify(again.body).includes(first.body.token));
  for (const { body } of [first, again])
    assert.equal((await rig.call("GET", "/auth/me", { token: body.token })).status, 200);
  await assertNothingKept(rig, [first.body.token, again.body.token]);
  await rig.close();
});

test("an invitation's link is not shown again to the same Idempotency-Key", async () => {
  const { rig, post } = await administered();
  const body = { email: "jane@example.com", role: "source_viewer" };
  const first = await post("/invitations", body);
  assert.equal(first.status, 201);
  const again = await post("/invitations", body);
  assert.deepEqual([again.status, again.body.error?.code], [409, "CONFLICT"]);
  assert.ok(!JSON.stringify(again.body).includes(first.body.token));
  const path = `/invitations/${first.body.id}/resend`;
  const resent = [await post(path), await post(path)];
  const tokens = [first, ...resent].map(({ body }) => body.token);
  assert.equal(new Set(tokens).size, 3, "each link is another");
  await assertNothingKept(rig, tokens);
  const accept = (token: string | undefined) =>
    rig.call("POST", "/auth/invitations/accept", {
      body: { token, name: "Jane", password: "five slow boats at noon" },
      headers: HEADERS,
    });
  assert.deepEqual(
    [(await accept(tokens[0])).status, (await accept(tokens[1])).status, (await accept(tokens[2])).status],
    [401, 401, 201],
    "the last one works",
  );
  assert.equal((await accept(tokens[2])).status, 401, "and its session is given to nobody a second time");
  await assertNothingKept(rig, tokens);
  await rig.close();
});
