import assert from "node:assert/strict";
import { test } from "node:test";
import { type SignalEvent } from "../event/event.ts";
import { compileMapping } from "./compile.ts";
import { mappingCoverage, previewMapping } from "./preview.ts";
import { type VendorSchema } from "./vendor-schema.ts";

const EVENT: SignalEvent = {
  type: "track",
  event: "Order Completed",
  messageId: "m-1",
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:01.000Z",
  properties: { email: " Jane@Example.com ", items: [{ id: "A" }, {}] },
  context: {},
};

const DOCUMENT = `
version: 2
global:
  mappings:
    - { source: properties.email, target: em, transform: [trim, lowercase] }
    - { source: properties.nope, target: plan, value_map: { "*": free } }
  enrichments: [{ target: site, value: "{{pipeline_param.site}}" }]
  transforms: [{ target: em, transform: { truncate: 4 } }]
events:
  purchase:
    vendor_event_name: Purchase
    mappings:
      - { source: "properties.items[].id", target: "c[].id", default_value: "?" }
      - { source: userId, target: id, when: "userId exists" }
`;

test("a preview shows payload, name and every row's value after each step", () => {
  const preview = previewMapping(DOCUMENT, EVENT, { site: "main" });
  assert.deepEqual(preview, {
    payload: { em: "jane", plan: "free", site: "main", c: [{ id: "A" }, { id: "?" }] },
    vendor_event_name: "Purchase",
    coverage: null,
    warnings: [],
    steps: [
      {
        row: "global.mappings[0]",
        target: "em",
        steps: [
          { step: "source", value: " Jane@Example.com " },
          { step: "trim", value: "Jane@Example.com" },
          { step: "lowercase", value: "jane@example.com" },
          { step: "target", value: "jane@example.com" },
        ],
      },
      {
        row: "global.mappings[1]",
        target: "plan",
        steps: [{ step: "source" }, { step: "value_map", value: "free" }, { step: "target", value: "free" }],
      },
      {
        row: "global.enrichments[0]",
        target: "site",
        steps: [
          { step: "value", value: "main" },
          { step: "target", value: "main" },
        ],
      },
      {
        row: "events.purchase.mappings[0]",
        target: "c[].id",
        steps: [
          { step: "source", value: "A" },
          { step: "default_value", value: "A" },
          { step: "source" },
          { step: "default_value", value: "?" },
        ],
      },
      { row: "events.purchase.mappings[1]", target: "id", steps: [{ step: "when", value: false }] },
      {
        row: "global.transforms[0]",
        target: "em",
        steps: [
          { step: "payload", value: "jane@example.com" },
          { step: "truncate", value: "jane" },
        ],
      },
    ],
  });
  const made = compileMapping(DOCUMENT);
  assert.ok(!("faults" in made));
  const result = made.mapping.apply(EVENT, { site: "main" });
  assert.deepEqual(result.kind === "mapped" && result.payload, preview.payload);
});

test("a preview shows stops, errors and faults", () => {
  assert.deepEqual(previewMapping({ version: 2 }, EVENT, {}), {
    stopped: { reason: "mapping_default_drop", by: "defaults" },
    warnings: [],
    steps: [],
    coverage: null,
  });
  const row = { source: "properties.email", target: "n", transform: "to_number" };
  const failed = previewMapping({ version: 2, events: { purchase: { mappings: [row] } } }, EVENT, {});
  assert.deepEqual(failed.error, {
    path: "events.purchase.mappings[0]",
    message: "to_number takes a number, not other text",
  });
  assert.deepEqual(failed.steps[0]?.steps, [{ step: "source", value: " Jane@Example.com " }]);
  assert.deepEqual(previewMapping("version: 3", EVENT, {}), {
    faults: [{ path: "version", message: "Must be 2, not 3.", line: 1, column: 10 }],
    warnings: [],
    steps: [],
    coverage: null,
  });
});

test("likely slips are told beside faults", () => {
  const preview = previewMapping({ version: 2, events: { purchas: { mappings: [{ target: "a" }] } } }, EVENT, {});
  assert.ok((preview.faults ?? []).length > 0);
  assert.deepEqual(
    preview.warnings.map(({ path }) => path),
    ["events.purchas"],
  );
});

