import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Value } from "typebox/value";
import { parse } from "yaml";
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping } from "./compile.ts";
import { MappingError } from "./contract.ts";
import { mappingSchema } from "./document.ts";
import { printMapping } from "./edit/print-mapping.ts";
import { checkSchema } from "./schema-check.ts";
import { listTransforms } from "./transforms/table.ts";

/** Keys that often break things, and a few ordinary ones so that paths meet values. */
const KEYS = ["a", "b", "items", "id", "name", "length", "toString", "constructor", "__proto__", "0"];
const anyKey = fc.constantFrom(...KEYS);

/** JSON as it arrives: through the parser, so that `__proto__` is an own key. */
const json: fc.Arbitrary<JsonValue> = fc
  .letrec<{ value: string; object: string; list: string }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, fc.json({ maxDepth: 0 }), tie("object"), tie("list")),
    list: fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    object: fc
      .uniqueArray(fc.tuple(anyKey, tie("value")), { maxLength: 5, selector: ([key]) => key })
      .map((entries) => `{${entries.map(([key, value]) => `"${key}":${value}`).join(",")}}`),
  }))
  .value.map((text) => JSON.parse(text) as JsonValue);

const path = fc
  .tuple(
    fc.constantFrom("properties", "traits", "canonical", "context", "a"),
    fc.array(
      fc.oneof(
        fc.constantFrom(".a", ".b", ".items", ".id", ".name", ".length", ".toString", "[]", "[0]", "[2]", ".item_id"),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([root, rest]) => root + rest.join(""));

const transform = fc.constantFrom(
  ...listTransforms().map(({ name, examples }): JsonValue =>
    examples[0]?.args === undefined ? name : { [name]: examples[0].args },
  ),
);

const row: fc.Arbitrary<JsonObject> = fc.record(
  {
    source: fc.oneof(path, fc.array(path, { minLength: 1, maxLength: 3 })),
    target: path,
    transform: fc.oneof(transform, fc.array(transform, { maxLength: 3 })),
    value_map: fc.dictionary(fc.constantFrom("true", "1", "*", "a"), fc.constantFrom("x", 1), { maxKeys: 2 }),
    default_value: json,
    required: fc.boolean(),
    when: fc.constantFrom("properties.a exists", "NOT properties.b = 1", "properties.items[].id contains 'a'"),
  },
  { requiredKeys: ["source", "target"] },
) as fc.Arbitrary<JsonObject>;

const event = fc.record({ properties: json, traits: json, a: json }).map((parts): SignalEvent => ({
  ...parts,
  type: "track",
  event: "x",
  messageId: "m",
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:00.000Z",
  context: {},
}));

/** Rows that compile by themselves. */
const sound = (one: JsonObject): boolean => !("faults" in compileMapping({ version: 2, global: { mappings: [one] } }));

test("applying never throws but MappingError, changes no event, pollutes no prototype, gives JSON, and is repeatable", () => {
  const clean = JSON.stringify([
    Object.getOwnPropertyNames(Object.prototype),
    Object.getOwnPropertyNames(Array.prototype),
  ]);
  let mapped = 0;
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 6 }),
      event,
      fc.constantFrom("map", "pass_through"),
      (rows, one, action) => {
        const made = compileMapping({ version: 2, global: { mappings: rows.filter(sound) }, defaults: { action } });
        assert.ok(!("faults" in made), JSON.stringify(made));
        const before = JSON.stringify(one);
        try {
          const result = made.mapping.apply(one, {});
          if (result.kind === "mapped") {
            mapped += 1;
            const again = made.mapping.apply(one, {});
            assert.deepEqual(again, result);
            assert.deepEqual(JSON.parse(JSON.stringify(result.payload)), structuredClone(result.payload));
          }
        } catch (error) {
          assert.ok(error instanceof MappingError, String((error as Error).stack));
        }
        assert.equal(JSON.stringify(one), before);
        assert.equal(
          JSON.stringify([Object.getOwnPropertyNames(Object.prototype), Object.getOwnPropertyNames(Array.prototype)]),
          clean,
        );
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(mapped > 40);
});

test("a mapping printed as YAML and read again is compiled to the same", () => {
  const outcome = (source: JsonValue, one: SignalEvent): JsonValue => {
    const made = compileMapping(source);
    if ("faults" in made) return { faults: made.faults.map(({ path: at, message }) => `${at}: ${message}`) };
    try {
      return JSON.parse(JSON.stringify(made.mapping.apply(one, {}))) as JsonValue;
    } catch (error) {
      assert.ok(error instanceof MappingError);
      return { error: error.message, path: error.path };
    }
  };
  let mapped = 0;
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), event, fc.constantFrom("map", "pass_through"), (rows, one, action) => {
      const document = {
        version: 2,
        global: { mappings: rows.filter(sound) },
        events: { x: { mappings: rows.slice(0, 1) } },
        defaults: { action },
      };
      const expected = outcome(document, one);
      assert.deepEqual(outcome(printMapping(document), one), expected);
      assert.deepEqual(outcome(parse(printMapping(document)) as JsonValue, one), expected);
      assert.deepEqual(outcome(JSON.stringify(document), one), expected);
      if (typeof expected === "object" && expected !== null && "payload" in expected) mapped += 1;
    }),
    { numRuns: 200 },
  );
  assert.ok(mapped > 40, `${mapped} mapped`);
});

