import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import type { Database, InTransaction } from "./queries.ts";
import { StoreError, isAway, isUniqueViolation } from "./store-error.ts";
import { type Place, eachDialect } from "./testing/each-database.ts";
import { pipelineRow } from "./testing/sample-rows.ts";

const CHILD = fileURLToPath(new URL("testing/database-child.ts", import.meta.url));

async function readNumber({ queries }: Pick<Database, "queries">): Promise<number> {
  return (await queries.selectFrom("configuration").select("number").executeTakeFirstOrThrow()).number;
}

async function increment(database: Database): Promise<void> {
  await database.transaction(async (queries) => {
    const number = await readNumber({ queries });
    // Others get their chance to come in between.
    await new Promise((resolve) => setImmediate(resolve));
    await queries
      .updateTable("configuration")
      .set({ number: number + 1 })
      .execute();
  });
}

function insertPipeline(queries: InTransaction, id: string): Promise<unknown> {
  return queries
    .insertInto("pipelines")
    .values(pipelineRow({ id, name: id, slug: id }))
    .execute();
}

async function inChild(place: Place, ...task: string[]): Promise<void> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(place), ...task], { stdio: ["ignore", 1, 2] });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

function isMisuse(error: unknown): boolean {
  return error instanceof StoreError && error.fault === "misuse";
}

eachDialect("transactions", ({ open, make }) => {
  test("a throw takes all of it back and comes out", async () => {
    const database = await open();
    const thrown = new RangeError("thrown by work");
    const failing = database.transaction(async (queries) => {
      await queries.updateTable("configuration").set({ number: 7 }).execute();
      await insertPipeline(queries, "pip_1");
      throw thrown;
    });
    await assert.rejects(failing, thrown);
    assert.equal(await readNumber(database), 0);
    assert.deepEqual(await database.queries.selectFrom("pipelines").selectAll().execute(), []);
    assert.equal(await database.transaction(async () => "goes on"), "goes on");
  });

  test("two loops that read, add one and write lose none of a hundred", async () => {
    const database = await open();
    const loop = async (): Promise<void> => {
      for (let done = 0; done < 50; done += 1) await increment(database);
    };
    await Promise.all([loop(), loop()]);
    assert.equal(await readNumber(database), 100);
  });

  test("a hundred at once wait for one another, and reading goes on meanwhile", async () => {
    const database = await open();
    const writing = Promise.all(Array.from({ length: 100 }, () => increment(database)));
    const seen = await Promise.all(Array.from({ length: 20 }, () => readNumber(database)));
    assert.ok(seen.every((number) => number >= 0 && number <= 100));
    await writing;
    assert.equal(await readNumber(database), 100);
  });

  test("two processes lose none either", async () => {
    const place = await make();
    const database = await open(place);
    await Promise.all([inChild(place, "increment", "50"), inChild(place, "increment", "50"), increment(database)]);
    assert.equal(await readNumber(database), 101);
  });

  test("queries from outside see nothing of it before it is committed", async () => {
    const database = await open();
    const written = Promise.withResolvers<void>();
    const proceed = Promise.withResolvers<void>();
    const writing = database.transaction(async (queries) => {
      await queries.updateTable("configuration").set({ number: 5 }).execute();
      written.resolve();
      await proceed.promise;
    });
    await written.promise;
    const reading = readNumber(database);
    setTimeout(() => proceed.resolve(), 20);
    assert.equal((await reading) % 5, 0);
    await writing;
    assert.equal(await readNumber(database), 5);
  });

  test("using the database inside its own transaction is refused instead of waiting for ever", async () => {
    const database = await open();
    await assert.rejects(
      database.transaction(async () => readNumber(database)),
      isMisuse,
    );
    await assert.rejects(
      database.transaction(() => database.transaction(async () => 1)),
      isMisuse,
    );
    assert.equal(await readNumber(database), 0);
  });

  test("what a transaction left running may use the database when it is over", async () => {
    const database = await open();
    let later: Promise<number> | undefined;
    await database.transaction(async () => {
      later = new Promise((resolve) => setTimeout(resolve, 20)).then(() => readNumber(database));
    });
    assert.equal(await later, 0);
  });

  test("its queries are of no use when it is over", async () => {
    const database = await open();
    const kept = await database.transaction(async (queries) => ({ queries }));
    await assert.rejects(readNumber(kept));
    assert.equal(await readNumber(database), 0);
  });

  test("after a query that failed, nothing of it can be kept", async () => {
    const database = await open();
    const swallowing = database.transaction(async (queries) => {
      await insertPipeline(queries, "pip_1");
      await assert.rejects(insertPipeline(queries, "pip_1"), isUniqueViolation);
      await assert.rejects(readNumber({ queries }), isMisuse);
    });
    await assert.rejects(swallowing, isMisuse);
    assert.deepEqual(await database.queries.selectFrom("pipelines").selectAll().execute(), []);
  });

  test("a savepoint takes back a query that failed", async () => {
    const { queries } = await open();
    const transaction = await queries.startTransaction().execute();
    await insertPipeline(transaction, "pip_1");
    const saved = await transaction.savepoint("before").execute();
    await assert.rejects(insertPipeline(saved, "pip_1"), isUniqueViolation);
    const back = await saved.rollbackToSavepoint("before").execute();
    await insertPipeline(back, "pip_2");
    await back.commit().execute();
    const rows = await queries.selectFrom("pipelines").select("id").orderBy("id").execute();
    assert.deepEqual(rows, [{ id: "pip_1" }, { id: "pip_2" }]);
  });

  test("queries that run at once in one transaction come one after the other", async () => {
    const database = await open();
    await database.transaction(async (queries) => {
      await Promise.all(["pip_1", "pip_2", "pip_3"].map((id) => insertPipeline(queries, id)));
    });
    const { count } = await database.queries
      .selectFrom("pipelines")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    assert.equal(count, 3);
  });
});