const SCHEMA: VendorSchema = {
  fields: [
    {
      path: "event_id",
      type: "string",
      required: true,
      description: "The id.",
      link: "https://docs.example.com/event-id",
    },
    { path: "event_time", type: "integer", required: true, description: "Seconds." },
    { path: "action_source", type: "string", required: true, description: "Where from.", enum: ["website", "app"] },
    { path: "user", type: "object", required: "conditional", description: "Who." },
    { path: "user.em", type: ["string", "array"], required: false, description: "E-mail." },
    { path: "custom.contents", type: "array", required: false, description: "Items." },
    { path: "custom.contents[].id", type: "string", required: true, description: "The item's id." },
    { path: "custom.contents[].price", type: "number", required: false, description: "Its price." },
  ],
  events: { Purchase: [{ path: "custom.value", type: "number", required: true, description: "The sum." }] },
};

const COVERED = `
version: 2
global:
  mappings:
    - { source: messageId, target: event_id }
    - { value: web, target: action_source }
    - { source: timestamp, target: event_time }
    - { source: properties.email, target: user.em }
    - { value: x, target: usr.em }
events:
  purchase:
    vendor_event_name: Purchase
    mappings:
      - { source: "properties.items[].id", target: "custom.contents[].id" }
      - { source: "properties.items[].price", target: "custom.contents[].price", default_value: 5 }
  refund: { enabled: false }
`;

test("with a vendor's schema a preview has coverage, of the payload and of each section, and what is wrong with the payload", () => {
  const preview = previewMapping(COVERED, EVENT, {}, { vendorSchema: SCHEMA });
  assert.deepEqual(preview.coverage, {
    required: { mapped: 3, total: 5, missing: ["custom.contents[].id", "custom.value"].toSorted() },
    optional: { mapped: 4, total: 4 },
    sections: [
      {
        section: "events.purchase",
        vendor_event_name: "Purchase",
        required: { mapped: 4, total: 5, missing: ["custom.value"] },
        optional: { mapped: 4, total: 4 },
      },
      {
        section: "events.refund",
        vendor_event_name: "refund",
        required: { mapped: 3, total: 3, missing: [] },
        optional: { mapped: 2, total: 4 },
      },
    ],
  });
  assert.deepEqual(preview.payload_faults, [
    { path: "event_time", message: "must be a whole number, not a string.", level: "fault" },
    { path: "action_source", message: "must be one of website, app.", level: "fault" },
    { path: "custom.contents[1].id", message: "is missing; the vendor requires it.", level: "fault" },
    { path: "custom.value", message: "is missing; the vendor requires it.", level: "fault" },
    { path: "usr", message: "is no field that is known of this vendor. Did you mean user?", level: "warning" },
  ]);
});

test("a stopped event and a faulty mapping have no coverage, and a list that is not there misses nothing", () => {
  assert.equal(previewMapping({ version: 2 }, EVENT, {}, { vendorSchema: SCHEMA }).coverage, null);
  assert.equal(previewMapping("version: 3", EVENT, {}, { vendorSchema: SCHEMA }).coverage, null);
  const bare = previewMapping({ version: 2, defaults: { action: "map" } }, EVENT, {}, { vendorSchema: SCHEMA });
  assert.deepEqual(bare.coverage?.required, {
    mapped: 0,
    total: 3,
    missing: ["event_id", "event_time", "action_source"],
  });
  assert.equal(bare.payload_faults?.[0]?.link, "https://docs.example.com/event-id");
  const whole = { version: 2, defaults: { action: "map", mappings: [{ source: "properties", target: "custom" }] } };
  assert.deepEqual(mappingCoverage(whole, SCHEMA)[0]?.optional, { mapped: 2, total: 4 });
});

test("bounded: long texts are begun, large values left out, and when all is used up rows say that they go on", () => {
  const rows = Array.from({ length: 5 }, (_, index) => ({
    source: "properties.t",
    target: `a${index}`,
    transform: ["trim"],
  }));
  const mapping = {
    version: 2,
    global: { mappings: [{ source: "properties.l", target: "l" }, { source: "properties.n", target: "n" }, ...rows] },
    defaults: { action: "map" },
  };
  const properties = { t: "x".repeat(5_000), l: Array.from({ length: 3_000 }, () => "y"), n: 5 };
  const event = { ...EVENT, properties };
  const { steps, payload } = previewMapping(mapping, event, {}, { shown: { value: 2_000, all: 6_500 } });
  assert.deepEqual(steps[0]?.steps, [
    { step: "source", cut: true },
    { step: "target", cut: true },
  ]);
  assert.deepEqual(steps[1]?.steps[0], { step: "source", value: 5 });
  assert.deepEqual(steps[2]?.steps[1], { step: "trim", value: "x".repeat(1_000), cut: true });
  assert.deepEqual(
    steps.map(({ cut }) => cut === true),
    [false, false, false, false, true, true, true],
  );
  assert.ok(JSON.stringify(steps).length < 9_000);
  // What would be sent stays whole.
  assert.equal((payload as { a4: string }).a4.length, 5_000);
});
