import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Static } from "typebox";
import type { RigAnswer, RigFault } from "../http/api-rig.ts";
import { type ConfiguredRig, openConfiguredRig } from "./configured-rig-fixture.ts";
import { pipelineRoutes } from "./pipeline-routes.ts";
import type { Pipeline } from "./pipeline-shape.ts";

type Shown = Static<typeof Pipeline>;
type Refused = { error: RigFault };

let rig: ConfiguredRig;
beforeEach(async () => {
  rig = await openConfiguredRig(pipelineRoutes);
});
afterEach(() => rig.close());

async function make(body: object): Promise<Shown> {
  const answer = await rig.call<Shown>("POST", "/pipelines", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

const patch = (id: string, body: unknown) => rig.call<Shown & Refused>("PATCH", `/pipelines/${id}`, { body });

async function names(query: Record<string, string | boolean | number> = {}): Promise<string[]> {
  const { body } = await rig.call<{ data: Shown[] }>("GET", "/pipelines", { query });
  return body.data.map(({ name }) => name);
}

function refusal(answer: RigAnswer<Refused>): [number, string, string[]] {
  const { code, details = [] } = answer.body.error;
  return [answer.status, code, [...new Set(details.map(({ path }) => path))]];
}

test("a pipeline is made with a key, defaults and a slug, and read as it was made", async () => {
  const made = await make({ name: "Marketing Website" });
  assert.match(made.id, /^pip_[0-9a-v]{26}$/);
  const [key] = made.pipeline_keys;
  assert.match(key?.key ?? "", /^dk_test_[0-9a-f]{40}$/);
  assert.deepEqual(made, {
    id: made.id,
    org_id: "org_shop",
    name: "Marketing Website",
    slug: "marketing-website",
    type: "web",
    pipeline_key: key?.key,
    pipeline_keys: [
      { id: key?.id, key: key?.key, created_at: "2026-11-21T09:00:00.000Z", expires_at: null, revoked_at: null },
    ],
    domain_allowlist: [],
    labels: [],
    rate_limit_rps: 1000,
    parameters: {},
    enabled: true,
    managed_by: null,
    version: 1,
    integrations_count: 0,
    created_at: "2026-11-21T09:00:00.000Z",
    updated_at: "2026-11-21T09:00:00.000Z",
  });
  assert.deepEqual((await rig.call("GET", `/pipelines/${made.id}`)).body, made);
  assert.equal(rig.changes(), 1);
});

test("every setting can be given", async () => {
  const given = {
    name: "Läden <b>🛒</b>",
    slug: "shop",
    type: "server",
    domain_allowlist: ["shop.example.com", "*.example.com", "localhost:3000", "https://shop.example.com"],
    labels: ["env:production", "brand"],
    rate_limit_rps: 5,
    parameters: { region: "eu", "a-1": "${HOME} {{x}} \n'\"", empty: "" },
    enabled: false,
  };
  const made = await make(given);
  assert.deepEqual({ ...made, ...given }, made);
});

test("keys are of the environment that they are made in", async () => {
  const live = await openConfiguredRig(pipelineRoutes, { environment: "production" });
  const { body } = await live.call<Shown>("POST", "/pipelines", { body: { name: "Shop" } });
  assert.match(body.pipeline_key ?? "", /^dk_live_[0-9a-f]{40}$/);
  await live.close();
});

const long = "x".repeat(255);
const FAULTS: [body: object, paths: string[]][] = [
  [{}, ["name"]],
  [{ name: "" }, ["name"]],
  [{ name: " Shop" }, ["name"]],
  [{ name: "Shop\n" }, ["name"]],
  [{ name: `${long}x` }, ["name"]],
  [{ name: "Sh\0op" }, ["name"]],
  [{ name: "\ud800" }, ["name"]],
  [{ name: 7 }, ["name"]],
  [{ name: "Shop", slug: "Shop" }, ["slug"]],
  [{ name: "Shop", slug: "a--b" }, ["slug"]],
  [{ name: "Shop", type: "tv" }, ["type"]],
  [{ name: "Shop", rate_limit_rps: 0 }, ["rate_limit_rps"]],
  [{ name: "Shop", rate_limit_rps: "5" }, ["rate_limit_rps"]],
  [{ name: "Shop", domain_allowlist: ["a.example.com", "*", "https://x.example.com/path"] }, ["domain_allowlist[2]"]],
  [{ name: "Shop", domain_allowlist: ["<script>"] }, ["domain_allowlist[0]"]],
  [{ name: "Shop", labels: ["a", " b"] }, ["labels[1]"]],
  [{ name: "Shop", labels: Array.from({ length: 51 }, (_, index) => `l${index}`) }, ["labels"]],
  [{ name: "Shop", parameters: { x: 5 } }, ["parameters.x"]],
  [{ name: "Shop", parameters: { "a b": "c" } }, ['parameters["a b"]']],
  [{ name: "Shop", parameters: { x: "{{pipeline_param.y}}" } }, ["parameters.x"]],
  [{ name: "Shop", parameters: { x: { set: true } } }, ["parameters.x"]],
  [{ name: "Shop", pipeline_key: "dk_live_mine" }, ["pipeline_key"]],
  [{ name: "Shop", id: "pip_mine" }, ["id"]],
  [{ name: "Shop", managed_by: "file" }, ["managed_by"]],
  [{ name: " ", slug: "_", type: 1 }, ["name", "slug", "type"]],
];

for (const [body, paths] of FAULTS) {
  test(`what is wrong is named: ${JSON.stringify(body).slice(0, 90)}`, async () => {
    const answer = await rig.call<Refused>("POST", "/pipelines", { body });
    assert.deepEqual(refusal(answer), [422, "VALIDATION_FAILED", paths], JSON.stringify(answer.body));
    assert.deepEqual(await names(), []);
    assert.equal(rig.changes(), 0);
  });
}

test("names of any kind are kept as they are: the longest, SQL, HTML, other scripts", async () => {
  const given = [long, "'); drop table pipelines; --", `"><script>alert(1)</script>`, "магазин", "店", "%_\\"];
  for (const name of given) assert.equal((await make({ name })).name, name);
  assert.deepEqual((await names()).toSorted(), given.toSorted());
});

test("two names that make one slug get two; a slug that is asked for twice is refused", async () => {
  const slugs = [];
  for (const name of ["Shop", "shop!", "SHOP?", "店", "店店"]) slugs.push((await make({ name })).slug);
  assert.deepEqual(slugs.slice(0, 3), ["shop", "shop-2", "shop-3"]);
  assert.equal(new Set(slugs).size, 5);
  const cut = [await make({ name: long }), await make({ name: long.replace(/x$/, "y") })];
  assert.deepEqual(
    cut.map(({ slug }) => slug),
    ["x".repeat(64), `${"x".repeat(62)}-2`],
  );
  const taken = await rig.call<Refused>("POST", "/pipelines", { body: { name: "Other", slug: "shop-2" } });
  assert.deepEqual(refusal(taken), [409, "CONFLICT", ["slug"]]);
});

test("of two that are made with one name at once, one is", async () => {
  const body = { name: "Shop" };
  const answers = await Promise.all([1, 2].map(() => rig.call<Refused>("POST", "/pipelines", { body })));
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409]);
  assert.deepEqual(await names(), ["Shop"]);
});

