/** What waits when a lane is disabled, or its integration deleted, by the API: it stays, or is given up with its reason. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { arrivals } from "../harness/receiver.ts";
import { done } from "../harness/signed-in.ts";
import { until } from "../harness/until.ts";
import {
  type ControlRig,
  type Lane,
  type LaneStatus,
  LATE_MS,
  makeLane,
  openControlRig,
  statusOf,
  track,
} from "./control-rig.ts";

const COUNT = 20;
/** Paths that answer 503 as long as they stand here. */
const closed = new Set<string>();

let rig: ControlRig;
before(async () => {
  rig = await openControlRig({
    answer(request, response) {
      if (closed.has(request.path)) response.statusCode = 503;
      response.end();
    },
  });
});
after(() => rig.close());

async function statusWhen(lane: Lane, holds: (status: LaneStatus) => boolean): Promise<LaneStatus> {
  let last: LaneStatus | undefined;
  return until(
    LATE_MS,
    async () => {
      last = await statusOf(rig, lane.integrationId);
      return holds(last) && last;
    },
    () => `${holds.toString()} in ${JSON.stringify(last)}`,
  );
}

/** A lane whose vendor takes nothing, with `COUNT` events that wait for it. */
async function laneWithWaiting(name: string): Promise<{ lane: Lane; path: string; ids: string[]; status: LaneStatus }> {
  const path = `/${name}`;
  const lane = await makeLane(rig, { name, config: { url: rig.vendor.url + path } });
  closed.add(path);
  const ids = Array.from({ length: COUNT }, (_, index) => `${name}-${index}`);
  for (const messageId of ids) assert.equal(await track(rig.server, lane.key, { messageId }), 200);
  const status = await statusWhen(lane, ({ in_flight }) => in_flight === COUNT);
  return { lane, path, ids, status };
}

function arrivedAt(path: string): Map<string, number> {
  return arrivals(rig.vendor.requests.filter((request) => request.path === path));
}

test("what waits for a disabled lane stays, new events are filtered, and enabling it goes on where it was", async () => {
  const { client, vendor, server } = rig;
  const { lane, path, ids } = await laneWithWaiting("paused");
  const at = { id: lane.pipelineId, pi: lane.laneId };
  await done(client.updatePipelineIntegration({ params: at, body: { enabled: false } }));
  const filtered = (status: LaneStatus): number => status.filtered["integration_disabled"] ?? 0;
  // Events on their way at the change may still become deliveries: only from the first filtered one on all are.
  await until(LATE_MS, async () => {
    assert.equal(await track(server, lane.key, { messageId: `late-${crypto.randomUUID()}` }), 200);
    return filtered(await statusOf(rig, lane.integrationId)) > 0;
  });
  closed.delete(path);
  const before = await statusWhen(
    lane,
    (status) => status.in_flight + filtered(status) + status.delivered === status.accepted,
  );
  const requests = vendor.requests.filter((request) => request.path === path).length;
  for (let index = 0; index < 5; index += 1) {
    assert.equal(await track(server, lane.key, { messageId: `new-${index}` }), 200);
  }
  const after = await statusWhen(lane, (status) => filtered(status) === filtered(before) + 5);
  assert.deepEqual([after.in_flight, after.delivered], [before.in_flight, before.delivered]);
  assert.ok(after.in_flight >= COUNT);
  assert.equal(vendor.requests.filter((request) => request.path === path).length, requests, "nothing is sent");
  await done(client.updatePipelineIntegration({ params: at, body: { enabled: true } }));
  await until(LATE_MS, () => ids.every((id) => arrivedAt(path).has(id)));
  const end = await statusWhen(lane, ({ in_flight }) => in_flight === 0);
  assert.equal(end.delivered, before.delivered + before.in_flight);
  assert.equal(filtered(end), filtered(after));
  assert.ok(![...arrivedAt(path).keys()].some((id) => id.startsWith("new-")));
});

test("an integration is not deleted while deliveries wait: it is said how many, and giving them up makes them dead letters", async () => {
  const { client, server } = rig;
  const { lane, path, status } = await laneWithWaiting("leaving");
  const params = { id: lane.integrationId };
  const used = await client.deleteIntegration({ params });
  assert.equal(used.ok ? null : used.error.code, "IN_USE");
  for (const refused of [
    await client.deleteIntegration({ params, query: { force: true } }),
    await client.removePipelineIntegration({ params: { id: lane.pipelineId, pi: lane.laneId } }),
    await client.deletePipeline({ params: { id: lane.pipelineId } }),
  ]) {
    assert.ok(!refused.ok);
    assert.deepEqual([refused.status, refused.error.code], [409, "HAS_WAITING_DELIVERIES"]);
    assert.match(refused.error.message, new RegExp(`\\b${COUNT}\\b`), "says how many");
    assert.match(refused.error.message, /discard_waiting=true/, "says how to go on");
  }
  assert.deepEqual((await statusOf(rig, lane.integrationId)).dead_lettered, {}, "a refusal gives up nothing");
  await done(client.deleteIntegration({ params, query: { force: true, discard_waiting: true } }));
  const end = await statusWhen(lane, ({ in_flight }) => in_flight === 0);
  assert.deepEqual(end.dead_lettered, { integration_deleted: COUNT });
  assert.deepEqual([end.accepted, end.delivered], [status.accepted, status.delivered]);
  const requests = arrivedAt(path).size;
  closed.delete(path);
  assert.equal(await track(server, lane.key, { messageId: "after-leaving" }), 200, "the pipeline stays");
  assert.deepEqual((await done(client.listPipelineIntegrations({ params: { id: lane.pipelineId } }))).data, []);
  const shown = await client.getIntegration({ params });
  assert.equal(shown.ok ? null : shown.error.code, "NOT_FOUND");
  const letters = await server.cli("dlq", "list", lane.integrationId, "--json");
  assert.equal(letters.code, 0, letters.stderr);
  const { data } = JSON.parse(letters.stdout) as { data: { reason: string; messageId: string }[] };
  assert.equal(data.filter(({ reason }) => reason === "integration_deleted").length, COUNT);
  assert.equal(arrivedAt(path).size, requests, "nothing more was sent");
  const again = { name: "leaving", config: { url: `${rig.vendor.url}/again` } };
  const { template } = await done(client.installIntegration({ params: { key: "webhook" }, body: again }));
  assert.notEqual(template.id, lane.integrationId, "its name is free, its id is not used again");
});
