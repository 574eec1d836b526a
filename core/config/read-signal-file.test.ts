import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { compileMapping } from "../mapping/compile.ts";
import { testConnectors, testOptions } from "./config-fixture.ts";
import type { ReadOptions } from "./read-context.ts";
import { readSignalFile, type ReadResult } from "./read-signal-file.ts";
import type { SignalFile } from "./signal-file.ts";

const CORPUS = new URL("./corpus/", import.meta.url);

function accepted(result: ReadResult): SignalFile {
  assert.ok(result.ok, JSON.stringify(result.ok ? "" : result.faults));
  return result.file;
}

function read(text: string, given: Partial<ReadOptions> = {}): SignalFile {
  return accepted(readSignalFile(text, testOptions(given)));
}

const PIPELINE = "version: 1\npipelines:\n  - name: Café & Söhne\n    pipeline_key: dk_live_0123456789abcdef\n";
const HOOK = "integrations:\n  - name: Hook\n    vendor: webhook\n    config: { url: https://collector.example.com }\n";

test("what may be left out takes its default", () => {
  const file = read(`${PIPELINE}    integrations: [{ integration: Hook }]\n${HOOK}`);
  const [pipeline] = file.pipelines;
  const [integration] = file.integrations;
  assert.ok(pipeline !== undefined && integration !== undefined);
  const { place: _place, assignments, ...rest } = pipeline;
  assert.match(rest.id, /^pip_[a-z2-7]{16}$/);
  assert.deepEqual(rest, {
    id: rest.id,
    name: "Café & Söhne",
    slug: "cafe-sohne",
    type: "web",
    enabled: true,
    keys: [{ key: "dk_live_0123456789abcdef", expiresAt: null }],
    labels: [],
    domainAllowlist: [],
    rateLimitRps: 1000,
    parameters: {},
    secretParameters: [],
  });
  assert.deepEqual(
    assignments.map(({ id, revision, enabled, integrationId }) => ({
      lane: /^pi_[a-z2-7]{16}$/.test(id),
      revision,
      enabled,
      integrationId,
    })),
    [{ lane: true, revision: "latest", enabled: true, integrationId: integration.id }],
  );
  assert.match(integration.id, /^tmpl_[a-z2-7]{16}$/);
  assert.equal(integration.variant, "default");
  assert.equal(integration.deliveryMode, "server_side");
  assert.deepEqual(integration.content, {
    parameters: { url: "https://collector.example.com" },
    secrets: {},
    mapping: null,
    consentCategories: [],
    rateLimits: { rps: null, burst: null, daily: null },
    batch: {},
    deliverySpec: null,
  });
});

test("a full file is read to the letter", () => {
  const text = readFileSync(new URL("valid/full.yaml", CORPUS), "utf8");
  const readFile = (name: string): string => readFileSync(new URL(name, CORPUS), "utf8");
  const env = { META_TOKEN: "meta-token", AXON_KEY: "axon-key", RPS: "250", HOST: "collector.example.com" };
  const file = read(text, { env, readFile });
  const [shop, blog] = file.pipelines;
  assert.equal(shop?.id, "pip_shop");
  assert.equal(shop.slug, "shop-uk");
  assert.equal(shop.rateLimitRps, 250);
  assert.deepEqual(
    shop.keys.map(({ key }) => key),
    ["dk_live_0123456789abcdef", "dk_live_fedcba9876543210"],
  );
  assert.deepEqual(shop.parameters, { meta_pixel_id: "00123456789012345678901", region: "eu" });
  assert.deepEqual(
    shop.assignments.map(({ revision, enabled }) => [revision, enabled]),
    [
      [1, false],
      ["latest", true],
      ["latest", true],
    ],
  );
  assert.equal(blog?.slug, "blog");
  const [meta, axon, hook] = file.integrations;
  assert.deepEqual(meta?.content.secrets, { access_token: "meta-token" });
  assert.deepEqual(meta.content.parameters, { pixel_id: "{{pipeline_param.meta_pixel_id}}", hash_pii: true });
  assert.deepEqual(meta.content.batch, { size: 100 });
  assert.deepEqual(meta.content.rateLimits, { rps: 12.5, burst: 25, daily: 0 });
  assert.deepEqual(meta.content.mapping, {
    version: 2,
    events: {
      "Order Completed": {
        mappings: [{ source: "properties.value", target: "custom_data.value", default_value: "${not a variable}" }],
      },
    },
  });
  assert.equal(axon?.id, "tmpl_axon");
  assert.deepEqual(axon.content.secrets, { api_key: "axon-key" });
  assert.deepEqual(hook?.content.parameters, {
    url: "https://collector.example.com/events",
    headers: '{"X-Region":"eu"}',
    timeout_ms: "5000",
  });
  assert.deepEqual(hook.content.batch, { size: 20, bytes: 65_536, intervalMs: 500 });
  assert.deepEqual(hook.content.deliverySpec, {
    endpoint: { method: "PUT", url: "https://collector.example.com/in" },
    auth: { kind: "bearer", token: "{{secret.token}}" },
    body: { encoding: "json", envelope: { events: "$events", source: "{{config.source?}}" } },
    responses: {
      rules: [
        { status: [409, "500-503"], when: [{ path: "body.code", in: [1, "busy"] }], outcome: "retry" },
        { status: "2xx", items: { path: "body.errors", by: "index", key: "index", rules: [{ outcome: "reject" }] } },
      ],
    },
  });
});

