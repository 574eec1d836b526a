import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonValue } from "../../json.ts";
import { compileMapping } from "../compile.ts";
import { MappingError } from "../contract.ts";
import { previewMapping } from "../preview.ts";
import { compiled, compute, enrich, EVENT, filter, map, transform } from "./step-fixture.ts";

test("a filter, a missing source and a step that drops have their own reasons", () => {
  const cases: [JsonValue[], string, string][] = [
    [[filter("event.type = 'page'")], "mapping_filter", "steps[0].condition"],
    [[map({ a: "event.userId" }), filter("a = 'x'")], "mapping_filter", "steps[1].condition"],
    [[map({ "a.b": "event.nope" }, { on_missing: "drop" })], "mapping_required_missing", 'steps[0].mappings["a.b"]'],
    [
      [map({ a: "event.event" }), transform({ a: "to_number" }, { on_error: "drop" })],
      "mapping_step_dropped",
      "steps[1].fields.a",
    ],
    [
      [map({}), compute({ a: { expression: "event.event", type: "integer" } }, { on_error: "drop" })],
      "mapping_step_dropped",
      "steps[1].fields.a",
    ],
  ];
  for (const [steps, reason, by] of cases) {
    assert.deepEqual(compiled(steps).apply(EVENT, {}), { kind: "stopped", reason, by });
  }
});

test("a step that fails makes a dead letter, with its place and without the value", () => {
  const cases: [JsonValue[], string, RegExp][] = [
    [[map({ a: "event.nope" }, { on_missing: "fail" })], "steps[0].mappings.a", /the source is missing/],
    [
      [transform({ "event.event": "to_number" }, { on_error: "fail" }), map({})],
      'steps[0].fields["event.event"]',
      /^to_number takes a number/,
    ],
    [
      [map({}), compute({ a: { expression: "event.event", type: "boolean" } }, { on_error: "fail" })],
      "steps[1].fields.a",
      /^to_boolean takes/,
    ],
  ];
  for (const [steps, path, message] of cases) {
    assert.throws(
      () => compiled(steps).apply(EVENT, {}),
      (error) =>
        error instanceof MappingError &&
        error.path === path &&
        message.test(error.message) &&
        !error.message.includes("Order"),
    );
  }
});

test("steps that double the payload again and again come to an end", () => {
  const doubling = Array.from({ length: 40 }, () => map({ "a.l": "a", "a.r": "a" }, { on_error: "fail" }));
  assert.throws(() => compiled([map({ "a.x": "'1'" }), ...doubling]).apply(EVENT, {}), /copy more than 500000 values/);
  const ofEvent = Array.from({ length: 40 }, () =>
    compute(
      {
        "event.properties.l": { expression: "event.properties" },
        "event.properties.r": { expression: "event.properties" },
      },
      { on_error: "drop" },
    ),
  );
  assert.deepEqual(compiled(ofEvent).apply(EVENT, {}).kind, "stopped");
});

test("at most a hundred steps", () => {
  const made = compileMapping({ steps: Array.from({ length: 101 }, () => enrich({ a: 1 })) });
  assert.deepEqual("faults" in made && made.faults, [
    { path: "steps", message: "The value must not be longer than 100." },
  ]);
});

test("likely slips in event paths are warnings", () => {
  const made = compileMapping("steps:\n  - type: map\n    mappings:\n      a: event.propertis.x\n");
  assert.deepEqual("warnings" in made && made.warnings, [
    {
      path: "steps[0].mappings.a",
      message: "Events have no field propertis. Did you mean properties?",
      line: 4,
      column: 10,
    },
  ]);
});

test("a preview shows every field after each step", () => {
  const steps = [
    filter("event.type = 'track'"),
    map({ value: "event.properties.value", none: "event.nope", kind: "'x'" }),
    transform({ value: ["from_cents", "to_string"] }),
    transform({ value: "to_number", kind: "to_number" }),
    compute({ n: { expression: "value", type: "number" } }),
    enrich({ r: "{{pipeline_param.r}}" }),
  ];
  const preview = previewMapping({ steps }, EVENT, { r: "eu" });
  assert.deepEqual(preview, {
    payload: { value: "79.99", kind: "x", n: 79.99, r: "eu" },
    vendor_event_name: null,
    coverage: null,
    warnings: [],
    steps: [
      { row: "steps[0].condition", target: "", steps: [{ step: "condition", value: true }] },
      {
        row: "steps[1].mappings.value",
        target: "value",
        steps: [
          { step: "source", value: 7999 },
          { step: "target", value: 7999 },
        ],
      },
      { row: "steps[1].mappings.none", target: "none", steps: [{ step: "source" }] },
      {
        row: "steps[1].mappings.kind",
        target: "kind",
        steps: [
          { step: "value", value: "x" },
          { step: "target", value: "x" },
        ],
      },
      {
        row: "steps[2].fields.value",
        target: "value",
        steps: [
          { step: "field", value: 7999 },
          { step: "from_cents", value: 79.99 },
          { step: "to_string", value: "79.99" },
        ],
      },
      {
        row: "steps[3].fields.value",
        target: "value",
        steps: [
          { step: "field", value: "79.99" },
          { step: "to_number", value: 79.99 },
        ],
      },
      { row: "steps[3].fields.kind", target: "kind", steps: [{ step: "field", value: "x" }] },
      { row: "steps[3]", target: "", steps: [{ step: "skipped", value: "to_number takes a number, not other text" }] },
      {
        row: "steps[4].fields.n",
        target: "n",
        steps: [
          { step: "expression", value: "79.99" },
          { step: "to_number", value: 79.99 },
          { step: "target", value: 79.99 },
        ],
      },
      {
        row: "steps[5].fields.r",
        target: "r",
        steps: [
          { step: "value", value: "eu" },
          { step: "target", value: "eu" },
        ],
      },
    ],
  });
  assert.deepEqual(previewMapping({ steps: [filter("event.type = 'page'")] }, EVENT, {}).stopped, {
    reason: "mapping_filter",
    by: "steps[0].condition",
  });
  const failed = previewMapping(
    { steps: [map({ a: "event.event" }), transform({ a: "to_number" }, { on_error: "fail" })] },
    EVENT,
    {},
  );
  assert.deepEqual(failed.error, { path: "steps[1].fields.a", message: "to_number takes a number, not other text" });
  assert.deepEqual(failed.steps.at(-1), {
    row: "steps[1].fields.a",
    target: "a",
    steps: [{ step: "field", value: "Order Completed" }],
  });
});

test("which version a document is", () => {
  const faultOf = (document: JsonValue) => {
    const made = compileMapping(document);
    return "faults" in made ? made.faults.map(({ message }) => message) : [];
  };
  assert.deepEqual(faultOf({ version: 1, steps: [] }), []);
  assert.deepEqual(faultOf({ steps: [] }), []);
  assert.deepEqual(faultOf({ version: 1 }), ["steps is missing."]);
  assert.deepEqual(faultOf({ version: 1, events: {} }), ["Must be 2, not 1."]);
  assert.deepEqual(faultOf({ version: 2, steps: [] }), ["Unknown key steps."]);
  assert.deepEqual(faultOf({}), ["version is missing."]);
  assert.deepEqual(faultOf({ version: 1, steps: [], events: {} }), ["Unknown key events."]);
});
