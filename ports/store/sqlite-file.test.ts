import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { copySqlite, examineSqlite, openSqlite } from "./sqlite.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "signal-file-"));
});
after(() => rm(folder, { recursive: true, force: true }));

function count(path: string): number {
  const file = new DatabaseSync(path);
  const rows = Number(file.prepare("select count(*) as n from departures").get()?.["n"]);
  assert.deepEqual(
    file
      .prepare("pragma integrity_check")
      .all()
      .map((row) => row["integrity_check"]),
    ["ok"],
  );
  file.close();
  return rows;
}

test("a copy holds what was committed before, the log included, and no half of a transaction", async () => {
  const path = join(folder, "busy.db");
  const database = await openSqlite({ path });
  let isWriting = true;
  let pairs = 0;
  const write = async (): Promise<void> => {
    while (isWriting) {
      await database.transaction(async (queries) => {
        for (const half of ["a", "b"]) {
          const row = { integration_id: `${pairs}`.padStart(9, "0"), pipeline_integration_id: half, departed_at: 1 };
          await queries.insertInto("departures").values(row).execute();
        }
      });
      pairs += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const writing = write();
  for (let number = 0; number < 5; number += 1) {
    const committed = pairs;
    const target = join(folder, `copy-${number}.db`);
    await copySqlite(path, target);
    assert.equal(statSync(target).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(`copy-${number}`)),
      [`copy-${number}.db`],
    );
    const rows = count(target);
    assert.ok(rows >= 2 * committed && rows % 2 === 0, `${rows} rows of ${committed} pairs`);
  }
  isWriting = false;
  await writing;
  await database.close();
});

test("nothing is overwritten, and what is no database is said", async () => {
  const path = join(folder, "small.db");
  await (await openSqlite({ path })).close();
  writeFileSync(join(folder, "mine"), "mine");
  await assert.rejects(copySqlite(path, join(folder, "mine")), { code: "EEXIST" });
  assert.equal(readFileSync(join(folder, "mine"), "utf8"), "mine");
  writeFileSync(join(folder, "text"), "no database, but as long as one ".repeat(100));
  await assert.rejects(examineSqlite(join(folder, "text")), { name: "StoreError", fault: "not_a_database" });
  await assert.rejects(examineSqlite(join(folder, "nothing")), { name: "StoreError", fault: "unusable" });
  assert.equal(existsSync(join(folder, "nothing")), false);
});

test("looked at, in use or not, it stays as it is", async () => {
  const path = join(folder, "looked at ?&#.db");
  const database = await openSqlite({ path });
  const sound = { damage: [], pending: [], unknown: [] };
  const { version, ...found } = await examineSqlite(path);
  assert.match(version, /^3\.\d+/);
  assert.deepEqual(found, sound);
  await database.close();
  const bytes = readFileSync(path);
  assert.deepEqual({ ...(await examineSqlite(path)), version }, { ...sound, version });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("looked")),
    ["looked at ?&#.db"],
  );
  assert.deepEqual(readFileSync(path), bytes);
});

test("steps that lack or are of a later version, and damage", async () => {
  const path = join(folder, "other.db");
  await (await openSqlite({ path })).close();
  const file = new DatabaseSync(path);
  file.exec("update kysely_migration set name = '999-later'");
  file.close();
  const { pending, unknown } = await examineSqlite(path);
  assert.deepEqual([pending, unknown], [["001-first-tables"], ["999-later"]]);
  const empty = join(folder, "empty.db");
  new DatabaseSync(empty).close();
  assert.deepEqual((await examineSqlite(empty)).pending, ["001-first-tables"]);
  const bytes = readFileSync(path);
  for (let page = 2; page < bytes.length / 4096; page += 1) bytes.fill(0xff, page * 4096, page * 4096 + 512);
  writeFileSync(path, bytes);
  const damaged = await examineSqlite(path).then(
    ({ damage }) => damage.length > 0,
    ({ fault }) => fault,
  );
  assert.ok(damaged === true || damaged === "unusable", String(damaged));
});
