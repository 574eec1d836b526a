/** From nothing to the first delivered event by API calls alone, as the documentation prints them; keys come, rotate and go. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CatalogueEntry, Integration, Revision } from "@datafly-signal/management-client";
import { done, refusal } from "../harness/signed-in.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, LATE_MS, makeLane, openControlRig, sent, track } from "./control-rig.ts";

/** A change counts everywhere after this long. */
const WITHIN_MS = 1000;

let rig: ControlRig;
before(async () => (rig = await openControlRig()));
after(() => rig.close());

let count = 0;
/** How long it takes until a key is answered so. */
async function timeUntil(key: string, status: number): Promise<number> {
  const began = performance.now();
  await until(
    LATE_MS,
    async () => (await track(rig.server, key, { messageId: `wait-${(count += 1)}` })) === status,
    () => `${key} to be answered ${status}`,
  );
  return performance.now() - began;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

test("the calls that are printed lead from the catalogue to an event at the vendor's", async () => {
  const { call } = rig.api;
  for (const category of ["advertising", "other"]) {
    const listed = await call("GET", `/integration-catalog?category=${category}`);
    assert.equal(listed.status, 200);
    const { data } = listed.body as { data: CatalogueEntry[] };
    assert.ok(data.every((entry) => entry.category === category));
    assert.equal(
      data.some(({ key }) => key === "webhook"),
      category === "other",
    );
  }
  const installed = await call("POST", "/integration-catalog/webhook/install", {
    name: "Webhook Production",
    variant: "default",
    config: { url: `${rig.vendor.url}/orders`, authentication: "bearer", auth_token: "your_access_token" },
    delivery_mode: "server_side",
  });
  assert.equal(installed.status, 201, JSON.stringify(installed.body));
  const { template, revision } = installed.body as { template: Integration; revision: Revision };
  assert.match(template.id, /^tmpl_/);
  assert.match(revision.id, /^rev_/);
  assert.deepEqual(
    [template.name, template.vendor, template.catalog_vendor_key, template.catalog_variant_key],
    ["Webhook Production", "webhook", "webhook", "default"],
  );
  assert.deepEqual(
    [revision.integration_id, revision.revision_number, revision.delivery_mode, revision.config],
    [
      template.id,
      1,
      "server_side",
      { url: `${rig.vendor.url}/orders`, authentication: "bearer", auth_token: { set: true } },
    ],
  );
  assert.equal((await call("POST", "/integration-catalog/no_such_vendor/install", { name: "X" })).status, 404);
  const made = await call("POST", "/pipelines", { name: "Marketing Website" });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, pipeline_key: key } = made.body as { id: string; pipeline_key: string };
  assert.match(key, /^dk_test_/);
  const assigned = await call("POST", `/pipelines/${id}/integrations`, { integration_id: template.id });
  assert.equal(assigned.status, 201, JSON.stringify(assigned.body));
  await timeUntil(key, 200);
  const began = performance.now();
  const request = await sent(rig, key, { messageId: "seed-1", properties: { revenue: 79.99 } });
  const took = performance.now() - began;
  assert.equal(request.path, "/orders");
  assert.equal(request.headers.authorization, "Bearer your_access_token");
  const body = JSON.parse(request.body) as Record<string, unknown>;
  assert.deepEqual([body["messageId"], body["properties"]], ["seed-1", { revenue: 79.99 }]);
  assert.ok(took < 5 * WITHIN_MS, `an event takes ${took} ms`);
});

/** As printed on the product's pages. */
const PRINTED: [vendor: string, blueprint: string, secret: string, call: string][] = [
  [
    "axon",
    "default",
    "api_key",
    `{
    "name": "Axon",
    "variant": "default",
    "config": {
      "api_key": "your-api-key",
      "org_id": "org-abc-123",
      "dataset_id": "dataset-xyz-456"
    },
    "delivery_mode": "server_side"
  }`,
  ],
  [
    "meta_capi",
    "retail",
    "access_token",
    `{
    "name": "Meta CAPI Production",
    "variant": "retail",
    "config": {
      "pixel_id": "1234567890",
      "access_token": "your_access_token"
    },
    "delivery_mode": "server_side"
  }`,
  ],
];

