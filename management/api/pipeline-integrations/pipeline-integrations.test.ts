import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import type { Role } from "../http/route.ts";
import { install, makePipeline, openIntegrationRig } from "../integrations/integration-rig-fixture.ts";
import type { ConfiguredRig } from "../pipelines/configured-rig-fixture.ts";

interface Lane {
  id: string;
  revision_number: number;
  follows_latest: boolean;
  latest_revision: number;
  enabled: boolean;
  version: number;
}

interface Failed {
  error: RigFault;
}

let rig: ConfiguredRig;
before(async () => (rig = await openIntegrationRig()));
after(() => rig.close());

let count = 0;
/** A pipeline and an integration with two revisions. */
async function both(): Promise<{ pipeline: string; integration: string; path: string }> {
  const name = `P${(count += 1)}`;
  const pipeline = await makePipeline(rig, name);
  const { template } = await install(rig, { name });
  await rig.call("POST", `/integration-templates/${template.id}/revisions`, { body: { config: { method: "PUT" } } });
  return { pipeline, integration: template.id, path: `/pipelines/${pipeline}/integrations` };
}

const post = <Body = Lane>(path: string, body: object, role?: Role) =>
  rig.call<Body>("POST", path, { body, ...(role && { role }) });
const patch = <Body = Lane>(path: string, body: object) => rig.call<Body>("PATCH", path, { body });

describe("assigning an integration", () => {
  it("pins it to the latest revision, enabled", async () => {
    const { pipeline, integration, path } = await both();
    const { status, body } = await post<Lane & Record<string, unknown>>(path, { integration_id: integration });
    assert.equal(status, 201);
    assert.match(body.id, /^pi_/);
    assert.match(String(body["revision_id"]), /^rev_/);
    const { id, revision_id: _revision, created_at: _created, updated_at: _updated, ...rest } = body;
    assert.deepEqual(rest, {
      pipeline_id: pipeline,
      integration_id: integration,
      integration_name: `P${count}`,
      vendor: "webhook",
      vendor_name: "Custom Webhook",
      revision_number: 2,
      follows_latest: false,
      latest_revision: 2,
      enabled: true,
      managed_by: null,
      version: 1,
    });
    assert.deepEqual((await rig.call("GET", `${path}/${id}`)).body, body);
  });

  it("takes an older revision, or follows the latest, or waits disabled", async () => {
    const [first, second, third] = [await both(), await both(), await both()];
    const older = await post(first.path, { integration_id: first.integration, revision: 1 });
    assert.deepEqual([older.body.revision_number, older.body.follows_latest], [1, false]);
    const latest = await post(second.path, { integration_id: second.integration, revision: "latest" });
    assert.deepEqual([latest.body.revision_number, latest.body.follows_latest], [2, true]);
    const off = await post(third.path, { integration_id: third.integration, enabled: false });
    assert.equal(off.body.enabled, false);
  });

  it("keeps several side by side, in their order", async () => {
    const { pipeline, integration, path } = await both();
    const { template } = await install(rig, { name: `${count} second` });
    await post(path, { integration_id: integration });
    rig.advance(1);
    await post(path, { integration_id: template.id, revision: "latest" });
    const { body } = await rig.call<{ data: { integration_id: string }[]; next_cursor: string | null }>("GET", path, {
      query: { limit: 1 },
    });
    const query = { limit: 1, cursor: body.next_cursor ?? "" };
    const rest = await rig.call<typeof body>("GET", path, { query });
    assert.deepEqual(
      [...body.data, ...rest.body.data].map((one) => one.integration_id),
      [integration, template.id],
    );
    assert.deepEqual([pipeline === "", rest.body.next_cursor], [false, null]);
  });

  it("is refused where the pipeline, the integration or the revision is not there, or it is there already", async () => {
    const { pipeline, integration, path } = await both();
    const fail = async (at: string, body: object) => {
      const answer = await post<Failed>(at, body);
      return [answer.status, answer.body.error.code, answer.body.error.details?.[0]?.path];
    };
    assert.deepEqual(await fail("/pipelines/pip_none/integrations", { integration_id: integration }), [
      404,
      "NOT_FOUND",
      undefined,
    ]);
    assert.deepEqual(await fail(`/pipelines/${integration}/integrations`, { integration_id: integration }), [
      404,
      "NOT_FOUND",
      undefined,
    ]);
    assert.deepEqual(await fail(path, { integration_id: "tmpl_none" }), [422, "VALIDATION_FAILED", "integration_id"]);
    assert.deepEqual(await fail(path, { integration_id: pipeline }), [422, "VALIDATION_FAILED", "integration_id"]);
    assert.deepEqual(await fail(path, { integration_id: integration, revision: 3 }), [
      422,
      "VALIDATION_FAILED",
      "revision",
    ]);
    assert.equal((await fail(path, { integration_id: integration, revision: "newest" }))[0], 422);
    assert.deepEqual(await fail(path, { integration_id: integration, colour: 1 }), [
      422,
      "VALIDATION_FAILED",
      "colour",
    ]);
    assert.equal((await post(path, { integration_id: integration })).status, 201);
    assert.deepEqual(await fail(path, { integration_id: integration }), [409, "CONFLICT", undefined]);
  });

  it("is refused where the pipeline lacks a parameter that the settings need", async () => {
    const { path } = await both();
    const config = { url: "https://{{pipeline_param.region}}.example.com/" };
    const { template } = await install(rig, { name: `${count} by region`, config });
    const answer = await post<Failed>(path, { integration_id: template.id });
    assert.equal(answer.status, 422);
    const [detail] = answer.body.error.details ?? [];
    assert.equal(detail?.path, "integration_id");
    assert.match(detail?.message ?? "", /needs the pipeline parameter region/);
  });

  it("is refused where the pipeline's parameters make settings that the vendor refuses", async () => {
    const { template } = await install(rig, { name: "Anywhere", config: { url: "{{pipeline_param.url}}" } });
    const { body: made } = await rig.call("POST", "/pipelines", { body: { name: "Odd", parameters: { url: "odd" } } });
    const path = `/pipelines/${String(made["id"])}/integrations`;
    const answer = await post<Failed>(path, { integration_id: template.id });
    const [detail] = answer.body.error.details ?? [];
    assert.deepEqual([answer.status, detail?.path], [422, "integration_id"]);
    assert.match(detail?.message ?? "", /not a URL.*with the parameters of "Odd"/);
  });

  it("happens once where many ask at once, and for those who publish only", async () => {
    const { integration, path } = await both();
    assert.equal((await post(path, { integration_id: integration }, "source_editor")).status, 403);
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(path, { integration_id: integration })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409]);
  });
});

