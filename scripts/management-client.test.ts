import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { describedDocument } from "@datafly-signal/management-api/openapi";
import { CLIENT_TYPES, renderClient } from "./management-client.ts";

const written = readFileSync(CLIENT_TYPES, "utf8");

test("clients/management/api.ts is what the routes say: npm run client writes it", () => {
  assert.equal(written, renderClient());
});

test("every operation has a call", () => {
  const operations = Object.values(describedDocument({ version: "" }).paths).flatMap((methods) =>
    Object.values(methods),
  );
  assert.ok(operations.length > 50);
  for (const { operationId } of operations) {
    assert.match(written, new RegExp(`\\n  ${operationId}: \\{ method: "[A-Z]+", path: "/`), operationId);
  }
});