for (const [vendor, blueprint, secret, printed] of PRINTED) {
  test(`the install of ${vendor} that is printed takes the blueprint ${blueprint}`, async () => {
    const { call } = rig.api;
    const given = JSON.parse(printed) as { name: string; variant: string; config: Record<string, string> };
    const installed = await call("POST", `/integration-catalog/${vendor}/install`, given);
    assert.equal(installed.status, 201, JSON.stringify(installed.body));
    const { template, revision } = installed.body as { template: Integration; revision: Revision };
    assert.deepEqual(
      [template.name, template.catalog_vendor_key, template.catalog_variant_key, revision.revision_number],
      [given.name, vendor, given.variant, 1],
    );
    for (const [key, value] of Object.entries(given.config))
      assert.deepEqual(revision.config[key], key === secret ? { set: true } : value);
    const ready = await call("GET", `/mapping/blueprints/${vendor}/${blueprint}`);
    assert.equal(revision.mapping_text, (ready.body as { mapping: string }).mapping);
  });
}

test("a key is refused before it is made, accepted a second after, and refused a second after it is revoked", async (t) => {
  const { client, server } = rig;
  const lane = await makeLane(rig, { name: "Keys", config: { url: rig.vendor.url } });
  assert.equal(await track(server, "dk_test_0000000000000000000000000000000000000000", { messageId: "no" }), 401);
  const [accepted, refused]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round += 1) {
    const made = await done(client.createPipelineKey({ params: { id: lane.pipelineId } }));
    accepted.push(await timeUntil(made.key, 200));
    await done(client.revokePipelineKey({ params: { id: lane.pipelineId, key_id: made.id } }));
    refused.push(await timeUntil(made.key, 401));
  }
  t.diagnostic(`accepted after ${accepted.map(Math.round).join(" ")} ms, refused after ${refused.map(Math.round)} ms`);
  assert.ok(median(accepted) < WITHIN_MS, `accepted after ${accepted} ms`);
  assert.ok(median(refused) < WITHIN_MS, `refused after ${refused} ms`);
  assert.equal(await track(server, lane.key, { messageId: "other-key-1" }), 200, "the other key stays");
  const { data } = await done(client.listPipelineKeys({ params: { id: lane.pipelineId } }));
  const first = data.find(({ revoked_at }) => revoked_at === null);
  const last = client.revokePipelineKey({ params: { id: lane.pipelineId, key_id: first?.id ?? "" } });
  assert.equal(await refusal(last), "IN_USE", "the last key is kept");
});

test("keys rotate with an overlap: both are accepted, then the old one ends by itself", async () => {
  const { client, server } = rig;
  const lane = await makeLane(rig, { name: "Rotation", config: { url: rig.vendor.url } });
  const overlap = 4;
  const began = Date.now();
  const next = await done(
    client.createPipelineKey({ params: { id: lane.pipelineId }, body: { expires_previous_in_seconds: overlap } }),
  );
  await timeUntil(next.key, 200);
  const isEarly = Date.now() < began + overlap * 500;
  if (isEarly)
    assert.equal(await track(server, lane.key, { messageId: "overlap-1" }), 200, "the old key in the overlap");
  await timeUntil(lane.key, 401);
  assert.ok(Date.now() >= began + overlap * 1000, "not before its time");
  await sent(rig, next.key, { messageId: "after-rotation" });
  const { pipeline_key, pipeline_keys } = await done(client.getPipeline({ params: { id: lane.pipelineId } }));
  assert.deepEqual([pipeline_key, pipeline_keys.map(({ key }) => key)], [next.key, [next.key]]);
});

test("a disabled pipeline refuses its key, and takes it again when it is enabled", async () => {
  const { client } = rig;
  const lane = await makeLane(rig, { name: "Switched", config: { url: rig.vendor.url } });
  const params = { id: lane.pipelineId };
  await done(client.updatePipeline({ params, body: { enabled: false } }));
  await timeUntil(lane.key, 401);
  await done(client.updatePipeline({ params, body: { enabled: true } }));
  await timeUntil(lane.key, 200);
  await done(client.deletePipeline({ params, query: { discard_waiting: true } }));
  await timeUntil(lane.key, 401);
});
