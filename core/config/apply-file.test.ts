import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyForTest, type ApplyForTest, testOptions, testSeal } from "./config-fixture.ts";
import { openParameters } from "./open-parameters.ts";
import { readSignalFile } from "./read-signal-file.ts";
import { builtInFile } from "./built-in-file.ts";
import type { SignalFile } from "./signal-file.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { ConfigurationState } from "./configuration-state.ts";

function fileOf(text: string, env: Record<string, string> = {}): SignalFile {
  const result = readSignalFile(text, testOptions({ env }));
  assert.ok(result.ok, JSON.stringify(result));
  return result.file;
}

const TOKEN = "planted-token-value-1";

/** One pipeline, one Meta integration; the parts that tests change come as options. */
function sample(
  part: { pixel?: string; token?: string; revision?: string; name?: string; extra?: string; slug?: string } = {},
): SignalFile {
  const { pixel = "1", token = TOKEN, revision = "latest", name = "Meta", extra = "", slug = "shop" } = part;
  return fileOf(
    `version: 1
pipelines:
  - name: Shop
    slug: ${slug}
    pipeline_key: dk_live_0123456789abcdef
    integrations: [{ integration: ${name}, revision: ${revision} }]
integrations:
  - name: ${name}
    vendor: meta_capi
    consent_categories: [advertising]
    config: { pixel_id: ${pixel}, access_token: "\${TOKEN}" }
${extra}`,
    { TOKEN: token },
  );
}

function resolve(file: SignalFile, stored: ConfigurationState | null, given: Partial<ApplyForTest> = {}) {
  // As on disk: what is stored must survive JSON.
  const kept = stored === null ? null : (JSON.parse(JSON.stringify(stored)) as ConfigurationState);
  return applyForTest({
    file,
    stored: kept,
    seal: testSeal(),
    environment: "development",
    waiting: () => 0,
    ...given,
  });
}

