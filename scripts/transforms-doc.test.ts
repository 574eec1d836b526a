import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compileMapping, listTransforms } from "@datafly-signal/core";
import { MAPPING_DOC, withTransforms } from "./transforms-doc.ts";

const page = readFileSync(MAPPING_DOC, "utf8");

test("docs/mapping.md has the transforms as core lists them: npm run docs:transforms writes the table", () => {
  assert.equal(withTransforms(page), page);
});

test("every transform stands in the table once", () => {
  const listed = page.slice(page.indexOf("<!-- transforms:"));
  for (const { name } of listTransforms()) {
    assert.equal(listed.split(`\n| \`${name}\` `).length, 2, name);
  }
});

test("every mapping in the documentation compiles", () => {
  const examples = [...page.matchAll(/```yaml\n([^`]*?)```/g)].map(([, text = ""]) => text);
  assert.ok(examples.length > 0);
  for (const example of examples) {
    const made = compileMapping(example);
    assert.deepEqual("faults" in made ? made.faults : made.warnings, [], example);
  }
});
