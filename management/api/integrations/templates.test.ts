import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import type { Role } from "../http/route.ts";
import type { ConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { install, type Made, makePipeline, openIntegrationRig } from "./integration-rig-fixture.ts";

interface Page {
  data: Made["template"][];
  next_cursor: string | null;
  has_more: boolean;
}

interface Failed {
  error: RigFault;
}

let rig: ConfiguredRig;
before(async () => (rig = await openIntegrationRig()));
after(() => rig.close());

const assign = (pipeline: string, integration_id: string, body: object = {}) =>
  rig.call("POST", `/pipelines/${pipeline}/integrations`, { body: { integration_id, ...body } });

describe("a custom integration", () => {
  const config = { url: "https://api.example.com/in" };

  it("is a vendor of one's own over the webhook", async () => {
    const body = { name: "CRM", vendor_name: "Our CRM", description: "Sales", config, mapping: "version: 2 # ours\n" };
    const { status, body: made } = await rig.call<Made>("POST", "/integration-templates", { body });
    assert.equal(status, 201);
    const { template, revision } = made;
    const { vendor, vendor_name, custom, catalog_vendor_key, catalog_variant_key, description } = template;
    assert.deepEqual(
      { vendor, vendor_name, custom, catalog_vendor_key, catalog_variant_key, description },
      {
        vendor: "webhook",
        vendor_name: "Our CRM",
        custom: true,
        catalog_vendor_key: null,
        catalog_variant_key: null,
        description: "Sales",
      },
    );
    assert.deepEqual(revision.config, config);
    assert.equal(revision["mapping_text"], "version: 2 # ours\n");
  });

  const refused: [what: string, body: object, path: string][] = [
    ["without a vendor's name", { name: "A", config }, "vendor_name"],
    ["without an endpoint", { name: "A", vendor_name: "V" }, "config.url"],
    ["with a blueprint", { name: "A", vendor_name: "V", config, blueprint: "retail" }, "blueprint"],
    ["with NUL", { name: "A", vendor_name: "V\0", config }, "vendor_name"],
  ];
  for (const [what, body, path] of refused) {
    it(`is refused ${what}`, async () => {
      const answer = await rig.call<Failed>("POST", "/integration-templates", { body });
      assert.deepEqual([answer.status, answer.body.error.details?.map((one) => one.path)], [422, [path]]);
    });
  }

  it("is renamed with its vendor", async () => {
    const { body } = await rig.call<Made>("POST", "/integration-templates", {
      body: { name: "ERP", vendor_name: "Our ERP", config },
    });
    const answer = await rig.call<Made["template"]>("PATCH", `/integration-templates/${body.template.id}`, {
      body: { vendor_name: "Their ERP" },
    });
    assert.deepEqual([answer.body["vendor_name"], answer.body.latest_revision], ["Their ERP", 1]);
  });
});

describe("the list of integrations", () => {
  it("filters by vendor, category, text and the pipeline that it is enabled on", async () => {
    const own = await openIntegrationRig();
    const names = async (query: Record<string, string>) =>
      (await own.call<Page>("GET", "/integration-templates", { query })).body.data.map(({ name }) => name);
    const orders = await install(own, { name: "orders", description: "100% of them" });
    await install(own, { name: "Archive" });
    const meta = { name: "Meta", config: { pixel_id: "1", access_token: "t" } };
    await own.call("POST", "/integration-catalog/meta_capi/install", { body: meta });
    const pipeline = await makePipeline(own);
    await own.call("POST", `/pipelines/${pipeline}/integrations`, { body: { integration_id: orders.template.id } });
    assert.deepEqual(await names({}), ["Archive", "Meta", "orders"]);
    assert.deepEqual(await names({ vendor: "meta_capi" }), ["Meta"]);
    assert.deepEqual(await names({ category: "advertising" }), ["Meta"]);
    assert.deepEqual(await names({ category: "advertising", vendor: "webhook" }), []);
    assert.deepEqual(await names({ category: "cdp" }), []);
    assert.deepEqual(await names({ search: "ORD" }), ["orders"]);
    assert.deepEqual(await names({ search: "%" }), ["orders"]);
    assert.deepEqual(await names({ search: "' or 1=1 --" }), []);
    assert.deepEqual(await names({ enabled_on: pipeline }), ["orders"]);
    assert.deepEqual(await names({ enabled_on: "pip_none" }), []);
    await own.close();
  });

  it("meets each one once while others are added", async () => {
    const own = await openIntegrationRig();
    for (const name of ["b", "d", "F", "h"]) await install(own, { name });
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: Record<string, string | number> = { limit: 1, ...(cursor !== "" && { cursor }) };
      const { body } = await own.call<Page>("GET", "/integration-templates", { query });
      seen.push(...body.data.map(({ name }) => name));
      await install(own, { name: `a${seen.length}` });
      cursor = body.next_cursor;
    }
    assert.deepEqual(seen, ["b", "d", "F", "h"]);
    await own.close();
  });

  for (const query of [{ cursor: "x" }, { cursor: "WzEsWzEsMl1d" }, { category: "x" }, { search: "" }, { page: 2 }]) {
    it(`refuses ${JSON.stringify(query)}`, async () => {
      assert.equal((await rig.call("GET", "/integration-templates", { query })).status, 422);
    });
  }
});

