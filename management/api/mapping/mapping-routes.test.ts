import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import { keptRevision } from "./revision-fixture.ts";
import { mappingRoutes } from "./mapping-routes.ts";
import { type MappingRig, openMappingRig } from "./mapping-rig-fixture.ts";

let rig: MappingRig;
before(async () => {
  rig = await openMappingRig();
  await rig.applyFile(CONFIGURED);
});
after(() => rig.close());

const CONFIGURED = `version: 1
pipelines:
  - id: pip_shop
    name: Shop
    slug: shop
    pipeline_keys: [dk_test_shop_0123456789]
    parameters: { region: eu }
  - id: pip_server
    name: Server
    slug: server
    type: server
    pipeline_keys: [dk_test_server_0123456789]
data_layer:
  pii_rules: { redact_fields: [traits.phone], hash_fields: [traits.email], salt: a-very-salty-salt }
  geo: { database: nowhere.mmdb }
  custom_js: { code: "return null;" }
  routing_rules:
    - { condition: event = "Internal Test", action: drop }
`;

const post = async (path: string, body: unknown): Promise<{ status: number; body: JsonObject }> =>
  rig.call<JsonObject>("POST", `/mapping/${path}`, { body });

async function answer(path: string, body: unknown): Promise<JsonObject> {
  const got = await post(path, body);
  assert.equal(got.status, 200, JSON.stringify(got.body));
  return got.body;
}

async function details(path: string, body: unknown): Promise<JsonValue | undefined> {
  const got = await post(path, body);
  assert.equal(got.status, 422, JSON.stringify(got.body));
  return (got.body["error"] as JsonObject)["details"];
}

const SOUND = { faults: [], fault_count: 0, warnings: [], pipeline_parameters: [] };

test("validate: what is sound, of both versions, as text and as data", async () => {
  assert.deepEqual(await answer("validate", { mapping: "version: 2\n" }), { valid: true, version: 2, ...SOUND });
  assert.deepEqual(await answer("validate", { mapping: { version: 2 } }), { valid: true, version: 2, ...SOUND });
  const steps = { mapping: "steps:\n  - { type: filter, condition: event.type = 'track' }\n" };
  assert.deepEqual(await answer("validate", steps), { valid: true, version: 1, ...SOUND });
});

test("validate: every fault with its place; a text that cannot be read is an answer too", async () => {
  const slips = await answer("validate", {
    mapping: "version: 2\nevnts: {}\nglobal:\n  mappings:\n    - { source: a, target: b, transform: sha265 }\n",
  });
  assert.deepEqual([slips["valid"], slips["version"], slips["fault_count"]], [false, 2, 2]);
  const [evnts, transform] = slips["faults"] as JsonObject[];
  assert.deepEqual(evnts, { path: "evnts", message: "Unknown key evnts. Did you mean events?", line: 2, column: 1 });
  assert.deepEqual(
    [transform?.["path"], transform?.["line"], transform?.["column"]],
    ["global.mappings[0].transform", 5, 42],
  );
  assert.match(String(transform?.["message"]), /Did you mean sha256\?/);
  const steps = await answer("validate", { mapping: "version: 1\nsteps: 5\n" });
  assert.deepEqual([steps["version"], (steps["faults"] as JsonObject[])[0]?.["path"]], [1, "steps"]);
  for (const mapping of ["a: [", "\ta: 1", "a: *b", "%YAML 9.9\n---\n!!x y", '{"version": 2', "- ]", ""]) {
    const got = await answer("validate", { mapping });
    assert.equal(got["valid"], false, mapping);
    assert.ok(
      (got["faults"] as JsonObject[]).every(({ message }) => message !== ""),
      mapping,
    );
  }
});

test("validate: against the vendor's settings and the pipeline's parameters", async () => {
  const mapping = `version: 2
parameters: { access_token: open-secret }
defaults: { action: map, mappings: [{ value: "{{pipeline_param.regio}}", target: a }] }
`;
  const got = await answer("validate", { mapping, vendor: "test_conversions", pipeline_id: "pip_shop" });
  assert.deepEqual(
    (got["faults"] as JsonObject[]).map(({ path }) => path),
    ["parameters.access_token"],
  );
  assert.match(JSON.stringify(got["warnings"]), /no parameter regio[^]*Did you mean region\?/);
  assert.doesNotMatch(JSON.stringify(got), /open-secret/);
  assert.deepEqual(await details("validate", { mapping, vendor: "test_conversion" }), [
    { path: "vendor", message: 'There is no vendor "test_conversion". Did you mean "test_conversions"?' },
  ]);
  assert.deepEqual(await details("validate", { mapping, pipeline_id: "pip_none" }), [
    { path: "pipeline_id", message: "There is no pipeline pip_none." },
  ]);
});

