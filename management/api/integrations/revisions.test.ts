import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import type { Role } from "../http/route.ts";
import {
  install,
  type IntegrationRig,
  type Made,
  makePipeline,
  openIntegrationRig,
} from "./integration-rig-fixture.ts";

type Revision = Made["revision"];

interface Failed {
  error: RigFault;
}

interface Page {
  data: Revision[];
  next_cursor: string | null;
}

interface Diff {
  changes: { path: string; kind: string; old: unknown; new: unknown }[];
  mapping_diff: string;
}

let rig: IntegrationRig;
before(async () => (rig = await openIntegrationRig()));
after(() => rig.close());

const revise = <Body = Revision>(id: string, body: object, role?: Role) =>
  rig.call<Body>("POST", `/integration-templates/${id}/revisions`, { body, ...(role && { role }) });
const diff = async (id: string, a: number, b: number) =>
  (await rig.call<Diff>("GET", `/integration-templates/${id}/revisions/${a}/diff/${b}`)).body;

/** The secret as a delivery would use it. */
async function secretOf(id: string): Promise<string | undefined> {
  const state = await rig.configuration.load(rig.database.queries);
  return rig.configuration.document(state, { integrations: [id] }).integrations?.[0]?.secrets?.["auth_token"];
}

describe("a new revision", () => {
  it("does not take a webhook's secret along to another host", async () => {
    const { template } = await install(rig, { name: "Stays" });
    const url = "https://evil.example.com/events";
    const bodies = [
      { config: { url } },
      { config: { url, auth_token: { set: true } } },
      { mapping: { version: 2, parameters: { url } } },
      { delivery_spec: { endpoint: { url }, auth: { kind: "bearer", token: "{{secret.auth_token}}" }, body: {} } },
    ];
    for (const body of bodies) {
      const answer = await revise<Failed>(template.id, body);
      assert.equal(answer.status, 422, JSON.stringify(body));
      assert.match(JSON.stringify(answer.body.error), /"config\.auth_token"[^}]*another host/, JSON.stringify(body));
    }
    const given = await revise(template.id, { config: { url, auth_token: "its-own" } });
    assert.equal(given.status, 201, JSON.stringify(given.body));
  });

  it("is the next number, with the rest carried over, the secret too", async () => {
    const { template } = await install(rig, { name: "Next", mapping: "version: 2 # kept\n" });
    const { status, body } = await revise(template.id, { config: { method: "PUT" }, change_summary: "put" });
    assert.equal(status, 201);
    assert.equal(body.revision_number, 2);
    assert.deepEqual(
      [body["change_summary"], body["created_by"], body["mapping_text"]],
      ["put", "usr_org_admin", "version: 2 # kept\n"],
    );
    assert.deepEqual(body.config, {
      url: "https://hooks.example.com/events",
      authentication: "bearer",
      method: "PUT",
      auth_token: { set: true },
    });
    assert.equal(await secretOf(template.id), "s3cret-marker");
    const { body: shown } = await rig.call<Made["template"]>("GET", `/integration-templates/${template.id}`);
    assert.deepEqual([shown.latest_revision, shown.version], [2, template.version + 1]);
  });

  it("is none where the content is as before: the latest is answered", async () => {
    const { template, revision } = await install(rig, { name: "Same" });
    const [nothing, again, shown] = [
      await revise(template.id, {}),
      await revise(template.id, { config: { auth_token: "s3cret-marker" }, change_summary: "again" }),
      await revise(template.id, { config: revision.config }),
    ];
    assert.deepEqual([nothing.status, again.status, shown.status], [200, 200, 200]);
    assert.deepEqual([nothing.body.id, again.body.id, shown.body.id], [revision.id, revision.id, revision.id]);
  });

  it("changes the secret alone, and says so without it", async () => {
    const { template } = await install(rig, { name: "Rotated" });
    const { status, body } = await revise(template.id, { config: { auth_token: "an0ther-marker" } });
    assert.equal(status, 201);
    assert.equal(await secretOf(template.id), "an0ther-marker");
    const found = await diff(template.id, 1, 2);
    const set = { set: true };
    assert.deepEqual(found.changes, [{ path: "config.auth_token", kind: "changed", old: set, new: set }]);
    assert.equal(JSON.stringify([body, found, await rig.audits()]).includes("marker"), false);
  });

  it("rolls back to an older one as a new number, its secret too", async () => {
    const { template } = await install(rig, { name: "Back", mapping: { version: 2 } });
    await revise(template.id, { config: { auth_token: "newer", method: "PUT" }, mapping: null });
    const { status, body } = await revise(template.id, { base_revision: 1 });
    assert.deepEqual([status, body.revision_number, body["mapping"]], [201, 3, { version: 2 }]);
    assert.equal(await secretOf(template.id), "s3cret-marker");
    assert.deepEqual((await diff(template.id, 1, 3)).changes, []);
  });

  it("takes another variant, blueprint-like mapping, limits, batch and categories", async () => {
    const { template } = await install(rig, { name: "All" });
    const { body } = await revise(template.id, {
      variant: "batched",
      consent_categories: ["analytics"],
      rate_limits: { rate_limit_rps: 3 },
      batch: { bytes: 2048 },
    });
    assert.equal(body["variant"], "batched");
    assert.equal(body.config["batch_enabled"], "true");
    assert.deepEqual(body["batch"], { size: 100, bytes: 2048, interval_ms: 5000 });
    assert.deepEqual(body["rate_limits"], { rate_limit_rps: 3, rate_limit_burst: null, rate_limit_daily: null });
    const off = await revise(template.id, { config: { batch_enabled: "false" } });
    assert.equal(off.status, 201);
    const still = await revise(template.id, { config: { method: "PUT" } });
    assert.equal(still.status, 201, JSON.stringify(still.body));
    const back = await revise(template.id, { variant: "default", config: { batch_enabled: null } });
    assert.equal(back.status, 201, JSON.stringify(back.body));
    assert.equal("batch_enabled" in back.body.config, false);
  });

  const refused: [what: string, body: object, path: string][] = [
    ["a wrong option", { config: { method: "GET" } }, "config.method"],
    ["an unknown setting", { config: { metod: "PUT" } }, "config.metod"],
    ["a setting by a name that objects have", { config: { toString: { set: true } } }, "config.toString"],
    ["an unknown variant", { variant: "batchd" }, "variant"],
    ["an unknown revision to base on", { base_revision: 9 }, "base_revision"],
    ["a required setting taken away", { config: { url: null } }, "config.url"],
    ["a secret taken away that is needed", { config: { auth_token: null } }, "config.auth_token"],
    ["a mapping that is none", { mapping: "- a\n- b\n" }, "mapping"],
    ["a limit out of bounds", { rate_limits: { rate_limit_rps: 0 } }, "rate_limits.rate_limit_rps"],
    ["an unknown limit", { rate_limits: { rps: 1 } }, "rate_limits.rps"],
    ["a category twice", { consent_categories: ["a", "a"] }, "consent_categories[1]"],
    ["an unknown field", { secrets: {} }, "secrets"],
    ["NUL in a mapping", { mapping: "version: 2 # \0" }, "mapping"],
    ["NUL in a summary", { change_summary: "\0" }, "change_summary"],
  ];
  for (const [what, body, path] of refused) {
    it(`is refused with ${what}`, async () => {
      const { template } = await install(rig, { name: `Refused ${what}` });
      const answer = await revise<Failed>(template.id, body);
      assert.deepEqual([answer.status, answer.body.error?.code], [422, "VALIDATION_FAILED"]);
      assert.deepEqual(
        answer.body.error.details?.map((one) => one.path),
        [path],
      );
    });
  }

  it("is refused where somebody else was first", async () => {
    const { template } = await install(rig, { name: "First" });
    assert.equal((await revise(template.id, { version: template.version, config: { method: "PUT" } })).status, 201);
    const second = await revise<Failed>(template.id, { version: template.version, config: { method: "POST" } });
    assert.deepEqual([second.status, second.body.error.code], [409, "VERSION_CONFLICT"]);
  });

  it("goes live where a pipeline follows the latest, which needs the permission to publish", async () => {
    const { template } = await install(rig, { name: "Followed" });
    const pipeline = await makePipeline(rig, "Follower");
    const body = { integration_id: template.id, revision: "latest" };
    await rig.call("POST", `/pipelines/${pipeline}/integrations`, { body });
    const refused = await revise<Failed>(template.id, { config: { method: "PUT" } }, "source_editor");
    assert.deepEqual([refused.status, refused.body.error.code], [403, "FORBIDDEN"]);
    assert.match(refused.body.error.message, /Pipeline "Follower" follows the latest revision.*integrations:publish/);
    const { body: page } = await rig.call<Page>("GET", `/integration-templates/${template.id}/revisions`);
    assert.equal(page.data.length, 1, "nothing was kept of it");
    // Whether a guess is what is there already is not told either.
    assert.equal((await revise(template.id, {}, "source_editor")).status, 403);
    assert.equal((await revise(template.id, {}, "source_admin")).status, 200, "no change publishes nothing");
    assert.equal((await revise(template.id, { config: { method: "PUT" } }, "source_admin")).status, 201);
  });

  it("is refused where a pipeline that follows lacks a parameter that it needs", async () => {
    const { template } = await install(rig, { name: "Lacking" });
    const pipeline = await makePipeline(rig, "Lacks");
    const body = { integration_id: template.id, revision: "latest" };
    await rig.call("POST", `/pipelines/${pipeline}/integrations`, { body });
    const config = { url: "https://{{pipeline_param.region}}.example.com/", auth_token: "s3cret-again" };
    const answer = await revise<Failed>(template.id, { config });
    const [detail] = answer.body.error.details ?? [];
    assert.deepEqual([answer.status, detail?.path], [422, "config.url"]);
    assert.match(detail?.message ?? "", /needs the pipeline parameter region, which "Lacks" has not/);
  });

  it("of a pinned integration needs no such permission", async () => {
    const { template } = await install(rig, { name: "Pinned" });
    const pipeline = await makePipeline(rig, "Pinner");
    await rig.call("POST", `/pipelines/${pipeline}/integrations`, { body: { integration_id: template.id } });
    assert.equal((await revise(template.id, { config: { method: "PUT" } }, "data_governance_admin")).status, 201);
    assert.equal((await revise(template.id, { config: { method: "POST" } }, "source_viewer")).status, 403);
  });

  it("has a number of its own among many made at once", async () => {
    const { template } = await install(rig, { name: "Many" });
    const urls = Array.from({ length: 12 }, (_, index) => `https://hooks.example.com/${index}`);
    const made = await Promise.all(urls.map((url) => revise(template.id, { config: { url } })));
    const numbers = made.map(({ body }) => body.revision_number).toSorted((a, b) => a - b);
    assert.deepEqual(
      numbers,
      urls.map((_, index) => index + 2),
    );
  });

  it("gives a secret anew that no key opens any more", async () => {
    const { template } = await install(rig, { name: "Lost" });
    const { queries } = rig.database;
    const secrets = JSON.stringify({ auth_token: "v1.lost.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA" });
    await queries.updateTable("revisions").set({ secrets }).where("integration_id", "=", template.id).execute();
    const refused = await revise<Failed>(template.id, { config: { method: "PUT" } });
    assert.deepEqual([refused.status, refused.body.error.details?.[0]?.path], [422, "config.auth_token"]);
    assert.equal((await revise(template.id, { config: { auth_token: "anew" } })).status, 201);
    assert.equal(await secretOf(template.id), "anew");
    const { changes } = await diff(template.id, 1, 2);
    assert.deepEqual(
      changes.map(({ path, kind }) => [path, kind]),
      [["config.auth_token", "changed"]],
    );
  });

  it("takes a delivery specification where the vendor does, carried over and taken away", async () => {
    const spec = {
      endpoint: { url: "https://api.example.com/{{pipeline_param.region}}" },
      body: { encoding: "json" },
    };
    const { body } = await rig.call<Made>("POST", "/integration-catalog/own_api/install", {
      body: { name: "Own", delivery_spec: spec, config: { token: "t" } },
    });
    assert.deepEqual(body.revision["delivery_spec"], spec);
    const id = body.template.id;
    assert.deepEqual((await revise(id, { rate_limits: { rate_limit_rps: 1 } })).body["delivery_spec"], spec);
    assert.equal((await revise(id, { delivery_spec: null })).body["delivery_spec"], null);
  });
});

