import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenRules } from "./http/route-rules-suite.ts";
import { describedRoutes } from "./openapi/described-routes.ts";

test("every route takes bounded input, and answers exact objects", () => {
  assert.deepEqual(brokenRules(describedRoutes()), []);
});
