import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Static } from "typebox";
import type { RigFault } from "../http/api-rig.ts";
import { type ConfiguredRig, openConfiguredRig } from "./configured-rig-fixture.ts";
import { pipelineKeyRoutes } from "./key-routes.ts";
import { newKey } from "./new-key.ts";
import { pipelineRoutes } from "./pipeline-routes.ts";
import type { Pipeline, PipelineKey } from "./pipeline-shape.ts";

type Key = Static<typeof PipelineKey>;
type Refused = { error: RigFault };

let rig: ConfiguredRig;
let path: string;

beforeEach(async () => {
  rig = await openConfiguredRig((services) => [...pipelineRoutes(services), ...pipelineKeyRoutes(services)]);
  const { body } = await rig.call<Static<typeof Pipeline>>("POST", "/pipelines", { body: { name: "Shop" } });
  path = `/pipelines/${body.id}`;
});
afterEach(() => rig.close());

const pipeline = async () => (await rig.call<Static<typeof Pipeline>>("GET", path)).body;
const keys = async () => (await rig.call<{ data: Key[] }>("GET", `${path}/keys`)).body.data;
const add = (body?: object) => rig.call<Key & Refused>("POST", `${path}/keys`, body === undefined ? {} : { body });
const revoke = (id: string | undefined) => rig.call<Refused>("DELETE", `${path}/keys/${id}`);

test("a further key is accepted beside the first, and becomes the one to use", async () => {
  const [first] = await keys();
  rig.advance(1000);
  const { status, body } = await add();
  assert.equal(status, 201);
  assert.match(body.key, /^dk_test_[0-9a-f]{40}$/);
  assert.notEqual(body.key, first?.key);
  assert.deepEqual([body.created_at, body.expires_at, body.revoked_at], ["2026-11-21T09:00:01.000Z", null, null]);
  const { pipeline_key, pipeline_keys, version } = await pipeline();
  assert.equal(pipeline_key, body.key);
  assert.deepEqual(pipeline_keys, [body, first]);
  assert.equal(version, 2);
  assert.deepEqual((await rig.call("GET", `${path}/keys/${body.id}`)).body, body);
});

test("rotation with an overlap: the old keys end, one that ends sooner still does, the new one stays", async () => {
  rig.advance(1000);
  await add({ expires_previous_in_seconds: 60 });
  rig.advance(1000);
  await add({ expires_previous_in_seconds: 3600 });
  const ends = (await keys()).map(({ expires_at }) => expires_at);
  assert.deepEqual(ends, [null, "2026-11-21T10:00:02.000Z", "2026-11-21T09:01:01.000Z"]);
  rig.advance(120_000);
  const { pipeline_keys } = await pipeline();
  assert.equal(pipeline_keys.length, 2, "one whose time is over is not shown as accepted");
  assert.equal((await keys()).length, 3);
});

test("with no overlap the old keys are revoked at once", async () => {
  const [old] = await keys();
  const { body } = await add({ expires_previous_in_seconds: 0 });
  assert.deepEqual((await pipeline()).pipeline_keys, [body]);
  const { body: gone } = await rig.call<Key>("GET", `${path}/keys/${old?.id}`);
  assert.equal(gone.revoked_at, "2026-11-21T09:00:00.000Z");
});

test("an overlap that is none is named", async () => {
  for (const seconds of [-1, 1.5, 31_536_001, "60", null]) {
    const { status, body } = await add({ expires_previous_in_seconds: seconds });
    assert.deepEqual([status, body.error.details?.[0]?.path], [422, "expires_previous_in_seconds"], String(seconds));
  }
  assert.equal((await keys()).length, 1);
});

test("revoking is at once, may be repeated, and the key never comes back", async () => {
  const [first] = await keys();
  rig.advance(1000);
  await add();
  assert.equal((await revoke(first?.id)).status, 204);
  assert.equal((await revoke(first?.id)).status, 204);
  const { pipeline_keys } = await pipeline();
  assert.equal(pipeline_keys.length, 1);
  assert.equal((await keys()).find(({ id }) => id === first?.id)?.revoked_at, "2026-11-21T09:00:01.000Z");
  await rig.call("PATCH", path, { body: { name: "Store" } });
  assert.equal((await pipeline()).pipeline_keys.length, 1);
  const told = (await rig.audits()).flatMap(({ changes }) => changes[`pipeline_keys.${first?.id}`]?.new ?? []);
  assert.deepEqual(told.at(-1), { key: `…${first?.key.slice(-4)}`, expires_at: null, revoked: true });
});

