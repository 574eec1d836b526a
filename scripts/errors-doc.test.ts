import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERRORS_DOC, renderErrorsDoc } from "./errors-doc.ts";

test("docs/errors.md has every code of the tables and no other: npm run docs:errors writes it", () => {
  assert.equal(readFileSync(ERRORS_DOC, "utf8"), renderErrorsDoc());
});