const PURCHASE = `version: 2
global:
  mappings:
    - { source: event, target: event_name }
    - { source: timestamp, target: event_time, transform: to_unix_seconds }
    - { value: "{{pipeline_param.region}}", target: custom_data.region }
events:
  purchase:
    vendor_event_name: Purchase
    filter: canonical.value > 0
    mappings:
      - { source: canonical.value, target: custom_data.value, transform: to_number, required: true }
defaults: { action: pass_through }
`;
const EVENT = {
  type: "track",
  event: "Order Completed",
  messageId: "m-1",
  anonymousId: "a-1",
  timestamp: "2026-11-20T09:00:00.000Z",
  properties: { revenue: "5" },
};

test("preview: payload, steps, coverage and what the vendor would find wrong", async () => {
  const got = await answer("preview", {
    mapping: PURCHASE,
    event: EVENT,
    vendor: "test_conversions",
    pipeline_id: "pip_shop",
  });
  assert.deepEqual(got["payload"], {
    event_name: "Order Completed",
    event_time: 1795165200,
    custom_data: { region: "eu", value: 5 },
  });
  assert.equal(got["payload_bytes"], JSON.stringify(got["payload"]).length);
  assert.equal(got["vendor_event_name"], "Purchase");
  assert.deepEqual((got["steps"] as JsonValue[]).at(-1), {
    row: "events.purchase.mappings[0]",
    target: "custom_data.value",
    steps: [
      { step: "source", value: "5" },
      { step: "to_number", value: 5 },
      { step: "target", value: 5 },
    ],
  });
  const { required, sections } = got["coverage"] as JsonObject;
  assert.deepEqual(required, { mapped: 3, total: 3, missing: [] });
  assert.deepEqual(
    (sections as JsonObject[]).map(({ section }) => section),
    ["events.purchase", "defaults"],
  );
  assert.deepEqual(got["payload_faults"], [
    { path: "custom_data.region", message: "is no field that is known of this vendor.", level: "warning" },
  ]);
  assert.equal(got["data_layer"], null);
  assert.equal((got["event"] as JsonObject)["receivedAt"], "2026-11-21T09:00:00.000Z");
});

test("preview: why nothing is sent, what fails, and what is wrong with the mapping", async () => {
  const zero = { ...EVENT, properties: { revenue: 0 } };
  assert.deepEqual((await answer("preview", { mapping: PURCHASE, event: zero }))["stopped"], {
    reason: "mapping_filter",
    by: "events.purchase.filter",
  });
  const failing =
    "version: 2\ndefaults: { action: map, mappings: [{ source: event, target: a, transform: to_number }] }\n";
  const failed = await answer("preview", { mapping: failing, event: EVENT });
  assert.deepEqual((failed["error"] as JsonObject)["path"], "defaults.mappings[0]");
  const wrong = await answer("preview", { mapping: "version: 2\nevnts: {}\n", sample: { event: "purchase" } });
  assert.equal((wrong["faults"] as JsonValue[]).length, 1);
  assert.ok(!("payload" in wrong));
  const none = await answer("preview", { mapping: null, event: EVENT });
  assert.equal((none["payload"] as JsonObject)["event"], "Order Completed");
});

test("preview: samples by name, vertical and seed; an event is given, or a sample", async () => {
  const mapping = "version: 2\ndefaults: { action: pass_through }\n";
  const got = await answer("preview", { mapping, sample: { event: "page", vertical: "travel", seed: "7" } });
  assert.match(JSON.stringify(got["payload"]), /travel\.example\.com/);
  assert.deepEqual(await details("preview", { mapping }), [
    { path: "event", message: "is missing: give an event or a sample." },
  ]);
  assert.deepEqual(await details("preview", { mapping, event: EVENT, sample: { event: "purchase" } }), [
    { path: "sample", message: "is given beside an event: give one of the two." },
  ]);
  assert.deepEqual(await details("preview", { event: EVENT }), [
    { path: "mapping", message: "is missing: give a mapping, or an integration_id." },
  ]);
  assert.match(
    JSON.stringify(await details("preview", { mapping, event: { type: "trak" } })),
    /The event would be refused: `type`/,
  );
});