const batches: [spelled: string, expected: object][] = [
  ["batch_enabled: true, batch_size: 50, batch_interval_ms: 200", { size: 50, intervalMs: 200 }],
  ['batch_enabled: "true", batch_size: "50"', { size: 50 }],
  ["batch_enabled: false", { size: 1 }],
  ["batch_size: 50", {}],
  ["batch_enabled: true, batch_bytes: 2048", { bytes: 2048 }],
];
for (const [spelled, expected] of batches) {
  test(`batch spelled as ${spelled}`, () => {
    const text = `version: 1\nintegrations:\n  - name: H\n    vendor: webhook\n    config: { url: https://c.example.com, ${spelled} }\n`;
    const content = read(text).integrations[0]?.content;
    assert.deepEqual(content?.batch, expected);
    assert.equal(content.parameters.batch_bytes, undefined, "what is no field of the vendor is not handed to it");
  });
}

test("a lane keeps its id when an integration with an id of its own is renamed", () => {
  const text = (name: string): string =>
    `${PIPELINE}    integrations: [{ integration: ${name} }]\n${HOOK.replace("name: Hook", `name: ${name}\n    id: tmpl_one`)}`;
  const lane = (name: string): string | undefined => read(text(name)).pipelines[0]?.assignments[0]?.id;
  assert.ok(lane("Hook"));
  assert.equal(lane("Hook"), lane("Collector"));
  const derived = read(`${PIPELINE}    integrations: [{ integration: Hook }]\n${HOOK}`);
  const [integration] = derived.integrations;
  const exported = `${PIPELINE}    integrations: [{ integration: Hook }]\n${HOOK.replace("name: Hook", `name: Hook\n    id: ${integration?.id ?? ""}`)}`;
  assert.equal(
    read(exported).pipelines[0]?.assignments[0]?.id,
    derived.pipelines[0]?.assignments[0]?.id,
    "an export's ids change nothing",
  );
});

test("a parameter that a secret is made of is marked", () => {
  const text = readFileSync(new URL("valid/secret-parameter.yaml", CORPUS), "utf8");
  const file = read(text, { env: { PIXEL_TOKEN: "planted" } });
  assert.deepEqual(file.pipelines[0]?.secretParameters, ["pixel_token"]);
});

const warned: [what: string, text: string, given: Partial<ReadOptions>, message: RegExp, line: number][] = [
  [
    "a plain secret",
    `version: 1\nintegrations:\n  - { name: A, vendor: axon, config: { org_id: org-1, dataset_id: d, api_key: planted-plain } }\n`,
    {},
    /the secret api_key stands in the file in clear/,
    3,
  ],
  ["an integration nobody uses", `version: 1\n${HOOK}`, {}, /no pipeline sends to "Hook"/, 3],
  [
    "no consent categories where the vendor suggests some",
    `version: 1\nintegrations:\n  - { name: M, vendor: meta_capi, config: { pixel_id: 1, access_token: "\${T}" } }\n`,
    { env: { T: "planted" } },
    /"M" names no consent categories/,
    3,
  ],
  ["no domains in production", PIPELINE, { environment: "production" }, /lists no domains/, 3],
  [
    "a credential's variable in clear",
    `version: 1\nintegrations:\n  - name: H\n    vendor: webhook\n    config:\n      url: https://c.example.com\n      headers: '{"X-Key": "\${HOOK_TOKEN}"}'\n`,
    { env: { HOOK_TOKEN: "planted-token" } },
    /\$\{HOOK_TOKEN\} stands where values are kept/,
    7,
  ],
  [
    "a mapping's missing parameter",
    `${PIPELINE}    integrations: [{ integration: Hook }]\n${HOOK}    mapping: { version: 2, x: "{{pipeline_param.region}}" }\n`,
    {},
    /uses the pipeline parameter region/,
    5,
  ],
  [
    "batch_size without batch_enabled",
    `version: 1\nintegrations:\n  - name: H\n    vendor: webhook\n    config: { url: https://c.example.com, batch_size: 5 }\n`,
    {},
    /batch_size has no effect/,
    5,
  ],
];
for (const [what, text, given, message, line] of warned) {
  test(`warns of ${what}`, () => {
    const result = readSignalFile(text, testOptions(given));
    assert.ok(result.ok, JSON.stringify(result));
    const found = result.warnings.find((warning) => message.test(warning.message));
    assert.equal(found?.line, line, JSON.stringify(result.warnings));
    assert.notEqual(found.cure, "");
    assert.doesNotMatch(JSON.stringify(result.warnings), /planted/);
  });
}