test("an Idempotency-Key makes one pipeline of two requests", async () => {
  const headers = { "idempotency-key": "once" };
  const answers = [];
  for (const _ of [1, 2]) answers.push(await rig.call("POST", "/pipelines", { body: { name: "Shop" }, headers }));
  assert.deepEqual(answers[0]?.body, answers[1]?.body);
  assert.deepEqual(await names(), ["Shop"]);
});

test("lists are searched, filtered, sorted and paged", async () => {
  await make({ name: "Beta", labels: ["env:prod"] });
  rig.advance(1000);
  await make({ name: "alpha", type: "server", enabled: false });
  rig.advance(1000);
  await make({ name: "Gamma", labels: ["env:prod", "eu"] });
  assert.deepEqual(await names(), ["alpha", "Beta", "Gamma"]);
  assert.deepEqual(await names({ sort: "-created_at" }), ["Gamma", "alpha", "Beta"]);
  assert.deepEqual(await names({ search: "ALPH" }), ["alpha"]);
  assert.deepEqual(await names({ search: "' or '1'='1" }), []);
  assert.deepEqual(await names({ type: "server" }), ["alpha"]);
  assert.deepEqual(await names({ enabled: false }), ["alpha"]);
  assert.deepEqual(await names({ label: "env:prod", sort: "-name" }), ["Gamma", "Beta"]);
  const paged: string[] = [];
  const query: Record<string, string | number> = { limit: 1, sort: "-name" };
  for (;;) {
    const { body } = await rig.call<{ data: Shown[]; next_cursor: string | null; has_more: boolean }>(
      "GET",
      "/pipelines",
      { query },
    );
    paged.push(...body.data.map(({ name }) => name));
    assert.equal(body.has_more, body.next_cursor !== null);
    if (body.next_cursor === null) break;
    query["cursor"] = body.next_cursor;
  }
  assert.deepEqual(paged, ["Gamma", "Beta", "alpha"]);
});

