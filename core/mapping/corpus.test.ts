import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Value } from "typebox/value";
import { parse } from "yaml";
import { compileMapping } from "./compile.ts";
import { mappingSchema } from "./document.ts";

const folder = (name: string) => new URL(`corpus/${name}/`, import.meta.url);
const read = (name: string) =>
  readdirSync(folder(name)).map((file) => ({ file, text: readFileSync(new URL(file, folder(name)), "utf8") }));

for (const { file, text } of read("valid")) {
  test(`valid: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok(!("faults" in made), JSON.stringify(made));
    assert.ok(Value.Check(mappingSchema, parse(text)));
    assert.ok(!("faults" in compileMapping(parse(text))));
  });
}

for (const { file, text } of read("invalid")) {
  test(`invalid: ${file}`, () => {
    const expected = [...text.matchAll(/^# fault (\d+):(\d+) (.*?): (.*)$/gm)].map(
      ([, line, column, path, message]) => ({
        line: Number(line),
        column: Number(column),
        path,
        message,
      }),
    );
    const made = compileMapping(text);
    assert.ok("faults" in made, "must have faults");
    assert.ok(expected.length > 0);
    const found = made.faults.map((fault, index) => {
      const wanted = expected[index]?.message ?? "";
      return {
        line: fault.line,
        column: fault.column,
        path: fault.path,
        message: fault.message.startsWith(wanted) ? wanted : fault.message,
      };
    });
    assert.deepEqual(found, expected);
  });
}
