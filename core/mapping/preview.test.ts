import assert from "node:assert/strict";
import { test } from "node:test";
import { type SignalEvent } from "../event/event.ts";
import { compileMapping } from "./compile.ts";
import { previewMapping } from "./preview.ts";

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
  });
});