const made = (key: unknown): string => Buffer.from(JSON.stringify([1, key])).toString("base64url");
const BAD_QUERIES: [query: Record<string, string>, path: string][] = [
  [{ cursor: "x" }, "query.cursor"],
  [{ cursor: made(["created_at", 1, "pip_1"]) }, "query.cursor"],
  [{ cursor: made(["name", 1, "pip_1"]) }, "query.cursor"],
  [{ sort: "created_at", cursor: made(["created_at", "1; drop", "pip_1"]) }, "query.cursor"],
  [{ cursor: made(["name", "a\0", "pip_1"]) }, "query.cursor"],
  [{ limit: "0" }, "query.limit"],
  [{ limit: "101" }, "query.limit"],
  [{ sort: "slug" }, "query.sort"],
  [{ type: "tv" }, "query.type"],
  [{ enabled: "yes" }, "query.enabled"],
  [{ search: "\0" }, "query.search"],
  [{ search: "" }, "query.search"],
  [{ what: "1" }, "query.what"],
];

test("a query that is wrong is named", async () => {
  for (const [query, path] of BAD_QUERIES) {
    const answer = await rig.call<Refused>("GET", "/pipelines", { query });
    assert.deepEqual(refusal(answer), [422, "VALIDATION_FAILED", [path]], JSON.stringify(query));
  }
});

test("what is not there is not found, whatever the id looks like", async () => {
  for (const id of ["pip_none", "1", "' or 1=1 --", "../pipelines", "tmpl_orders", "x".repeat(100)]) {
    const path = `/pipelines/${encodeURIComponent(id)}`;
    assert.equal((await rig.call("GET", path)).status, 404, id);
    assert.equal((await rig.call("PATCH", path, { body: {} })).status, 404, id);
    assert.equal((await rig.call("DELETE", path)).status, 404, id);
  }
  assert.equal((await rig.call("GET", "/pipelines/%00")).status, 422);
});

test("a change touches what it names and nothing else, and raises the version", async () => {
  const before = await make({
    name: "Shop",
    labels: ["a"],
    domain_allowlist: ["a.example.com"],
    parameters: { x: "1" },
  });
  rig.advance(5000);
  const { status, body } = await patch(before.id, { name: "Store", labels: [], rate_limit_rps: 9, version: 1 });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    ...before,
    name: "Store",
    labels: [],
    rate_limit_rps: 9,
    version: 2,
    updated_at: "2026-11-21T09:00:05.000Z",
  });
  const everything = { slug: "s-2", type: "app", enabled: false, domain_allowlist: [] };
  assert.deepEqual(
    { ...(await patch(before.id, everything)).body, ...everything },
    (await rig.call("GET", `/pipelines/${before.id}`)).body,
  );
  const [created, changed] = await rig.audits();
  assert.equal(created?.action, "pipeline.created");
  assert.deepEqual(changed?.changes, {
    name: { old: "Shop", new: "Store" },
    labels: { old: ["a"], new: [] },
    rate_limit_rps: { old: 1000, new: 9 },
  });
});

test("a change that changes nothing leaves the version and the configuration as they are", async () => {
  const before = await make({ name: "Shop", parameters: { x: "1" } });
  for (const body of [{}, { name: "Shop" }, { version: 1 }, { parameters: {} }, { parameters: { x: "1", y: null } }]) {
    assert.deepEqual((await patch(before.id, body)).body, before, JSON.stringify(body));
  }
  assert.equal(rig.changes(), 1);
});

