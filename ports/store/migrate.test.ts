import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { migrate } from "./migrate.ts";
import { type Step, define } from "./migrations/step.ts";
import { migrations } from "./migrations.ts";
import { StoreError } from "./store-error.ts";
import { eachDialect } from "./testing/each-database.ts";

const now = (): number => 1_795_000_000_000;
const addNotes: Step = (queries, { dialect }) =>
  define(queries, dialect, ["create table notes (id text not null primary key)"]);
const addHalf: Step = async (queries, { dialect }) => {
  await define(queries, dialect, ["create table half (id text not null primary key)"]);
  await sql`insert into notes (id) values ('kept?')`.execute(queries);
  await define(queries, dialect, ["create table pipelines (id text not null primary key)"]);
};
const addWhole: Step = (queries, { dialect }) =>
  define(queries, dialect, ["create table half (id text not null primary key)"]);

eachDialect("migrations", ({ make, open }) => {
  test("a step that fails is named, and leaves nothing of it and of those before it", async () => {
    const place = await make();
    const steps = { ...migrations, "002-notes": addNotes, "003-half": addHalf, "004-whole": addWhole };
    await assert.rejects(migrate(await open(place), { now, steps }), (error) => {
      assert.ok(error instanceof StoreError);
      assert.equal(error.fault, "migration");
      assert.match(error.message, /migration 003-half failed: .*pipelines.*already exists.*Nothing was changed/);
      return true;
    });
    const database = await open(place);
    const tables = (await database.queries.introspection.getTables()).map(({ name }) => name);
    assert.ok(tables.includes("pipelines") && !tables.includes("notes") && !tables.includes("half"), String(tables));
  });

  test("only what is missing is done, once, also by two at the same time", async () => {
    const place = await make();
    let done = 0;
    const counted: Step = async (queries, context) => {
      done += 1;
      await addNotes(queries, context);
    };
    const steps = { ...migrations, "002-notes": counted };
    const databases = [await open(place), await open(place)];
    await Promise.all(databases.map((database) => migrate(database, { now, steps })));
    await migrate(databases[0]!, { now, steps });
    assert.equal(done, 1);
    const { rows } = await sql`select name from kysely_migration order by name`.execute(databases[0]!.queries);
    assert.deepEqual(rows, [{ name: "001-first-tables" }, { name: "002-notes" }]);
    await assert.rejects(open(place), (error) => error instanceof StoreError && error.fault === "newer");
  });

  test("a database with tables of somebody else is not taken over", async () => {
    const place = await make();
    const first = await open(place);
    await sql`drop table kysely_migration`.execute(first.queries);
    await first.close();
    await assert.rejects(open(place), /migration 001-first-tables failed: .*already exists/);
  });
});
