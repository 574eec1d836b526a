/** What every event log must do, whichever way it stores records: the contract as tests, run against each adapter. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type EventLog, type LogErrorCode, type NewRecord, LogError } from "./event-log.ts";
import {
  type Bench,
  POLL,
  append,
  copyAll,
  everything,
  nameOf,
  offsetsAfter,
  record,
  surely,
  take,
  texts,
  topicSpec,
  uniqueName,
} from "./suite-support.ts";

export interface SuiteOptions {
  /** The topic that tests append to and consume from, where it matters which; else a new one for each test. */
  source?: string;
}

/**
 * Registers the suite. No contiguous offsets are assumed, failed commits are tried again, repeated records are expected.
 * @param open gives a log for one test; it may be shared between tests, names are never reused (except `source`)
 */
export function eventLogSuite(name: string, open: () => Promise<EventLog>, options: SuiteOptions = {}): void {
  describe(`event log: ${name}`, () => {
    for (const [title, run] of Object.entries({ ...TOPICS, ...APPENDING, ...CONSUMING, ...GROUPS, ...READING })) {
      test(title, async () => {
        const log = await open();
        const source = topicSpec(options.source ?? uniqueName("source"));
        const bench = { log, source, output: topicSpec(uniqueName("output")), group: uniqueName("group") };
        try {
          await surely(() => log.ensureTopics([bench.source, bench.output]));
          await run(bench);
        } finally {
          await log.close();
        }
      });
    }
  });
}

type Cases = Record<string, (bench: Bench) => Promise<void>>;

function hasCode(code: LogErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof LogError && error.code === code;
}

async function join(bench: Bench): ReturnType<EventLog["consumer"]> {
  return bench.log.consumer({ group: bench.group, topics: [bench.source.name] });
}

function numbered(topic: string, count: number, keys = 7): NewRecord[] {
  return Array.from({ length: count }, (_, index) => record(topic, `key-${index % keys}`, String(index)));
}

const TOPICS: Cases = {
  "topics are made once, and their partitions never change": async ({ log, source }) => {
    await log.ensureTopics([source]);
    await log.ensureTopics([{ ...source, retentionMs: 1000, maxRecordBytes: 100 }]);
    await assert.rejects(log.ensureTopics([{ ...source, partitions: 5 }]), hasCode("topic_mismatch"));
    const bounds = await log.bounds(source.name);
    assert.deepEqual(
      bounds.map(({ partition, first, next }) => [partition, next - first]),
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    );
  },
  "a topic that does not exist is a fault": async ({ log }) => {
    const topic = uniqueName("missing");
    await assert.rejects(
      surely(() => log.append([record(topic, "a", "b")])),
      hasCode("unknown_topic"),
    );
    await assert.rejects(log.bounds(topic), hasCode("unknown_topic"));
    await assert.rejects(log.consumer({ group: "g", topics: [topic] }), hasCode("unknown_topic"));
  },
  "a closed log says so": async ({ log, source }) => {
    await log.close();
    await assert.rejects(log.append([record(source.name, "a", "b")]), hasCode("closed"));
  },
};

