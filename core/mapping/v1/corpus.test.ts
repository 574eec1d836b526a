import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import Schema from "typebox/schema";
import { parse } from "yaml";
import { compileMapping } from "../compile.ts";
import { stepMappingSchema } from "./document.ts";

const folder = (name: string) => new URL(`corpus/${name}/`, import.meta.url);
const read = (name: string) =>
  readdirSync(folder(name)).map((file) => ({ file, text: readFileSync(new URL(file, folder(name)), "utf8") }));
const published = Schema.Compile(stepMappingSchema);

for (const { file, text } of read("valid")) {
  test(`valid: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok(!("faults" in made), JSON.stringify(made));
    assert.deepEqual(made.warnings, []);
    assert.ok(published.Check(parse(text)));
    assert.ok(!("faults" in compileMapping(parse(text))));
  });
}

for (const { file, text } of read("invalid")) {
  test(`invalid: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok("faults" in made, "must have faults");
    const found = made.faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    const expected = [...text.matchAll(/^# fault (.*)$/gm)].map(([, fault]) => fault);
    assert.ok(expected.length > 0);
    assert.deepEqual(found, expected);
  });
}
