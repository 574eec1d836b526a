import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, PreparationStep, VendorResponse } from "@datafly-signal/core";
import { readColumns, ROW_COLUMNS } from "./columns.ts";
import { tablePreparation, type WantedTable } from "./table.ts";

const TABLES = "https://bigquery.googleapis.com/bigquery/v2/projects/shop-analytics/datasets/signal/tables";

const wanted = (more: Partial<WantedTable> = {}): WantedTable => ({
  place: { endpoint: undefined, project: "shop-analytics", dataset: "signal", table: "events" },
  columns: readColumns({ order_id: "STRING", tags: "array<string>" }).columns,
  creates: true,
  adds: true,
  account: "account-1",
  ...more,
});

const answered = (status: number, body: JsonObject = {}, headers: Record<string, string> = {}): VendorResponse => ({
  status,
  headers,
  body: JSON.stringify(body),
});

const refused = (status: number, reason: string, message: string): VendorResponse =>
  answered(status, { error: { code: status, message, errors: [{ reason, message, domain: "global" }] } });

const NO_TABLE = refused(404, "notFound", "Not found: Table shop-analytics:signal.events");

const table = (names: readonly string[], more: JsonObject = {}): VendorResponse =>
  answered(200, {
    etag: "e1",
    schema: { fields: names.map((name) => ({ name, type: "STRING", description: name })) },
    ...more,
  });

const next = (answers: VendorResponse[], more: Partial<WantedTable> = {}): PreparationStep =>
  tablePreparation(wanted(more)).next(answers, { now: 0, token: "token-1" });

function sent(step: PreparationStep): { call: string; body: JsonObject; headers: Record<string, string> } {
  assert.ok("send" in step, JSON.stringify(step));
  const { method, url, headers, body } = step.send;
  return { call: `${method} ${url}`, headers, body: body === null ? {} : (JSON.parse(String(body)) as JsonObject) };
}

const ALL = wanted().columns.map(({ name }) => name);

test("a table that is not there is made: columns, day partitions, clusters", () => {
  const look = sent(next([]));
  assert.equal(look.call, `GET ${TABLES}/events`);
  assert.equal(look.headers["Authorization"], "Bearer token-1");
  const { call, body } = sent(next([NO_TABLE]));
  assert.equal(call, `POST ${TABLES}`);
  const { schema, ...rest } = body;
  assert.deepEqual(rest, {
    tableReference: { projectId: "shop-analytics", datasetId: "signal", tableId: "events" },
    description: "Events of Datafly Signal, a row each.",
    timePartitioning: { type: "DAY", field: "timestamp" },
    clustering: { fields: ["type", "event"] },
  });
  const { fields } = schema as { fields: JsonObject[] };
  assert.deepEqual(
    fields.map(({ name, type, mode }) => [name, type, mode]),
    [
      ["event_id", "STRING", "REQUIRED"],
      ...ROW_COLUMNS.slice(1).map(({ name, type }) => [name, type, undefined]),
      ["order_id", "STRING", undefined],
      ["tags", "STRING", "REPEATED"],
    ],
  );
  assert.equal(ROW_COLUMNS.length, 13);
  assert.deepEqual(next([NO_TABLE, answered(200)]), { ready: true });
});

test("columns that it lacks are added behind those that are there, which stay as they are", () => {
  assert.deepEqual(next([table(ALL)]), { ready: true });
  assert.deepEqual(next([table([...ALL.map((name) => name.toUpperCase()), "own"])]), { ready: true });
  const given = table(["own", "TYPE", "event"]);
  const { call, body, headers } = sent(next([given]));
  assert.equal(call, `PATCH ${TABLES}/events`);
  assert.equal(headers["If-Match"], "e1");
  const { fields } = body["schema"] as { fields: JsonObject[] };
  assert.deepEqual(fields.slice(0, 3), (JSON.parse(given.body) as { schema: { fields: JsonObject[] } }).schema.fields);
  const added = fields.slice(3);
  assert.deepEqual(
    added.map(({ name }) => name),
    ALL.filter((name) => name !== "type" && name !== "event"),
  );
  assert.equal(added[0]?.["mode"], undefined, "no column that is added is required");
  assert.equal(added.at(-1)?.["mode"], "REPEATED");
  assert.deepEqual(next([given, answered(200)]), { ready: true });
  assert.equal(sent(next([answered(200, { etag: 7 })])).headers["If-Match"], undefined, "a table without any columns");
});