test("compiling never throws, and agrees with the exported schema", () => {
  const piece = fc.oneof(json, row, fc.constantFrom<JsonValue>("drop", "map", "server_side", 2, true, "a.b"));
  const document = fc.dictionary(
    fc.constantFrom("version", "delivery_mode", "parameters", "global", "events", "defaults", "extra"),
    fc.oneof(
      piece,
      fc.dictionary(
        fc.constantFrom("mappings", "enrichments", "transforms", "action", "purchase", "page"),
        fc.oneof(piece, fc.array(piece, { maxLength: 3 })),
      ),
    ),
  ) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(document, (one) => {
      const faults = checkSchema(mappingSchema, one);
      const made = compileMapping(one);
      if (faults.length > 0) assert.ok("faults" in made);
      if (!("faults" in made)) assert.ok(Value.Check(mappingSchema, one), JSON.stringify(one));
    }),
    { numRuns: 600 },
  );
});

test("any text compiles or has faults with positions", () => {
  const words = [
    "version: 2\n",
    "events:\n",
    "  purchase:\n",
    "    mappings:\n",
    "      - { source: a, target: b }\n",
    "[",
    "{",
    "}",
    "&a ",
    "*a",
    "- ",
    ": ",
    '"',
    "'",
    "#",
    "|\n",
    "\t",
    "<<: ",
    "!!binary ",
    "---\n",
    "é",
    "? ",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), (parts) => {
      const made = compileMapping(parts.join(""));
      if (!("faults" in made)) return;
      assert.ok(made.faults.length > 0);
      for (const { line, column } of made.faults) assert.ok((line ?? 0) >= 1 && (column ?? 0) >= 1);
    }),
    { numRuns: 600 },
  );
});

test("rows with [] keep items together", () => {
  const items = fc.array(
    fc.record({ id: fc.option(fc.nat(), { nil: undefined }), q: fc.option(fc.nat(), { nil: undefined }) }),
    { maxLength: 8 },
  );
  const made = compileMapping({
    version: 2,
    defaults: {
      action: "map",
      mappings: [
        { source: "properties.items[].id", target: "c[].id" },
        { source: "properties.items[].q", target: "c[].q" },
      ],
    },
  });
  assert.ok(!("faults" in made));
  fc.assert(
    fc.property(items, (list) => {
      const plain = JSON.parse(JSON.stringify(list)) as JsonObject[];
      const one: SignalEvent = {
        type: "track",
        event: "x",
        messageId: "m",
        timestamp: "",
        receivedAt: "",
        context: {},
        properties: { items: plain },
      };
      const result = made.mapping.apply(one, {});
      const expected = plain.filter((item) => Object.keys(item).length > 0);
      assert.deepEqual(result.kind === "mapped" && ((result.payload as JsonObject)["c"] ?? []), expected);
    }),
  );
});
