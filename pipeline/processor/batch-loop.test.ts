import assert from "node:assert/strict";
import { test } from "node:test";
import { DLQ_EVENTS, OUTCOMES, PROCESSOR_GROUP, RAW_EVENTS, deliveryTopic } from "@datafly-signal/core";
import { type Consumer, type EventLog, type WriteSet, LogError } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { type Trial, WALL, raw, readAll, startTrial, withTrial } from "./processor-fixture.ts";

/** A log whose commits go through `before`, which may throw. */
function onCommit(before: (set: WriteSet) => void): (log: EventLog) => EventLog {
  return (log) => ({
    ...delegate(log),
    async consumer(options) {
      const inner = await log.consumer(options);
      const outer: Consumer = {
        poll: (poll) => inner.poll(poll),
        async transact(set) {
          before(set);
          await inner.transact(set);
        },
        rewind: () => inner.rewind(),
        pause: () => inner.pause(),
        resume: () => inner.resume(),
        close: () => inner.close(),
      };
      return outer;
    },
  });
}

function delegate(log: EventLog): EventLog {
  return {
    ensureTopics: (specs) => log.ensureTopics(specs),
    append: (records) => log.append(records),
    consumer: (options) => log.consumer(options),
    read: (options) => log.read(options),
    readAt: (positions) => log.readAt(positions),
    table: (topic, prefix) => log.table(topic, prefix),
    bounds: (topic) => log.bounds(topic),
    committed: (group, topic) => log.committed(group, topic),
    close: () => log.close(),
  };
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

async function deliveredOnce(started: Trial, expected: readonly string[]): Promise<void> {
  const delivered = (await started.deliveries("tmpl_a")).map(({ messageId }) => messageId);
  assert.deepEqual(delivered.sort(), [...expected].sort());
}

test("an aborted commit is worked again, and again", () => {
  let left = 6;
  const wrap = onCommit(() => {
    left -= 1;
    if (left >= 0) throw new LogError("commit_failed", "");
  });
  return withTrial({ wrap }, async (started) => {
    await started.send(...ids(20).map((id) => raw(id)));
    await deliveredOnce(started, ids(20));
    assert.equal((await started.counts())["pi_a accepted"], 20);
    assert.deepEqual(started.processor.ready(), []);
  });
});

for (const error of [
  new LogError("log_full", ""),
  new LogError("unknown_topic", ""),
  new Error("EIO of jane@example.com"),
]) {
  test(`${error.name} ${"code" in error ? error.code : ""}: waits, says so, sets nothing aside`, () => {
    let broken = true;
    let seen = 0;
    const wrap = onCommit(() => {
      seen += 1;
      if (broken) throw error;
    });
    return withTrial({ wrap }, async (started) => {
      await started.append(raw("m1"));
      while (seen < 5) await new Promise(setImmediate);
      assert.deepEqual(started.processor.ready(), ["The event log takes no commit."]);
      broken = false;
      await started.processor.idle();
      await deliveredOnce(started, ["m1"]);
      assert.deepEqual(await started.rejected(), []);
      assert.deepEqual(started.processor.ready(), []);
      assert.doesNotMatch(started.logged.join(), /jane/);
    });
  });
}

test("fenced: the batch is dropped and read again by whoever has the partition", () => {
  let fenced = 2;
  const wrap = onCommit(() => {
    fenced -= 1;
    if (fenced >= 0) throw new LogError("fenced", "");
  });
  return withTrial({ wrap }, async (started) => {
    await started.send(raw("m1"), raw("m2"));
    await deliveredOnce(started, ["m1", "m2"]);
  });
});

test("a partition that is taken away and given back loses and repeats nothing", () =>
  withTrial({}, async (started) => {
    await started.send(...ids(10).map((id) => raw(id, { anonymousId: id })));
    for (const partition of [0, 1, 2, 3]) started.log.revoke(PROCESSOR_GROUP, RAW_EVENTS, partition);
    await started.append(...ids(20).map((id) => raw(id, { anonymousId: id })));
    for (const partition of [3, 1, 0, 2]) started.log.assign(PROCESSOR_GROUP, RAW_EVENTS, partition);
    await started.processor.idle();
    await deliveredOnce(started, ids(20));
    assert.equal((await started.counts())["pi_a filtered duplicate"], 10);
  }));

test("the state store away: waits with the batch, then goes on", () => {
  const inner = openMemoryState();
  let broken: keyof StateStore | null = "firstSeen";
  let asked = 0;
  const guard = <T>(name: keyof StateStore, answer: () => Promise<T>): Promise<T> => {
    if (broken !== name) return answer();
    asked += 1;
    return Promise.reject(new Error("connection refused"));
  };
  const state: StateStore = {
    ...inner,
    firstSeen: (keys, positions, now) => guard("firstSeen", () => inner.firstSeen(keys, positions, now)),
    read: (keys, positions) => guard("read", () => inner.read(keys, positions)),
    write: (entries) => guard("write", () => inner.write(entries)),
  };
  return withTrial({ state }, async (started) => {
    for (const [index, name] of (["firstSeen", "read", "write"] as const).entries()) {
      broken = name;
      asked = 0;
      await started.append(
        raw(`m${index}`, { type: "identify", userId: "u1", timestamp: `2026-02-25T14:30:0${index}.000Z` }),
      );
      while (asked < 4) await new Promise(setImmediate);
      assert.deepEqual(started.processor.ready(), ["The state store does not answer."]);
      broken = null;
      await started.processor.idle();
      assert.deepEqual(started.processor.ready(), []);
    }
    await deliveredOnce(started, ["m0", "m1", "m2"]);
    assert.equal((await started.counts())["pi_a accepted"], 3);
    assert.equal(started.logged.length, 3);
  });
});

test("a configuration that cannot be used waits, and sets nothing aside", () =>
  withTrial({}, async (started) => {
    const good = started.snapshots.current;
    started.snapshots.current = {
      ...good,
      get lanes(): never {
        throw new TypeError("broken");
      },
    };
    await started.append(raw("m1"));
    while (started.processor.ready().length === 0) await new Promise(setImmediate);
    assert.deepEqual(started.processor.ready(), ["The configuration cannot be used."]);
    started.snapshots.current = good;
    await started.processor.idle();
    await deliveredOnce(started, ["m1"]);
    assert.deepEqual(started.processor.ready(), []);
    assert.deepEqual(await started.rejected(), []);
  }));

test("a snapshot source that fails leaves the last good snapshot", () =>
  withTrial({}, async (started) => {
    started.snapshots.onRefresh = () => {
      throw new Error("database away");
    };
    await started.send(raw("m1"), raw("m2", { pipelineId: "pip_gone" }));
    await deliveredOnce(started, ["m1"]);
    assert.deepEqual(
      (await started.rejected()).map(({ error }) => error),
      ["pipeline_deleted"],
    );
  }));

/** Refuses every record whose value holds the text. */
function tooLarge(text: string): (log: EventLog) => EventLog {
  return onCommit(({ append }) => {
    if (append.some(({ value }) => Buffer.from(value ?? []).includes(text))) throw new LogError("record_too_large", "");
  });
}

for (const at of [[0], [7], [19], [3, 4], [0, 5, 11, 19], ids(20).map((_, index) => index)]) {
  test(`a batch that cannot be committed is halved down to the events at fault: ${at.join()}`, () =>
    withTrial({ wrap: tooLarge("poison") }, async (started) => {
      const events = ids(20).map((id, index) => raw(id, at.includes(index) ? { note: "poison" } : {}));
      await started.send(...events);
      await deliveredOnce(
        started,
        ids(20).filter((_, index) => !at.includes(index)),
      );
      const rejected = await started.rejected();
      assert.deepEqual(
        rejected.map(({ error, original_event }) => [error, original_event]),
        at.map(() => ["processing_failed", null]),
      );
      assert.deepEqual(
        rejected.map(({ raw: { offset } }) => offset),
        at,
      );
      assert.match(String(rejected[0]?.details), /^LogError \(record_too_large\)/);
      const counts = await started.counts();
      assert.equal(counts["processed"] ?? 0, 20 - at.length);
      assert.equal(counts["unprocessable processing_failed"], at.length);
      assert.equal(counts["pi_a accepted"] ?? 0, 20 - at.length);
      assert.doesNotMatch(started.logged.join(), /poison/);
    }));
}

test("a batch that fails once is not halved", () => {
  let failures = 1;
  const wrap = onCommit(() => {
    failures -= 1;
    if (failures >= 0) throw new LogError("record_too_large", "");
  });
  return withTrial({ wrap }, async (started) => {
    await started.send(raw("m1"), raw("m2"));
    await deliveredOnce(started, ["m1", "m2"]);
    assert.deepEqual(await started.rejected(), []);
  });
});

test("worked again after an aborted commit, the output is the same bytes", async () => {
  const events = [
    raw("m1"),
    raw("m2", { type: "identify", userId: "u1" }),
    raw("m3"),
    raw("m3"),
    raw("m4", { type: "identify", userId: "u2", timestamp: "2026-02-25T14:40:00.000Z" }),
    raw("m5"),
    "{",
    JSON.stringify(raw("m6", { pipelineId: "pip_gone" })),
  ];
  const topics = [deliveryTopic("tmpl_a"), OUTCOMES, DLQ_EVENTS];
  const output = async (started: Trial): Promise<string[][]> =>
    Promise.all(
      topics.map(async (topic) =>
        (await readAll(started.log, topic)).map(({ value }) => Buffer.from(value).toString()),
      ),
    );
  const run = (aborts: number, size: number): Promise<string[][]> => {
    let left = aborts;
    const wrap = onCommit(() => {
      left -= 1;
      if (left >= 0) throw new LogError("commit_failed", "");
    });
    return withTrial({ wrap, settings: { maxBatchRecords: size }, waiting: events }, async (started) => {
      await started.processor.idle();
      return output(started);
    });
  };
  const smooth = await run(0, 100);
  assert.deepEqual(await run(3, 100), smooth);
  // Other batch borders make other sums, but the same deliveries.
  for (const size of [1, 2, 3, 5]) {
    assert.deepEqual((await run(3, size))[0], smooth[0]);
  }
});

test("close ends after the batch at work; the rest waits for the next start", async () => {
  const started = await startTrial();
  await started.append(...ids(50).map((id) => raw(id)));
  await started.processor.close(1000);
  await started.processor.close(1000);
  const before = (await started.deliveries("tmpl_a")).length;
  const committed = await started.log.committed(PROCESSOR_GROUP, RAW_EVENTS);
  assert.equal(
    [...committed.values()].reduce((sum, offset) => sum + offset, 0),
    before,
  );
  await started.log.close();
});

test("close does not wait for a store that is away, nor idle for ever", async () => {
  const inner = openMemoryState();
  const state: StateStore = { ...inner, firstSeen: () => Promise.reject(new Error("away")) };
  const started = await startTrial({ state });
  await started.append(raw("m1"));
  const idle = started.processor.idle();
  await started.processor.close(1000);
  await idle;
  assert.deepEqual(await started.deliveries("tmpl_a"), []);
  await started.log.close();
});

test("an event that has waited for most of the retention makes the processor not ready", () =>
  withTrial(
    {
      faults: { wall: () => WALL - 6 * 86_400_000 },
      wrap: onCommit(() => {
        throw new LogError("log_full", "");
      }),
    },
    async (started) => {
      await started.append(raw("m1"));
      while (started.processor.ready().length < 2) await new Promise(setImmediate);
      assert.deepEqual(started.processor.ready()[1], "The oldest unprocessed event is 6.0 days old.");
    },
  ));
