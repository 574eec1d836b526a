import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { listTransforms } from "@datafly-signal/core";
import { MAPPING_DOC, withTransforms } from "./transforms-doc.ts";

const page = readFileSync(MAPPING_DOC, "utf8");

test("docs/mapping.md has the transforms as core lists them: npm run docs:transforms writes the table", () => {
  assert.equal(withTransforms(page), page);
});

test("every transform stands in the table once", () => {
  for (const { name } of listTransforms()) {
    assert.equal(page.split(`\n| \`${name}\` `).length, 2, name);
  }
});
