import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import Schema from "typebox/schema";
import { type SignalEvent } from "../../event/event.ts";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { compileMapping } from "../compile.ts";
import { MappingError, type CompiledMapping, type MappingResult } from "../contract.ts";
import { listTransforms } from "../transforms/table.ts";
import { convertToV2 } from "./convert-to-v2.ts";
import { checkStepMapping, stepMappingSchema } from "./document.ts";

/** Keys that often break things, and a few ordinary ones so that paths meet values. */
const KEYS = ["a", "b", "items", "id", "name", "length", "toString", "constructor", "__proto__", "0"];

/** JSON as it arrives: through the parser, so that `__proto__` is an own key. */
const json: fc.Arbitrary<JsonValue> = fc
  .letrec<{ value: string; object: string; list: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("null", "true", "1", "7.5", "0", '"x"', '"5"', '""', '"a,b"'),
      tie("object"),
      tie("list"),
    ),
    list: fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    object: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tie("value")), { maxLength: 5, selector: ([key]) => key })
      .map((entries) => `{${entries.map(([key, value]) => `"${key}":${value}`).join(",")}}`),
  }))
  .value.map((text) => JSON.parse(text) as JsonValue);

const event = fc
  .record({ properties: json, traits: json, a: json, userId: fc.constantFrom("u", null), user_id: json })
  .map((parts): SignalEvent => ({
    ...parts,
    type: "track",
    event: "x",
    messageId: "m",
    timestamp: "2026-02-25T14:30:00.000Z",
    receivedAt: "2026-02-25T14:30:00.000Z",
    context: {},
  }));

const eventPath = fc.constantFrom(
  ...["event.a", "event.properties", "event.properties.a", "event.properties.a.b", "event.properties.items[].id"],
  ...[
    "event.properties.items[0]",
    "event.traits.b",
    "event.userId",
    "event.user_id",
    "event.canonical.value",
    "event.nope",
  ],
  ...["event.traits.length", "event.properties.toString", "event.a.0"],
);
const payloadPath = fc.constantFrom(
  ...[
    "p",
    "p.a",
    "p.b",
    "q",
    "q[0]",
    "q[1].x",
    "q[0].x",
    "payload.event.name",
    "event",
    "r.s.t",
    "payload.p.a",
    "p.length",
  ],
);
const anyPath = fc.oneof({ weight: 3, arbitrary: eventPath }, payloadPath);
const changed = fc.oneof({ weight: 3, arbitrary: payloadPath }, eventPath, fc.constantFrom("q[].x", "p.items[].id"));

const transform: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>("to_string", "uppercase", "trim", "to_number", "url_host", { default: "d" }, "wrap_array"),
  fc.constantFrom<JsonValue>({ lookup: { x: "y", "*": "other" } }, "digits_only", "json_encode", { prefix: "-" }),
  fc.constantFrom(
    ...listTransforms().map(({ name, examples }): JsonValue =>
      examples[0]?.args === undefined ? name : { [name]: examples[0].args },
    ),
  ),
);

const condition = fc
  .tuple(
    anyPath,
    fc.constantFrom(" = 'x'", " exists", " NOT IN ('x', 5)", " > 0", " != 1 AND event.type = 'track'", ""),
    anyPath,
  )
  .map(([path, rest, other]) => (rest === "" ? `NOT (${path} = ${other} OR ${other} IN (${path}))` : path + rest));
const expression = fc.oneof(
  anyPath,
  condition,
  fc.tuple(anyPath, anyPath).map(([left, right]) => `COALESCE(${left}, ${right}, 'none')`),
  fc.tuple(anyPath, anyPath).map(([left, right]) => `COALESCE(${left}, ${right})`),
  anyPath.map((path) => `url_host(default(${path}, 'https://shop.example.com'))`),
  anyPath.map((path) => `truncate(${path}, 2)`),
  fc.constantFrom("'text'", "5", "true", "COALESCE(null, '7')"),
);

const fields = <T>(target: fc.Arbitrary<string>, value: fc.Arbitrary<T>) =>
  fc.dictionary(target, value, { minKeys: 1, maxKeys: 3 });
const onError = fc.constantFrom("fail", "fail", "skip", "drop");
const step: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record(
    {
      type: fc.constant("map"),
      mappings: fields(payloadPath, fc.oneof(anyPath, fc.constantFrom("'x'", 5, "'{{pipeline_param.site}}'", "event"))),
      on_missing: fc.constantFrom("skip", "drop", "null", "fail", null),
    },
    { requiredKeys: ["type", "mappings"] },
  ),
  fc.record({ type: fc.constant("filter"), condition }),
  fc.record({
    type: fc.constant("transform"),
    fields: fields(changed, fc.oneof(transform, fc.array(transform, { maxLength: 2 }))),
    on_error: onError,
  }),
  fc.record({
    type: fc.constant("enrich"),
    fields: fields(changed, fc.oneof(json, fc.constant("{{pipeline_param.site}}"))),
  }),
  fc.record({
    type: fc.constant("compute"),
    fields: fields(
      changed,
      fc.record(
        { expression, type: fc.constantFrom("string", "number", "integer", "boolean") },
        { requiredKeys: ["expression"] },
      ),
    ),
    on_error: onError,
  }),
) as fc.Arbitrary<JsonObject>;

