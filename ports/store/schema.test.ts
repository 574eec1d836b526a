import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import type { Database } from "./queries.ts";
import { eachDialect } from "./testing/each-database.ts";
import { dumpSchema } from "./testing/schema-dump.ts";
import { type TableShape, readShape } from "./testing/schema-shape.ts";

const shapes: Record<string, TableShape>[] = [];

eachDialect("the schema", ({ dialect, open }) => {
  let database: Database;
  before(async () => (database = await open()));

  test("a new database has the tables that were written down; npm run docs:store-schema writes them anew", async () => {
    const written = await readFile(new URL(`schema/${dialect}.sql`, import.meta.url), "utf8");
    assert.equal(await dumpSchema(database), written);
  });

  test("all tables of both have the same columns and keys", async () => {
    shapes.push(await readShape(database));
    const [first] = shapes;
    assert.ok(Object.keys(first ?? {}).length >= 15);
    assert.deepEqual(shapes.at(-1), first);
  });
});
