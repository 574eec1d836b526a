import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLogSuite } from "../contract-suite.ts";
import { LogError } from "../event-log.ts";
import { topicSpec } from "../suite-support.ts";
import { openFaultyLog } from "./faulty-log.ts";

eventLogSuite("in memory, without faults", async () => openFaultyLog());
eventLogSuite("in memory, with faults", async () =>
  openFaultyLog({ seed: 7, skipOffsets: 0.3, abortRate: 0.3, duplicateRate: 0.3 }),
);

const TOPIC = topicSpec("events", { partitions: 2 });
const POLL = { maxRecords: 10, maxBytes: 1e6, waitMs: 0 };

test("what was not committed comes again after a partition moved away and back", async () => {
  const log = openFaultyLog();
  await log.ensureTopics([TOPIC]);
  const calls: string[] = [];
  const note = (what: string) => (partitions: readonly { partition: number }[]) => {
    calls.push(`${what} ${partitions.map(({ partition }) => partition).join()}`);
  };
  const consumer = await log.consumer({ group: "g", topics: ["events"], onAssigned: note("+"), onRevoked: note("-") });
  const [position] = await log.append([{ topic: "events", key: "a", value: Buffer.from("1") }]);
  const partition = position?.partition ?? 0;
  assert.equal((await consumer.poll(POLL)).length, 1);
  log.revoke("g", "events", partition);
  await assert.rejects(
    consumer.transact({ offsets: [{ topic: "events", partition, offset: 1 }], append: [] }),
    (error: unknown) => error instanceof LogError && error.code === "fenced",
  );
  assert.equal((await consumer.poll(POLL)).length, 0);
  log.assign("g", "events", partition);
  assert.equal((await consumer.poll(POLL)).length, 1);
  assert.deepEqual(calls, ["+ 0,1", `- ${partition}`, `+ ${partition}`]);
});

test("two members share the partitions, and one alone takes them all", async () => {
  const log = openFaultyLog();
  await log.ensureTopics([TOPIC]);
  const records = Array.from({ length: 20 }, (_, index) => ({
    topic: "events",
    key: `k${index}`,
    value: Buffer.from("x"),
  }));
  await log.append(records);
  const one = await log.consumer({ group: "g", topics: ["events"] });
  const two = await log.consumer({ group: "g", topics: ["events"] });
  const ofOne = await one.poll({ ...POLL, maxRecords: 100 });
  const ofTwo = await two.poll({ ...POLL, maxRecords: 100 });
  assert.deepEqual(
    [new Set(ofOne.map((r) => r.partition)), new Set(ofTwo.map((r) => r.partition))],
    [new Set([0]), new Set([1])],
  );
  await two.close();
  assert.deepEqual(
    (await one.poll({ ...POLL, maxRecords: 100 })).map((r) => r.partition),
    ofTwo.map(() => 1),
  );
});

test("faults come when they are called, and leave nothing", async () => {
  const log = openFaultyLog();
  await log.ensureTopics([TOPIC]);
  log.failNext(1, "log_full");
  const append = () => log.append([{ topic: "events", key: "a", value: Buffer.from("1") }]);
  await assert.rejects(append(), (error: unknown) => error instanceof LogError && error.code === "log_full");
  assert.deepEqual(
    (await log.bounds("events")).map(({ next }) => next),
    [0, 0],
  );
  const [position] = await append();
  log.trim("events", position?.partition ?? 0, 1);
  assert.deepEqual(await log.readAt([{ topic: "events", partition: position?.partition ?? 0, offset: 0 }]), [
    undefined,
  ]);
});
