import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  DEAD_LETTER_REASONS,
  EVENT_REJECTIONS,
  FILTER_REASONS,
  GATEWAY_ERRORS,
  MANAGEMENT_ERRORS,
} from "@datafly-signal/core";
import { ERRORS_DOC, renderErrorsDoc } from "./errors-doc.ts";

const page = readFileSync(ERRORS_DOC, "utf8");

test("docs/errors.md has every code of the tables and no other: npm run docs:errors writes it", () => {
  assert.equal(page, renderErrorsDoc());
});

test("every heading is a code of a table and every code has its heading, with an anchor of that name where it is answered", () => {
  const answered = [...Object.keys(GATEWAY_ERRORS), ...Object.keys(MANAGEMENT_ERRORS)];
  const reasons = [DEAD_LETTER_REASONS, FILTER_REASONS, EVENT_REJECTIONS].flatMap((table) => Object.keys(table));
  const headings = [...page.matchAll(/^### (?:<a id="(\w+)"><\/a>)?(.+)$/gm)];
  assert.deepEqual(headings.map(([, , code]) => code).toSorted(), [...answered, ...reasons].toSorted());
  assert.deepEqual(headings.flatMap(([, anchor]) => anchor ?? []).toSorted(), answered.toSorted());
});
