import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping } from "./compile.ts";
import { publishedMappingSchema } from "./published-schema.ts";
import { listTransforms } from "./transforms/table.ts";

const schema = publishedMappingSchema();
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(
  schema,
);
const folder = (name: string) => new URL(name, import.meta.url);
const files = (name: string): [file: string, text: string][] =>
  readdirSync(folder(name)).map((file) => [file, readFileSync(new URL(file, folder(name)), "utf8")]);

test("docs/mapping.schema.json is what the generator makes", () => {
  const text = readFileSync(new URL("../../docs/mapping.schema.json", import.meta.url), "utf8");
  assert.deepEqual(JSON.parse(text), schema, "run node scripts/mapping-schema.ts");
});

test("every valid mapping of the corpora is valid by the published schema", () => {
  for (const [file, text] of [...files("corpus/valid/"), ...files("v1/corpus/valid/")]) {
    assert.ok(validate(parse(text)), `${file}: ${JSON.stringify(validate.errors)}`);
  }
});

test("every mapping in the documentation is valid by the published schema", () => {
  const page = readFileSync(new URL("../../docs/mapping.md", import.meta.url), "utf8");
  let seen = 0;
  for (const [, example = ""] of page.matchAll(/```ya?ml[^\n]*\n([^`]*?)```/g)) {
    if (!/^(version: 2|steps:)/m.test(example)) continue;
    seen += 1;
    assert.ok(validate(parse(example)), `${example}\n${JSON.stringify(validate.errors)}`);
  }
  assert.ok(seen >= 5);
});

test("every example of a transform is valid, alone and with its arguments", () => {
  for (const { name, examples, argsRequired } of listTransforms()) {
    for (const { args } of examples) {
      const transform: JsonValue = args === undefined ? name : { [name]: args };
      const document = {
        version: 2,
        global: { mappings: [{ source: "a", target: "b", transform: [transform, "trim"] }] },
      };
      assert.ok(validate(document), `${JSON.stringify(transform)} ${JSON.stringify(validate.errors)}`);
    }
    const alone = { version: 2, global: { mappings: [{ source: "a", target: "b", transform: name }] } };
    assert.equal(validate(alone), !argsRequired || name === "date_format", name);
  }
});

/** What an editor must underline; and what the compiler finds in it too. */
const WRONG: [string, JsonObject][] = [
  ["no version", { global: {} }],
  ["another version", { version: 3 }],
  ["an unknown key", { version: 2, evnts: {} }],
  ["an unknown key of a row", { version: 2, global: { mappings: [{ source: "a", target: "b", requird: true }] } }],
  ["a row without a target", { version: 2, global: { mappings: [{ source: "a" }] } }],
  ["a row without source and value", { version: 2, global: { mappings: [{ target: "a" }] } }],
  ["a row with source and value", { version: 2, global: { mappings: [{ source: "a", value: 1, target: "a" }] } }],
  ["an unknown transform", { version: 2, global: { mappings: [{ source: "a", target: "b", transform: "lowercas" }] } }],
  [
    "a wrong argument",
    { version: 2, global: { mappings: [{ source: "a", target: "b", transform: { truncate: "x" } }] } },
  ],
  [
    "an argument too many",
    { version: 2, global: { mappings: [{ source: "a", target: "b", transform: { trim: 1 } }] } },
  ],
  ["a payload transform without a target", { version: 2, global: { transforms: [{ transform: "trim" }] } }],
  ["an unknown action", { version: 2, defaults: { action: "dorp" } }],
  ["a section that is a list", { version: 2, events: { purchase: [] } }],
  ["an unknown step", { steps: [{ type: "mapp", mappings: {} }] }],
  ["a step without its keys", { steps: [{ type: "filter" }] }],
];
for (const [name, document] of WRONG) {
  test(`wrong for editor and compiler alike: ${name}`, () => {
    assert.equal(validate(document), false);
    assert.ok("faults" in compileMapping(document));
  });
}
