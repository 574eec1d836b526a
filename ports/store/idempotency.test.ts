import assert from "node:assert/strict";
import { test } from "node:test";
import { raiseConfigurationNumber } from "./configuration-number.ts";
import { deleteIdempotencyRecords, findIdempotencyRecord, insertIdempotencyRecord } from "./idempotency.ts";
import { eachDatabase } from "./testing.ts";

const record = (owner: string, key: string, created: number) => ({
  owner,
  idempotency_key: key,
  request_hash: "h",
  status: 201,
  answer: "sealed",
  created_at: created,
});

eachDatabase("idempotency keys", (open) => {
  test("are once for each owner, as they are written; the first one stays", async () => {
    const { queries } = await open();
    assert.equal(await insertIdempotencyRecord(queries, record("usr_1", "k", 1_000)), true);
    assert.equal(await insertIdempotencyRecord(queries, { ...record("usr_1", "k", 2_000), status: 200 }), false);
    assert.equal(await insertIdempotencyRecord(queries, record("usr_2", "k", 2_000)), true);
    assert.equal(await insertIdempotencyRecord(queries, record("usr_1", "K", 3_000)), true);
    const found = await findIdempotencyRecord(queries, { owner: "usr_1", idempotency_key: "k" });
    assert.deepEqual({ ...found }, record("usr_1", "k", 1_000));
    assert.equal(await findIdempotencyRecord(queries, { owner: "usr_1", idempotency_key: "k " }), undefined);
  });

  test("go when they are old: one owner's, or all", async () => {
    const { queries } = await open();
    const rows = [record("usr_1", "a", 1_000), record("usr_1", "b", 2_000), record("usr_2", "a", 1_000)];
    for (const one of rows) await insertIdempotencyRecord(queries, one);
    assert.equal(await deleteIdempotencyRecords(queries, { before: 999 }), 0);
    assert.equal(await deleteIdempotencyRecords(queries, { before: 1_000, owner: "usr_1" }), 1);
    assert.equal(await deleteIdempotencyRecords(queries, { before: 5_000 }), 2);
  });
});

eachDatabase("the configuration's number", (open) => {
  test("rises by one for each change that is kept", async () => {
    const database = await open();
    const read = async (): Promise<object> => ({
      ...(await database.queries.selectFrom("configuration").selectAll().executeTakeFirstOrThrow()),
    });
    for (const now of [7_000, 8_000]) await database.transaction((queries) => raiseConfigurationNumber(queries, now));
    assert.deepEqual(await read(), { id: "current", number: 2, changed_at: 8_000 });
  });
});
