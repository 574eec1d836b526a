import assert from "node:assert/strict";
import { test } from "node:test";
import { openSchemaChecks } from "../http/schema-check.ts";
import { describedDocument, describedRoutes } from "./described-routes.ts";
import { REQUEST_EXAMPLES } from "./request-examples.ts";

const routes = describedRoutes();

test("every operation with a body has an example, and no other", () => {
  const withBody = routes.filter(({ body }) => body !== undefined).map(({ operation }) => operation);
  assert.deepEqual(Object.keys(REQUEST_EXAMPLES).toSorted(), withBody.toSorted());
});

test("every example is what its operation takes", () => {
  const compile = openSchemaChecks();
  for (const { operation, body } of routes) {
    if (body !== undefined) assert.deepEqual(compile(body)(REQUEST_EXAMPLES[operation]), [], operation);
  }
});

test("the document says each operation once, and no schema's name was made up for want of a better one", () => {
  const document = describedDocument({ version: "1" });
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const names = operations.map(({ operationId }) => operationId);
  assert.deepEqual(names, [...new Set(names)]);
  assert.equal(names.length, routes.length);
  for (const name of Object.keys(document.components.schemas)) assert.match(name, /^[A-Z][A-Za-z]+$/);
  for (const { summary, operationId } of operations) assert.match(summary, /^[A-Z].{3,100}$/, operationId);
});
