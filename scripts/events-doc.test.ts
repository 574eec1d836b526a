import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { catalogueEvents } from "@datafly-signal/core";
import { EVENTS_DOC, renderEventsDoc } from "./events-doc.ts";

const page = readFileSync(EVENTS_DOC, "utf8");

test("docs/events.md has the catalogue as core has it: npm run docs:events writes it", () => {
  assert.equal(page, renderEventsDoc());
});

test("every event stands in a table once", () => {
  for (const { name } of catalogueEvents()) {
    assert.equal(page.split(new RegExp(`\\n\\| \`${name}\` ¹? *\\|`)).length, 2, name);
  }
});
