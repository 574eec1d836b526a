import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { sql } from "kysely";
import type { Database } from "./queries.ts";
import { openSqlite } from "./sqlite.ts";
import { StoreError, isAway } from "./store-error.ts";
import { pipelineRow } from "./testing/sample-rows.ts";

let folder: string;
before(async () => (folder = await mkdtemp(join(tmpdir(), "signal-store-"))));
after(() => rm(folder, { recursive: true, force: true }));

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

function setNumber({ queries }: Pick<Database, "queries">, number: number): Promise<unknown> {
  return queries.updateTable("configuration").set({ number }).execute();
}

async function readNumber({ queries }: Pick<Database, "queries">): Promise<number> {
  return (await queries.selectFrom("configuration").select("number").executeTakeFirstOrThrow()).number;
}

test("its files and the folder made for them are for their owner alone", async () => {
  const inner = join(folder, "made");
  const path = join(inner, "signal.db");
  const database = await openSqlite({ path });
  await setNumber(database, 1);
  const files = (await readdir(inner)).toSorted();
  assert.deepEqual(files, ["signal.db", "signal.db-shm", "signal.db-wal"]);
  for (const file of files) assert.equal(await modeOf(join(inner, file)), "600", file);
  assert.equal(await modeOf(inner), "700");
  await database.close();
  assert.deepEqual(await readdir(inner), ["signal.db"]);
});

test("a file that others could read is made private when it is opened", async () => {
  const path = join(folder, "open.db");
  await writeFile(path, "", { mode: 0o644 });
  const database = await openSqlite({ path });
  for (const file of ["", "-wal", "-shm"]) assert.equal(await modeOf(path + file), "600");
  await database.close();
});

test("commits are flushed, references are held, what a file brings along is not trusted", async () => {
  const database = await openSqlite({ path: join(folder, "pragmas.db") });
  const expected = { journal_mode: "wal", synchronous: 2, foreign_keys: 1, trusted_schema: 0 };
  for (const [name, value] of Object.entries(expected)) {
    const { rows } = await sql`pragma ${sql.raw(name)}`.execute(database.queries);
    assert.deepEqual(rows, [{ [name]: value }]);
  }
  await database.close();
});

test("in memory it is a database as well, and leaves no file", async () => {
  const database = await openSqlite({ path: ":memory:", now: () => 1234 });
  const row = await database.queries.selectFrom("configuration").selectAll().executeTakeFirst();
  assert.deepEqual(row, { id: "current", number: 0, changed_at: 1234 });
  await database.close();
  await assert.rejects(stat(":memory:"));
});

const notOpened = [
  {
    name: "a text file",
    make: (path: string) => writeFile(path, "pipelines: []\n".repeat(500)),
    fault: "not_a_database",
    says: /not a database.*Name another file/,
  },
  {
    name: "a folder",
    make: (path: string) => mkdir(path),
    fault: "unusable",
    says: /cannot be made or written.*Let the server's user write/,
  },
  {
    name: "a database whose first page is damaged",
    make: async (path: string) => {
      await (await openSqlite({ path })).close();
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0xff, 100, 4096));
    },
    fault: "unusable",
    says: /damaged.*Restore a backup/,
  },
];

for (const [index, { name, make, fault, says }] of notOpened.entries()) {
  test(`${name} is refused in words, and left as it is`, async () => {
    const path = join(folder, `not-${index}`);
    await make(path);
    const content = await readFile(path).catch(() => undefined);
    await assert.rejects(openSqlite({ path }), (error) => {
      assert.ok(error instanceof StoreError, String(error));
      assert.equal(error.fault, fault);
      assert.match(error.message, says);
      return true;
    });
    assert.deepEqual(await readFile(path).catch(() => undefined), content);
  });
}

test("a folder that cannot be made is named", async () => {
  const path = join(folder, "file");
  await writeFile(path, "");
  await assert.rejects(openSqlite({ path: join(path, "signal.db") }), /file\/signal\.db cannot be made/);
});

test("while another process writes, a write waits and the thread goes on", async () => {
  const path = join(folder, "busy.db");
  const database = await openSqlite({ path });
  const other = new DatabaseSync(path);
  other.exec("begin immediate; update configuration set number = 5");
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 5);
  const writing = database.transaction(async (queries) => setNumber({ queries }, (await readNumber({ queries })) + 1));
  const single = database.queries.updateTable("configuration").set({ changed_at: 50 }).execute();
  while (ticks < 10) await new Promise((resolve) => setTimeout(resolve, 5));
  other.exec("commit");
  await writing;
  clearInterval(ticking);
  await single;
  const row = await database.queries.selectFrom("configuration").selectAll().executeTakeFirst();
  assert.deepEqual(row, { id: "current", number: 6, changed_at: 50 });
  other.close();
  await database.close();
});

test("a file that stays held is away, and comes back", async () => {
  const path = join(folder, "held.db");
  await (await openSqlite({ path })).close();
  const other = new DatabaseSync(path);
  const database = await openSqlite({ path, busyMs: 100 });
  other.exec("begin immediate");
  await assert.rejects(
    database.transaction(async () => 1),
    isAway,
  );
  await assert.rejects(setNumber(database, 1), isAway);
  await assert.rejects(openSqlite({ path, busyMs: 100 }), isAway);
  assert.equal(await readNumber(database), 0);
  other.exec("rollback");
  await setNumber(database, 2);
  assert.equal(await readNumber(database), 2);
  other.close();
  await database.close();
});

test("a full disk takes back the transaction and says so; with room again it goes on", async () => {
  const database = await openSqlite({ path: join(folder, "full.db") });
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.queries);
  await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 2)}`.execute(database.queries);
  const large = pipelineRow({ labels: "x".repeat(100_000) });
  const writing = database.transaction(async (queries) => {
    await setNumber({ queries }, 9);
    await queries.insertInto("pipelines").values(large).execute();
  });
  await assert.rejects(writing, (error) => error instanceof StoreError && /full.*Make room/.test(error.message));
  assert.equal(await readNumber(database), 0);
  await sql`pragma max_page_count = 100000`.execute(database.queries);
  await database.queries.insertInto("pipelines").values(large).execute();
  assert.equal(await readNumber(database), 0);
  await database.close();
});