function good(file: SignalFile, stored: ConfigurationState | null, given: Partial<ApplyForTest> = {}) {
  const result = resolve(file, stored, given);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

function faultsOf(file: SignalFile, stored: ConfigurationState | null, given: Partial<ApplyForTest> = {}): string[] {
  const result = resolve(file, stored, given);
  assert.ok(!result.ok, "was accepted");
  return result.faults.map((fault) => `${fault.line}:${fault.column} ${fault.message} | ${fault.cure}`);
}

test("the first start numbers from 1 and carries secrets sealed", () => {
  const { snapshot, stored, changes } = good(sample(), null);
  assert.equal(snapshot.number, 1);
  const [integration] = snapshot.integrations;
  assert.equal(integration?.latestRevision, 1);
  assert.deepEqual(integration.consentByRevision, { 1: ["advertising"] });
  const content = integration.revisions[1];
  assert.match(content?.secrets.access_token ?? "", /^v1\./);
  const address = { organisation: "org_test", object: integration.id, field: "access_token" };
  assert.equal(testSeal().keyring.open(content?.secrets.access_token ?? "", address), TOKEN);
  assert.equal(snapshot.lanes[0]?.revision, 1);
  assert.doesNotMatch(JSON.stringify({ snapshot, stored, changes }), /planted/);
  assert.deepEqual(changes, [
    'pipeline "Shop" added',
    'integration "Meta" (meta_capi): revision 1',
    'pipeline "Shop" → "Meta": revision 1',
  ]);
});

test("a start with the same file changes nothing, to the byte", () => {
  const first = good(sample(), null);
  const second = good(sample(), first.stored);
  assert.equal(JSON.stringify(second.stored), JSON.stringify(first.stored));
  assert.deepEqual(second.changes, []);
});

test("a change is the next number; going back is a change too", () => {
  let { stored } = good(sample(), null);
  const seen: number[] = [];
  for (const part of [{ pixel: "2" }, { pixel: "2" }, { pixel: "1" }, { pixel: "1", token: "planted-other" }]) {
    const next = good(sample(part), stored);
    stored = next.stored;
    seen.push(next.snapshot.integrations[0]?.latestRevision ?? 0);
  }
  assert.deepEqual(seen, [2, 2, 3, 4]);
  assert.equal(stored.number, 4);
  assert.deepEqual(
    Object.keys(snapshotOf(stored, "development").integrations[0]?.revisions ?? {}),
    ["4"],
    "only what is pinned is in the snapshot",
  );
  assert.deepEqual(snapshotOf(stored, "development").integrations[0]?.consentByRevision, {
    1: ["advertising"],
    2: ["advertising"],
    3: ["advertising"],
    4: ["advertising"],
  });
});

test("changes are told by name, secrets never by value", () => {
  const { stored } = good(sample(), null);
  const changed = sample({
    pixel: "2",
    token: "planted-other",
    extra: "    batch: { size: 5 }\n    rate_limits: { rate_limit_rps: 1 }\n",
  });
  const { changes } = good(changed, stored);
  assert.deepEqual(changes, [
    'integration "Meta": revision 2 (config.pixel_id, secret access_token, rate_limits, batch)',
    'pipeline "Shop" → "Meta": revision 1 → 2',
  ]);
});

test("a lane stays at the revision it is pinned to", () => {
  const first = good(sample(), null);
  const second = good(sample({ pixel: "2", revision: "1" }), first.stored);
  assert.equal(second.snapshot.lanes[0]?.revision, 1);
  const [integration] = second.snapshot.integrations;
  assert.equal(integration?.latestRevision, 2);
  assert.deepEqual(Object.keys(integration.revisions), ["1"]);
  assert.equal(integration.revisions[1]?.parameters.pixel_id, "1");
});

test("a revision that does not exist is a fault at its line", () => {
  const { stored } = good(sample(), null);
  const [fault] = faultsOf(sample({ revision: "3" }), stored);
  assert.match(fault ?? "", /^6:\d+ revision 3 of "Meta" does not exist \| Write latest or 1\.$/);
});

test("what leaves while deliveries wait is refused with their number, or given up on a word", () => {
  const { stored } = good(sample(), null);
  const empty = fileOf("version: 1\npipelines:\n  - name: Shop\n    pipeline_key: dk_live_0123456789abcdef\n");
  const waiting = (): number => 12;
  const [fault] = faultsOf(empty, stored, { waiting });
  assert.match(
    fault ?? "",
    /integration "Meta" is gone from the configuration, and 12 deliveries still wait for it \| .*--discard-waiting/,
  );
  const id = stored.integrations[0]?.id ?? "";
  const given = good(empty, stored, { waiting, discardWaiting: true });
  assert.deepEqual(given.snapshot.removed, [{ integrationId: id }]);
  assert.ok(given.changes.includes('integration "Meta" removed, 12 deliveries given up'));
  const later = good(empty, given.stored, { waiting });
  assert.deepEqual(later.snapshot.removed, [{ integrationId: id }], "stays listed while any waits");
  assert.equal(later.snapshot.number, given.snapshot.number);
  const done = good(empty, later.stored);
  assert.deepEqual(done.snapshot.removed, []);
  assert.deepEqual(done.changes, ["deliveries that were given up are done"]);
  const free = good(empty, stored);
  assert.deepEqual(free.snapshot.removed, [], "nothing waited");
});

test("a renamed integration is told how to keep its id", () => {
  const { stored } = good(sample(), null);
  const id = stored.integrations[0]?.id ?? "";
  const [fault] = faultsOf(sample({ name: "Facebook" }), stored, { waiting: () => 1 });
  assert.match(
    fault ?? "",
    new RegExp(`1 delivery still waits for it \\| .*renamed to "Facebook"\\? Then give that one id: ${id}`),
  );
});

test("a lane that leaves counts its own deliveries", () => {
  const { stored } = good(sample(), null);
  const lane = stored.lanes[0];
  const moved = sample({ slug: "other" });
  const waiting = (_: string, laneId?: string): number => (laneId === lane?.id ? 3 : 0);
  assert.match(
    faultsOf(moved, stored, { waiting })[0] ?? "",
    /integration "Meta" of pipeline "Shop" is gone from the configuration, and 3 deliveries still wait/,
  );
  const given = good(moved, stored, { waiting, discardWaiting: true });
  assert.deepEqual(given.snapshot.removedLanes, [
    { integrationId: lane?.integrationId, pipelineIntegrationId: lane?.id },
  ]);
  assert.deepEqual(given.snapshot.removed, []);
});

test("an integration cannot change its vendor while deliveries wait; else it is a change like others", () => {
  const { stored } = good(sample(), null);
  const text = `version: 1
pipelines:
  - { name: Shop, slug: shop, pipeline_key: dk_live_0123456789abcdef, integrations: [{ integration: Meta, revision: REV }] }
integrations:
  - { name: Meta, vendor: webhook, config: { url: https://c.example.com } }
`;
  const file = fileOf(text.replace("REV", "latest"));
  assert.match(
    faultsOf(file, stored, { waiting: () => 2, discardWaiting: true })[0] ?? "",
    /changes its vendor from meta_capi to webhook/,
  );
  assert.equal(good(file, stored).snapshot.integrations[0]?.latestRevision, 2);
  assert.match(
    faultsOf(fileOf(text.replace("REV", "1")), stored)[0] ?? "",
    /revision 1 of "Meta" was made for the vendor meta_capi/,
  );
});

test("an integration that comes back goes on counting", () => {
  const first = good(sample(), null);
  const without = good(builtInFile("dk_live_0123456789abcdef", null), first.stored);
  assert.deepEqual(without.snapshot.integrations, []);
  const same = good(sample(), without.stored);
  assert.equal(same.snapshot.integrations[0]?.latestRevision, 1);
  const changed = good(sample({ pixel: "2" }), without.stored);
  assert.equal(changed.snapshot.integrations[0]?.latestRevision, 2);
});

test("a new key keeps the numbers and seals again; an unknown one is a new revision", () => {
  const first = good(sample(), null);
  const rotated = good(sample(), first.stored, { seal: testSeal("b", ["a"]) });
  const content = rotated.snapshot.integrations[0]?.revisions[1];
  assert.equal(rotated.snapshot.integrations[0]?.latestRevision, 1);
  assert.ok(!testSeal("b").keyring.needsResealing(content?.secrets.access_token ?? ""));
  const settled = good(sample(), rotated.stored, { seal: testSeal("b") });
  assert.deepEqual(settled.changes, []);
  const lost = good(sample(), first.stored, { seal: testSeal("c") });
  assert.equal(lost.snapshot.integrations[0]?.latestRevision, 2);
});

test("secret parameters are sealed for their pipeline and stay as they are", () => {
  const file = fileOf(
    `version: 1
pipelines:
  - name: Shop
    pipeline_key: dk_live_0123456789abcdef
    parameters: { pixel: 12, token: "\${TOKEN}" }
    integrations: [{ integration: Meta }]
integrations:
  - { name: Meta, vendor: meta_capi, config: { pixel_id: "{{pipeline_param.pixel}}", access_token: "{{pipeline_param.token}}" } }
`,
    { TOKEN },
  );
  const first = good(file, null);
  const [pipeline] = first.snapshot.pipelines;
  assert.deepEqual(pipeline?.parameters, { pixel: "12" });
  assert.doesNotMatch(JSON.stringify(first.stored), /planted/);
  const { keyring } = testSeal();
  const open = (sealed: string, object: string, field: string): string =>
    keyring.open(sealed, { organisation: "org_test", object, field });
  assert.deepEqual(openParameters(pipeline, open), { pixel: "12", token: TOKEN });
  assert.deepEqual(good(file, first.stored).changes, []);
});

test("property: the same content keeps its number, any change is the next, and no secret is ever in clear", () => {
  const content = fc.record({
    pixel: fc.integer({ min: 1, max: 3 }).map(String),
    token: fc.constantFrom("planted-one", "planted-two"),
    extra: fc.constantFrom(
      "",
      "    batch: { size: 5 }\n",
      "    mapping: { version: 2 }\n",
      "    rate_limits: { rate_limit_rps: 2 }\n",
    ),
  });
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 8 }), (steps) => {
      let stored: ConfigurationState | null = null;
      let before: string | undefined;
      let number = 0;
      for (const step of steps) {
        const result = good(sample(step), stored);
        const text = JSON.stringify(step);
        if (text !== before) number += 1;
        assert.equal(result.snapshot.integrations[0]?.latestRevision, number);
        assert.equal(result.snapshot.number, number);
        assert.equal(result.changes.length > 0, text !== before);
        assert.doesNotMatch(JSON.stringify(result), /planted/);
        ({ stored } = result);
        before = text;
      }
      assert.deepEqual(
        stored?.integrations[0]?.revisions.map((one) => one.number),
        Array.from({ length: number }, (_, index) => index + 1),
      );
    }),
    { numRuns: 60 },
  );
});

