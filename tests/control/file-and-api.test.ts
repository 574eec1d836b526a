/** `signal.yaml` and the API side by side: each changes only what is its own, and the demo makes room for both. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { ADMINISTRATOR_ENV, done, refusal, signedIn } from "../harness/signed-in.ts";
import { startSignal } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, laneUp, LATE_MS, makeLane, openControlRig, sent, statusOf, track } from "./control-rig.ts";

interface Named {
  pipelines: string[];
  integrations: string[];
}

async function namesIn({ client }: Pick<ControlRig, "client">): Promise<Named> {
  const { data: pipelines } = await done(client.listPipelines());
  const { data: integrations } = await done(client.listIntegrations());
  return { pipelines: pipelines.map(({ name }) => name), integrations: integrations.map(({ name }) => name) };
}

/** Takes a file up, and waits until it counts. */
async function write(rig: ControlRig, text: string | null, wanted: Named): Promise<void> {
  const file = join(rig.folder, "signal.yaml");
  if (text === null) await rm(file);
  else await writeFile(file, text);
  let last: Named | undefined;
  await until(
    LATE_MS,
    async () => JSON.stringify((last = await namesIn(rig))) === JSON.stringify(wanted),
    () => `${JSON.stringify(wanted)}, there is ${JSON.stringify(last)}\n${rig.server.output().slice(-2000)}`,
  );
}

const LAYER = "data_layer:\n  pii_rules: { hash_fields: [traits.email] }\n";

test("what the file names only the file changes; what the API made stays through file changes and restarts", async (t) => {
  const rig = await openControlRig({ config: configuration([{ name: "orders", url: "http://127.0.0.1:9" }]) + LAYER });
  t.after(rig.close);
  const { client, vendor } = rig;
  const two = configuration([
    { name: "orders", url: `${vendor.url}/orders` },
    { name: "stock", url: `${vendor.url}/stock` },
  ]);
  await write(rig, two + LAYER, { pipelines: ["Shop"], integrations: ["orders", "stock"] });
  const [shop] = (await done(client.listPipelines())).data;
  const [orders] = (await done(client.listIntegrations())).data;
  assert.ok(shop !== undefined && orders !== undefined);
  assert.deepEqual([shop.managed_by, orders.managed_by], ["file", "file"]);
  const [lane] = (await done(client.listPipelineIntegrations({ params: { id: shop.id } }))).data;
  const [key] = (await done(client.listPipelineKeys({ params: { id: shop.id } }))).data;
  const [one, at] = [{ id: shop.id }, { id: shop.id, pi: lane?.id ?? "" }];
  const before = await done(client.exportConfiguration());
  const refused: [what: string, call: Promise<string | null>][] = [
    ["rename a pipeline", refusal(client.updatePipeline({ params: one, body: { name: "Other" } }))],
    ["disable a pipeline", refusal(client.updatePipeline({ params: one, body: { enabled: false } }))],
    ["delete a pipeline", refusal(client.deletePipeline({ params: one, query: { discard_waiting: true } }))],
    ["make a key", refusal(client.createPipelineKey({ params: one }))],
    ["revoke a key", refusal(client.revokePipelineKey({ params: { ...one, key_id: key?.id ?? "" } }))],
    ["pin", refusal(client.updatePipelineIntegration({ params: at, body: { revision: 1 } }))],
    ["disable a lane", refusal(client.updatePipelineIntegration({ params: at, body: { enabled: false } }))],
    ["take a lane off", refusal(client.removePipelineIntegration({ params: at }))],
    ["revise", refusal(client.createRevision({ params: { id: orders.id }, body: { config: { method: "PUT" } } }))],
    ["describe", refusal(client.updateIntegration({ params: { id: orders.id }, body: { description: "x" } }))],
    ["delete an integration", refusal(client.deleteIntegration({ params: { id: orders.id }, query: { force: true } }))],
    ["replace the layer", refusal(client.replaceDataLayer({ body: { config: {} } }))],
    ["apply a file", refusal(client.applyConfiguration({ body: { yaml: before.yaml.replace("1000000", "5") } }))],
  ];
  for (const [what, call] of refused) assert.equal(await call, "MANAGED_BY_FILE", what);
  assert.equal((await done(client.exportConfiguration())).yaml, before.yaml, "nothing of it was done");
  const again = await done(client.applyConfiguration({ body: { yaml: before.yaml } }));
  assert.deepEqual(again.changes, [], "what changes nothing is no change");

  const extra = await makeLane(rig, { name: "Extra", config: { url: `${vendor.url}/extra` } });
  const shared = await done(
    client.assignIntegration({
      params: { id: extra.pipelineId },
      body: { integration_id: orders.id, revision: "latest" },
    }),
  );
  assert.equal(shared.managed_by, null, "the file's integration on a pipeline of the API");
  const both: Named = { pipelines: ["Extra", "Shop"], integrations: ["Extra", "orders", "stock"] };
  await write(rig, two.replace("1000000", "999999"), both);
  await sent(rig, extra.key, { messageId: "after-a-change" });

  await rig.server.stop();
  rig.server = await startSignal({ folder: rig.folder, env: ADMINISTRATOR_ENV });
  rig.clean(rig.server.stop);
  rig.api = await signedIn(rig.server);
  rig.client = rig.api.client;
  assert.deepEqual(await namesIn(rig), both);
  await sent(rig, extra.key, { messageId: "after-a-restart" });
  await laneUp(rig, { key: extra.key, laneId: shared.id });

  const alone = configuration([{ name: "orders", url: `${vendor.url}/orders` }]);
  await write(rig, alone, { pipelines: ["Extra", "Shop"], integrations: ["Extra", "orders"] });
  const layer = await done(rig.client.getDataLayer());
  assert.deepEqual([layer.config, layer.managed_by], [{}, null], "what the file does not name any more is free");
  await done(rig.client.replaceDataLayer({ body: { config: { session: { timeout_minutes: 20 } } } }));
  await write(rig, `${alone}# another comment\n`, { pipelines: ["Extra", "Shop"], integrations: ["Extra", "orders"] });
  assert.deepEqual((await done(rig.client.getDataLayer())).config, { session: { timeout_minutes: 20 } });
});

test("the demo leaves when a first signal.yaml appears; what the user made by the API stays", async (t) => {
  const rig = await openControlRig();
  t.after(rig.close);
  const { vendor } = rig;
  const before = await namesIn(rig);
  assert.deepEqual(before.integrations, ["Demo receiver"]);
  const mine = await makeLane(rig, { name: "Mine", config: { url: `${vendor.url}/mine` } });
  const demo = (await done(rig.client.listPipelines())).data.find(({ managed_by }) => managed_by === "demo");
  assert.ok(demo?.pipeline_key);
  assert.equal(await track(rig.server, demo.pipeline_key, { messageId: "demo-1" }), 200);
  await write(rig, configuration([{ name: "orders", url: `${vendor.url}/orders` }]), {
    pipelines: ["Mine", "Shop"],
    integrations: ["Mine", "orders"],
  });
  await until(LATE_MS, async () => (await track(rig.server, demo.pipeline_key ?? "", { messageId: "demo-2" })) === 401);
  await sent(rig, mine.key, { messageId: "mine-stays" });
  await sent(rig, KEY, { messageId: "the-files" });
  const status = await statusOf(rig, mine.integrationId);
  assert.deepEqual(status.dead_lettered, {});
  await write(rig, null, { pipelines: ["Mine"], integrations: ["Mine"] });
  await sent(rig, mine.key, { messageId: "mine-alone" });
});
