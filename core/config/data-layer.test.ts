import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDataLayer } from "../data-layer/data-layer.ts";
import { layered } from "../data-layer/layered-fixture.ts";
import { createKeyring } from "../secrets/sealing.ts";
import { applyForTest, testOptions } from "./config-fixture.ts";
import { readSignalFile } from "./read-signal-file.ts";
import { openDataLayer } from "./resolve-data-layer.ts";
import type { ConfigurationState } from "./configuration-state.ts";

const FILE = `version: 1
pipelines:
  - name: Shop
    pipeline_key: dk_live_0123456789abcdef
data_layer:
  schemas:
    - event: purchase
      on_violation: drop
      part: properties
      schema: { type: object, required: [value] }
  bot_filtering: { custom_patterns: ["acme"] }
  pii_rules:
    hash_fields: [traits.email]
    salt: \${PII_SALT}
  geo: { database: places.mmdb, ip: mask }
  device: {}
  session: { track_session_start: true }
  identity: {}
  custom_js: { code: "event.x = 1" }
  routing_rules:
    - { condition: "event == 'Internal Test'", action: drop }
organisation:
  consent: { default_policy: { analytics: true } }
`;
const env = { PII_SALT: "a-salt-of-enough-length" };

function read(text: string, options = {}) {
  return readSignalFile(text, testOptions({ env, ...options }));
}

test("a whole data layer is read, its salt sealed in the snapshot and opened for the steps", () => {
  const result = read(FILE, { checkLocations: (path: string) => ({ path: `/etc/${path}` }) });
  assert.ok(result.ok, JSON.stringify(result));
  const seal = {
    keyring: createKeyring({ current: new Uint8Array(32).fill(7), previous: [] }),
    nonce: () => new Uint8Array(12).fill(3),
    organisationId: "org_1",
  };
  const resolve = (stored: ConfigurationState | null) => {
    const resolved = applyForTest({
      file: result.file,
      stored,
      seal,
      environment: "development",
      waiting: () => 0,
    });
    assert.ok(resolved.ok);
    return resolved;
  };
  const { snapshot, stored } = resolve(null);
  assert.ok(!JSON.stringify(stored).includes(env.PII_SALT));
  assert.equal(snapshot.dataLayer?.geo?.database, "/etc/places.mmdb");
  assert.equal(resolve(stored).snapshot.number, snapshot.number, "the same file is the same snapshot");
  const opened = openDataLayer(snapshot, (sealed, object, field) =>
    seal.keyring.open(sealed, { organisation: "org_1", object, field }),
  );
  assert.equal(opened?.pii_rules?.salt, env.PII_SALT);
  const layer = compileDataLayer(
    { ...(opened && { data_layer: opened }), ...(snapshot.organisation && { organisation: snapshot.organisation }) },
    { locate: null },
  );
  assert.deepEqual([layer.before.length, layer.visitor.length, layer.after.length], [6, 2, 1]);
  assert.deepEqual(layer.code, { code: "event.x = 1", onError: "pass" });
});

test("without configuration bots are flagged and consent is lifted, and nothing else happens", () => {
  const layer = compileDataLayer({}, { locate: null });
  assert.deepEqual([layer.before.length, layer.visitor.length, layer.code, layer.after.length], [2, 0, null, 0]);
  const context = { userAgent: "Googlebot/2.1", consent: { categories: { analytics: true } } };
  const subject = layered({ context });
  for (const step of layer.before) assert.equal(step(subject), null);
  assert.deepEqual(subject.event.context["bot"], { detected: true, reason: "known_bot" });
  assert.equal((subject.event.context["consent"] as Record<string, unknown>)["analytics"], true);
});

test("all faults come at once, each at its own line", () => {
  const text = `version: 1
data_layer:
  bot_filtering:
    custom_patterns: ["("]
  routing_rules:
    - condition: "event =="
      action: drop
  custom_js:
    code: "let a ="
  geo: { database: nowhere.mmdb }
`;
  const result = read(text, {
    checkCode: () => ({ message: "SyntaxError", line: 1 }),
    checkLocations: () => ({ fault: "the file cannot be read" }),
  });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.faults.map(({ line, path }) => [line, path]),
    [
      [4, "data_layer.bot_filtering.custom_patterns[0]"],
      [6, "data_layer.routing_rules[0].condition"],
      [9, "data_layer.custom_js.code"],
      [10, "data_layer.geo.database"],
    ],
  );
});

