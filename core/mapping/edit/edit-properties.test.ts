import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { parse, stringify, type ToStringOptions } from "yaml";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { open, TEXT } from "./document-fixture.ts";
import { type Edited, type MappingDocument } from "./mapping-document.ts";
import { printMapping } from "./print-mapping.ts";

const word = fc.constantFrom(
  "a",
  "properties.value",
  "true",
  "null",
  "~",
  "1",
  "1e3",
  "0x1f",
  "",
  " x ",
  "a: b",
  "a #b",
  "- a",
  "{{pipeline_param.k}}",
  "'",
  '"',
  "\\",
  "#",
  "é",
  "line\nbreak",
  "tab\there",
  "*a",
  "&a",
  "!t",
  "|",
  ">",
  "%",
  "@",
  "`",
  "[x]",
  "{x}",
  "a,b",
  "?",
  "=",
  "<<",
  "\u0007",
  "\u2028",
  "\ud800",
  "x".repeat(200),
);
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  word,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const anything = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(word, tie("value"), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
  ),
})).value;
const rowOf = fc.record(
  {
    source: fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 3 })),
    target: word,
    value: anything,
    transform: anything,
    when: word,
  },
  { requiredKeys: ["target"] },
) as fc.Arbitrary<JsonObject>;
const rows = {
  mappings: fc.array(rowOf, { maxLength: 3 }),
  enrichments: fc.array(rowOf, { maxLength: 2 }),
  transforms: fc.array(rowOf, { maxLength: 2 }),
};
const section = fc.record(
  { vendor_event_name: word, enabled: fc.boolean(), filter: word, ...rows },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;
const mapping = fc.record(
  {
    version: fc.constant(2),
    parameters: fc.dictionary(word, anything, { maxKeys: 3 }),
    global: fc.record(rows, { requiredKeys: [] }),
    events: fc.dictionary(
      fc.constantFrom("purchase", "Order Completed", "page:Home", "true", "1", "é: x", "a #"),
      section,
      { maxKeys: 3 },
    ),
    defaults: section,
  },
  { requiredKeys: ["version"] },
) as fc.Arbitrary<JsonObject>;

/** As JSON has it: without the difference between 0 and -0. */
const plain = (value: JsonValue): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

test("a mapping that is printed and read is the same mapping, and opening it changes nothing", () => {
  fc.assert(
    fc.property(mapping, (one) => {
      const document = plain(one) as JsonObject;
      const text = printMapping(document);
      assert.deepEqual(parse(text, { schema: "core" }), document, text);
      const opened = open(text);
      assert.equal(opened.toString(), text);
      assert.deepEqual(opened.toJSON(), document);
      const json = JSON.stringify(document, null, 2);
      assert.equal(open(json).toString(), json);
    }),
    { numRuns: 200 },
  );
});

const at = fc.nat({ max: 3 });
const list = fc.constantFrom("mappings" as const, "enrichments" as const, "transforms" as const);
const operation: fc.Arbitrary<(document: MappingDocument, section: string) => Edited> = fc.oneof(
  fc.tuple(list, at, rowOf).map(
    ([where, index, row]) =>
      (one: MappingDocument, id: string) =>
        one.setRow(id, where, index, plain(row) as JsonObject),
  ),
  fc.tuple(list, at, rowOf).map(
    ([where, index, row]) =>
      (one: MappingDocument, id: string) =>
        one.addRow(id, where, plain(row) as JsonObject, index),
  ),
  fc.tuple(list, at).map(
    ([where, index]) =>
      (one: MappingDocument, id: string) =>
        one.removeRow(id, where, index),
  ),
  fc.tuple(list, at, at).map(
    ([where, from, to]) =>
      (one: MappingDocument, id: string) =>
        one.moveRow(id, where, from, to),
  ),
  fc.tuple(list, fc.array(rowOf, { maxLength: 3 })).map(
    ([where, all]) =>
      (one: MappingDocument, id: string) =>
        one.setRows(id, where, plain(all) as JsonObject[]),
  ),
  fc.tuple(fc.constantFrom("filter" as const, "enabled" as const), fc.option(word, { nil: undefined })).map(
    ([key, value]) =>
      (one: MappingDocument, id: string) =>
        one.setOption(id, key, value),
  ),
  section.map((content) => (one: MappingDocument) => one.addSection("new one", plain(content) as JsonObject)),
  fc.constant((one: MappingDocument, id: string) => one.removeSection(id)),
);

/** Other ways in which tools and people lay YAML out. */
const MANNERS: readonly ToStringOptions[] = [
  { indent: 4 },
  { indentSeq: false },
  { indent: 3, indentSeq: false, singleQuote: true },
  { collectionStyle: "flow" },
  { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 30 },
  { defaultStringType: "QUOTE_DOUBLE", lineWidth: 40 },
  { defaultStringType: "BLOCK_LITERAL" },
  { defaultStringType: "BLOCK_FOLDED", lineWidth: 20 },
];

test("whatever is edited, the text says exactly the model, comments stay, and a refusal changes nothing", () => {
  let done = 0;
  let refused = 0;
  const texts = fc.oneof(
    fc.constant(TEXT),
    mapping.map((one) => printMapping(plain(one) as JsonObject)),
    mapping.map((one) => JSON.stringify(plain(one), null, 2)),
    mapping.map((one) => JSON.stringify(plain(one))),
    fc
      .tuple(mapping, fc.constantFrom(...MANNERS), fc.constantFrom("", "# said before\n", "---\n", "\ufeff"))
      .map(([one, manner, before]) => before + stringify(plain(one), { schema: "core", ...manner })),
  );
  fc.assert(
    fc.property(texts, fc.array(fc.tuple(operation, fc.nat()), { minLength: 1, maxLength: 6 }), (text, operations) => {
      const document = open(text);
      for (const [run, pick] of operations) {
        const sections = document.sections();
        const id = sections[pick % Math.max(1, sections.length)]?.id ?? "global";
        const before = { text: document.toString(), value: document.toJSON() };
        const result = run(document, id);
        if (result.ok) done += 1;
        else {
          if (!/^There is|must not be empty/.test(result.message)) refused += 1;
          assert.deepEqual({ text: document.toString(), value: document.toJSON() }, before);
        }
        assert.ok(
          isDeepStrictEqual(parse(document.toString(), { schema: "core" }), document.toJSON()),
          document.toString(),
        );
        if (text === TEXT)
          assert.ok(document.toString().endsWith("# the end\n") && document.toString().startsWith(TEXT.slice(0, 60)));
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(done > 100, `${done} done`);
  assert.ok(refused <= done / 20, `${refused} refused, ${done} done`);
});
