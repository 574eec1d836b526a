import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import type { Role } from "../http/route.ts";
import { type ConfiguredRig, openConfiguredRig } from "./configured-rig-fixture.ts";
import { pipelineRoutes } from "./pipeline-routes.ts";

interface Answered {
  id: string;
  version: number;
  name: string;
  parameters: Record<string, unknown>;
  error?: RigFault;
}

const MAPPING = `version: 2
defaults:
  action: map
  mappings:
    - { value: "{{pipeline_param.shade}}", target: shade }
`;

let rig: ConfiguredRig;
let id: string;
beforeEach(async () => {
  rig = await openConfiguredRig(pipelineRoutes);
  const body = { name: "Shop", parameters: { shade: "red", free: "1", kept: "a", path: "in" } };
  id = (await rig.call<Answered>("POST", "/pipelines", { body })).body.id;
});
afterEach(() => rig.close());

const patch = (parameters: object, role: Role, more: object = {}) =>
  rig.call<Answered>("PATCH", `/pipelines/${id}`, { role, body: { parameters, ...more } });

async function refuses(parameters: object, named: string, more: object = {}): Promise<void> {
  const { status, body } = await patch(parameters, "source_editor", more);
  assert.deepEqual([status, body.error?.code], [403, "FORBIDDEN"], JSON.stringify(parameters));
  assert.match(body.error?.message ?? "", new RegExp(`parameter ${named}: changing it needs integrations:publish`));
}

async function takes(parameters: object, role: Role = "source_editor"): Promise<void> {
  const { status, body } = await patch(parameters, role);
  assert.equal(status, 200, `${JSON.stringify(parameters)}: ${JSON.stringify(body)}`);
}

/** Webhooks whose URL and headers are made of parameters: one at its latest revision, one that stays at its first. */
async function assigned(): Promise<void> {
  await rig.assign(id);
  const secrets = { auth_token: "{{pipeline_param.token}}" };
  const webhook = { vendor: "webhook", secrets, mapping: MAPPING };
  const pinned = { ...webhook, id: "tmpl_pinned", name: "Pinned" };
  const url = "https://hooks.example.com";
  const authentication = "bearer";
  const headers = { "X-Kept": "{{ pipeline_param.kept }}" };
  await rig.change({ document: { integrations: [{ ...pinned, config: { url, authentication, headers } }] } });
  const config = { url: `${url}/{{pipeline_param.path}}`, authentication };
  await rig.change({ document: { integrations: [{ ...pinned, config }] } });
  const parameters = { shade: "red", free: "1", kept: "a", path: "in", region: "eu", token: "hunter2-secret" };
  const [key] = await rig.database.queries.selectFrom("pipeline_keys").select("key").execute();
  const integrations = [{ integration: "tmpl_orders" }, { integration: "tmpl_pinned", revision: 1 }];
  const shop = { id, name: "Shop", slug: "shop", pipeline_keys: [key?.key ?? ""], parameters, integrations };
  await rig.change({ document: { pipelines: [shop] } });
}

test("parameters that connections are made of are changed by who may publish", async () => {
  await assigned();
  const before = (await rig.call<Answered>("GET", `/pipelines/${id}`)).body;
  await refuses({ region: "us" }, "region");
  await refuses({ region: null }, "region");
  await refuses({ kept: "b" }, "kept");
  await refuses({ token: "another-secret" }, "token");
  await refuses({ token: null }, "token");
  await refuses({ free: "2", shade: "blue", region: "us" }, "region");
  await refuses({ region: "us" }, "region", { name: "Store", version: before.version });
  assert.deepEqual((await rig.call<Answered>("GET", `/pipelines/${id}`)).body, before, "nothing of it is kept");
  assert.ok((await rig.audits()).every(({ action }) => action !== "pipeline.updated"));

  await takes({ region: "us", kept: "b", token: "another-secret" }, "source_admin");
  const { body } = await rig.call<Answered>("GET", `/pipelines/${id}`);
  assert.deepEqual([body.parameters["region"], body.parameters["kept"]], ["us", "b"]);
});

test("all others, and those that stay as they are, by who may change the pipeline", async () => {
  await assigned();
  await takes({ free: "2", fresh: "x" });
  await takes({ shade: "blue" });
  await takes({ free: null });
  await takes({ region: "eu", kept: "a", token: { set: true } });
  // Of a revision that no pipeline is at.
  await takes({ path: "elsewhere" });
  await takes({});
});

test("before it is assigned, and after, a connection makes nothing of the pipeline's parameters", async () => {
  await takes({ region: "us", path: "x" });
  await rig.assign(id);
  await refuses({ region: "eu" }, "region");
  const lane = await rig.database.queries.selectFrom("pipeline_integrations").select("id").executeTakeFirstOrThrow();
  await rig.change({ remove: { lanes: [lane.id] } });
  await takes({ region: "eu" });
  await refuses({ token: "another-secret" }, "token");
});