test("an old version is refused and nothing of the change is kept", async () => {
  const { id } = await make({ name: "Shop" });
  await patch(id, { labels: ["first"], version: 1 });
  assert.deepEqual(refusal(await patch(id, { labels: ["second"], version: 1 })), [409, "VERSION_CONFLICT", []]);
  const at = { labels: ["second"], version: 2 };
  const both = await Promise.all([patch(id, at), patch(id, { ...at, labels: ["third"] })]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 409]);
});

const PATCH_FAULTS: [body: unknown, paths: string[]][] = [
  [{ name: null }, ["name"]],
  [{ labels: null }, ["labels"]],
  [{ domain_allowlist: ["ok.example.com", "not ok"] }, ["domain_allowlist[1]"]],
  [{ parameters: null }, ["parameters"]],
  [{ parameters: { x: { set: true } } }, ["parameters.x"]],
  [{ parameters: { x: { set: false } } }, ["parameters.x"]],
  [{ parameters: { x: ["y"] } }, ["parameters.x"]],
  [{ version: "1" }, ["version"]],
  [{ version: 0 }, ["version"]],
  [{ pipeline_keys: [] }, ["pipeline_keys"]],
  [[], [""]],
  ["name", [""]],
];

test("a change that is wrong is named", async () => {
  const { id } = await make({ name: "Shop" });
  for (const [body, paths] of PATCH_FAULTS) {
    const given = typeof body === "string" ? JSON.stringify(body) : body;
    const answer = await patch(id, given);
    assert.deepEqual(refusal(answer), [422, "VALIDATION_FAILED", paths], JSON.stringify(answer.body));
  }
  await make({ name: "Other" });
  assert.deepEqual(refusal(await patch(id, { name: "Other" })), [409, "CONFLICT", ["name"]]);
  assert.deepEqual(refusal(await patch(id, { slug: "other" })), [409, "CONFLICT", ["slug"]]);
});

test("parameters are merged, null removes one", async () => {
  const { id } = await make({ name: "Shop", parameters: { a: "1", b: "2" } });
  const { body } = await patch(id, { parameters: { b: null, c: "3", a: "", constructor: "x", toString: "y" } });
  assert.deepEqual(body.parameters, { a: "", c: "3", constructor: "x", toString: "y" });
  const raw = `{"parameters":{"__proto__":"x"}}`;
  assert.deepEqual(refusal(await patch(id, raw)), [422, "VALIDATION_FAILED", ["parameters.__proto__"]]);
});

test("a secret parameter is never shown, stays when left out, and is replaced or removed by name", async () => {
  const { id } = await make({ name: "Shop" });
  await rig.assign(id);
  const path = `/pipelines/${id}`;
  const { body } = await rig.call<Shown>("GET", path);
  assert.deepEqual(body.parameters, { region: "eu", token: { set: true } });
  assert.equal(body.integrations_count, 1);
  const opened = async () => {
    const row = await rig.database.queries.selectFrom("pipelines").select("secret_parameters").executeTakeFirst();
    return (JSON.parse(row?.secret_parameters ?? "{}") as Record<string, string>)["token"];
  };
  const sealed = await opened();
  assert.match(sealed ?? "", /^v1\./);
  for (const parameters of [{ region: "us" }, { token: { set: true } }, {}]) {
    assert.deepEqual((await patch(id, { parameters })).body.parameters, { region: "us", token: { set: true } });
    assert.equal(await opened(), sealed, "it stays as it was sealed");
  }
  assert.equal((await patch(id, { parameters: { token: "another-secret" } })).status, 200);
  assert.notEqual(await opened(), sealed);
  const missing = await patch(id, { parameters: { token: null } });
  assert.deepEqual(refusal(missing), [422, "VALIDATION_FAILED", ["parameters"]]);
  assert.match(missing.body.error.details?.[0]?.message ?? "", /"Orders" needs the pipeline parameter token/);
  const said = JSON.stringify([await rig.audits(), rig.logs, (await rig.call("GET", "/pipelines")).body, missing.body]);
  assert.doesNotMatch(said, /hunter2-secret|another-secret/);
  assert.match(said, /"parameters\.token"/);
});