test("the last key that stays is kept, and the answer says what to do", async () => {
  const [first] = await keys();
  const alone = await revoke(first?.id);
  assert.deepEqual([alone.status, alone.body.error.code], [409, "IN_USE"]);
  assert.match(alone.body.error.message, /Make another with POST \/v1\/admin\/pipelines\/pip_\w+\/keys first/);
  rig.advance(1000);
  const { body } = await add({ expires_previous_in_seconds: 60 });
  assert.equal((await revoke(body.id)).status, 409, "the other one ends by itself");
  assert.equal((await revoke(first?.id)).status, 204, "one that ends may go before");
  assert.equal((await revoke(body.id)).status, 409);
  assert.equal((await pipeline()).pipeline_key, body.key);
});

test("of two who revoke each other's key at once, one is refused", async () => {
  await add();
  const ids = (await keys()).map(({ id }) => id);
  const answers = await Promise.all(ids.map(revoke));
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 409]);
});

test("there are at most twenty", async () => {
  for (let count = 1; count < 20; count += 1) assert.equal((await add()).status, 201);
  const { status, body } = await add();
  assert.deepEqual([status, body.error.code], [409, "CONFLICT"]);
  assert.equal((await add({ expires_previous_in_seconds: 0 })).status, 201);
  assert.equal((await keys()).length, 21);
});

test("all keys there ever were are listed in pages, the newest first", async () => {
  for (let count = 0; count < 3; count += 1) {
    rig.advance(count === 1 ? 0 : 1000);
    await add({ expires_previous_in_seconds: 0 });
  }
  const whole = (await keys()).map(({ id }) => id);
  assert.equal(whole.length, 4);
  const paged: string[] = [];
  let query: Record<string, string | number> = { limit: 1 };
  for (;;) {
    const { body } = await rig.call<{ data: Key[]; next_cursor: string | null }>("GET", `${path}/keys`, { query });
    paged.push(...body.data.map(({ id }) => id));
    if (body.next_cursor === null) break;
    query = { limit: 1, cursor: body.next_cursor };
  }
  assert.deepEqual(paged, whole);
  assert.equal((await rig.call("GET", `${path}/keys`, { query: { cursor: "WzEsWyJhIl1d" } })).status, 422);
});

test("keys of others and unknown ones are not found", async () => {
  const [own] = await keys();
  const { body: other } = await rig.call<Static<typeof Pipeline>>("POST", "/pipelines", { body: { name: "Other" } });
  for (const at of [`/pipelines/${other.id}/keys/${own?.id}`, `${path}/keys/key_none`, `/pipelines/pip_none/keys/x`]) {
    assert.equal((await rig.call("GET", at)).status, 404, at);
    assert.equal((await rig.call("DELETE", at)).status, 404, at);
  }
  assert.equal((await rig.call("GET", "/pipelines/pip_none/keys")).status, 404);
  assert.equal((await rig.call("POST", "/pipelines/pip_none/keys")).status, 404);
  assert.equal((await keys())[0]?.revoked_at, null);
});

test("keys of a pipeline that the file names are the file's", async () => {
  await rig.applyFile(`version: 1
pipelines:
  - id: pip_file
    name: File
    pipeline_keys: [dk_live_stays_a, { key: dk_live_ends_b, expires_at: 2027-01-01T00:00:00Z }]
`);
  const { body } = await rig.call<Static<typeof Pipeline>>("GET", "/pipelines/pip_file");
  assert.equal(body.pipeline_key, "dk_live_stays_a");
  assert.equal(body.pipeline_keys.length, 2);
  for (const answer of [
    await rig.call<Refused>("POST", "/pipelines/pip_file/keys"),
    await rig.call<Refused>("DELETE", `/pipelines/pip_file/keys/${body.pipeline_keys[0]?.id}`),
  ]) {
    assert.deepEqual([answer.status, answer.body.error.code], [409, "MANAGED_BY_FILE"]);
  }
});

test("an editor reads keys and makes none", async () => {
  const role = "source_editor" as const;
  const [own] = await keys();
  assert.equal((await rig.call("GET", `${path}/keys`, { role })).status, 200);
  assert.equal((await rig.call("POST", `${path}/keys`, { role })).status, 403);
  assert.equal((await rig.call("DELETE", `${path}/keys/${own?.id}`, { role })).status, 403);
});

test("a key has 160 bits of what it was given", () => {
  const random = (bytes: number) => new Uint8Array(bytes).fill(0xab);
  assert.equal(newKey({ environment: "production", random }), `dk_live_${"ab".repeat(20)}`);
  assert.equal(newKey({ environment: "development", random }), `dk_test_${"ab".repeat(20)}`);
});
