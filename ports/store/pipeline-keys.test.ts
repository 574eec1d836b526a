import assert from "node:assert/strict";
import { test } from "node:test";
import { addPipeline } from "./pipeline-fixture.ts";
import {
  expiredKeys,
  findPipelineKey,
  keptKeysOf,
  listPipelineKeys,
  nextKeyEnd,
  type PipelineKeyRow,
  revokeExpiredKeys,
} from "./pipeline-keys.ts";
import type { Database } from "./queries.ts";
import { eachDatabase } from "./testing/each-database.ts";

const ids = (rows: readonly PipelineKeyRow[]): string[] => rows.map(({ id }) => id);

eachDatabase("pipeline keys", (open) => {
  async function filled(): Promise<Database> {
    const database = await open();
    const { queries } = database;
    await addPipeline(queries, { id: "pip_1" });
    await addPipeline(queries, { id: "pip_2" });
    const keys: [id: string, pipeline: string, created: number, expires: number | null, revoked: number | null][] = [
      ["key_1", "pip_1", 10, null, 40],
      ["key_2", "pip_1", 20, 100, null],
      ["key_3", "pip_1", 30, null, null],
      ["key_4", "pip_1", 30, 200, null],
      ["key_5", "pip_2", 40, 99, null],
      ["key_6", "pip_2", 50, 50, 45],
    ];
    await queries
      .insertInto("pipeline_keys")
      .values(
        keys.map(([id, pipeline_id, created_at, expires_at, revoked_at]) => {
          return { id, pipeline_id, key: `dk_${id}`, created_at, expires_at, revoked_at };
        }),
      )
      .execute();
    return database;
  }

  test("the kept ones of several pipelines, newest first, and all of one in pages", async () => {
    const { queries } = await filled();
    assert.deepEqual(ids(await keptKeysOf(queries, ["pip_1", "pip_2"])), ["key_5", "key_4", "key_3", "key_2"]);
    assert.deepEqual(await keptKeysOf(queries, []), []);
    assert.deepEqual(ids(await listPipelineKeys(queries, { pipelineId: "pip_1", limit: 3 })), [
      "key_4",
      "key_3",
      "key_2",
    ]);
    const after = { created_at: 30, id: "key_4" };
    assert.deepEqual(ids(await listPipelineKeys(queries, { pipelineId: "pip_1", limit: 2, after })), [
      "key_3",
      "key_2",
    ]);
  });

  test("a key is found with its own pipeline only", async () => {
    const { queries } = await filled();
    assert.equal((await findPipelineKey(queries, { pipelineId: "pip_1", id: "key_1" }))?.revoked_at, 40);
    assert.equal(await findPipelineKey(queries, { pipelineId: "pip_2", id: "key_1" }), undefined);
  });

  test("what has expired is revoked once, at its end, and the next end is known", async () => {
    const { queries } = await filled();
    assert.equal(await nextKeyEnd(queries), 99);
    assert.deepEqual(ids(await expiredKeys(queries, 98)), []);
    assert.deepEqual(ids(await expiredKeys(queries, 100)), ["key_2", "key_5"]);
    assert.deepEqual(ids(await revokeExpiredKeys(queries, 100)).toSorted(), ["key_2", "key_5"]);
    assert.equal((await findPipelineKey(queries, { pipelineId: "pip_2", id: "key_5" }))?.revoked_at, 99);
    assert.deepEqual(await revokeExpiredKeys(queries, 100), []);
    assert.equal((await findPipelineKey(queries, { pipelineId: "pip_2", id: "key_6" }))?.revoked_at, 45);
    assert.equal(await nextKeyEnd(queries), 200);
    await revokeExpiredKeys(queries, 200);
    assert.equal(await nextKeyEnd(queries), null);
  });

  test("of two processes that end the same keys at once, one does", async () => {
    const database = await filled();
    const both = await Promise.all(
      [1, 2].map(() => database.transaction((queries) => revokeExpiredKeys(queries, 1_000))),
    );
    assert.deepEqual(both.map(({ length }) => length).toSorted(), [0, 3]);
  });
});