eachDialect("closing", ({ open }) => {
  test("it waits for what is under way, and for what waits behind that", async () => {
    const database = await open();
    const writing = Promise.all(Array.from({ length: 5 }, () => increment(database)));
    const reading = readNumber(database);
    await database.close();
    await writing;
    assert.equal(typeof (await reading), "number");
  });

  test("what comes after is refused in words, and closing again is fine", async () => {
    const database = await open();
    const first = database.close();
    await Promise.all([first, database.close()]);
    const isClosed = (error: unknown): boolean => error instanceof StoreError && error.fault === "closed";
    await assert.rejects(readNumber(database), isClosed);
    await assert.rejects(
      database.transaction(async () => 1),
      isClosed,
    );
    await database.close();
  });
});

eachDialect("opening", ({ open, make }) => {
  test("four processes at once make the tables once", async () => {
    const place = await make();
    await Promise.all(Array.from({ length: 4 }, () => inChild(place, "increment", "3")));
    const database = await open(place);
    assert.equal(await readNumber(database), 12);
    const { rows } = await sql`select name from kysely_migration`.execute(database.queries);
    assert.deepEqual(rows, [{ name: "001-first-tables" }]);
  });

  test("opened again it has what it had", async () => {
    const place = await make();
    const first = await open(place);
    await increment(first);
    await first.close();
    assert.equal(await readNumber(await open(place)), 1);
  });

  test("a process that is killed while it commits loses nothing of what was committed", async () => {
    const place = await make();
    const child = spawn(process.execPath, [CHILD, JSON.stringify(place), "forever"], { stdio: ["ignore", "pipe", 2] });
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split("\n").length > 30) child.kill("SIGKILL");
    });
    await once(child, "close");
    const acknowledged = Number(said.trimEnd().split("\n").at(-1));
    assert.ok(acknowledged >= 30);
    const number = await readNumber(await open(place));
    // The last one may have been committed and not been said any more.
    assert.ok(number === acknowledged || number === acknowledged + 1, `${number} after ${acknowledged}`);
  });

  test("a database of a newer version is left alone", async () => {
    const place = await make();
    const { queries, close } = await open(place);
    await sql`insert into kysely_migration (name, timestamp) values ('999-later', '2030-01-01T00:00:00.000Z')`.execute(
      queries,
    );
    await close();
    await assert.rejects(open(place), (error) => {
      assert.ok(error instanceof StoreError);
      assert.equal(error.fault, "newer");
      assert.match(error.message, /newer version.*999-later.*Start that version/);
      return true;
    });
  });
});

eachDialect("errors", ({ open }) => {
  let database: Database;
  before(async () => (database = await open()));

  test("a unique violation is told from other refusals", async () => {
    const { queries } = database;
    await queries.insertInto("pipelines").values(pipelineRow()).execute();
    const refusals = [
      { row: pipelineRow({ name: "Other", slug: "other" }), isUnique: true },
      { row: pipelineRow({ id: "pip_2", slug: "other" }), isUnique: true },
      { row: pipelineRow({ id: "pip_2", name: "Other" }), isUnique: true },
      { row: { ...pipelineRow({ id: "pip_2", name: "Other", slug: "other" }), type: "fax" as "web" }, isUnique: false },
      { row: pipelineRow({ id: "pip_2", name: "Other", slug: "other", enabled: 2 }), isUnique: false },
    ];
    for (const { row, isUnique } of refusals) {
      await assert.rejects(queries.insertInto("pipelines").values(row).execute(), (error) => {
        assert.equal(isUniqueViolation(error), isUnique, String(error));
        assert.equal(isAway(error), false);
        return true;
      });
    }
    for (const other of [undefined, null, "23505", new Error("UNIQUE constraint failed"), { code: "23505" }]) {
      assert.equal(isUniqueViolation(other), false);
      assert.equal(isAway(other), false);
    }
  });

  test("an error shows nothing of the row that was refused", async () => {
    const row = pipelineRow({ id: "pip_secret", name: "N", slug: "n", secret_parameters: "sealed-text", enabled: 9 });
    await assert.rejects(database.queries.insertInto("pipelines").values(row).execute(), (error) => {
      assert.doesNotMatch(JSON.stringify(error) + String(error), /sealed-text|pip_secret/);
      return true;
    });
  });

  test("a query that makes no sense is the caller's fault, and the next one is fine", async () => {
    await assert.rejects(sql`select * from nowhere`.execute(database.queries), (error) => !isAway(error));
    await assert.rejects(sql`no sql at all`.execute(database.queries), (error) => !isAway(error));
    assert.equal(await readNumber(database), 0);
  });
});
