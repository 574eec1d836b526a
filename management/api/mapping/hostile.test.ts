import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import { type MappingRig, openMappingRig } from "./mapping-rig-fixture.ts";

let rig: MappingRig;
before(async () => {
  // Long enough that nothing of what is to be answered is given up on a machine that is busy.
  rig = await openMappingRig({ timeMs: 10_000 });
});
after(() => rig.close());

const MB = 1_048_576;
const EVENT = { type: "track", event: "purchase", messageId: "m", anonymousId: "a" };
const rows = (count: number, row: (index: number) => string): string =>
  `version: 2\nglobal:\n  mappings:\n${Array.from({ length: count }, (_, index) => `    - ${row(index)}\n`).join("")}defaults: { action: map }\n`;
const repeated = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

/** What is answered, whatever it is, is one of these, and not large. */
async function survives(path: string, body: JsonObject): Promise<JsonObject> {
  const got = await rig.call<JsonObject>("POST", `/mapping/${path}`, { body });
  assert.ok(got.status === 200 || got.status === 422, String(got.status));
  assert.ok(JSON.stringify(got.body).length < 4 * MB);
  return got.body;
}

const BOMB = `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${repeated(30, (at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}*a${at}]\n`)}`;
const TEXTS: [name: string, text: string][] = [
  ["a billion laughs", BOMB],
  ["an alias to itself", "a: &a [*a]\n"],
  ["merge keys", `a: &a {b: 1}\n${"<<: *a\n".repeat(200)}`],
  ["1 MB of one word", `version: 2\nparameters: { a: ${"x".repeat(MB - 100)} }`],
  ["many comments", "# x\n".repeat(20_000)],
  ["2000 unknown keys", `version: 2\n${repeated(2_000, (at) => `k${at}: 1\n`)}`],
  ["2000 keys twice", `version: 2\n${"a: 1\n".repeat(2_000)}`],
  [
    "keys of the prototype",
    "version: 2\n__proto__: { events: {} }\nconstructor: 1\nevents: { __proto__: {}, toString: {} }\n",
  ],
  ["paths to the prototype", rows(1, () => "{ source: __proto__.a, target: constructor.prototype.b }")],
  ["escapes of NUL", 'version: 2\nglobal: { enrichments: [{ target: a, value: "\\0" }] }\n'],
  ["tags", "version: 2\nevents: !!js/function 'x'\n"],
  ["two documents", "version: 2\n---\nversion: 2\n"],
  ["a catastrophic pattern", rows(1, () => `{ source: event, target: a, when: "event matches '^(a+)+$'" }`)],
  ["a huge pattern", rows(1, () => `{ source: event, target: a, when: "event matches '(.{1000}){1000}'" }`)],
  ["a deep expression", rows(1, () => `{ source: event, target: a, when: "${"(".repeat(900)}a${")".repeat(900)}" }`)],
];

for (const [name, mapping] of TEXTS) {
  test(`${name}: everywhere a mapping is taken`, async () => {
    const checked = await survives("validate", { mapping });
    const preview = await survives("preview", { mapping, event: EVENT });
    assert.equal("faults" in preview, checked["valid"] === false, JSON.stringify(preview).slice(0, 300));
    await survives("coverage", { mapping, vendor: "test_conversions" });
    await survives("convert", { mapping });
    await survives("edit", { text: mapping, edits: [{ op: "add_section", event: "x" }] });
    assert.equal(({} as JsonObject)["events"], undefined);
  });
}

const DEEP = "[".repeat(300_000) + "]".repeat(300_000);
const VALUES: [name: string, row: (index: number) => string, count: number, properties: JsonObject][] = [
  [
    "json that is nested without end",
    () => "{ source: properties.t, target: a, transform: json_decode }",
    1,
    { t: DEEP },
  ],
  [
    "steps that hold more than can be shown",
    (at) => `{ source: properties.t, target: a${at}, transform: [trim, trim] }`,
    100,
    { t: "x".repeat(500_000) },
  ],
  [
    "a payload larger than can be shown",
    (at) => `{ source: properties.t, target: a${at} }`,
    10,
    { t: "x".repeat(200_000) },
  ],
  [
    "patterns that nearly fit",
    (at) => `{ source: event, target: a${at}, when: "properties.t matches '[ab]*a[ab]{20}[cd]$'" }`,
    50,
    { t: "ab".repeat(9_000) },
  ],
  [
    "replacing again and again",
    (at) =>
      `{ source: properties.t, target: a${at}, transform: { replace: { find: "[ab]*a[ab]{9}[cd]?", with: x, regex: true } } }`,
    50,
    { t: "ab".repeat(9_000) },
  ],
];

for (const [name, row, count, properties] of VALUES) {
  test(`preview: ${name}`, async () => {
    const mapping = rows(count, row);
    const got = await survives("preview", { mapping, event: { ...EVENT, properties } });
    assert.ok("payload_bytes" in got || "error" in got, JSON.stringify(got).slice(0, 300));
    assert.ok(JSON.stringify(got["steps"]).length < MB);
  });
}

test("what grows without end ends the task and nothing else", async () => {
  const small = await openMappingRig({ memoryMb: 64 });
  try {
    const growing = (at: number): string =>
      `{ source: properties.t, target: a${at}, transform: [{ prefix: a }, uppercase, { suffix: b }, lowercase] }`;
    const body = { mapping: rows(2_000, growing), event: { ...EVENT, properties: { t: "é".repeat(400_000) } } };
    const got = await small.call<JsonObject>("POST", "/mapping/preview", { body });
    assert.equal(got.status, 422);
    assert.match(JSON.stringify(got.body), /takes more memory to work out than there is/);
    const next = await small.call<JsonObject>("POST", "/mapping/validate", { body: { mapping: "version: 2" } });
    assert.deepEqual([next.status, next.body["valid"]], [200, true]);
  } finally {
    await small.close();
  }
});

test("what takes too long is given up, and the next one is not", async () => {
  const quick = await openMappingRig({ timeMs: 1_000 });
  try {
    const endless = repeated(90_000, (at) => `k${at}: 1\n`);
    const slow = quick.call<JsonObject>("POST", "/mapping/validate", { body: { mapping: `version: 2\n${endless}` } });
    const next = quick.call<JsonObject>("POST", "/mapping/validate", { body: { mapping: "version: 2" } });
    assert.match(JSON.stringify((await slow).body), /takes more time to work out than there is/);
    assert.deepEqual((await next).body["valid"], true);
  } finally {
    await quick.close();
  }
});

test("requests that say what is not asked for are refused before any work", async () => {
  const cases: [path: string, body: JsonValue][] = [
    ["validate", {}],
    ["validate", { mapping: 5 }],
    ["validate", { mapping: null }],
    ["validate", { mapping: [] }],
    ["validate", { mapping: "version: 2", more: 1 }],
    ["validate", { mapping: "x".repeat(MB + 1) }],
    ["validate", { mapping: "a\u0000b" }],
    ["preview", { mapping: "version: 2", event: [] }],
    ["preview", { mapping: "version: 2", event: {}, revision: 0 }],
    ["edit", { text: "version: 2", edits: [{ op: "drop_all" }] }],
    [
      "edit",
      { text: "version: 2", edits: Array.from({ length: 101 }, () => ({ op: "set_defaults", defaults: null })) },
    ],
    ["edit", { text: "version: 2", edits: [{ op: "set_row", section: "global", list: "rows", index: 0, row: {} }] }],
    ["expression", { expression: 5 }],
  ];
  for (const [path, body] of cases) {
    const got = await rig.call<JsonObject>("POST", `/mapping/${path}`, { body });
    assert.equal(got.status, 422, `${path} ${JSON.stringify(body).slice(0, 80)}`);
  }
  const deep = await rig.call("POST", "/mapping/validate", {
    body: `{"mapping":${"[".repeat(200)}${"]".repeat(200)}}`,
  });
  assert.equal(deep.status, 400);
  const proto = await rig.call("POST", "/mapping/validate", { body: '{"mapping":{"__proto__":{"version":2}}}' });
  assert.equal(proto.status, 422);
});