describe("one integration", () => {
  it("shows where it is used, at which revision", async () => {
    const { template } = await install(rig, { name: "Used" });
    const [website, blog] = [await makePipeline(rig, "Used website"), await makePipeline(rig, "Used blog")];
    await assign(website, template.id);
    await assign(blog, template.id, { revision: "latest", enabled: false });
    const { body } = await rig.call<Made["template"]>("GET", `/integration-templates/${template.id}`);
    const uses = body["pipelines"] as { pipeline_name: string; follows_latest: boolean; enabled: boolean }[];
    assert.deepEqual(
      uses.map(({ pipeline_name, follows_latest, enabled }) => [pipeline_name, follows_latest, enabled]),
      [
        ["Used blog", true, false],
        ["Used website", false, true],
      ],
    );
  });

  it("is not found by ids of other kinds", async () => {
    const pipeline = await makePipeline(rig, "Another kind");
    const { revision } = await install(rig, { name: "Another kind" });
    for (const id of [pipeline, revision.id, "tmpl_none", "'; --", "%00x".replace("%00", "")]) {
      const path = `/integration-templates/${encodeURIComponent(id)}`;
      const [read, change, remove] = [
        await rig.call("GET", path),
        await rig.call("PATCH", path, { body: { name: "X" } }),
        await rig.call("DELETE", path),
      ];
      assert.deepEqual([read.status, change.status, remove.status], [404, 404, 404], id);
    }
  });

  it("takes another name and description, as no new revision", async () => {
    const { template } = await install(rig, { name: "Before" });
    const body = { name: "After", description: "Why", version: template.version };
    const answer = await rig.call<Made["template"]>("PATCH", `/integration-templates/${template.id}`, { body });
    assert.equal(answer.status, 200);
    const { name, version, latest_revision } = answer.body;
    assert.deepEqual(
      [name, answer.body["description"], version, latest_revision],
      ["After", "Why", template.version + 1, 1],
    );
    const cleared = await rig.call<Made["template"]>("PATCH", `/integration-templates/${template.id}`, {
      body: { description: "" },
    });
    assert.equal(cleared.body["description"], "");
  });

  it("refuses a stale version, a name that is taken, a vendor's name, unknown fields", async () => {
    const { template } = await install(rig, { name: "Stale" });
    await install(rig, { name: "Taken" });
    const patch = async (body: object) => {
      const answer = await rig.call<Failed>("PATCH", `/integration-templates/${template.id}`, { body });
      return [answer.status, answer.body.error.code, answer.body.error.details?.[0]?.path];
    };
    assert.deepEqual(await patch({ name: "X", version: template.version + 1 }), [409, "VERSION_CONFLICT", undefined]);
    assert.deepEqual(await patch({ name: "Taken" }), [409, "CONFLICT", "name"]);
    assert.deepEqual(await patch({ vendor_name: "Mine" }), [422, "VALIDATION_FAILED", "vendor_name"]);
    assert.deepEqual(await patch({ config: {} }), [422, "VALIDATION_FAILED", "config"]);
    assert.deepEqual(await patch({ name: "a\0" }), [422, "VALIDATION_FAILED", "name"]);
    assert.deepEqual(await patch({ name: "x".repeat(256) }), [422, "VALIDATION_FAILED", "name"]);
  });

  it("is changed by those who may", async () => {
    const { template } = await install(rig, { name: "Roles" });
    const statusOf = async (role: Role) =>
      (await rig.call("PATCH", `/integration-templates/${template.id}`, { body: { description: role }, role })).status;
    assert.deepEqual(
      [await statusOf("source_editor"), await statusOf("data_governance_admin"), await statusOf("source_viewer")],
      [200, 200, 403],
    );
  });
});