/** Steps that compile one after the other; the rest is left out. */
const sound = (steps: readonly JsonObject[]): JsonObject[] => {
  const kept: JsonObject[] = [];
  const hasMap = steps.some(({ type }) => type === "map");
  for (const one of steps) {
    const made = compileMapping({ steps: [...kept, one, ...(hasMap ? [{ type: "map", mappings: {} }] : [])] });
    if (!("faults" in made)) kept.push(one);
  }
  return hasMap && !kept.some(({ type }) => type === "map") ? [...kept, { type: "map", mappings: {} }] : kept;
};
const document = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps): JsonObject => ({ steps: sound(steps) }));
const parameters = fc.constantFrom<Record<string, string>>({}, { site: "main" });

function applied(mapping: CompiledMapping, one: SignalEvent, given: Record<string, string>): MappingResult | "failed" {
  try {
    return mapping.apply(one, given);
  } catch (error) {
    assert.ok(error instanceof MappingError, String((error as Error).stack));
    return "failed";
  }
}

const isPayload = (result: MappingResult | "failed"): boolean => result !== "failed" && result.kind === "mapped";

test("applying never throws but MappingError, changes no event, pollutes no prototype, gives JSON, and is repeatable", () => {
  const prototypes = () =>
    JSON.stringify([Object.getOwnPropertyNames(Object.prototype), Object.getOwnPropertyNames(Array.prototype)]);
  const clean = prototypes();
  let mapped = 0;
  fc.assert(
    fc.property(document, event, parameters, (source, one, given) => {
      const made = compileMapping(source);
      assert.ok(!("faults" in made), JSON.stringify(made));
      const [before, documentBefore] = [JSON.stringify(one), JSON.stringify(source)];
      const result = applied(made.mapping, one, given);
      assert.deepEqual(applied(made.mapping, one, given), result);
      if (result !== "failed" && result.kind === "mapped") {
        mapped += 1;
        assert.deepEqual(JSON.parse(JSON.stringify(result.payload)), structuredClone(result.payload));
      }
      assert.equal(JSON.stringify(one), before);
      assert.equal(JSON.stringify(source), documentBefore);
      assert.equal(prototypes(), clean);
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    }),
    { numRuns: 600 },
  );
  assert.ok(mapped > 100);
});

test("compiling never throws, and agrees with the published schema", () => {
  const published = Schema.Compile(stepMappingSchema);
  const piece = fc.oneof(json, step, fc.constantFrom<JsonValue>("map", 1, true, "a.b", { a: "event.a" }));
  const loose = fc.dictionary(
    fc.constantFrom("version", "name", "description", "steps", "extra"),
    fc.oneof(
      piece,
      fc.array(
        fc.oneof(
          piece,
          fc.dictionary(
            fc.constantFrom("type", "mappings", "fields", "condition", "on_error", "on_missing", "name"),
            fc.oneof(
              piece,
              fc.constantFrom<JsonValue>("map", "filter", "enrich", "compute", "transform", "skip", null),
            ),
          ),
        ),
        { maxLength: 3 },
      ),
    ),
  ) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(loose, (parts) => {
      const one: JsonObject = { version: 1, ...parts };
      const made = compileMapping(one);
      if (one["version"] !== 1 || !("steps" in one)) return;
      if (checkStepMapping(one).length > 0) assert.ok("faults" in made);
      if (!("faults" in made)) assert.ok(published.Check(one), JSON.stringify(one));
    }),
    { numRuns: 800 },
  );
});

test("where the report is empty, the converted mapping does the same", () => {
  let [exact, same, reported] = [0, 0, 0];
  fc.assert(
    fc.property(document, fc.array(event, { minLength: 5, maxLength: 5 }), parameters, (source, events, given) => {
      const conversion = convertToV2(source);
      assert.ok(!("faults" in conversion), JSON.stringify(conversion));
      const { report, document: converted, text } = conversion;
      const [v1, v2, fromText] = [compileMapping(source), compileMapping(converted), compileMapping(text)];
      assert.ok(!("faults" in v1) && !("faults" in fromText));
      assert.ok(!("faults" in v2), JSON.stringify(v2));
      if (report.length > 0) {
        reported += 1;
        return;
      }
      exact += 1;
      for (const one of events) {
        const before = applied(v1.mapping, one, given);
        const after = applied(v2.mapping, one, given);
        const [wasMapped, isMapped] = [isPayload(before), isPayload(after)];
        assert.equal(isMapped, wasMapped, `${JSON.stringify(before)}\n${JSON.stringify(after)}\n${text}`);
        if (!wasMapped) continue;
        same += 1;
        assert.deepEqual(after, before, text);
      }
    }),
    { numRuns: 1_200 },
  );
  assert.ok(exact > 100 && same > 100 && reported > 100, JSON.stringify({ exact, same, reported }));
});