test("a secret parameter stays secret when its integration is taken off the pipeline", async () => {
  const { id } = await make({ name: "Shop" });
  await rig.assign(id);
  const lane = await rig.database.queries.selectFrom("pipeline_integrations").select("id").executeTakeFirstOrThrow();
  await rig.change({ remove: { lanes: [lane.id] } });
  assert.deepEqual((await patch(id, { name: "Store" })).body.parameters, { region: "eu", token: { set: true } });
});

test("deleting answers 204, and the integrations stay", async () => {
  const { id } = await make({ name: "Shop" });
  await rig.assign(id);
  const answer = await rig.call("DELETE", `/pipelines/${id}`);
  assert.deepEqual([answer.status, answer.body], [204, undefined]);
  assert.equal((await rig.call("GET", `/pipelines/${id}`)).status, 404);
  assert.equal((await rig.call("DELETE", `/pipelines/${id}`)).status, 404);
  const { queries } = rig.database;
  assert.equal((await queries.selectFrom("integration_templates").select("id").execute()).length, 1);
  assert.equal((await queries.selectFrom("pipeline_keys").select("id").execute()).length, 0);
  assert.equal((await make({ name: "Shop" })).slug, "shop");
});

test("a pipeline that deliveries wait for is kept, with their number, until they are given up", async () => {
  const { id } = await make({ name: "Shop" });
  await rig.assign(id);
  rig.waits.set("tmpl_orders", 3);
  const refused = await rig.call<Refused>("DELETE", `/pipelines/${id}`);
  assert.deepEqual([refused.status, refused.body.error.code], [409, "HAS_WAITING_DELIVERIES"]);
  assert.match(refused.body.error.message, /3 deliveries/);
  assert.match(refused.body.error.message, /discard_waiting=true/);
  assert.equal((await rig.call("GET", `/pipelines/${id}`)).status, 200);
  const answer = await rig.call("DELETE", `/pipelines/${id}`, { query: { discard_waiting: true } });
  assert.equal(answer.status, 204);
  assert.equal((await rig.database.queries.selectFrom("departures").selectAll().execute()).length, 1);
});

test("what the file names only the file changes", async () => {
  await rig.applyFile("version: 1\npipelines:\n  - { id: pip_file, name: Shop, pipeline_key: dk_live_fromfile }\n");
  const { body } = await rig.call<Shown>("GET", "/pipelines/pip_file");
  assert.deepEqual([body.managed_by, body.pipeline_key], ["file", "dk_live_fromfile"]);
  assert.deepEqual(refusal(await patch("pip_file", { name: "Store" })), [409, "MANAGED_BY_FILE", []]);
  assert.deepEqual(refusal(await rig.call<Refused>("DELETE", "/pipelines/pip_file")), [409, "MANAGED_BY_FILE", []]);
  const taken = await rig.call<Refused>("POST", "/pipelines", { body: { name: "Shop" } });
  assert.deepEqual(refusal(taken), [409, "CONFLICT", ["name"]]);
});

test("a pipeline without any key says what to do before it is changed", async () => {
  const { id } = await make({ name: "Shop" });
  await rig.database.queries.updateTable("pipeline_keys").set({ revoked_at: 1 }).execute();
  const { body } = await rig.call<Shown>("GET", `/pipelines/${id}`);
  assert.deepEqual([body.pipeline_key, body.pipeline_keys], [null, []]);
  const refused = await patch(id, { name: "Store" });
  assert.deepEqual(refusal(refused), [409, "CONFLICT", []]);
  assert.match(refused.body.error.message, /Make one with POST \/v1\/admin\/pipelines\/pip_\w+\/keys\./);
  assert.equal((await rig.call("DELETE", `/pipelines/${id}`)).status, 204);
});

test("who may only read may not write", async () => {
  const { id } = await make({ name: "Shop" });
  const role = "source_viewer" as const;
  assert.equal((await rig.call("GET", `/pipelines/${id}`, { role })).status, 200);
  assert.equal((await rig.call("POST", "/pipelines", { role, body: { name: "x" } })).status, 403);
  assert.equal((await rig.call("PATCH", `/pipelines/${id}`, { role, body: {} })).status, 403);
  const editor = "source_editor" as const;
  assert.equal((await rig.call("PATCH", `/pipelines/${id}`, { role: editor, body: {} })).status, 200);
  assert.equal((await rig.call("DELETE", `/pipelines/${id}`, { role: editor })).status, 403);
});
