import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, type JsonValue, SealedSecretError } from "@datafly-signal/core";
import { saveConfiguration } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { isFault } from "../http/route.ts";
import { type ChangesRig, openChangesRig } from "./changes-rig-fixture.ts";
import type { ConfigurationChange, IntegrationDocument, PipelineDocument } from "./configuration-changes.ts";

const HOOK: IntegrationDocument = {
  id: "tmpl_hook",
  name: "Hook",
  vendor: "webhook",
  config: { url: "https://a.example.com/{{pipeline_param.region}}", authentication: "bearer" },
  secrets: { auth_token: "{{pipeline_param.token}}" },
  mapping: "version: 2 # why\n",
};
const SIGNED: IntegrationDocument = {
  ...HOOK,
  id: "tmpl_signed",
  name: "Signed",
  config: { url: "https://b.example.com", authentication: "bearer" },
  secrets: { auth_token: "planted-token" },
};
const SHOP: PipelineDocument = {
  id: "pip_shop",
  name: "Shop",
  slug: "shop",
  pipeline_keys: ["dk_live_12345678"],
  parameters: { region: "eu", token: "planted-parameter" },
  integrations: [
    { id: "pi_hook", integration: "tmpl_hook" },
    { id: "pi_signed", integration: "tmpl_signed" },
  ],
};

async function configured(given: Parameters<typeof openChangesRig>[0] = {}): Promise<ChangesRig> {
  const rig = await openChangesRig(given);
  await done(rig, { document: { pipelines: [SHOP], integrations: [HOOK, SIGNED] } });
  return rig;
}

async function done(rig: ChangesRig, change: ConfigurationChange): Promise<string[]> {
  const changed = await rig.change(change);
  assert.ok(!isFault(changed), JSON.stringify(changed));
  return changed.applied.changes;
}

async function refusal(rig: ChangesRig, change: ConfigurationChange): Promise<{ code: string; details: string[] }> {
  const changed = await rig.change(change);
  assert.ok(isFault(changed), "was accepted");
  assert.doesNotMatch(JSON.stringify(changed), /planted/);
  return { code: changed.fault, details: (changed.details ?? []).map(({ path, message }) => `${path}: ${message}`) };
}