const SALT = { PII_SALT: "planted-salt-value-1" };
const LAYER = `data_layer:
  session: { timeout_minutes: 30 }
  pii_rules: { hash_fields: [traits.email], salt: "\${PII_SALT}" }
organisation:
  consent: { default_policy: { analytics: true } }
`;
const withLayer = (extra: string, env: Record<string, string> = SALT): SignalFile =>
  fileOf(`version: 1\npipelines:\n  - name: Shop\n    pipeline_key: dk_live_0123456789abcdef\n${extra}`, env);

const LAYER_CHANGES: [title: string, before: SignalFile, after: SignalFile, changes: string[]][] = [
  [
    "a value",
    withLayer(LAYER),
    withLayer(LAYER.replace("minutes: 30", "minutes: 20")),
    ["data layer: session changed"],
  ],
  [
    "a part that comes and one that goes",
    withLayer(LAYER),
    withLayer(LAYER.replace(/session:.*/, 'custom_js: { code: "event.x = 1" }')),
    ["data layer: session removed", "data layer: custom_js added"],
  ],
  [
    "both sections come",
    withLayer(""),
    withLayer(LAYER),
    ["data layer: session added", "data layer: pii_rules added", "organisation: consent added"],
  ],
  [
    "both sections go",
    withLayer(LAYER),
    withLayer(""),
    ["data layer: session removed", "data layer: pii_rules removed", "organisation: consent removed"],
  ],
  [
    "what the organisation says",
    withLayer(LAYER),
    withLayer(LAYER.replace("true }", "false }")),
    ["organisation: consent changed"],
  ],
  [
    "the salt alone",
    withLayer(LAYER),
    withLayer(LAYER, { PII_SALT: "planted-salt-value-2" }),
    ["data layer: pii_rules changed"],
  ],
  ["an empty section comes", withLayer(""), withLayer("data_layer: {}\n"), ["data layer added"]],
  ["an empty section goes", withLayer("organisation: {}\n"), withLayer(""), ["organisation removed"]],
];
for (const [title, before, after, changes] of LAYER_CHANGES) {
  test(`changes of the data layer are named by part: ${title}`, () => {
    assert.deepEqual(good(after, good(before, null).stored).changes, changes);
  });
}

test("beside other changes the data layer is named too; a salt sealed with a new key is no change of it", () => {
  const first = good(withLayer(LAYER), null);
  const again = good(withLayer(LAYER), first.stored, { seal: testSeal("b", ["a"]) });
  assert.deepEqual(again.changes, ["secrets sealed anew"]);
  const beside = good(sample({ extra: LAYER.replace(/, salt:.*/, " }") }), first.stored).changes;
  assert.ok(beside.includes('integration "Meta" (meta_capi): revision 1'), beside.join("\n"));
  assert.ok(beside.includes("data layer: pii_rules changed"), beside.join("\n"));
});
