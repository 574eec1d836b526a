import assert from "node:assert/strict";
import { test } from "node:test";
import { Committer } from "./committer.ts";
import { PartitionLedger } from "./partition-ledger.ts";
import { TestClock } from "./testing/test-clock.ts";
import { quietLogger } from "./testing/trial.ts";

/** How long after a commit's end the next one starts; every commit takes `durationMs`. */
async function gapOf(durationMs: number, lasting: boolean): Promise<number> {
  const clock = new TestClock();
  const home = new PartitionLedger({ ledgerTopic: "ledger", group: "group", partition: 0 }, undefined, 0);
  const starts: number[] = [];
  const consumer = {
    poll: async () => [],
    rewind: async () => undefined,
    pause() {},
    resume() {},
    close: async () => undefined,
    async transact() {
      starts.push(clock.monotonic());
      await new Promise<void>((resolve) => void clock.after(durationMs, resolve));
    },
  };
  const options = {
    topic: "topic",
    clock,
    logger: quietLogger,
    maxGapMs: 20,
    lasting: () => lasting,
    onCommitted() {},
    onFenced() {},
  };
  const committer = new Committer(consumer, options);
  committer.add(home);
  for (let offset = 0; offset < 100; offset += 1) {
    home.takeIn(offset);
    home.done(offset);
    committer.touch();
    await clock.advance(1);
  }
  committer.stop();
  const [, second = 0, third = 0] = starts;
  return third - second - durationMs;
}

test("completions are committed soon while there is little to do, seldom while a backlog lasts", async () => {
  assert.equal(await gapOf(1, false), 8);
  assert.equal(await gapOf(6, false), 12);
  assert.equal(await gapOf(15, false), 20);
  assert.equal(await gapOf(1, true), 20);
});