eachDatabase("changes at once", (open) => {
  test("each sees the one before: no number and no revision is lost or made twice", async () => {
    const rig = await configured({ database: await open() });
    const before = (await rig.state()).number;
    const urls = Array.from({ length: 12 }, (_, index) => `https://${index}.example.com`);
    await Promise.all(
      urls.map((url) =>
        done(rig, { document: { integrations: [{ ...SIGNED, config: { url, authentication: "bearer" } }] } }),
      ),
    );
    const state = await rig.state();
    assert.equal(state.number, before + urls.length);
    const revisions = state.integrations.find(({ id }) => id === "tmpl_signed")?.revisions ?? [];
    assert.deepEqual(
      revisions.map(({ number }) => number),
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
  });
});

test("what is taken out and given back as it was changes nothing, object by object", async () => {
  const rig = await configured();
  const state = await rig.state();
  for (const ids of [
    { pipelines: ["pip_shop"] },
    { integrations: ["tmpl_hook"] },
    { integrations: ["tmpl_signed"] },
    { dataLayer: true as const, organisation: true as const },
  ]) {
    const document = JSON.parse(JSON.stringify(rig.changes.document(state, ids))) as ConfigurationChange["document"];
    assert.deepEqual(await done(rig, { document: document ?? {} }), []);
  }
  assert.deepEqual(await rig.state(), state);
});

test("a pipeline may name an integration by its name, and any of its revisions", async () => {
  const rig = await configured();
  await done(rig, { document: { integrations: [{ ...HOOK, config: { url: "https://c.example.com" }, secrets: {} }] } });
  await done(rig, {
    document: { pipelines: [{ ...SHOP, integrations: [{ id: "pi_hook", integration: "Hook", revision: 1 }] }] },
  });
  const bare = { ...SHOP, parameters: {}, integrations: [{ id: "pi_hook", integration: "Hook" }] };
  const pinned = { ...bare, integrations: [{ id: "pi_hook", integration: "Hook", revision: 1 }] };
  const { details } = await refusal(rig, { document: { pipelines: [pinned] } });
  assert.match(details.join("\n"), /needs the pipeline parameter region/);
  await done(rig, { document: { pipelines: [bare] } });
});

test("what an integration comes to need of pipelines that follow it is said at the integration", async () => {
  const rig = await configured();
  const needing = {
    ...SIGNED,
    config: { url: "https://b.example.com/{{pipeline_param.missing}}", authentication: "bearer" },
  };
  const { code, details } = await refusal(rig, {
    document: { integrations: [needing] },
    faultsBelow: "integrations[0].",
  });
  assert.equal(code, "VALIDATION_FAILED");
  assert.equal(details.length, 1);
  assert.match(details[0] ?? "", /^config\.url: .*parameter missing, which "Shop" has not/);
});

test("what is wrong beside an object is nothing to the one who edits it; what is wrong with it is", async () => {
  const rig = await configured();
  const state = await rig.state();
  // As a later version may judge what an earlier one took.
  const broken = state.integrations.map((one) => ({
    ...one,
    revisions: one.revisions.map((revision) => ({
      ...revision,
      id: `${revision.id}x`,
      number: 2,
      mappingText: "version: 3\nintegrations: [1]\npipelines: [{ a: 1 }]\n",
    })),
  }));
  await rig.database.transaction((queries) => saveConfiguration(queries, state, { ...state, integrations: broken }, 1));
  assert.deepEqual(await done(rig, { document: { pipelines: [{ ...SHOP, name: "Store" }] } }), [
    'pipeline "Store": name',
  ]);
  const own = rig.changes.document(await rig.state(), { integrations: ["tmpl_signed"] });
  const { details } = await refusal(rig, { document: own, faultsBelow: "integrations[0]." });
  assert.ok(details.length > 0 && details.every((one) => one.startsWith("mapping")), details.join("\n"));
  const alike = await refusal(rig, { document: { pipelines: [{ ...SHOP, name: "Store", type: "shop" }] } });
  assert.deepEqual(alike.details.length, 1);
});

test("a fault of an object's own does not hide behind one that is alike beside it", async () => {
  const rig = await configured();
  const second = { ...SHOP, id: "pip_b", slug: "b" };
  const { code, details } = await refusal(rig, { document: { pipelines: [{ ...second, integrations: [] }] } });
  assert.equal(code, "CONFLICT");
  assert.match(details.join("\n"), /pipelines\[0\]\.name: Another pipeline has the name "Shop"/);
  assert.match(details.join("\n"), /pipeline_keys\[0\]: Another pipeline has or had this key/);
});

test("secrets that no key opens stay as they are while other things are edited, and open again with their key", async () => {
  const rig = await configured({ keys: ["one"] });
  const lost = await openChangesRig({ database: rig.database, keys: ["two"], fresh: false });
  const state = await lost.state();
  const document = lost.changes.document(state, { pipelines: ["pip_shop"] });
  const [pipeline] = document.pipelines ?? [];
  assert.ok(pipeline !== undefined);
  assert.deepEqual(await done(lost, { document: { pipelines: [{ ...pipeline, labels: ["env:test"] }] } }), [
    'pipeline "Shop": labels',
  ]);
  assert.throws(() => lost.changes.document(state, { integrations: ["tmpl_signed"] }), SealedSecretError);
  const again = (await rig.state()).pipelines[0];
  const address = { organisation: "org_shop", object: "pip_shop", field: "token" };
  assert.equal(rig.services.keyring.open(again?.secretParameters["token"] ?? "", address), "planted-parameter");
  assert.deepEqual(
    await done(rig, { document: { pipelines: [{ ...SHOP, labels: ["env:test"] }], integrations: [HOOK, SIGNED] } }),
    [],
  );
});

function nested(depth: number): JsonValue {
  return depth === 0 ? "x" : { a: nested(depth - 1) };
}

const UNWRITABLE: [what: string, mapping: string][] = [
  ["a key that is none", '{"version": 2, "__proto__": {"a": 1}}'],
  ["a key that is none in a text", '{"version": 2, "<<": {"a": 1}}'],
  ["what is nested too deeply", JSON.stringify({ version: 2, global: nested(80) })],
];
for (const [what, mapping] of UNWRITABLE) {
  test(`what no export could hold is refused: ${what}`, async () => {
    const rig = await openChangesRig();
    const integration = { ...SIGNED, mapping: JSON.parse(mapping) as JsonObject };
    const { code, details } = await refusal(rig, {
      document: { integrations: [integration] },
      faultsBelow: "integrations[0].",
    });
    assert.equal(code, "VALIDATION_FAILED");
    assert.ok(
      details.some((one) => one.startsWith("mapping")),
      details.join("\n"),
    );
    assert.equal((await rig.state()).integrations.length, 0);
  });
}
