/** What a revision changes counts for the next delivery: forwards, back again, per pipeline, and for what waits already. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { arrivals, type Received } from "../harness/receiver.ts";
import { done } from "../harness/signed-in.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, LATE_MS, laneUp, makeLane, openControlRig, sent, statusOf, track } from "./control-rig.ts";

const RIGHT = "Bearer the-right-token";

let rig: ControlRig;
before(async () => {
  rig = await openControlRig({
    answer(request, response) {
      if (request.path === "/guarded" && request.headers.authorization !== RIGHT) response.statusCode = 401;
      response.end();
    },
  });
});
after(() => rig.close());

function naming(field: string): string {
  return `version: 2\nglobal: { mappings: [{ source: messageId, target: ${field} }] }\ndefaults: { action: map }\n`;
}

function bodyOf({ body }: Received): unknown {
  return JSON.parse(body);
}

function hasField(request: Received, field: string): boolean {
  return Object.keys(bodyOf(request) as object).join() === field;
}

let count = 0;
/** Sends events until one arrives as wanted; answers it. Processor and worker may take a change a moment apart. */
function untilSent(key: string, isWanted: (request: Received) => boolean): Promise<Received> {
  return until(LATE_MS, async () => {
    const next = await sent(rig, key, { messageId: `change-${(count += 1)}` });
    return isWanted(next) ? next : null;
  });
}

test("a new revision changes mapping, address and secret of the next delivery; pinning the first one changes them back", async () => {
  const { client, vendor } = rig;
  const config = { url: `${vendor.url}/one`, authentication: "bearer", auth_token: "token-one" };
  const lane = await makeLane(rig, { name: "Changed", config, mapping: naming("first"), revision: "latest" });
  const params = { id: lane.integrationId };
  const one = await sent(rig, lane.key, { messageId: "of-revision-1" });
  assert.deepEqual(
    [one.path, one.headers.authorization, bodyOf(one)],
    ["/one", "Bearer token-one", { first: "of-revision-1" }],
  );
  const second = await done(
    client.createRevision({
      params,
      body: { config: { url: `${vendor.url}/two`, auth_token: "token-two" }, mapping: naming("second") },
    }),
  );
  assert.equal(second.revision_number, 2);
  const two = await untilSent(lane.key, (request) => request.path === "/two" && hasField(request, "second"));
  assert.equal(two.headers.authorization, "Bearer token-two");
  const at = { id: lane.pipelineId, pi: lane.laneId };
  const pinned = await done(client.updatePipelineIntegration({ params: at, body: { revision: 1 } }));
  assert.deepEqual([pinned.revision_number, pinned.enabled], [1, true]);
  const back = await untilSent(lane.key, (request) => request.path === "/one" && hasField(request, "first"));
  assert.equal(back.headers.authorization, "Bearer token-one");
  const third = await done(client.createRevision({ params, body: { config: { url: `${vendor.url}/three` } } }));
  assert.deepEqual([third.revision_number, third.mapping_text], [3, naming("second")], "carried over from the latest");
  const stays = await sent(rig, lane.key, { messageId: "pinned-stays" });
  assert.equal(stays.path, "/one", "a pinned one does not follow");
  await done(client.updatePipelineIntegration({ params: at, body: { revision: "latest" } }));
  const latest = await untilSent(lane.key, ({ path }) => path === "/three");
  assert.equal(latest.headers.authorization, "Bearer token-two", "the secret was carried over");
});

test("two pipelines at different revisions of one integration get each their own, at the same time", async () => {
  const { client, vendor, server } = rig;
  const website = await makeLane(rig, {
    name: "Website",
    config: { url: `${vendor.url}/website` },
    mapping: naming("of_website"),
  });
  const id = website.integrationId;
  await done(
    client.createRevision({
      params: { id },
      body: { config: { url: `${vendor.url}/blog` }, mapping: naming("of_blog") },
    }),
  );
  const blog = await done(client.createPipeline({ body: { name: "Blog" } }));
  const assigned = await done(
    client.assignIntegration({ params: { id: blog.id }, body: { integration_id: id, revision: 2 } }),
  );
  assert.equal(assigned.revision_number, 2);
  await laneUp(rig, { key: blog.pipeline_key ?? "", laneId: assigned.id });
  const ids = Array.from({ length: 30 }, (_, index) => `both-${index}`);
  for (const messageId of ids) {
    for (const key of [website.key, blog.pipeline_key ?? ""])
      assert.equal(await track(server, key, { messageId }), 200);
  }
  const at = (path: string): unknown[] =>
    vendor.requests
      .filter((request) => request.path === path && request.body.includes('"both-'))
      .map(bodyOf)
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b), "en", { numeric: true }));
  await until(LATE_MS, () => at("/website").length >= ids.length && at("/blog").length >= ids.length);
  assert.deepEqual(
    at("/website"),
    ids.map((messageId) => ({ of_website: messageId })),
  );
  assert.deepEqual(
    at("/blog"),
    ids.map((messageId) => ({ of_blog: messageId })),
  );
});

test("a mended credential saves what waits", async () => {
  const { client, vendor, server } = rig;
  const config = { url: `${vendor.url}/guarded`, authentication: "bearer", auth_token: "revoked-at-the-vendor" };
  const lane = await makeLane(rig, { name: "Guarded", config, revision: "latest" });
  const status = (): ReturnType<typeof statusOf> => statusOf(rig, lane.integrationId);
  const open = await until(LATE_MS, async () => {
    const now = await status();
    return now.circuit === "open" && now;
  });
  const waiting = Array.from({ length: 25 }, (_, index) => `waits-${index}`);
  for (const messageId of waiting) assert.equal(await track(server, lane.key, { messageId }), 200);
  const before = await until(LATE_MS, async () => {
    const now = await status();
    return now.accepted >= open.accepted + waiting.length && now;
  });
  assert.equal(before.delivered, 0);
  assert.deepEqual(before.dead_lettered, open.dead_lettered, "nothing more is given up");
  assert.ok(before.in_flight >= waiting.length, JSON.stringify(before));
  await done(
    client.createRevision({
      params: { id: lane.integrationId },
      body: { config: { auth_token: "the-right-token" }, change_summary: "a new token" },
    }),
  );
  const delivered = (): Received[] =>
    vendor.requests.filter(({ path, headers }) => path === "/guarded" && headers.authorization === RIGHT);
  const arrived = (): Map<string, number> => arrivals(delivered());
  await until(LATE_MS, () => waiting.every((id) => arrived().has(id)));
  assert.deepEqual(
    waiting.map((id) => arrived().get(id)),
    waiting.map(() => 1),
    "each of them, once",
  );
  const end = await until(LATE_MS, async () => {
    const now = await status();
    return now.in_flight === 0 && now;
  });
  assert.deepEqual([end.circuit, end.dead_lettered], ["healthy", open.dead_lettered]);
  assert.equal(end.delivered, before.in_flight);
});