describe("an integration on a pipeline", () => {
  it("is rolled back, upgraded, made to follow, disabled and enabled", async () => {
    const { integration, path } = await both();
    const { body } = await post(path, { integration_id: integration });
    const at = `${path}/${body.id}`;
    const steps: [object, Partial<Lane>][] = [
      [{ revision: 1 }, { revision_number: 1, follows_latest: false, version: 2 }],
      [
        { revision: 2, enabled: false },
        { revision_number: 2, enabled: false, version: 3 },
      ],
      [{ enabled: true }, { revision_number: 2, enabled: true, version: 4 }],
      [{ revision: "latest" }, { revision_number: 2, follows_latest: true, version: 5 }],
      [{ enabled: true }, { follows_latest: true, version: 5 }],
      [{}, { version: 5 }],
    ];
    for (const [change, expected] of steps) {
      const answer = await patch(at, change);
      assert.equal(answer.status, 200);
      assert.deepEqual({ ...answer.body, ...expected }, answer.body, JSON.stringify(change));
    }
    await rig.call("POST", `/integration-templates/${integration}/revisions`, { body: { config: { method: "POST" } } });
    assert.equal((await rig.call<Lane>("GET", at)).body.revision_number, 3);
    const audits = (await rig.audits()).filter(({ resource_id }) => resource_id === body.id);
    const told = audits.map(({ action, changes }) => `${action} ${JSON.stringify(changes["revision"] ?? null)}`);
    assert.ok(told.includes('pipeline_integration.updated {"old":2,"new":1}'), told.join());
  });

  it("leaves the others of its pipeline as they are", async () => {
    const { integration, path } = await both();
    const { template } = await install(rig, { name: `${count} other` });
    const first = await post(path, { integration_id: integration, revision: 1 });
    const other = await post(path, { integration_id: template.id, revision: "latest", enabled: false });
    await patch(`${path}/${first.body.id}`, { enabled: false });
    assert.deepEqual((await rig.call("GET", `${path}/${other.body.id}`)).body, other.body);
    await rig.call("DELETE", `${path}/${first.body.id}`);
    assert.deepEqual((await rig.call("GET", `${path}/${other.body.id}`)).body, other.body);
  });

  it("refuses a stale version, an unknown revision, unknown fields", async () => {
    const { integration, path } = await both();
    const { body } = await post(path, { integration_id: integration });
    const fail = async (change: object) => {
      const answer = await patch<Failed>(`${path}/${body.id}`, change);
      return [answer.status, answer.body.error.code, answer.body.error.details?.[0]?.path];
    };
    assert.deepEqual(await fail({ enabled: false, version: 9 }), [409, "VERSION_CONFLICT", undefined]);
    assert.deepEqual(await fail({ revision: 7 }), [422, "VALIDATION_FAILED", "revision"]);
    assert.equal((await fail({ revision: 0 }))[0], 422);
    assert.equal((await fail({ revision: 1.5 }))[0], 422);
    assert.deepEqual(await fail({ integration_id: integration }), [422, "VALIDATION_FAILED", "integration_id"]);
    assert.equal((await fail({ enabled: null }))[0], 422);
  });

  it("is not found on another pipeline, or by ids of other kinds", async () => {
    const [one, other] = [await both(), await both()];
    const { body } = await post(one.path, { integration_id: one.integration });
    for (const at of [`${other.path}/${body.id}`, `${one.path}/${one.integration}`, `${one.path}/pi_none`]) {
      const answers = [await rig.call("GET", at), await patch(at, { enabled: false }), await rig.call("DELETE", at)];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404],
      );
    }
    assert.equal((await rig.call("GET", "/pipelines/pip_none/integrations")).status, 404);
  });

  it("is taken off, but not while deliveries wait for it", async () => {
    const { integration, path } = await both();
    const { body } = await post(path, { integration_id: integration });
    rig.waits.set(integration, 3);
    const refused = await rig.call<Failed>("DELETE", `${path}/${body.id}`);
    assert.deepEqual([refused.status, refused.body.error.code], [409, "HAS_WAITING_DELIVERIES"]);
    const gone = await rig.call("DELETE", `${path}/${body.id}`, { query: { discard_waiting: true } });
    assert.equal(gone.status, 204);
    assert.equal((await rig.call("GET", `${path}/${body.id}`)).status, 404);
    rig.waits.delete(integration);
    assert.equal((await post(path, { integration_id: integration })).status, 201, "and may come back");
  });
});
