import assert from "node:assert/strict";
import { setImmediate as settled } from "node:timers/promises";
import { test } from "node:test";
import type { Clock } from "@datafly-signal/core";
import { configurationNumber, type Database, listAuditLogs, StoreError } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { startKeyExpiry } from "./key-expiry.ts";

interface TestClock extends Clock {
  /** Lets time pass, and whatever is due run to its end. */
  pass(milliseconds: number): Promise<void>;
  waits: number[];
}

function testClock(): TestClock {
  let now = 1_000_000;
  let timers: { at: number; run(): void }[] = [];
  const waits: number[] = [];
  return {
    waits,
    wall: () => now,
    monotonic: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      waits.push(ms);
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    async pass(milliseconds) {
      for (const end = now + milliseconds; ;) {
        const [next] = timers.toSorted((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) {
          now = end;
          return;
        }
        timers = timers.filter((one) => one !== next);
        now = next.at;
        next.run();
        await scheduled(() => timers.length > 0);
      }
    },
  };
}

/** The task waits for its database without a timer of its own. */
async function scheduled(isDue: () => boolean): Promise<void> {
  while (!isDue()) await settled();
}

async function addKeys(database: Database, ends: Record<string, number | null>): Promise<void> {
  const { queries } = database;
  await queries
    .insertInto("pipelines")
    .values({
      ...{ id: "pip_1", name: "Shop", slug: "shop", type: "web", enabled: 1, domain_allowlist: "[]", labels: "[]" },
      ...{ rate_limit_rps: 1, parameters: "{}", secret_parameters: "{}", managed_by: null },
      ...{ version: 1, created_at: 1, updated_at: 1 },
    })
    .execute();
  const keys = Object.entries(ends).map(([id, expires_at]) => {
    return { id, pipeline_id: "pip_1", key: `dk_live_${id}`, created_at: 1, expires_at, revoked_at: null };
  });
  await queries.insertInto("pipeline_keys").values(keys).execute();
}

async function revoked(database: Database): Promise<string[]> {
  const rows = await database.queries
    .selectFrom("pipeline_keys")
    .select(["id", "revoked_at"])
    .where("revoked_at", "is not", null)
    .orderBy("id")
    .execute();
  return rows.map(({ id, revoked_at }) => `${id} ${revoked_at}`);
}

function parts(database: Database, clock: TestClock) {
  const told = { changes: 0, logs: [] as string[], ids: 0 };
  const log = (level: string) => (_: object, message: string) => void told.logs.push(`${level} ${message}`);
  return {
    told,
    given: {
      database,
      clock,
      logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
      newId: (prefix: string) => `${prefix}${clock.wall()}_${(told.ids += 1)}_${Math.random()}`,
      onConfigurationChanged: () => void (told.changes += 1),
    },
  };
}

eachDatabase("keys that end", (open) => {
  test("each ends when its time is over and not before, with the configuration's number and a record", async () => {
    const database = await open();
    const clock = testClock();
    const start = clock.wall();
    await addKeys(database, { key_a: start + 400, key_b: start + 2500, key_c: null });
    const { told, given } = parts(database, clock);
    const expiry = startKeyExpiry(given);
    await scheduled(() => clock.waits.length > 0);
    assert.deepEqual([clock.waits, await revoked(database)], [[400], []]);
    await clock.pass(399);
    assert.deepEqual(await revoked(database), []);
    await clock.pass(1);
    assert.deepEqual(await revoked(database), [`key_a ${start + 400}`]);
    assert.deepEqual([told.changes, await configurationNumber(database.queries)], [1, 1]);
    await clock.pass(2099);
    assert.equal(told.changes, 1);
    await clock.pass(1);
    assert.deepEqual(await revoked(database), [`key_a ${start + 400}`, `key_b ${start + 2500}`]);
    await clock.pass(10_000);
    assert.deepEqual([told.changes, await configurationNumber(database.queries)], [2, 2]);
    const [record] = await listAuditLogs(database.queries, { limit: 10 });
    assert.deepEqual(
      [record?.action, record?.resource_id, record?.user_email],
      ["pipeline.key_expired", "pip_1", "server"],
    );
    assert.doesNotMatch(record?.changes ?? "", /dk_live/);
    await expiry.stop();
  });

  test("an end that somebody else sets meanwhile is seen within a second", async () => {
    const database = await open();
    const clock = testClock();
    const { told, given } = parts(database, clock);
    const expiry = startKeyExpiry(given);
    await scheduled(() => clock.waits.length > 0);
    await addKeys(database, { key_a: clock.wall() - 1, key_b: clock.wall() + 1200 });
    await clock.pass(1000);
    assert.equal(told.changes, 1);
    await clock.pass(200);
    assert.equal(told.changes, 2);
    await expiry.stop();
  });

  test("of several that run at once, one ends a key", async () => {
    const database = await open();
    const clocks = [testClock(), testClock(), testClock()];
    await addKeys(database, { key_a: 1 });
    const all = clocks.map((clock) => parts(database, clock));
    const running = all.map(({ given }) => startKeyExpiry(given));
    await scheduled(() => clocks.every(({ waits }) => waits.length > 0));
    assert.equal(
      all.reduce((sum, { told }) => sum + told.changes, 0),
      1,
    );
    assert.equal(await configurationNumber(database.queries), 1);
    assert.equal((await listAuditLogs(database.queries, { limit: 10 })).length, 1);
    await Promise.all(running.map((one) => one.stop()));
  });

  test("a database that is away is tried again, and said once", async () => {
    const database = await open();
    const clock = testClock();
    await addKeys(database, { key_a: 1 });
    let isAway = true;
    const { told, given } = parts(database, clock);
    const away = new StoreError("The database is away.", { fault: "away", cure: "Wait." });
    const flaky = {
      ...database,
      get queries() {
        if (isAway) throw away;
        return database.queries;
      },
    };
    const expiry = startKeyExpiry({ ...given, database: flaky });
    await scheduled(() => clock.waits.length > 0);
    await clock.pass(3000);
    assert.deepEqual(told.logs, ["warn keys that expire are not ended while the database is away"]);
    isAway = false;
    await clock.pass(1000);
    assert.equal(told.changes, 1);
    await expiry.stop();
  });

  test("once stopped nothing is looked at any more", async () => {
    const database = await open();
    const clock = testClock();
    const { told, given } = parts(database, clock);
    await startKeyExpiry(given).stop();
    await addKeys(database, { key_a: 1 });
    await clock.pass(10_000);
    assert.deepEqual([told.changes, clock.waits.length, await revoked(database)], [0, 0, []]);
  });
});
