import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { answered, openTestRig, type TestRig } from "./connection-test-fixture.ts";

const KEY = "k3y-of-the-vendor";
const HOST = "https://api.vendor.example.com";
type Result = { ok: boolean | null; kind?: string; field?: string; message: string; status?: number; took_ms: number };
type Refusal = { error: { code: string; message: string; details?: { path: string; message: string }[] } };

let rig: TestRig;
let count = 0;
before(async () => {
  rig = await openTestRig();
});
after(() => rig.close());

async function install(config: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<string> {
  count += 1;
  const answer = await rig.call<{ template: { id: string } }>("POST", "/integration-catalog/asked/install", {
    body: { name: `Asked ${count}`, config: { host: HOST, api_key: KEY, ...config }, ...more },
  });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.template.id;
}

async function pipeline(parameters: Record<string, string>): Promise<string> {
  count += 1;
  const { body } = await rig.call("POST", "/pipelines", { body: { name: `Shop ${count}`, parameters } });
  return ((body["pipeline"] ?? body) as { id: string }).id;
}

async function tested(id: string, body?: Record<string, unknown>, role?: "source_editor"): Promise<Result> {
  rig.reached.length = 0;
  const given = { ...(body !== undefined && { body }), ...(role !== undefined && { role }) };
  const answer = await rig.call<Result>("POST", `/integration-templates/${id}/test`, given);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.doesNotMatch(JSON.stringify(answer.body), /k3y|t0ken|signed-with/);
  return answer.body;
}

async function refused(id: string, body: Record<string, unknown>, role?: "source_editor"): Promise<Refusal["error"]> {
  rig.reached.length = 0;
  const given = { body, ...(role !== undefined && { role }) };
  const answer = await rig.call<Refusal>("POST", `/integration-templates/${id}/test`, given);
  assert.deepEqual(rig.reached, []);
  return answer.body.error;
}

const without = ({ took_ms: _took, ...rest }: Result): Omit<Result, "took_ms"> => rest;

describe("the test of an integration", () => {
  it("asks the vendor as deliveries would, and tells what it says without the secrets", async () => {
    rig.answer = () => answered(200, `shop, key ${KEY}, ${Buffer.from(KEY).toString("base64")}`);
    const result = await tested(await install());
    assert.deepEqual(without(result), {
      ok: true,
      message: "Connected: shop, key [redacted], [redacted]",
      status: 200,
    });
    assert.ok(result.took_ms >= 0);
    const [{ url, headers, guarded, timeoutMs } = assert.fail()] = rig.reached;
    assert.deepEqual([url, headers["Authorization"], guarded], [`${HOST}/me`, `Bearer ${KEY}`, true]);
    assert.ok(timeoutMs <= 10_000 && timeoutMs > 5_000, String(timeoutMs));
  });

  it("tells a wrong key from a vendor that is away", async () => {
    const id = await install();
    rig.answer = () => answered(401, "no such key");
    const wrong = {
      ok: false,
      kind: "credentials",
      field: "api_key",
      message: "Refused (401): no such key",
      status: 401,
    };
    assert.deepEqual(without(await tested(id, {})), wrong);
    rig.answer = () => ({ failure: "The host name does not exist (ENOTFOUND)." });
    const away = {
      ok: false,
      kind: "unavailable",
      field: "host",
      message: "The host name does not exist (ENOTFOUND).",
    };
    assert.deepEqual(without(await tested(id)), away);
  });

  it("gets a token for itself", async () => {
    const id = await install({ mode: "token" });
    rig.answer = ({ url }) => answered(200, url.endsWith("/token") ? "t0ken-1" : "as t0ken-1, signed-with-it");
    assert.deepEqual((await tested(id)).message, "Connected: as [redacted], [redacted]");
    assert.deepEqual(
      rig.reached.map(({ url, headers }) => [url, headers["Authorization"]]),
      [
        [`${HOST}/token`, undefined],
        [`${HOST}/me`, "Bearer t0ken-1"],
      ],
    );
    rig.answer = () => answered(400, `invalid_client ${KEY} signed-with-it`);
    assert.deepEqual(without(await tested(id)), {
      ok: false,
      kind: "credentials",
      message: "No token (400): invalid_client [redacted] [redacted]",
      status: 400,
    });
    rig.answer = () => answered(200, "");
    assert.equal((await tested(id)).kind, "unknown");
    rig.answer = () => ({ failure: "The connection was refused (ECONNREFUSED)." });
    assert.deepEqual([(await tested(id)).kind, rig.reached.length], ["unavailable", 1]);
  });

  it("gives up what takes longer than ten seconds, whatever hangs", async () => {
    const hanging = await install({ mode: "hangs" });
    const silent = await install();
    rig.answer = () => new Promise<never>(() => undefined);
    rig.haste = 200;
    for (const id of [hanging, silent]) {
      const result = await tested(id);
      assert.deepEqual([result.ok, result.kind], [false, "unavailable"]);
      assert.match(result.message, /within 10 seconds/);
    }
    rig.haste = 1;
  });

  it("turns what breaks into a result", async () => {
    rig.answer = () => answered(200);
    const result = await tested(await install({ mode: "throws" }));
    assert.deepEqual([result.ok, result.kind], [false, "unknown"]);
    assert.match(result.message, /TypeError/);
  });

  it("asks nothing of a vendor that has no test", async () => {
    const result = await tested(await install({ mode: "no_test" }));
    assert.deepEqual([result.ok, result.took_ms, rig.reached.length], [null, 0, 0]);
    assert.match(result.message, /Asked .* event/);
  });

  it("takes the revision that is named", async () => {
    rig.answer = () => answered(200);
    const id = await install();
    const other = { body: { config: { host: "https://other.example.com" } } };
    assert.equal((await rig.call("POST", `/integration-templates/${id}/revisions`, other)).status, 201);
    await tested(id);
    assert.equal(rig.reached[0]?.url, "https://other.example.com/me");
    await tested(id, { revision: 1 });
    assert.equal(rig.reached[0]?.url, `${HOST}/me`);
    assert.deepEqual((await refused(id, { revision: 9 })).details?.[0]?.path, "revision");
    assert.equal((await refused("tmpl_none", {})).code, "NOT_FOUND");
    assert.equal((await rig.call("DELETE", `/integration-templates/${id}`)).status, 204);
    assert.equal((await refused(id, {})).code, "NOT_FOUND");
  });

  it("fills in the pipeline's parameters", async () => {
    rig.answer = () => answered(200);
    const id = await install({
      host: "https://{{pipeline_param.region}}.example.com",
      dataset_id: "{{pipeline_param.set}}",
    });
    const asked = await refused(id, {});
    assert.match(asked.details?.[0]?.message ?? "", /region, set/);
    assert.equal(asked.details?.[0]?.path, "pipeline_id");
    assert.equal((await refused(id, { pipeline_id: "pip_none" })).details?.[0]?.path, "pipeline_id");
    const lacks = await refused(id, { pipeline_id: await pipeline({ region: "eu" }) });
    assert.match(lacks.details?.[0]?.message ?? "", /lacks .*: set\.$/);
    const wrong = await refused(id, { pipeline_id: await pipeline({ region: "eu", set: "refused" }) });
    assert.deepEqual(wrong.details, [{ path: "config.dataset_id", message: "This is refused." }]);
    await tested(id, { pipeline_id: await pipeline({ region: "us", set: "s", fault: "no fault" }) });
    assert.equal(rig.reached[0]?.url, "https://us.example.com/me");
  });

  it("sends kept secrets to an address of the author's own only where that is live, or for those who publish", async () => {
    rig.answer = () => answered(200);
    const id = await install();
    const shop = await pipeline({});
    const error = await refused(id, {}, "source_editor");
    assert.equal(error.code, "FORBIDDEN");
    assert.match(error.message, /integrations:publish/);
    const assigned = await rig.call("POST", `/pipelines/${shop}/integrations`, { body: { integration_id: id } });
    assert.equal(assigned.status, 201);
    assert.equal((await tested(id, {}, "source_editor")).ok, true);
    const body = { config: { host: "https://elsewhere.example.com" } };
    const revised = await rig.call("POST", `/integration-templates/${id}/revisions`, { body, role: "source_editor" });
    assert.equal(revised.status, 201);
    assert.equal((await refused(id, {}, "source_editor")).code, "FORBIDDEN", "the new address is not live");
    assert.equal((await tested(id, { revision: 1 }, "source_editor")).ok, true);
    const elsewhere = await pipeline({});
    assert.equal((await refused(id, { revision: 1, pipeline_id: elsewhere }, "source_editor")).code, "FORBIDDEN");
    const viewer = await rig.call<Refusal>("POST", `/integration-templates/${id}/test`, { role: "source_viewer" });
    assert.equal(viewer.body.error.code, "FORBIDDEN");
  });
});

describe("an event as a test", () => {
  const event = { type: "track", event: "purchase", properties: { value: 12 } };
  const mapping = {
    version: 2,
    parameters: {},
    events: { purchase: { vendor_event_name: "Buy", mappings: [{ source: "properties.value", target: "worth" }] } },
    defaults: { action: "drop" },
  };

  it("is mapped and sent once, for real", async () => {
    rig.answer = () => answered(202, "queued");
    const id = await install({}, { mapping });
    assert.deepEqual(without(await tested(id, { event })), {
      ok: true,
      message: "The vendor took the event.",
      status: 202,
    });
    assert.deepEqual(
      rig.reached.map(({ method, url, body }) => [method, url, body]),
      [["POST", `${HOST}/events`, '{"worth":12}']],
    );
    rig.answer = () => answered(422, `no ${KEY}`);
    assert.deepEqual(without(await tested(id, { event })), {
      ...{ ok: false, kind: "unknown", message: "It was not taken: no [redacted]", status: 422 },
    });
    rig.answer = () => answered(403);
    assert.equal((await tested(id, { event })).kind, "permission");
  });

  it("is not sent where the mapping, the connector or the visitor does not want it", async () => {
    rig.answer = () => answered(200);
    const id = await install({}, { mapping, consent_categories: ["marketing"] });
    const other = await tested(id, { event: { ...event, event: "search" } });
    assert.deepEqual([other.ok, rig.reached.length], [null, 0]);
    assert.match(other.message, /mapping_default_drop/);
    const denied = await tested(id, { event });
    assert.deepEqual(
      [denied.ok, denied.message],
      [null, "Nothing was sent. Its context.consent does not grant all of marketing."],
    );
    const context = { consent: { marketing: true } };
    assert.equal((await tested(id, { event: { ...event, context } })).ok, true);
    const picky = await tested(await install({ mode: "refuses" }), { event });
    assert.deepEqual([picky.ok, picky.message, rig.reached.length], [false, "It lacks an order.", 0]);
    assert.equal((await refused(id, { event: { type: "none" } })).details?.[0]?.path, "event");
  });
});

describe("the test of unsaved settings", () => {
  const path = "/integration-catalog/asked/test";

  async function asked(body: Record<string, unknown>, role: "org_admin" | "source_editor" = "source_editor") {
    rig.reached.length = 0;
    return rig.call<Result & Refusal>("POST", path, { body, role });
  }

  it("asks with what is given, and keeps nothing", async () => {
    rig.answer = () => answered(200, KEY);
    const before = await rig.call<{ data: unknown[] }>("GET", "/integration-templates");
    const { status, body } = await asked({ config: { host: HOST, api_key: KEY } });
    assert.deepEqual([status, body.ok, body.message], [200, true, "Connected: [redacted]"]);
    assert.equal(rig.reached[0]?.headers["Authorization"], `Bearer ${KEY}`);
    assert.deepEqual((await rig.call("GET", "/integration-templates")).body, before.body);
    assert.deepEqual(
      (await rig.audits()).filter(({ action }) => /test/.test(action)),
      [],
    );
  });

  it("says every fault at its field", async () => {
    const cases: [body: Record<string, unknown>, paths: string[]][] = [
      [{ config: {} }, ["config.api_key", "config.host"]],
      [{ config: { host: HOST, api_key: "" } }, ["config.api_key"]],
      [{ config: { host: HOST, api_key: KEY, dataset_id: "refused" } }, ["config.dataset_id"]],
      [{ config: { host: HOST, api_key: KEY, datset_id: "x" } }, ["config.datset_id"]],
      [{ config: { host: HOST, api_key: KEY }, variant: "none" }, ["variant"]],
      [{ config: { host: HOST, api_key: KEY }, delivery_spec: {} }, ["delivery_spec"]],
      [{ config: { host: "https://{{pipeline_param.a}}", api_key: KEY } }, ["pipeline_id"]],
      [{}, ["config"]],
    ];
    for (const [body, paths] of cases) {
      const answer = await asked(body);
      assert.equal(answer.status, 422, JSON.stringify(body));
      const found = [...new Set(answer.body.error.details?.map((one) => one.path))].toSorted();
      assert.deepEqual(found, paths, JSON.stringify(answer.body));
      assert.doesNotMatch(JSON.stringify(answer.body), /k3y/);
    }
    assert.deepEqual(rig.reached, []);
    assert.equal((await rig.call("POST", "/integration-catalog/none/test", { body: { config: {} } })).status, 404);
  });

  it("fills in secret parameters of a pipeline only for those who publish", async () => {
    rig.answer = () => answered(200, "hunter2-secret");
    const shop = await pipeline({});
    await rig.assign(shop);
    const body = { config: { host: HOST, api_key: "{{pipeline_param.token}}" }, pipeline_id: shop };
    assert.equal((await asked(body)).status, 403);
    const { status, body: result } = await asked(body, "org_admin");
    assert.deepEqual([status, result.message], [200, "Connected: [redacted]"]);
    assert.equal(rig.reached[0]?.headers["Authorization"], "Bearer hunter2-secret");
    const plain = {
      config: { host: "https://{{pipeline_param.region}}.example.com", api_key: KEY },
      pipeline_id: shop,
    };
    assert.equal((await asked(plain)).status, 200);
  });

  it("is a check of the settings where there is nothing to ask", async () => {
    const { body } = await asked({ config: { host: HOST, api_key: KEY, mode: "no_test" } });
    assert.deepEqual([body.ok, rig.reached.length], [null, 0]);
  });
});
