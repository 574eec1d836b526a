import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { sql } from "kysely";
import type { DatabaseCondition } from "./database-condition.ts";
import { examinePostgres } from "./postgres.ts";
import { examineSqlite } from "./sqlite.ts";
import { eachDialect, type Place } from "./testing/each-database.ts";

const MIGRATIONS = ["001-first-tables"];

function examine({ dialect, address }: Place): Promise<DatabaseCondition> {
  return dialect === "sqlite" ? examineSqlite(address) : examinePostgres({ url: address });
}

eachDialect("a database that is looked at", ({ dialect, make, open }) => {
  test("empty, migrated, and of a later version; looking changes nothing", async () => {
    const place = await make();
    if (dialect === "sqlite") closeSync(openSync(place.address, "w"));
    for (const { version, ...found } of [await examine(place), await examine(place)]) {
      assert.match(version, dialect === "sqlite" ? /^3\./ : /^1[5-9]|^[2-9]\d/);
      assert.deepEqual(found, { pending: MIGRATIONS, unknown: [], damage: [] });
    }
    const database = await open(place);
    const { pending, unknown } = await examine(place);
    assert.deepEqual([pending, unknown], [[], []]);
    await sql`update kysely_migration set name = '999-later'`.execute(database.queries);
    const later = await examine(place);
    assert.deepEqual([later.pending, later.unknown], [MIGRATIONS, ["999-later"]]);
  });
});

test("a server that is away is told without its password", async () => {
  const looking = examinePostgres({ url: "postgres://signal:planted-password@127.0.0.1:1/signal" });
  await assert.rejects(looking, (error: Error & { fault?: string }) => {
    assert.equal(error.fault, "away");
    assert.equal(error.message.includes("planted-password"), false);
    return true;
  });
});