test("preview: the data layer first, as far as it goes without a server; its salt stays inside", async () => {
  const mapping = "version: 2\ndefaults: { action: pass_through }\n";
  const event = { type: "identify", userId: "u-1", traits: { email: "jane@example.com", phone: "+442079460018" } };
  const got = await answer("preview", { mapping, event, data_layer: true });
  const traits = (got["payload"] as JsonObject)["traits"] as JsonObject;
  assert.match(String(traits["email"]), /^[0-9a-f]{64}$/);
  assert.notEqual(traits["phone"], "+442079460018");
  assert.deepEqual(got["data_layer"], { stopped: null, not_run: ["geo", "custom_js"] });
  assert.doesNotMatch(JSON.stringify(got), /salty/);
  const dropped = await answer("preview", { mapping, event: { ...EVENT, event: "Internal Test" }, data_layer: true });
  assert.deepEqual(dropped["stopped"], { reason: "routing_rule", by: "data_layer" });
  assert.ok(!("payload" in dropped));
  const without = await answer("preview", { mapping, event });
  assert.equal(((without["payload"] as JsonObject)["traits"] as JsonObject)["email"], "jane@example.com");
});

test("preview: secret parameters of a pipeline are never filled in", async () => {
  await rig.database.queries
    .updateTable("pipelines")
    .set({ secret_parameters: JSON.stringify({ token: "v1.sealed" }) })
    .where("id", "=", "pip_server")
    .execute();
  const mapping =
    'version: 2\ndefaults: { action: map, mappings: [{ value: "{{pipeline_param.token}}", target: a }] }\n';
  const got = await answer("preview", { mapping, event: EVENT, pipeline_id: "pip_server" });
  assert.match(JSON.stringify(got["faults"]), /token is secret and cannot be part of a payload/);
  assert.doesNotMatch(JSON.stringify(got), /sealed/);
});

test("preview: the mapping and the vendor of a revision", async () => {
  const integration = await keptRevision(rig.database.queries, { vendor: "test_conversions", mapping: PURCHASE });
  const got = await answer("preview", { integration_id: integration, event: EVENT });
  assert.equal((got["payload"] as JsonObject)["event_name"], "Order Completed");
  assert.notEqual(got["coverage"], null);
  const other = await answer("preview", { integration_id: integration, revision: 1, mapping: null, event: EVENT });
  assert.equal((other["payload"] as JsonObject)["messageId"], "m-1");
  assert.deepEqual(await details("preview", { integration_id: integration, revision: 9, event: EVENT }), [
    { path: "revision", message: "Conversions has no revision 9." },
  ]);
  assert.deepEqual(await details("preview", { integration_id: "tmpl_none", event: EVENT }), [
    { path: "integration_id", message: "There is no integration tmpl_none." },
  ]);
  assert.deepEqual(await details("preview", { revision: 1, mapping: PURCHASE, event: EVENT }), [
    { path: "integration_id", message: "is missing: whose revision is it?" },
  ]);
});

test("coverage: by section, also of a mapping with faults; not without a list of fields", async () => {
  const got = await answer("coverage", { mapping: `${PURCHASE}oops: 1\n`, vendor: "test_conversions" });
  assert.equal(got["valid"], false);
  assert.deepEqual((got["sections"] as JsonValue[])[0], {
    section: "events.purchase",
    vendor_event_name: "Purchase",
    required: { mapped: 3, total: 3, missing: [] },
    optional: { mapped: 0, total: 3 },
  });
  const steps = await answer("coverage", { mapping: "steps: []", vendor: "test_conversions" });
  assert.deepEqual([steps["version"], steps["sections"]], [1, []]);
  assert.deepEqual(await details("coverage", { mapping: PURCHASE, vendor: "test_anything" }), [
    { path: "vendor", message: "Test Anything has no list of fields to count." },
  ]);
});