test("where another was faster it looks again", () => {
  const exists = refused(409, "duplicate", "Already Exists: Table shop-analytics:signal.events");
  assert.equal(sent(next([NO_TABLE, exists])).call, `GET ${TABLES}/events`);
  assert.deepEqual(next([NO_TABLE, exists, table(ALL)]), { ready: true });
  const changed = refused(412, "conditionNotMet", "Precondition Failed");
  assert.equal(sent(next([table([]), changed])).call, `GET ${TABLES}/events`);
  assert.deepEqual(next([table([]), changed, table(ALL)]), { ready: true });
});

test("only what the settings allow is done", () => {
  assert.deepEqual(next([table([])], { adds: false }), { ready: true });
  const step = next([NO_TABLE], { creates: false });
  assert.ok("kind" in step && step.kind === "misconfigured");
  assert.match(step.reason, /Make it, or set create_table to yes\./);
});

test("failures say what to do", () => {
  const cases: [answers: VendorResponse[], kind: string, words: RegExp][] = [
    [[refused(401, "authError", "Invalid Credentials")], "refresh", /looked at \(401\).*refused the token/],
    [[refused(403, "rateLimitExceeded", "Exceeded")], "throttle", /looked at \(403\): a limit/],
    [[NO_TABLE, refused(403, "quotaExceeded", "Quota")], "throttle", /made \(403\): a limit/],
    [[answered(429, {}, { "retry-after": "7" })], "throttle", /429/],
    [[answered(503)], "retry", /looked at \(503\)\./],
    [
      [refused(403, "accessDenied", "Access Denied")],
      "misconfigured",
      /looked at \(403\)\. Grant .* Data Editor.*Access Denied/,
    ],
    [
      [NO_TABLE, refused(403, "accessDenied", "tables.create denied")],
      "misconfigured",
      /made \(403\).*tables.create denied/,
    ],
    [[table([]), refused(403, "accessDenied", "tables.update denied")], "misconfigured", /changed \(403\)/],
    [
      [refused(404, "notFound", "Not found: Dataset shop-analytics:signal")],
      "misconfigured",
      /Check project_id and dataset_id/,
    ],
    [[NO_TABLE, refused(404, "notFound", "Not found: Dataset shop-analytics:signal")], "misconfigured", /made \(404\)/],
    [
      [NO_TABLE, refused(400, "invalid", "Invalid field name")],
      "misconfigured",
      /Check table_id and extra_columns.*Invalid field name/,
    ],
    [[{ status: 200, headers: {}, body: '{"schema": {"fields": [{"na' }], "misconfigured", /too large to be read/],
  ];
  for (const [answers, kind, words] of cases) {
    const step = next(answers);
    assert.ok("kind" in step, JSON.stringify(step));
    assert.equal(step.kind, kind, step.reason);
    assert.match(step.reason, words);
  }
  const throttled = next([answered(429, {}, { "retry-after": "7" })]);
  assert.ok("kind" in throttled && throttled.kind === "throttle" && throttled.retryAfterMs === 7_000);
});

test("the same table is one preparation, another is not, and the key tells no account", () => {
  const key = (more: Partial<WantedTable>): string => tablePreparation(wanted(more)).key;
  assert.equal(key({}), key({}));
  const others: Partial<WantedTable>[] = [
    { account: "account-2" },
    { place: { ...wanted().place, table: "other" } },
    { place: { ...wanted().place, endpoint: "https://bigquery.example.com" } },
    { columns: ROW_COLUMNS },
    { creates: false },
    { adds: false },
  ];
  assert.equal(new Set([key({}), ...others.map(key)]).size, others.length + 1);
  assert.doesNotMatch(key({}), /account/);
});

test("an endpoint with a slash at its end is the same address", () => {
  const place = { ...wanted().place, endpoint: "http://127.0.0.1:9050/" };
  assert.equal(
    sent(next([], { place })).call,
    "GET http://127.0.0.1:9050/bigquery/v2/projects/shop-analytics/datasets/signal/tables/events",
  );
});
