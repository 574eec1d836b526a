import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenRules } from "./http/route-rules-suite.ts";
import { describedRoutes } from "./openapi/described-routes.ts";

test("every route takes bounded input, and answers exact objects", () => {
  assert.deepEqual(brokenRules(describedRoutes()), []);
});

test("routes whose answers hold what is shown once say so, and no others", () => {
  const shows = describedRoutes().filter(({ showsSecret }) => showsSecret === true);
  assert.deepEqual(shows.map(({ operation }) => operation).toSorted(), [
    "createApiToken",
    "createInvitation",
    "resendInvitation",
  ]);
  // Answers of public routes are kept for nobody.
  const kept = describedRoutes().filter((route) => {
    return route.method === "POST" && route.changes === true && route.access !== "public" && route.showsSecret !== true;
  });
  assert.ok(kept.length > 5);
  for (const { operation, answers } of kept) {
    const schemas = JSON.stringify(Object.values(answers).map(({ schema }) => schema));
    assert.doesNotMatch(schemas, /"(token|accept_url|access_token|refresh_token|password|secret)":/, operation);
  }
});

test("summaries are headings: what one does, without a full stop", () => {
  for (const { operation, summary } of describedRoutes())
    assert.match(summary, /^[A-Z][a-z]+(?<!s) [^]*[^.]$/, operation);
});