const APPENDING: Cases = {
  "a record comes back as it was": async ({ log, source }) => {
    const odd: NewRecord[] = [
      {
        topic: source.name,
        key: "ключ-🔑",
        value: Buffer.from([0, 255, 128, 7]),
        headers: { traceparent: "00-1", ü: "ß" },
      },
      { topic: source.name, key: "", value: new Uint8Array(0) },
      { topic: source.name, key: "k".repeat(3000), value: Buffer.alloc(60_000, 250), headers: {} },
    ];
    const positions = await append(log, odd);
    const found = await log.readAt(positions.map((position) => ({ topic: source.name, ...position })));
    odd.forEach((each, index) => {
      assert.equal(found[index]?.key, each.key);
      assert.deepEqual(Buffer.from(found[index]?.value ?? []), Buffer.from(each.value ?? []));
      assert.deepEqual({ ...found[index]?.headers }, each.headers ?? {});
      assert.deepEqual(
        [found[index]?.partition, found[index]?.offset],
        [positions[index]?.partition, positions[index]?.offset],
      );
    });
  },
  "records of one key stay in order, times never fall": async ({ log, source }) => {
    for (const part of [0, 100, 200]) await append(log, numbered(source.name, 300).slice(part, part + 100));
    const found = await everything(log, source.name);
    assert.equal(found.length, 300);
    for (let key = 0; key < 7; key += 1) {
      const values = found.filter((each) => each.key === `key-${key}`).map((each) => Number(texts([each])[0]));
      assert.deepEqual(
        values,
        values.toSorted((a, b) => a - b),
      );
    }
    found.forEach((each, index) => {
      const before = found[index - 1];
      if (before?.partition === each.partition)
        assert.ok(before.offset < each.offset && before.timestamp <= each.timestamp);
    });
  },
  "thousands of records are one append": async ({ log, source }) => {
    const positions = await append(log, numbered(source.name, 2500));
    assert.equal(new Set(positions.map((position) => nameOf({ topic: source.name, ...position }))).size, 2500);
    assert.equal((await everything(log, source.name)).length, 2500);
  },
  "appends at once each get their own places": async ({ log, source }) => {
    const all = await Promise.all(numbered(source.name, 200).map((each) => append(log, [each])));
    const found = await log.readAt(all.flat().map((position) => ({ topic: source.name, ...position })));
    assert.deepEqual(
      found.map((each) => (each === undefined ? "" : texts([each])[0])),
      numbered(source.name, 200).map((_, index) => String(index)),
    );
  },
  "one record too large, and none is kept": async ({ log, source }) => {
    const large = { topic: source.name, key: "a", value: Buffer.alloc(65_537) };
    await assert.rejects(
      surely(() => log.append([record(source.name, "a", "x"), large])),
      hasCode("record_too_large"),
    );
    assert.deepEqual(await everything(log, source.name), []);
  },
  "records of several topics are one append": async ({ log, output }) => {
    const second = topicSpec(uniqueName("second"));
    await log.ensureTopics([second]);
    await append(log, [record(output.name, "a", "1"), record(second.name, "a", "2")]);
    assert.deepEqual(texts(await everything(log, output.name)), ["1"]);
    assert.deepEqual(texts(await everything(log, second.name)), ["2"]);
    const bad = [record(output.name, "a", "3"), record(uniqueName("missing"), "a", "4")];
    await assert.rejects(
      surely(() => log.append(bad)),
      hasCode("unknown_topic"),
    );
    assert.deepEqual(texts(await everything(log, output.name)), ["1"]);
  },
};

