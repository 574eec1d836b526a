import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import { type Made, openIntegrationRig, RETAIL_MAPPING } from "../integrations/integration-rig-fixture.ts";
import type { ConfiguredRig } from "../pipelines/configured-rig-fixture.ts";

interface Entry {
  key: string;
  logo_url?: string;
  config_fields: { key: string; type: string }[];
  variants: { key: string; default_config: object }[];
  blueprints: object[];
  installed: number;
}

interface Page {
  data: Entry[];
  next_cursor: string | null;
  has_more: boolean;
}

let rig: ConfiguredRig;
before(async () => (rig = await openIntegrationRig()));
after(() => rig.close());

const list = async (query: Record<string, string | number>) =>
  (await rig.call<Page>("GET", "/integration-catalog", { query })).body;

describe("the catalogue", () => {
  const filters: [Record<string, string>, string[]][] = [
    [{}, ["axon", "meta_capi", "own_api", "webhook"]],
    [{ category: "advertising" }, ["meta_capi"]],
    [{ status: "beta" }, ["axon"]],
    [{ search: "SOCIAL" }, ["meta_capi"]],
    [{ search: "conversions meta" }, ["meta_capi"]],
    [{ search: "' OR 1=1 --" }, []],
    [{ search: "axon", category: "analytics" }, []],
  ];
  for (const [query, keys] of filters) {
    it(`filters by ${JSON.stringify(query)}`, async () => {
      const { data, has_more, next_cursor } = await list(query);
      assert.deepEqual(
        data.map(({ key }) => key),
        keys,
      );
      assert.deepEqual([has_more, next_cursor], [false, null]);
    });
  }

  it("answers the seed's own call", async () => {
    const { data } = await list({ category: "advertising" });
    const [meta] = data;
    assert.deepEqual(meta?.blueprints, [
      { key: "retail", name: "Retail", description: "What shops send.", vertical: "retail" },
    ]);
    assert.deepEqual(
      meta?.config_fields.map(({ key, type }) => [key, type]),
      [
        ["pixel_id", "string"],
        ["access_token", "secret"],
        ["test_event_code", "string"],
        ["hash_pii", "select"],
      ],
    );
    assert.deepEqual(
      meta?.variants.map(({ key }) => key),
      ["default", "retail", "travel"],
    );
  });

  it("pages through all of it, and refuses a cursor that is none", async () => {
    const first = await list({ limit: 3 });
    assert.deepEqual([first.data.length, first.has_more], [3, true]);
    const second = await list({ limit: 3, cursor: first.next_cursor ?? "" });
    assert.deepEqual(
      [...first.data, ...second.data].map(({ key }) => key),
      ["axon", "meta_capi", "own_api", "webhook"],
    );
    const { status, body } = await rig.call<{ error: RigFault }>("GET", "/integration-catalog", {
      query: { cursor: "bm8" },
    });
    assert.deepEqual([status, body.error.details?.[0]?.path], [422, "query.cursor"]);
  });

  for (const query of [{ category: "social" }, { status: "old" }, { limit: 0 }, { limit: 101 }, { colour: "red" }]) {
    it(`refuses ${JSON.stringify(query)}`, async () => {
      assert.equal((await rig.call("GET", "/integration-catalog", { query })).status, 422);
    });
  }

  it("counts what is installed, without custom integrations", async () => {
    const own = await openIntegrationRig();
    const config = { url: "https://hooks.example.com/" };
    await own.call("POST", "/integration-catalog/webhook/install", { body: { name: "A", config } });
    await own.call("POST", "/integration-templates", { body: { name: "B", vendor_name: "Ours", config } });
    const { body } = await own.call<Entry>("GET", "/integration-catalog/webhook");
    assert.equal(body.installed, 1);
    await own.close();
  });

  it("shows one vendor, and names the one that may be meant", async () => {
    const { status, body } = await rig.call<Entry>("GET", "/integration-catalog/axon");
    assert.deepEqual([status, body.key, body.logo_url], [200, "axon", undefined]);
    const wrong = await rig.call<{ error: RigFault }>("GET", "/integration-catalog/axom");
    assert.equal(wrong.status, 404);
    assert.match(wrong.body.error.message, /no vendor "axom".*Did you mean "axon"\?/);
  });

  it("gives a logo that can run and load nothing, without a token", async () => {
    const { body: entry } = await rig.call<Entry>("GET", "/integration-catalog/webhook");
    assert.equal(entry.logo_url, "/v1/admin/integration-catalog/webhook/logo");
    const { status, body, headers } = await rig.call<string>("GET", "/integration-catalog/webhook/logo", {
      role: null,
    });
    assert.equal(status, 200);
    assert.match(body, /^<svg /);
    assert.equal(headers["content-type"], "image/svg+xml; charset=utf-8");
    assert.match(headers["content-security-policy"] ?? "", /default-src 'none'.*sandbox/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal((await rig.call("GET", "/integration-catalog/axon/logo", { role: null })).status, 404);
    assert.equal((await rig.call("GET", "/integration-catalog/..%2F..%2Fetc/logo", { role: null })).status, 404);
  });
});

/** As printed on the product's pages. */
const SEEDS: [vendor: string, body: string][] = [
  [
    "axon",
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

describe("an install", () => {
  const post = <Body = { error: RigFault }>(key: string, body: unknown, role?: "source_viewer") =>
    rig.call<Body>("POST", `/integration-catalog/${key}/install`, { body, ...(role && { role }) });

  for (const [key, body] of SEEDS) {
    it(`takes the printed call for ${key}`, async () => {
      const answer = await post<Made>(key, body);
      assert.equal(answer.status, 201);
      const { template, revision } = answer.body;
      assert.match(template.id, /^tmpl_/);
      assert.match(revision.id, /^rev_/);
      assert.deepEqual(
        [template["catalog_vendor_key"], template.latest_revision, template["custom"], revision.revision_number],
        [key, 1, false, 1],
      );
      assert.equal(JSON.stringify(answer.body).includes("your"), false, "no secret comes back");
    });
  }

  it("puts the variant's settings under the given ones, and takes the vendor's consent categories", async () => {
    const config = { pixel_id: "0123", access_token: "t0ken-marker", include_catalog_data: "false" };
    const { body } = await post<Made>("meta_capi", { name: "Under", variant: "retail", config });
    assert.deepEqual(body.revision.config, {
      hash_pii: "true",
      include_catalog_data: "false",
      pixel_id: "0123",
      access_token: { set: true },
    });
    assert.deepEqual(body.revision["consent_categories"], ["marketing", "advertising"]);
    assert.deepEqual(body.revision["batch"], { size: 100, bytes: null, interval_ms: null });
    const none = await post<Made>("meta_capi", { name: "None", consent_categories: [], config });
    assert.deepEqual(none.body.revision["consent_categories"], []);
  });

  it("says what was taken and may not be meant", async () => {
    const config = { url: "https://hooks.example.com/", batch_size: 5 };
    const { body } = await post<Made>("webhook", { name: "Warned", config });
    assert.deepEqual(
      body.warnings.map(({ path }) => path),
      ["config.batch_size"],
    );
  });

  it("takes a blueprint as the mapping, its comments kept", async () => {
    const config = { pixel_id: "1", access_token: "t" };
    const { body } = await post<Made>("meta_capi", { name: "Shop", blueprint: "retail", config });
    assert.equal(body.revision["mapping_text"], RETAIL_MAPPING);
    const mapping = body.revision["mapping"] as { events: { purchase: { vendor_event_name: string } } };
    assert.equal(mapping.events.purchase.vendor_event_name, "Purchase");
  });

  const faults: [what: string, key: string, body: Record<string, unknown>, details: [string, RegExp][]][] = [
    [
      "missing settings",
      "axon",
      { name: "F" },
      [
        ["config.api_key", /needs api_key/],
        ["config.dataset_id", /needs dataset_id/],
        ["config.org_id", /needs org_id/],
      ],
    ],
    [
      "a required secret left empty",
      "axon",
      { name: "F", config: { api_key: "", org_id: "o", dataset_id: "d" } },
      [["config.api_key", /needs api_key/]],
    ],
    [
      "an unknown setting",
      "axon",
      { name: "F", config: { api_key: "k", org_id: "o", dataset_id: "d", orgid: "x" } },
      [["config.orgid", /Did you mean "org_id"\?/]],
    ],
    [
      "a wrong option",
      "meta_capi",
      { name: "F", config: { pixel_id: "1", access_token: "t", hash_pii: "maybe" } },
      [["config.hash_pii", /true, false/]],
    ],
    [
      "what the vendor itself refuses",
      "axon",
      { name: "F", config: { api_key: "k", org_id: "o", dataset_id: "refused" } },
      [["config.dataset_id", /This is refused/]],
    ],
    ["an unknown variant", "meta_capi", { name: "F", variant: "retial" }, [["variant", /Did you mean "retail"\?/]]],
    ["an unknown blueprint", "axon", { name: "F", blueprint: "retail" }, [["blueprint", /no blueprint "retail"/]]],
    [
      "a blueprint beside a mapping",
      "meta_capi",
      { name: "F", blueprint: "retail", mapping: { version: 2 }, config: { pixel_id: "1", access_token: "t" } },
      [["blueprint", /one of the two/]],
    ],
    [
      "a delivery specification that nothing reads",
      "axon",
      { name: "F", delivery_spec: {}, config: { api_key: "k", org_id: "o", dataset_id: "d" } },
      [["delivery_spec", /takes no delivery specification/]],
    ],
    ["a field that there is not", "axon", { name: "F", colour: "red" }, [["colour", /./]]],
    ["another delivery mode", "axon", { name: "F", delivery_mode: "client_side" }, [["delivery_mode", /./]]],
    ["a name of spaces", "axon", { name: "  " }, [["name", /./]]],
    ["NUL in a name", "axon", { name: "A\0B" }, [["name", /NUL/]]],
    ["NUL deep in a setting", "axon", { name: "F", config: { org_id: "a\0" } }, [["config.org_id", /NUL/]]],
    [
      "a mapping that does not compile, with its line",
      "meta_capi",
      {
        name: "F",
        config: { pixel_id: "1", access_token: "t" },
        mapping: "version: 2\nglobal:\n  mappings:\n    - { source: a, target: b, transform: sha265 }\n",
      },
      [["mapping.global.mappings[0].transform", /sha256/]],
    ],
  ];
  for (const [what, key, body, expected] of faults) {
    it(`refuses ${what}`, async () => {
      const answer = await post(key, body);
      assert.deepEqual([answer.status, answer.body.error.code], [422, "VALIDATION_FAILED"]);
      const details = answer.body.error.details ?? [];
      assert.deepEqual(
        details.map(({ path }) => path),
        expected.map(([path]) => path),
      );
      for (const [index, [, message]] of expected.entries()) assert.match(details[index]?.message ?? "", message);
    });
  }

  it("refuses an unknown vendor, a name that is taken, and callers who may only read", async () => {
    const config = { api_key: "k", org_id: "o", dataset_id: "d" };
    assert.equal((await post("axxon", { name: "X", config })).status, 404);
    assert.equal((await post("axon", { name: "Twice", config })).status, 201);
    const again = await post("axon", { name: "Twice", config });
    assert.deepEqual([again.status, again.body.error.code], [409, "CONFLICT"]);
    assert.match(again.body.error.message, /another integration has the name "Twice"/i);
    assert.equal((await post("axon", { name: "Y", config }, "source_viewer")).status, 403);
  });

  it("makes one of several with the same name at once", async () => {
    const config = { api_key: "k", org_id: "o", dataset_id: "d" };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post("axon", { name: "Race", config })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it("keeps texts that look like SQL as they are", async () => {
    const name = `'); drop table revisions; --"`;
    const { status, body } = await post<Made>("axon", {
      name,
      description: "%_\\",
      config: { api_key: "k", org_id: "' or 1=1", dataset_id: "d" },
    });
    assert.equal(status, 201);
    const { body: shown } = await rig.call<Made["template"]>("GET", `/integration-templates/${body.template.id}`);
    assert.deepEqual([shown.name, shown["description"]], [name, "%_\\"]);
  });

  it("tells the audit log, without the secret", async () => {
    const config = { api_key: "audit-marker", org_id: "o", dataset_id: "d" };
    const { body } = await post<Made>("axon", { name: "Audited", config });
    const audits = (await rig.audits()).filter(({ resource_id }) => resource_id === body.template.id);
    assert.deepEqual(audits.map(({ action }) => action).toSorted(), ["integration.created", "integration.revised"]);
    assert.equal(JSON.stringify(audits).includes("audit-marker"), false);
    assert.equal(audits[0]?.user_email, "org_admin@example.com");
  });
});