test("convert: version 1 as data and text, with notes; what cannot be converted says why", async () => {
  const mapping = `name: Orders
steps:
  - { type: filter, condition: event.type = 'track' }
  - { type: map, mappings: { value: event.properties.value } }
  - { type: transform, fields: { value: to_integer } }
`;
  const got = await answer("convert", { mapping });
  assert.deepEqual(got["mapping"], {
    version: 2,
    defaults: {
      action: "map",
      filter: "type = 'track'",
      mappings: [{ source: "properties.value", target: "value", transform: "to_integer" }],
    },
  });
  assert.match(String(got["text"]), /^# Orders\n/);
  assert.deepEqual(
    (got["notes"] as JsonObject[]).map(({ step, kind }) => [step, kind]),
    [[2, "differs"]],
  );
  const again = await answer("validate", { mapping: got["text"] });
  assert.equal(again["valid"], true);
  for (const faulty of ["version: 2\n", "steps: 5", "a: ["]) {
    const refused = await answer("convert", { mapping: faulty });
    assert.equal(refused["mapping"], null);
    assert.ok(Number(refused["fault_count"]) > 0);
  }
});

test("edit: comments stay, all edits or none, and the text is read into sections", async () => {
  const text =
    "version: 2 # two\nevents:\n  purchase: # money\n    mappings:\n      - { source: a, target: b } # ours\n";
  const edits = [
    { op: "add_row", section: "events.purchase", list: "mappings", row: { source: "c", target: "d" }, index: 0 },
    { op: "set_row", section: "events.purchase", list: "mappings", index: 1, row: { source: "a", target: "z" } },
    { op: "move_row", section: "events.purchase", list: "mappings", from: 0, to: 1 },
    { op: "set_option", section: "events.purchase", option: "filter", value: "a = 1" },
    { op: "add_section", event: "Signed Up", content: { vendor_event_name: "Lead" } },
    { op: "set_defaults", defaults: { action: "drop" } },
  ];
  const got = await answer("edit", { text, edits });
  assert.equal(got["applied"], true, JSON.stringify(got["faults"]));
  assert.equal(
    got["text"],
    `version: 2 # two
events:
  purchase: # money
    filter: a = 1
    mappings:
      - { source: a, target: z } # ours
      - { source: c, target: d }
  Signed Up:
    vendor_event_name: Lead
defaults:
  action: drop
`,
  );
  const ids = (got["sections"] as JsonObject[]).map(({ id }) => id);
  assert.deepEqual(ids, ["events.purchase", 'events["Signed Up"]', "defaults"]);
  const back = [
    { op: "rename_section", section: 'events["Signed Up"]', event: "Lead" },
    { op: "remove_section", section: "events.Lead" },
    { op: "set_option", section: "events.purchase", option: "filter", value: null },
    { op: "remove_row", section: "events.purchase", list: "mappings", index: 1 },
    { op: "set_rows", section: "events.purchase", list: "mappings", rows: [{ source: "a", target: "b" }] },
    { op: "set_defaults", defaults: null },
  ];
  assert.equal((await answer("edit", { text: got["text"], edits: back }))["text"], text);
  const halfway = await answer("edit", { text, edits: [edits[0], { op: "remove_section", section: "events.none" }] });
  assert.deepEqual([halfway["applied"], halfway["text"]], [false, text]);
  assert.deepEqual(halfway["faults"], [{ edit: 1, path: "events.none", message: "There is no section events.none." }]);
  const unreadable = await answer("edit", { text: "a: [", edits: [] });
  assert.deepEqual([unreadable["applied"], unreadable["sections"]], [false, []]);
  assert.equal((unreadable["faults"] as JsonObject[])[0]?.["edit"], null);
});

test("expression: faults with their place, and the answer on an event", async () => {
  const faulty = await answer("expression", { expression: "properties.value > 1 AND" });
  assert.deepEqual(faulty, {
    valid: false,
    faults: [{ message: "The expression ends too early.", offset: 24, line: 1, column: 25 }],
    result: null,
  });
  const cases: [string, JsonValue][] = [
    ["canonical.value > 4", { holds: true, value: true }],
    ["canonical.value", { holds: false, value: "5" }],
    ["none", { holds: false }],
  ];
  for (const [expression, result] of cases) {
    assert.deepEqual((await answer("expression", { expression, event: EVENT }))["result"], result, expression);
  }
  assert.equal((await answer("expression", { expression: "a = 1" }))["result"], null);
  for (const expression of ["", "x".repeat(5_000), "(".repeat(4_000), "t matches '('"])
    assert.equal((await answer("expression", { expression }))["valid"], false);
});

test("who may read integrations only is shown nothing of pipelines and the data layer", async () => {
  const ids = { uuidV4: () => "a-1", uuidV7: () => "m-1" };
  const routes = mappingRoutes({ connectors: new Map(), workbench: rig.workbench, changes: rig.configuration, ids });
  const caller = { permissions: new Set(["integrations:read"]) };
  const given = { mapping: "version: 2", sample: { event: "purchase" } };
  const cases: [operation: string, body: JsonObject][] = [
    ["validateMapping", { mapping: "version: 2", pipeline_id: "pip_shop" }],
    ["previewMapping", { ...given, pipeline_id: "pip_shop" }],
    ["previewMapping", { ...given, data_layer: true }],
  ];
  for (const [operation, body] of cases) {
    const route = routes.find((one) => one.operation === operation);
    const got = await route?.handle({ body, caller, now: 0, queries: rig.database.queries } as never);
    assert.ok(got !== undefined && "fault" in got && got.fault === "FORBIDDEN", JSON.stringify(got));
  }
});

test("nobody without the permission, and nothing is kept or audited", async () => {
  const { status } = await rig.call("POST", "/mapping/validate", { role: null, body: { mapping: "version: 2" } });
  assert.equal(status, 401);
  const viewer = await rig.call("POST", "/mapping/validate", {
    role: "source_viewer",
    body: { mapping: "version: 2" },
  });
  assert.equal(viewer.status, 200);
  assert.deepEqual(await rig.audits(), []);
  assert.equal(rig.changes(), 0);
});
