import assert from "node:assert/strict";
import { after, test } from "node:test";
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import fc from "fast-check";
import { openApiRig } from "./api-rig.ts";
import { thingRoutes } from "./routes-fixture.ts";

const rig = await openApiRig({ routes: (database) => thingRoutes(database) });
after(() => rig.close());

const names = ["name", "rate", "kind", "note", "labels", "config", "__proto__", "constructor", "ending"];
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("web", "fault", "twice", "touch", 1e300, -0, "\u0000", "\ud800", {}),
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true }) },
  { weight: 1, arbitrary: value },
);
const text = fc.string({ unit: "binary", maxLength: 30 });

/** Whatever came in: one of our answers came out, and nothing was thrown. */
async function answered(method: string, url: string, payload?: string): Promise<void> {
  const headers = {
    authorization: "Bearer org_admin",
    ...(payload !== undefined && { "content-type": "application/json" }),
  };
  const response = await rig.server.inject({
    method: method as "POST",
    url,
    headers,
    ...(payload !== undefined && { payload }),
  });
  const where = `${method} ${url} ${payload}: ${response.statusCode} ${response.payload}`;
  assert.ok(response.statusCode < 500, where);
  if (response.statusCode < 400) return;
  const { error } = response.json<{ error: { code: keyof typeof MANAGEMENT_ERRORS; details?: object[] } }>();
  assert.equal(MANAGEMENT_ERRORS[error.code].status, response.statusCode, where);
  if (error.code === "VALIDATION_FAILED") assert.ok((error.details?.length ?? 0) > 0, where);
}

test("any JSON as a body", async () => {
  await fc.assert(
    fc.asyncProperty(body, (sent) => answered("POST", "/v1/admin/things", JSON.stringify(sent) ?? "")),
    { numRuns: 600 },
  );
});

test("any text as a body", async () => {
  const sent = fc.oneof(
    text,
    fc.json().map((whole) => whole.slice(0, -1)),
  );
  await fc.assert(
    fc.asyncProperty(sent, (payload) => answered("POST", "/v1/admin/things", payload)),
    { numRuns: 300 },
  );
});

test("any query and any path", async () => {
  const query = fc.oneof(
    fc.webQueryParameters(),
    text.map((one) => `search=${encodeURIComponent(one.toWellFormed())}`),
  );
  await fc.assert(
    fc.asyncProperty(query, (one) => answered("GET", `/v1/admin/things?${one}`)),
    { numRuns: 300 },
  );
  const path = fc.oneof(
    fc.webPath(),
    text.map((one) => `/things/${encodeURIComponent(one.toWellFormed())}`),
  );
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE");
  await fc.assert(
    fc.asyncProperty(method, path, (one, at) => answered(one, `/v1/admin${at}`)),
    { numRuns: 300 },
  );
});