describe("revisions", () => {
  it("are listed newest first, in pages that hold while more are made", async () => {
    const { template } = await install(rig, { name: "Listed" });
    const path = `/integration-templates/${template.id}/revisions`;
    for (const method of ["PUT", "POST"]) await revise(template.id, { config: { method } });
    const first = (await rig.call<Page>("GET", path, { query: { limit: 2 } })).body;
    await revise(template.id, { config: { method: "PUT" } });
    const query = { limit: 2, cursor: first.next_cursor ?? "" };
    const second = (await rig.call<Page>("GET", path, { query })).body;
    assert.deepEqual(
      [...first.data, ...second.data].map((one) => one.revision_number),
      [3, 2, 1],
    );
    assert.equal("mapping" in (first.data[0] ?? {}), false);
    assert.equal(JSON.stringify(first).includes("s3cret"), false);
  });

  it("are shown by their numbers", async () => {
    const { template, revision } = await install(rig, { name: "Shown" });
    const path = `/integration-templates/${template.id}/revisions`;
    const { status, body } = await rig.call<Revision>("GET", `${path}/1`);
    assert.equal(status, 200);
    assert.deepEqual(body, revision);
    const missing = await rig.call<Failed>("GET", `${path}/2`);
    assert.deepEqual([missing.status, missing.body.error.code], [404, "NOT_FOUND"]);
    assert.match(missing.body.error.message, /no revision 2: the latest is 1/);
    for (const number of ["0", "-1", "1.5", "latest", "99999999999"]) {
      assert.equal((await rig.call("GET", `${path}/${number}`)).status, 422, number);
    }
  });

  it("of no integration are not found", async () => {
    const pipeline = await makePipeline(rig, "No revisions");
    for (const id of [pipeline, "tmpl_none"]) {
      const path = `/integration-templates/${id}/revisions`;
      const answers = [
        await rig.call("GET", path),
        await rig.call("GET", `${path}/1`),
        await rig.call("GET", `${path}/1/diff/2`),
        await rig.call("POST", path, { body: {} }),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404, 404],
      );
    }
  });

  it("are compared over all their parts", async () => {
    const mapping = "version: 2\nglobal:\n  mappings:\n    - { source: userId, target: user.id }\n";
    const { template } = await install(rig, { name: "Compared", mapping });
    await revise(template.id, {
      config: { url: "https://hooks.example.com/other", timeout_ms: "1000" },
      consent_categories: ["analytics"],
      rate_limits: { rate_limit_rps: 3 },
      mapping: `${mapping}    - { source: event, target: name }\n`,
    });
    const { changes, mapping_diff } = await diff(template.id, 1, 2);
    assert.deepEqual(
      changes.map(({ path, kind }) => `${kind} ${path}`),
      [
        "changed config.url",
        "added config.timeout_ms",
        "changed consent_categories",
        "added rate_limits.rate_limit_rps",
        "added mapping.global.mappings[1]",
      ],
    );
    assert.match(
      mapping_diff,
      /^--- revision 1\n\+\+\+ revision 2\n@@ .*@@\n[^]*\n\+ +- \{ source: event, target: name \}\n$/,
    );
    const back = await diff(template.id, 2, 1);
    assert.deepEqual(back.changes.map(({ kind }) => kind).toSorted(), [
      "changed",
      "changed",
      "removed",
      "removed",
      "removed",
    ]);
    assert.deepEqual(await diff(template.id, 2, 2), {
      integration_id: template.id,
      from: 2,
      to: 2,
      changes: [],
      mapping_diff: "",
    });
    assert.equal((await rig.call("GET", `/integration-templates/${template.id}/revisions/1/diff/3`)).status, 404);
  });
});