describe("deleting an integration", () => {
  const remove = (id: string, query: Record<string, boolean> = {}, role?: Role) =>
    rig.call<Failed>("DELETE", `/integration-templates/${id}`, { query, ...(role && { role }) });

  it("takes it away, and frees its name", async () => {
    const { template } = await install(rig, { name: "Going" });
    assert.equal((await remove(template.id)).status, 204);
    assert.equal((await remove(template.id)).status, 404);
    assert.equal((await rig.call("GET", `/integration-templates/${template.id}/revisions/1`)).status, 404);
    assert.notEqual((await install(rig, { name: "Going" })).template.id, template.id);
    const actions = (await rig.audits()).filter((one) => one.resource_id === template.id).map(({ action }) => action);
    assert.ok(actions.includes("integration.deleted"));
  });

  it("is refused while pipelines use it, unless it is forced by those who publish", async () => {
    const { template } = await install(rig, { name: "Live" });
    const pipeline = await makePipeline(rig, "Live website");
    await assign(pipeline, template.id);
    const refused = await remove(template.id);
    assert.deepEqual([refused.status, refused.body.error.code], [409, "IN_USE"]);
    assert.match(refused.body.error.message, /"Live" is assigned to "Live website"/);
    assert.equal((await remove(template.id, { force: true }, "source_editor")).body.error.code, "FORBIDDEN");
    assert.equal((await remove(template.id, { force: true })).status, 204);
    const left = await rig.call<Page>("GET", `/pipelines/${pipeline}/integrations`);
    assert.deepEqual(left.body.data, []);
  });

  it("is refused while deliveries wait, unless they are given up", async () => {
    const { template } = await install(rig, { name: "Waiting" });
    rig.waits.set(template.id, 7);
    const refused = await remove(template.id);
    assert.deepEqual([refused.status, refused.body.error.code], [409, "HAS_WAITING_DELIVERIES"]);
    assert.match(refused.body.error.message, /7/);
    assert.equal((await remove(template.id, { discard_waiting: true })).status, 204);
  });
});

describe("what the configuration file names", () => {
  it("is not changed here", async () => {
    const own = await openIntegrationRig();
    await own.applyFile(`
version: 1
integrations:
  - { id: tmpl_file, name: Filed, vendor: webhook, config: { url: "https://hooks.example.com/" } }
pipelines:
  - { id: pip_file, name: Filed, pipeline_key: dk_live_filed, integrations: [{ id: pi_file, integration: Filed }] }
`);
    const { template } = await install(own, { name: "Free" });
    const calls: ["PATCH" | "POST" | "DELETE", string, (object | undefined)?, Record<string, boolean>?][] = [
      ["PATCH", "/integration-templates/tmpl_file", { description: "x" }],
      ["DELETE", "/integration-templates/tmpl_file", undefined, { force: true }],
      ["POST", "/integration-templates/tmpl_file/revisions", { config: { method: "PUT" } }],
      ["PATCH", "/pipelines/pip_file/integrations/pi_file", { enabled: false }],
      ["DELETE", "/pipelines/pip_file/integrations/pi_file"],
    ];
    for (const [method, path, body, query] of calls) {
      const answer = await own.call<Failed>(method, path, { ...(body && { body }), ...(query && { query }) });
      assert.deepEqual([answer.status, answer.body.error.code], [409, "MANAGED_BY_FILE"], `${method} ${path}`);
    }
    const { body } = await own.call<Made["template"]>("GET", "/integration-templates/tmpl_file");
    assert.deepEqual([body["managed_by"], body.latest_revision, body.version], ["file", 1, 1]);
    const added = await own.call("POST", "/pipelines/pip_file/integrations", { body: { integration_id: template.id } });
    assert.equal(added.status, 201, "what the file does not name may be added beside it");
    await own.close();
  });
});
