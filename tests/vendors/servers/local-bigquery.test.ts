import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type LocalBigQuery, startLocalBigQuery, tablePath } from "./local-bigquery.ts";

const FIELDS = [
  { name: "event_id", type: "STRING", mode: "REQUIRED" },
  { name: "value", type: "FLOAT" },
  { name: "event_time", type: "TIMESTAMP" },
  { name: "properties", type: "JSON" },
];

describe("local-bigquery", () => {
  let bigquery: LocalBigQuery;
  let made = 0;
  const table = { project: "shop-test", dataset: "signal", table: "" };
  before(async () => {
    bigquery = await startLocalBigQuery();
    await bigquery.createDataset("shop-test", "signal");
  });
  after(() => bigquery?.stop());
  beforeEach(async () => {
    table.table = `events_${++made}`;
    assert.equal((await create(FIELDS)).status, 200);
  });

  const create = (fields: object[]) =>
    bigquery.call("POST", "/projects/shop-test/datasets/signal/tables", {
      tableReference: { projectId: "shop-test", datasetId: "signal", tableId: table.table },
      schema: { fields },
      timePartitioning: { type: "DAY", field: "event_time" },
      clustering: { fields: ["event_id"] },
    });
  const insert = (rows: object[], more: object = {}) =>
    bigquery.call("POST", `${tablePath(table)}/insertAll`, {
      ...more,
      rows: rows.map((json, at) => ({ insertId: `${table.table}-${at}`, json })),
    });
  const PURCHASE = {
    event_id: "m1",
    value: 9.5,
    event_time: "2026-11-21T12:00:00.250Z",
    properties: '{"currency":"USD","items":[{"item_id":"SKU-1"}]}',
  };

  it("keeps rows and gives them back", async () => {
    assert.deepEqual(await insert([PURCHASE]), {
      status: 200,
      body: { kind: "bigquery#tableDataInsertAllResponse" },
    });
    const [row] = await bigquery.rows(table);
    assert.equal(row?.["event_id"], "m1");
    assert.equal(row["value"], "9.5");
    assert.equal(Number(row["event_time"]) * 1000, Date.parse(PURCHASE.event_time));
    assert.deepEqual(JSON.parse(row["properties"] ?? ""), JSON.parse(PURCHASE.properties));
  });

  it("says of each row what is wrong with it, and stores none of them", async () => {
    const { status, body } = await insert([
      PURCHASE,
      { event_id: "m2", value: "much" },
      { value: 1 },
      { event_id: "m4", colour: "red" },
    ]);
    assert.equal(status, 200);
    const errors = body["insertErrors"] as { index: number; errors: { reason: string; location: string }[] }[];
    const told = errors.map(({ index, errors }) => [index, errors[0]?.reason, errors[0]?.location]);
    assert.deepEqual(told, [
      [0, "stopped", ""],
      [1, "invalid", "value"],
      [2, "invalid", "event_id"],
      [3, "invalid", "colour"],
    ]);
    assert.deepEqual(await bigquery.rows(table), []);
  });

  it("stores the others where it is asked to skip the wrong ones", async () => {
    const { body } = await insert([PURCHASE, { event_id: "m2", value: "much" }], { skipInvalidRows: true });
    assert.deepEqual(
      (body["insertErrors"] as { index: number }[]).map(({ index }) => index),
      [1],
    );
    assert.deepEqual(
      (await bigquery.rows(table)).map((row) => row["event_id"]),
      ["m1"],
    );
  });

  it("stores a row once however often its insertId comes", async () => {
    for (let time = 0; time < 3; time++) assert.equal((await insert([PURCHASE])).status, 200);
    assert.equal((await bigquery.rows(table)).length, 1);
  });

  it("makes a table once, and adds columns to it", async () => {
    assert.equal((await create(FIELDS)).status, 409);
    const more = [...FIELDS, { name: "country", type: "STRING" }];
    assert.equal((await bigquery.call("PATCH", tablePath(table), { schema: { fields: more } })).status, 200);
    assert.deepEqual(await bigquery.columns(table), {
      event_id: "STRING REQUIRED",
      value: "FLOAT NULLABLE",
      event_time: "TIMESTAMP NULLABLE",
      properties: "JSON NULLABLE",
      country: "STRING NULLABLE",
    });
    await insert([{ ...PURCHASE, country: "GB" }]);
    assert.equal((await bigquery.rows(table))[0]?.["country"], "GB");
    const fewer = await bigquery.call("PATCH", tablePath(table), { schema: { fields: FIELDS } });
    assert.equal(fewer.status, 400);
  });

  it("knows no table that was not made", async () => {
    const { status, body } = await bigquery.call("POST", `${tablePath({ ...table, table: "none" })}/insertAll`, {
      rows: [{ json: PURCHASE }],
    });
    assert.equal(status, 404);
    const { errors } = body["error"] as { errors: { reason: string }[] };
    assert.equal(errors[0]?.reason, "notFound");
  });
});
