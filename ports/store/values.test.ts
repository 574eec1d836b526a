import assert from "node:assert/strict";
import { before, test } from "node:test";
import { sql } from "kysely";
import type { Database } from "./queries.ts";
import { StoreError } from "./store-error.ts";
import { eachDialect } from "./testing/each-database.ts";
import { pipelineRow, revisionRow, templateRow, userRow } from "./testing/sample-rows.ts";

const texts = {
  empty: "",
  "SQL of its own": "'; drop table pipelines; --",
  "quotes and backslashes": String.raw`\' "x" \\ $1 ? :a @b %s`,
  "other scripts": "Zürich 東京 Ελλάδα العربية",
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈",
  "control characters": "\u0001\t\r\n\u007F\u0080\u2028",
  long: "ä".repeat(300_000),
  "JSON with every escape": JSON.stringify({ nul: "\0", lone: "\uD800", quote: '"', list: [1, null, true, 1e21] }),
};

eachDialect("values", ({ open }) => {
  let database: Database;
  before(async () => (database = await open()));

  for (const [name, text] of Object.entries(texts)) {
    test(`text comes back as it was: ${name}`, async () => {
      const { queries } = database;
      const row = pipelineRow({ id: `pip_${name}`, name, slug: name, labels: text });
      await queries.insertInto("pipelines").values(row).execute();
      const found = await queries.selectFrom("pipelines").selectAll().where("labels", "=", text).execute();
      assert.deepEqual(found, [row]);
    });
  }

  test("NUL is refused, inside and outside of a transaction, in words and without its text", async () => {
    const isRefused = (error: unknown): boolean => {
      assert.ok(error instanceof StoreError);
      assert.equal(error.fault, "misuse");
      assert.match(error.message, /NUL/);
      assert.doesNotMatch(error.message, /before/);
      return true;
    };
    const update = (text: string) => database.queries.updateTable("pipelines").set({ labels: text }).execute();
    await assert.rejects(update("before\0after"), isRefused);
    await assert.rejects(
      database.transaction((queries) => queries.updateTable("pipelines").set({ labels: "\0" }).execute()),
      isRefused,
    );
  });

  for (const value of [undefined, new Date(0), ["a"], { a: 1 }, Buffer.from("a")]) {
    test(`a value that is no text, number or null is refused: ${JSON.stringify(value)}`, async () => {
      const update = sql`update pipelines set labels = ${value}`.execute(database.queries);
      await assert.rejects(update, (error) => error instanceof StoreError && /neither text/.test(error.message));
    });
  }

  test("half of a surrogate pair becomes the replacement character", async () => {
    const { queries } = database;
    const row = pipelineRow({ id: "pip_lone", name: "lone", slug: "lone", labels: "a\uD800b" });
    await queries.insertInto("pipelines").values(row).execute();
    const found = await queries.selectFrom("pipelines").select("labels").where("id", "=", "pip_lone").execute();
    assert.deepEqual(found, [{ labels: "a\uFFFDb" }]);
  });

  for (const number of [0, -1, 2 ** 31, 1_795_000_000_123, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    test(`${number} comes back as a number`, async () => {
      const { queries } = database;
      await queries.updateTable("configuration").set({ changed_at: number }).execute();
      const row = await queries.selectFrom("configuration").select("changed_at").executeTakeFirstOrThrow();
      assert.equal(row.changed_at, number);
      const counted = await queries
        .selectFrom("configuration")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("changed_at", "=", number)
        .executeTakeFirstOrThrow();
      assert.equal(counted.count, 1);
    });
  }

  test("a number of more than 53 bits is refused instead of rounded", async () => {
    await assert.rejects(sql`select 9007199254740993 as big`.execute(database.queries));
  });

  test("a column takes no other type than its own", async () => {
    const { queries } = database;
    for (const wrong of [1.5, "many", true, Number.NaN, Number.POSITIVE_INFINITY]) {
      const update = queries.updateTable("configuration").set({ changed_at: wrong as number });
      await assert.rejects(update.execute(), `changed_at took ${wrong}`);
    }
    await assert.rejects(
      queries
        .updateTable("configuration")
        .set({ changed_at: null as unknown as number })
        .execute(),
    );
  });

  test("sums, truth and arithmetic give the same numbers", async () => {
    const { queries } = database;
    await queries.updateTable("configuration").set({ number: 7 }).execute();
    const row = await queries
      .selectFrom("configuration")
      .select((eb) => [
        eb.fn.sum<number>("number").as("sum"),
        eb.exists(eb.selectFrom("users").select("id")).as("exists"),
        eb("number", ">", 1).as("isMore"),
        eb("number", "+", 1).as("next"),
        sql<number>`number / ${2}`.as("half"),
      ])
      .groupBy("number")
      .executeTakeFirstOrThrow();
    assert.deepEqual(row, { sum: 7, exists: 0, isMore: 1, next: 8, half: 3 });
  });

  test("text sorts by bytes and like tells capitals apart", async () => {
    const { queries } = database;
    await queries.deleteFrom("pipelines").execute();
    for (const name of ["b", "B", "é", "a", "_", "Z", "😀", "～"]) {
      await queries
        .insertInto("pipelines")
        .values(pipelineRow({ id: name, name, slug: name }))
        .execute();
    }
    const names = async (like: string): Promise<string[]> => {
      const rows = await queries.selectFrom("pipelines").select("name").where("name", "like", like).orderBy("name");
      return (await rows.execute()).map(({ name }) => name);
    };
    assert.deepEqual(await names("%"), ["B", "Z", "_", "a", "b", "é", "～", "😀"]);
    assert.deepEqual(await names("B%"), ["B"]);
  });

  test("returning, onConflict and numbers of changed rows are the same", async () => {
    const { queries } = database;
    const row = userRow();
    const inserted = await queries.insertInto("users").values(row).returningAll().execute();
    assert.deepEqual(inserted, [row]);
    const again = await queries
      .insertInto("users")
      .values({ ...row, name: "Again" })
      .onConflict((conflict) => conflict.column("email").doUpdateSet({ name: "Updated" }))
      .returning("name")
      .execute();
    assert.deepEqual(again, [{ name: "Updated" }]);
    const ignored = await queries
      .insertInto("users")
      .values(row)
      .onConflict((conflict) => conflict.column("email").doNothing())
      .executeTakeFirstOrThrow();
    assert.equal(ignored.numInsertedOrUpdatedRows, 0n);
    const updated = await queries.updateTable("users").set({ version: 2 }).executeTakeFirstOrThrow();
    assert.equal(updated.numUpdatedRows, 1n);
    const deleted = await queries.deleteFrom("users").where("id", "=", "nobody").executeTakeFirstOrThrow();
    assert.equal(deleted.numDeletedRows, 0n);
  });
});

eachDialect("constraints", ({ open }) => {
  let database: Database;
  before(async () => (database = await open()));

  test("of templates with one name, one may not be deleted", async () => {
    const { queries } = database;
    const insert = (id: string, deleted_at: number | null) =>
      queries
        .insertInto("integration_templates")
        .values(templateRow({ id, name: "Same", deleted_at }))
        .execute();
    await insert("tmpl_a", 1);
    await insert("tmpl_b", 2);
    await insert("tmpl_c", null);
    await assert.rejects(insert("tmpl_d", null));
  });

  test("an assignment needs its pipeline, its integration and the revision it names, and goes with its pipeline", async () => {
    const { queries } = database;
    await queries.insertInto("pipelines").values(pipelineRow()).execute();
    await queries.insertInto("integration_templates").values(templateRow()).execute();
    await queries.insertInto("revisions").values(revisionRow()).execute();
    const lane = { id: "pi_1", enabled: 1, managed_by: null, version: 1, created_at: 1, updated_at: 1 };
    const right = { ...lane, pipeline_id: "pip_1", integration_id: "tmpl_1", revision_number: 1 };
    for (const wrong of [{ pipeline_id: "pip_x" }, { integration_id: "tmpl_x" }, { revision_number: 2 }]) {
      const insert = queries.insertInto("pipeline_integrations").values({ ...right, ...wrong });
      await assert.rejects(insert.execute(), JSON.stringify(wrong));
    }
    await queries.insertInto("pipeline_integrations").values(right).execute();
    await queries.updateTable("pipeline_integrations").set({ revision_number: null }).execute();
    await assert.rejects(queries.deleteFrom("integration_templates").where("id", "=", "tmpl_1").execute());
    const key = { id: "key_1", pipeline_id: "pip_1", key: "dk_1", created_at: 1, expires_at: null, revoked_at: null };
    await queries.insertInto("pipeline_keys").values(key).execute();
    await queries.deleteFrom("pipelines").execute();
    assert.deepEqual(await queries.selectFrom("pipeline_integrations").selectAll().execute(), []);
    assert.deepEqual(await queries.selectFrom("pipeline_keys").selectAll().execute(), []);
  });

  test("closed sets are closed", async () => {
    const { queries } = database;
    const users = [{ status: "gone" as "active" }, { must_change_password: 2 }, { email: "Jane@example.com" }];
    for (const wrong of users) {
      await assert.rejects(queries.insertInto("users").values(userRow(wrong)).execute(), JSON.stringify(wrong));
    }
    const pipelines = [{ type: "fax" as "web" }, { enabled: -1 }, { managed_by: "api" as "file" }];
    for (const wrong of pipelines) {
      await assert.rejects(queries.insertInto("pipelines").values(pipelineRow(wrong)).execute(), JSON.stringify(wrong));
    }
    const second = queries.insertInto("configuration").values({ id: "other", number: 0, changed_at: 0 });
    await assert.rejects(second.execute());
  });
});