test("a salt in clear is a warning while developing and a fault in production; it is in no finding", () => {
  const text = `version: 1\ndata_layer:\n  pii_rules: { hash_fields: [type], salt: "a-salt-in-clear-text" }\n`;
  for (const environment of ["development", "production"] as const) {
    const result = read(text, { environment });
    assert.ok(!result.ok);
    assert.ok(!JSON.stringify(result).includes("a-salt-in-clear-text"));
    assert.equal(
      result.faults.some(({ message }) => /in clear/.test(message)),
      environment === "production",
    );
  }
});

test("misspelt parts are named, with what was meant", () => {
  const result = read(`version: 1\ndata_layer:\n  sesion: {}\n  pii_rules: { hash_field: [a] }\n`);
  assert.ok(!result.ok);
  assert.deepEqual(
    result.faults.map(({ line }) => line),
    [3, 4],
  );
  assert.match(result.faults[0]?.cure ?? "", /session/);
});

test("a fault in one part hides none of the others: its shape, another's code, file, pattern and salt", () => {
  const text = `version: 1
pipelines:
  - name: Shop
    pipeline_key: dk_live_0123456789abcdef
    rate_limit_rsp: 5
data_layer:
  session: { timeout_minuts: 20 }
  bot_filtering: { custom_patterns: ["("] }
  pii_rules: { hash_fields: [traits.email], salt: "\${PII_SALT}" }
  geo: { database: nowhere.mmdb, langage: de }
  custom_js: { code: "let a =", on_eror: drop }
organisation:
  consent: { policy: { required: ["a b"] } }
`;
  const result = readSignalFile(
    text,
    testOptions({
      env: { PII_SALT: "too-short" },
      checkCode: () => ({ message: "SyntaxError" }),
      checkLocations: () => ({ fault: "there is no such file" }),
    }),
  );
  assert.ok(!result.ok);
  assert.deepEqual(
    result.faults.map(({ path }) => path),
    [
      "pipelines[0].rate_limit_rsp",
      "data_layer.session.timeout_minuts",
      "data_layer.bot_filtering.custom_patterns[0]",
      "data_layer.pii_rules.salt",
      "data_layer.geo.database",
      "data_layer.geo.langage",
      "data_layer.custom_js.code",
      "data_layer.custom_js.on_eror",
      "organisation.consent.policy.required[0]",
    ],
  );
  const salt = result.faults.find(({ path }) => path === "data_layer.pii_rules.salt");
  assert.equal(salt?.message, "salt is too short: it must have at least 16 characters");
  assert.equal(salt.cure, "Write 16 to 1000 characters.");
  assert.ok(!JSON.stringify(result.faults).includes("too-short"));
});

test("a section that is no map, or an empty one, is a fault or nothing, not a crash", () => {
  for (const [text, paths] of [
    ["data_layer: 5\norganisation: [a]", ["data_layer", "organisation"]],
    ["data_layer:\norganisation:", []],
    ["data_layer: { geo: {}, custom_js: { code: 5 } }", ["data_layer.geo", "data_layer.custom_js.code"]],
    ["data_layer: { geo: null, pii_rules: 1, session: }", ["data_layer.pii_rules"]],
  ] as const) {
    const result = read(`version: 1\n${text}\n`);
    assert.deepEqual(result.ok ? [] : result.faults.map(({ path }) => path), paths, text);
  }
});

const BOUNDS: [text: string, message: RegExp, cure: RegExp][] = [
  ["data_layer: { geo: { database: a, language: DE } }", /language is not a language/, /pt-BR/],
  ["data_layer: { geo: { database: '' } }", /database is empty/, /^Give it a value/],
  ["data_layer: { session: { timeout_minutes: 0 } }", /out of range: it must be a number above 0/, /above 0/],
  [
    `data_layer: { bot_filtering: { custom_patterns: [${"a,".repeat(100)}a] } }`,
    /has 101 items, more than 100/,
    /at most 100/,
  ],
  [`pipelines: [{ name: "${"n".repeat(256)}", pipeline_key: dk_live_0123456789abcdef }]`, /at most 255/, /1 to 255/],
  [`pipelines: [{ name: "", pipeline_key: dk_live_0123456789abcdef }]`, /name is empty/, /^Give it a value/],
];
for (const [text, message, cure] of BOUNDS) {
  test(`the bound is named: ${text.slice(0, 60)}`, () => {
    const result = read(`version: 1\n${text}\n`, { checkLocations: (path: string) => ({ path }) });
    assert.ok(!result.ok);
    assert.equal(result.faults.length, 1, JSON.stringify(result.faults));
    assert.match(result.faults[0]?.message ?? "", message);
    assert.match(result.faults[0]?.cure ?? "", cure);
  });
}