test("sections of other parts are known once they are in the table, and handed on", () => {
  const text = `${PIPELINE}later_part: { session: { timeout_minutes: 30 } }\n`;
  assert.equal(readSignalFile(text, testOptions()).ok, false);
  const sections = { later_part: { type: "object", patternProperties: { "^.*$": {} } } };
  assert.deepEqual(read(text, { sections }).sections, { later_part: { session: { timeout_minutes: 30 } } });
});

test("faults of several kinds come at once, in the order of the lines", () => {
  const text = `version: 2\npipelines:\n  - name: Shop\n    pipline_key: x\n  - nam: Blog\n    pipeline_key: short\nintegrations:\n  - name: Hook\n    vendor: webhok\n    config: { url: "\${NOPE}" }\n`;
  const result = readSignalFile(text, testOptions());
  assert.ok(!result.ok);
  const lines = result.faults.map((fault) => fault.line);
  assert.deepEqual(lines, [1, 3, 4, 5, 5, 6, 9, 10]);
});

test("works with the real mapping compiler, at the mapping's own lines", () => {
  const mapping =
    "    mapping:\n      version: 2\n      events:\n        Order. Completed [x]:\n          mappings:\n            - { source: a, target: b, transform: sha265 }\n";
  const result = readSignalFile(`version: 1\n${HOOK}${mapping}`, testOptions({ compileMapping }));
  assert.ok(!result.ok);
  assert.deepEqual(
    result.faults.map((fault) => fault.line),
    [11],
    JSON.stringify(result.faults),
  );
  const sound = read(`version: 1\n${HOOK}${mapping.replace("sha265", "sha256")}`, { compileMapping });
  assert.notEqual(sound.integrations[0]?.content.mapping, null);
});

test("no text makes the reader throw, and every fault has a place and a cure", () => {
  const pieces = fc.constantFrom(
    "version: 1\n",
    "pipelines:\n",
    "  - name: A\n",
    "integrations:\n",
    "    vendor: webhook\n",
    "    config:\n",
    "      url: x\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "*a ",
    "&a ",
    "!t ",
    "'",
    '"',
    "\t",
    "\n",
    "${X}",
    "$${",
    "<<: ",
    "? ",
    "null\n",
    "~",
    "\u0000",
    "😀",
    "__proto__: 1\n",
    "    mapping: { version: 2 }\n",
    "    mapping_file: f\n",
    "{{pipeline_param.k}}",
    "    integrations: [{ integration: A, revision: 3 }]\n",
    "    pipeline_key: dk_live_0123456789abcdef\n",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const result = readSignalFile(parts.join(""), testOptions({ readFile: () => parts.toReversed().join("") }));
      for (const fault of result.ok ? result.warnings : result.faults) {
        assert.ok(
          fault.line >= 1 && fault.column >= 1 && fault.message !== "" && fault.cure !== "",
          JSON.stringify(fault),
        );
      }
    }),
    { numRuns: 1500 },
  );
});

test("deep nesting and long files are refused, not suffered", () => {
  for (const text of [
    "[".repeat(20_000),
    `version: ${"[".repeat(200)}${"]".repeat(200)}`,
    "#".repeat(2_000_001),
    "a: ".repeat(5000),
  ]) {
    const result = readSignalFile(text, testOptions());
    assert.equal(result.ok, false);
  }
});

test("the vendors of the catalogue are looked up exactly", () => {
  assert.equal(testConnectors.get("Webhook"), undefined);
  const result = readSignalFile("version: 1\nintegrations:\n  - { name: H, vendor: Webhook }\n", testOptions());
  assert.ok(!result.ok);
  assert.equal(result.faults[0]?.cure, 'Did you mean "webhook"?');
});
