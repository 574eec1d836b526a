import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { isFault } from "../http/route.ts";
import { type ChangesRig, openChangesRig } from "./changes-rig-fixture.ts";
import type { ConfigurationChange, IntegrationDocument, PipelineDocument } from "./configuration-changes.ts";

const SET = { set: true };
const HOOK: IntegrationDocument = {
  id: "tmpl_hook",
  name: "Hook",
  vendor: "webhook",
  config: { url: "https://a.example.com", authentication: "bearer" },
  secrets: { auth_token: "planted-token" },
};
const SHOP: PipelineDocument = {
  id: "pip_shop",
  name: "Shop",
  slug: "shop",
  pipeline_keys: ["dk_live_12345678"],
  parameters: { region: "eu", token: "de-parameter" },
  integrations: [{ id: "pi_shop", integration: "tmpl_hook" }],
};
const LAYER = {
  session: { timeout_minutes: 30 },
  pii_rules: { hash_fields: ["traits.email"], salt: "planted-salt-of-hashes" },
};

async function configured(): Promise<ChangesRig> {
  const rig = await openChangesRig();
  const policy = { consent: { default_policy: { analytics: true } } };
  await audited(rig, {
    document: { pipelines: [SHOP], integrations: [HOOK], data_layer: LAYER, organisation: policy },
  });
  return rig;
}

async function audited(rig: ChangesRig, change: ConfigurationChange): Promise<AuditEntry[]> {
  const changed = await rig.change(change);
  assert.ok(!isFault(changed), JSON.stringify(changed));
  assert.doesNotMatch(JSON.stringify([changed.audits, changed.applied.changes]), /planted|v1\.|h1\./);
  assert.equal(changed.touched, changed.audits.length === 0 ? 0 : 1);
  return changed.audits;
}

test("what is made is told with all its fields", async () => {
  const rig = await openChangesRig();
  const audits = await audited(rig, { document: { pipelines: [SHOP], integrations: [HOOK], data_layer: LAYER } });
  const key = (await rig.state()).pipelines[0]?.keys[0]?.id ?? "";
  const now = (value: unknown): object => ({ old: null, new: value });
  assert.deepEqual(audits, [
    {
      action: "data_layer.updated",
      resourceType: "data_layer",
      resourceId: "org_shop",
      changes: {
        session: now({ timeout_minutes: 30 }),
        pii_rules: now({ hash_fields: ["traits.email"] }),
        "pii_rules.salt": now(SET),
      },
    },
    {
      action: "pipeline.created",
      resourceType: "pipeline",
      resourceId: "pip_shop",
      changes: {
        name: now("Shop"),
        slug: now("shop"),
        type: now("web"),
        enabled: now(true),
        domain_allowlist: now([]),
        labels: now([]),
        rate_limit_rps: now(1000),
        "parameters.region": now("eu"),
        "parameters.token": now({ set: true }),
        [`pipeline_keys.${key}`]: now({ key: "…5678", expires_at: null, revoked: false }),
      },
    },
    {
      action: "integration.created",
      resourceType: "integration",
      resourceId: "tmpl_hook",
      changes: {
        name: now("Hook"),
        vendor: now("webhook"),
        vendor_name: now("Custom Webhook"),
        description: now(""),
        variant: now("default"),
      },
    },
    {
      action: "integration.revised",
      resourceType: "integration",
      resourceId: "tmpl_hook",
      changes: {
        revision_number: now(1),
        change_summary: now("first revision"),
        "config.url": now("https://a.example.com"),
        "config.authentication": now("bearer"),
        "config.auth_token": now(SET),
        consent_categories: now([]),
        rate_limits: now({ rps: null, burst: null, daily: null }),
        batch: now({}),
      },
    },
    {
      action: "pipeline_integration.created",
      resourceType: "pipeline_integration",
      resourceId: "pi_shop",
      changes: {
        pipeline_id: now("pip_shop"),
        integration_id: now("tmpl_hook"),
        revision: now("latest"),
        enabled: now(true),
      },
    },
  ]);
});

const revised = (more: object): ConfigurationChange => ({ document: { integrations: [{ ...HOOK, ...more }] } });
const changed = (more: object): ConfigurationChange => ({ document: { pipelines: [{ ...SHOP, ...more }] } });
const MAPPING = { version: 2, global: { mappings: [{ source: "userId", target: "id" }] } };

