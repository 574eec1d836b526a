import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failed, testSender } from "./testing/test-vendor.ts";
import type { SendResult } from "./http/sender.ts";
import { deadLetters, delivery, hire, ledger, openTrial, outcomes, post, snapshotOf } from "./testing/trial.ts";

test("closing waits for the answers under way, commits them and sends nothing new", async () => {
  const answers: ((result: SendResult) => void)[] = [];
  const trial = await openTrial({ play: () => new Promise<SendResult>((resolve) => answers.push(resolve)) });
  await post(
    trial,
    Array.from({ length: 30 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  await trial.clock.advance(100);
  assert.equal(answers.length, 8);
  const closing = trial.worker.close(5_000);
  await trial.clock.advance(1_000);
  for (const resolve of answers) resolve(answer(200));
  await trial.clock.advance(1);
  await closing;
  assert.equal(trial.sender.sent.length, 8);
  assert.deepEqual(await outcomes(trial.log), { delivered: 8 });
  const sender = testSender(() => trial.clock.monotonic());
  await hire(trial, trial.log, { sender });
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 30 });
  assert.equal(sender.sent.length, 22, "nothing is sent twice");
});

test("at the deadline what has no answer is left, and sent again after the next start", async () => {
  const trial = await openTrial({ play: () => new Promise<never>(() => undefined) });
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock)]);
  await trial.clock.advance(100);
  const closing = trial.worker.close(3_000);
  await trial.clock.advance(3_001);
  await closing;
  const sender = testSender(() => trial.clock.monotonic());
  await hire(trial, trial.log, { sender });
  await trial.clock.advance(500);
  assert.equal(sender.sent.length, 2);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
});

test("tries go on counting over a restart, and the wait goes on too", async () => {
  const trial = await openTrial({ play: () => answer(503) });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(6_000);
  assert.equal(trial.sender.sent.length, 3);
  const closing = trial.worker.close(1_000);
  await trial.clock.advance(1);
  await closing;
  await hire(trial, trial.log);
  await trial.clock.advance(14_000);
  assert.equal(trial.sender.sent.length, 3, "the third retry is due 16 s after the third try");
  await trial.clock.advance(2_000);
  assert.equal(trial.sender.sent.length, 4);
  await trial.clock.advance(400_000);
  assert.deepEqual(
    (await deadLetters(trial.log)).map(({ tries }) => tries),
    [6],
  );
  assert.deepEqual(await outcomes(trial.log), { retried: 5, "dead_lettered/retries_exhausted": 1 });
});

test("a restart with a wall clock set back waits an hour at most", async () => {
  const trial = await openTrial({ play: (_, index) => answer(index === 0 ? 503 : 200) });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(100);
  const closing = trial.worker.close(1_000);
  await trial.clock.advance(1);
  await closing;
  trial.clock.step(-365 * 86_400_000);
  await hire(trial, trial.log);
  await trial.clock.advance(3_601_000);
  assert.equal(trial.sender.sent.length, 2);
});

test("at the bound of parked deliveries reading rests, and goes on when there is room", async () => {
  let status = 503;
  const trial = await openTrial({
    play: () => answer(status === 503 && Math.floor(trial.sender.sent.length) % 15 === 0 ? 400 : status),
    settings: { maxParked: 200 },
  });
  await post(
    trial,
    Array.from({ length: 6_000 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  await trial.clock.advance(900);
  const { heads, parked } = await ledger(trial.log);
  const read = Object.values(heads).reduce((sum, { high }) => sum + Number(high), 0);
  assert.ok(Object.keys(parked).length >= 200, String(Object.keys(parked).length));
  assert.ok(read < 4_000, `${read} begun`);
  assert.deepEqual(
    trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]),
    [["degraded", "retry backlog"]],
  );
  status = 200;
  await trial.clock.advance(10_000);
  const sums = await outcomes(trial.log);
  assert.equal((sums["delivered"] ?? 0) + (sums["dead_lettered/rejected"] ?? 0), 6_000);
  assert.equal(trial.worker.lanes()[0]?.circuit, "healthy");
});

test("a large backlog at its bound survives a restart", { timeout: 60_000 }, async () => {
  const lanes = [{ id: "off", enabled: false }, { id: "on" }];
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { lanes } }),
    settings: { maxParked: 20_000, pollWaitMs: 200 },
  });
  await post(
    trial,
    Array.from({ length: 21_000 }, (_, index) => delivery(`m${index}`, trial.clock, { pipelineIntegrationId: "off" })),
  );
  await trial.clock.advance(2_000);
  const held = Object.keys((await ledger(trial.log)).parked).length;
  assert.ok(held >= 20_000 && held < 21_000, String(held));
  const closing = trial.worker.close(1_000);
  await trial.clock.advance(1);
  await closing;
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes: [{ id: "off" }, { id: "on" }] } }, { number: 2 }));
  await hire(trial, trial.log);
  await trial.clock.advance(3_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 21_000 });
  assert.deepEqual((await ledger(trial.log)).parked, {});
});

test("while the ledger cannot be committed nothing new is sent, and nothing is counted twice", async () => {
  const play = (): Promise<SendResult> => new Promise((resolve) => trial.clock.after(5, () => resolve(answer(200))));
  const trial = await openTrial({ play });
  await post(
    trial,
    Array.from({ length: 50 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  trial.log.failNext(8);
  await trial.clock.advance(1_500);
  const early = trial.sender.sent.length;
  assert.ok(early < 50 && early > 0, String(early));
  assert.match(trial.worker.ready().join(), /ledger cannot be committed/);
  await trial.clock.advance(10_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 50 });
  assert.equal(trial.sender.sent.length, 50);
  assert.deepEqual(trial.worker.ready(), []);
});

test("a partition that goes to another worker is not committed by the first, and nothing is lost", async () => {
  const trial = await openTrial({ play: () => failed("network") });
  const group = "delivery-worker-tmpl_a";
  await post(
    trial,
    Array.from({ length: 12 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  await trial.clock.advance(500);
  for (const partition of [0, 1]) trial.log.revoke(group, "delivery-tmpl_a", partition);
  await trial.clock.advance(5_000);
  assert.deepEqual(
    trial.worker.lanes().map(({ waiting, parked, inFlight }) => [waiting, parked, inFlight]),
    [[0, 0, 0]],
  );
  const before = trial.sender.sent.length;
  await trial.clock.advance(10_000);
  assert.equal(trial.sender.sent.length, before, "nothing of it is sent any more");
  trial.sender.play = () => answer(200);
  for (const partition of [0, 1]) trial.log.assign(group, "delivery-tmpl_a", partition);
  await trial.clock.until(() => trial.worker.lanes()[0]?.parked !== 0);
  await trial.clock.advance(60_000);
  assert.equal((await outcomes(trial.log))["delivered"], 12);
});

test("closing ends also when the ledger cannot be committed or the log hangs; nothing is lost", async () => {
  const trial = await openTrial({ play: () => answer(200) });
  trial.sender.play = () => {
    trial.log.failNext(1_000);
    return answer(200);
  };
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(30);
  const closing = trial.worker.close(1_000);
  await trial.clock.advance(4_000);
  await closing;
  assert.equal(trial.sender.sent.length, 1);
  assert.deepEqual(await outcomes(trial.log), {});
});