const CONSUMING: Cases = {
  "a new group starts at the first record, is told of its partitions first, and wakes for a new one": async (bench) => {
    const assigned: number[] = [];
    const { log, source, group } = bench;
    await append(log, numbered(source.name, 50));
    const consumer = await log.consumer({
      group,
      topics: [source.name],
      onAssigned: async (partitions) => {
        await new Promise((resolve) => setImmediate(resolve));
        assigned.push(...partitions.map(({ partition }) => partition));
      },
    });
    const first = await take(consumer, 50);
    assert.deepEqual([...new Set(assigned)].toSorted(), [0, 1, 2]);
    const waiting = take(consumer, 1, { ...POLL, waitMs: 9000 });
    const [position] = await append(log, [record(source.name, "late", "late")]);
    assert.deepEqual(texts((await waiting).filter((each) => each.key === "late")), ["late"]);
    assert.ok(!first.some((each) => each.partition === position?.partition && each.offset === position.offset));
    await consumer.close();
  },
  "a poll keeps to its bounds": async (bench) => {
    const { log, source } = bench;
    await append(
      log,
      Array.from({ length: 20 }, (_, index) => ({ topic: source.name, key: `k${index}`, value: Buffer.alloc(1000) })),
    );
    const consumer = await join(bench);
    const few = await consumer.poll({ maxRecords: 3, maxBytes: 1e6, waitMs: 5000 });
    assert.ok(few.length >= 1 && few.length <= 3);
    const light = await consumer.poll({ maxRecords: 100, maxBytes: 2500, waitMs: 5000 });
    assert.ok(light.length >= 1 && light.length <= 3);
    const least = await consumer.poll({ maxRecords: 100, maxBytes: 1, waitMs: 5000 });
    assert.equal(least.length, 1);
    await consumer.close();
  },
  "every record comes, however small the polls": async (bench) => {
    await append(bench.log, numbered(bench.source.name, 100));
    const consumer = await join(bench);
    const found = await take(consumer, 100, { maxRecords: 7, maxBytes: 40, waitMs: 50 });
    assert.deepEqual(
      texts(found)
        .map(Number)
        .toSorted((a, b) => a - b),
      Array.from({ length: 100 }, (_, index) => index),
    );
    await consumer.close();
  },
  "an empty poll ends with its wait": async (bench) => {
    const consumer = await join(bench);
    assert.deepEqual(await consumer.poll({ ...POLL, waitMs: 5 }), []);
    await consumer.close();
  },
  "while paused nothing comes": async (bench) => {
    const consumer = await join(bench);
    await consumer.poll({ ...POLL, waitMs: 1 });
    consumer.pause();
    await append(bench.log, numbered(bench.source.name, 5));
    assert.deepEqual(await consumer.poll({ ...POLL, waitMs: 20 }), []);
    const waiting = take(consumer, 5, { ...POLL, waitMs: 5000 });
    consumer.resume();
    assert.equal((await waiting).length, 5);
    await consumer.close();
  },
  "closing ends a waiting poll": async (bench) => {
    const consumer = await join(bench);
    const waiting = consumer.poll({ ...POLL, waitMs: 9000 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    await consumer.close();
    assert.deepEqual(await waiting, []);
    assert.deepEqual(await consumer.poll(POLL), []);
    await assert.rejects(consumer.transact({ offsets: [], append: [] }), hasCode("closed"));
  },
};

const GROUPS: Cases = {
  "transact commits outputs and offsets; the next consumer reads on behind them": async (bench) => {
    const { log, source, output, group } = bench;
    await append(log, numbered(source.name, 30));
    const consumer = await join(bench);
    const records = await take(consumer, 30);
    const offsets = offsetsAfter(records);
    await surely(() => consumer.transact({ offsets, append: [record(output.name, "a", "out")] }));
    const committed = await log.committed(group, source.name);
    for (const { partition, offset } of offsets) assert.equal(committed.get(partition), offset);
    assert.deepEqual(texts(await everything(log, output.name)), ["out"]);
    await consumer.close();
    await append(log, [record(source.name, "b", "next")]);
    const next = await join(bench);
    assert.deepEqual(texts(await take(next, 1)), ["next"]);
    await next.close();
  },
  "a transaction that fails leaves nothing; after a rewind the records come again": async (bench) => {
    const { log, source, output, group } = bench;
    await append(log, numbered(source.name, 10));
    const consumer = await join(bench);
    const records = await take(consumer, 10);
    const offsets = offsetsAfter(records);
    const faults: [NewRecord, LogErrorCode][] = [
      [{ topic: output.name, key: "a", value: Buffer.alloc(65_537) }, "record_too_large"],
      [record(uniqueName("missing"), "a", "b"), "unknown_topic"],
    ];
    for (const [bad, code] of faults) {
      const set = { offsets, append: [record(output.name, "a", "kept?"), bad] };
      await assert.rejects(
        surely(() => consumer.transact(set)),
        hasCode(code),
      );
    }
    assert.deepEqual(await everything(log, output.name), []);
    assert.equal((await log.committed(group, source.name)).size, 0);
    await consumer.rewind();
    assert.deepEqual((await take(consumer, 10)).map(nameOf).toSorted(), records.map(nameOf).toSorted());
    await consumer.close();
  },
  "rewind goes to what was committed, no further": async (bench) => {
    await append(
      bench.log,
      Array.from({ length: 10 }, (_, index) => record(bench.source.name, "one", String(index))),
    );
    const consumer = await join(bench);
    const records = await take(consumer, 10);
    await surely(() => consumer.transact({ offsets: offsetsAfter(records.slice(0, 4)), append: [] }));
    await consumer.rewind();
    assert.deepEqual(texts(await take(consumer, 6)), ["4", "5", "6", "7", "8", "9"]);
    await consumer.close();
  },
  "groups do not see each other": async (bench) => {
    await append(bench.log, numbered(bench.source.name, 5));
    const one = await join(bench);
    await surely(async () => one.transact({ offsets: offsetsAfter(await take(one, 5)), append: [] }));
    const other = await bench.log.consumer({ group: uniqueName("other"), topics: [bench.source.name] });
    assert.equal((await take(other, 5)).length, 5);
    await Promise.all([one.close(), other.close()]);
  },
  "every record is copied exactly once, in order, also when the group changes on the way": async (bench) => {
    const { log, source, output } = bench;
    const count = 300;
    const isDone = async (): Promise<boolean> => (await everything(log, output.name)).length >= count;
    await append(log, numbered(source.name, count));
    const first = await join(bench);
    await copyAll(bench, first, async () => (await everything(log, output.name)).length >= 60);
    const second = await join(bench);
    await Promise.all([copyAll(bench, first, isDone), copyAll(bench, second, isDone)]);
    await Promise.all([first.close(), second.close()]);
    const copies = await everything(log, output.name);
    assert.equal(copies.length, count);
    assert.equal(new Set(texts(copies)).size, count);
    for (let key = 0; key < 7; key += 1) {
      const values = texts(copies.filter((each) => each.key === `key-${key}`)).map(Number);
      assert.deepEqual(
        values,
        values.toSorted((a, b) => a - b),
      );
    }
  },
};

const READING: Cases = {
  "exact positions, and undefined where nothing is": async ({ log, source }) => {
    const positions = await append(log, numbered(source.name, 40));
    const asked = [positions[7], positions[3], positions[39]].map((position) => ({
      topic: source.name,
      partition: 0,
      offset: 0,
      ...position,
    }));
    const found = await log.readAt([...asked, { topic: source.name, partition: 1, offset: 1_000_000 }]);
    assert.deepEqual(
      found.map((each) => (each === undefined ? "" : texts([each])[0])),
      ["7", "3", "39", ""],
    );
  },
  "from an offset and from a time": async ({ log, source }) => {
    const early = await append(
      log,
      Array.from({ length: 5 }, (_, index) => record(source.name, "one", `early ${index}`)),
    );
    const partition = early[0]?.partition ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const late = await append(
      log,
      Array.from({ length: 5 }, (_, index) => record(source.name, "one", `late ${index}`)),
    );
    const place = { topic: source.name, partition, maxRecords: 3, maxBytes: 1e6 };
    assert.deepEqual(texts(await log.read({ ...place, from: { offset: early[1]?.offset ?? 0 } })), [
      "early 1",
      "early 2",
      "early 3",
    ]);
    const [firstLate] = await log.readAt([{ topic: source.name, partition, offset: late[0]?.offset ?? 0 }]);
    const time = firstLate?.timestamp ?? 0;
    assert.deepEqual(texts(await log.read({ ...place, from: { time } })), ["late 0", "late 1", "late 2"]);
    assert.equal(texts(await log.read({ ...place, from: { time: 0 } }))[0], "early 0");
    assert.deepEqual(await log.read({ ...place, from: { time: time + 60_000 } }), []);
    assert.equal((await log.read({ ...place, maxBytes: 1, from: { time: 0 } })).length, 1);
  },
  "a compacted topic keeps the last value of each key": async (bench) => {
    const { log, group } = bench;
    const table = topicSpec(uniqueName("table"), { compacted: true, retentionMs: null, partitions: 1 });
    await log.ensureTopics([table]);
    await append(log, [
      record(table.name, "a/1", "old"),
      record(table.name, "a/2", "two"),
      record(table.name, "b/1", "b"),
    ]);
    const [place] = await append(log, [
      record(table.name, "a/1", "new"),
      { topic: table.name, key: "a/2", value: null },
    ]);
    const read = async (prefix: string): Promise<[string, string][]> =>
      [...(await log.table(table.name, prefix))].map(([key, value]) => [key, Buffer.from(value).toString()]);
    assert.deepEqual((await read("a/")).toSorted(), [["a/1", "new"]]);
    assert.deepEqual((await read("")).toSorted(), [
      ["a/1", "new"],
      ["b/1", "b"],
    ]);
    assert.deepEqual(await read("c"), []);
    const [kept] = await log.readAt([{ topic: table.name, partition: 0, offset: 0, ...place }]);
    assert.equal(kept?.key, "a/1");
    const consumer = await log.consumer({ group, topics: [table.name] });
    const last = new Map((await take(consumer, 2)).map((each) => [each.key, texts([each])[0]]));
    assert.deepEqual([last.get("a/1"), last.get("b/1")], ["new", "b"]);
    await consumer.close();
  },
};
