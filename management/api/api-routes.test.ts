import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenRules } from "./http/route-rules-suite.ts";
import { describedRoutes } from "./openapi/described-routes.ts";

test("every route takes bounded input, and answers exact objects", () => {
  assert.deepEqual(brokenRules(describedRoutes()), []);
});

test("summaries are headings: what one does, without a full stop", () => {
  for (const { operation, summary } of describedRoutes())
    assert.match(summary, /^[A-Z][a-z]+(?<!s) [^]*[^.]$/, operation);
});