/** Of one entry: its action and its fields, but for what every revision has. */
const CHANGES: [what: string, change: ConfigurationChange, action: string, fields: AuditEntry["changes"]][] = [
  [
    "a setting",
    revised({ config: { ...HOOK.config, url: "https://b.example.com" } }),
    "integration.revised",
    { "config.url": { old: "https://a.example.com", new: "https://b.example.com" } },
  ],
  [
    "a setting more",
    revised({ config: { ...HOOK.config, method: "PUT" } }),
    "integration.revised",
    { "config.method": { old: null, new: "PUT" } },
  ],
  [
    "a secret",
    revised({ secrets: { auth_token: "planted-other" } }),
    "integration.revised",
    { "config.auth_token": { old: SET, new: SET } },
  ],
  [
    "a mapping",
    revised({ mapping: MAPPING }),
    "integration.revised",
    { mapping: { old: null, new: { revision_number: 2 } } },
  ],
  [
    "consent",
    revised({ consent_categories: ["analytics"] }),
    "integration.revised",
    { consent_categories: { old: [], new: ["analytics"] } },
  ],
  [
    "limits",
    revised({ rate_limits: { rate_limit_rps: 5 } }),
    "integration.revised",
    { rate_limits: { old: { rps: null, burst: null, daily: null }, new: { rps: 5, burst: null, daily: null } } },
  ],
  [
    "a description",
    revised({ description: "for orders" }),
    "integration.updated",
    { description: { old: "", new: "for orders" } },
  ],
  ["nothing but a revision that is asked for", { ...revised({}), alwaysRevise: true }, "integration.revised", {}],
  ["a pipeline's name", changed({ name: "Store" }), "pipeline.updated", { name: { old: "Shop", new: "Store" } }],
  [
    "a parameter",
    changed({ parameters: { ...SHOP.parameters, region: "us" } }),
    "pipeline.updated",
    { "parameters.region": { old: "eu", new: "us" } },
  ],
  [
    "an assignment",
    changed({ integrations: [{ id: "pi_shop", integration: "tmpl_hook", revision: 1, enabled: false }] }),
    "pipeline_integration.updated",
    { revision: { old: "latest", new: 1 }, enabled: { old: true, new: false } },
  ],
  [
    "an assignment less",
    changed({ integrations: [] }),
    "pipeline_integration.deleted",
    {
      pipeline_id: { old: "pip_shop", new: null },
      integration_id: { old: "tmpl_hook", new: null },
      revision: { old: "latest", new: null },
      enabled: { old: true, new: null },
    },
  ],
  [
    "a part of the data layer",
    { document: { data_layer: { ...LAYER, session: { timeout_minutes: 5 } } } },
    "data_layer.updated",
    { session: { old: { timeout_minutes: 30 }, new: { timeout_minutes: 5 } } },
  ],
  [
    "the salt",
    { document: { data_layer: { ...LAYER, pii_rules: { ...LAYER.pii_rules, salt: "planted-salt-of-hashes-2" } } } },
    "data_layer.updated",
    { "pii_rules.salt": { old: SET, new: SET } },
  ],
  [
    "the organisation",
    { document: { organisation: {} } },
    "organisation.updated",
    { settings: { old: { consent: { default_policy: { analytics: true } } }, new: {} } },
  ],
];
for (const [what, change, action, fields] of CHANGES) {
  test(`one change is one entry with that alone: ${what}`, async () => {
    const audits = await audited(await configured(), change);
    assert.equal(audits.length, 1, JSON.stringify(audits));
    const { revision_number, change_summary, ...rest } = audits[0]?.changes ?? {};
    assert.equal(audits[0]?.action, action);
    assert.deepEqual(rest, fields);
    assert.equal(revision_number !== undefined && change_summary !== undefined, action === "integration.revised");
  });
}

test("a mapping that stays is not named by the revisions after it; its comments are", async () => {
  const rig = await configured();
  await audited(rig, revised({ mapping: "version: 2 # one\n" }));
  const [other] = await audited(
    rig,
    revised({ mapping: "version: 2 # one\n", config: { url: "https://c.example.com", authentication: "bearer" } }),
  );
  assert.deepEqual(Object.keys(other?.changes ?? {}).sort(), ["change_summary", "config.url", "revision_number"]);
  const [comment] = await audited(
    rig,
    revised({ mapping: "version: 2 # two\n", config: { url: "https://c.example.com", authentication: "bearer" } }),
  );
  assert.deepEqual(comment?.changes["mapping"], { old: { revision_number: 3 }, new: { revision_number: 4 } });
});

test("keys are told by their ends", async () => {
  const rig = await configured();
  const id = (await rig.state()).pipelines[0]?.keys[0]?.id ?? "";
  const [entry] = await audited(rig, changed({ pipeline_keys: ["dk_live_abcdefgh"] }));
  const added = (await rig.state()).pipelines[0]?.keys.find((one) => one.revokedAt === null)?.id ?? "";
  assert.deepEqual(entry?.changes, {
    [`pipeline_keys.${id}`]: {
      old: { key: "…5678", expires_at: null, revoked: false },
      new: { key: "…5678", expires_at: null, revoked: true },
    },
    [`pipeline_keys.${added}`]: { old: null, new: { key: "…efgh", expires_at: null, revoked: false } },
  });
});

test("a parameter that becomes a secret is not shown as it was either", async () => {
  const rig = await configured();
  const audits = await audited(rig, revised({ secrets: { auth_token: "{{pipeline_param.token}}" } }));
  const pipeline = audits.find(({ resourceType }) => resourceType === "pipeline");
  assert.deepEqual(pipeline?.changes, { "parameters.token": { old: SET, new: SET } });
});

test("what is deleted, and comes back, is told as that", async () => {
  const rig = await configured();
  const gone = await audited(rig, { remove: { integrations: ["tmpl_hook"], pipelines: ["pip_shop"] } });
  assert.deepEqual(
    gone.map(({ action }) => action),
    ["pipeline.deleted", "integration.deleted", "pipeline_integration.deleted"],
  );
  assert.deepEqual(gone[1]?.changes["name"], { old: "Hook", new: null });
  const back = await audited(rig, revised({ config: { url: "https://d.example.com", authentication: "bearer" } }));
  assert.deepEqual(
    back.map(({ action }) => action),
    ["integration.created", "integration.revised"],
  );
  assert.deepEqual(back[0]?.changes["name"], { old: null, new: "Hook" });
  assert.deepEqual(Object.keys(back[1]?.changes ?? {}).sort(), ["change_summary", "config.url", "revision_number"]);
});

test("what changes nothing leaves nothing", async () => {
  const rig = await configured();
  const before = await rig.state();
  assert.deepEqual(
    await audited(rig, { document: { pipelines: [SHOP], integrations: [HOOK], data_layer: LAYER } }),
    [],
  );
  assert.deepEqual(await rig.state(), before);
});
