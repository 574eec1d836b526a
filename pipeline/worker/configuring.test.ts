import assert from "node:assert/strict";
import { test } from "node:test";
import { integrationTopics } from "@datafly-signal/core";
import { answer } from "./testing/test-vendor.ts";
import { deadLetters, delivery, ledger, openTrial, outcomes, post, revision, snapshotOf } from "./testing/trial.ts";

const DAY = 86_400_000;

test("a disabled lane keeps what waits and sends it when it is enabled again", async () => {
  const off = snapshotOf({ tmpl_a: { lanes: [{ id: "tmpl_a_lane", enabled: false }] } });
  const trial = await openTrial({ snapshot: off });
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock)]);
  await trial.clock.advance(10_000);
  assert.deepEqual(trial.sender.sent, []);
  assert.deepEqual(
    trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]),
    [["healthy", "disabled"]],
  );
  trial.snapshots.set(snapshotOf({ tmpl_a: {} }, { number: 2 }));
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
});

test("a disabled lane beside an enabled one waits by position", async () => {
  const lanes = [{ id: "off", enabled: false }, { id: "on" }];
  const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: { lanes } }) });
  await post(
    trial,
    Array.from({ length: 1_000 }, (_, index) =>
      delivery(`m${index}`, trial.clock, { pipelineIntegrationId: index % 2 === 0 ? "off" : "on" }),
    ),
  );
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 500 });
  assert.equal(Object.keys((await ledger(trial.log)).parked).length, 500);
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes: [{ id: "off" }, { id: "on" }] } }, { number: 2 }));
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 1_000 });
  assert.deepEqual((await ledger(trial.log)).parked, {});
});

test("a lane that is deleted: what waits, is parked, or comes later becomes a dead letter", async () => {
  const lanes = [{ id: "kept" }, { id: "doomed" }];
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { lanes } }),
    play: ({ lane }) => answer(lane === "doomed" ? 503 : 200),
  });
  await post(
    trial,
    Array.from({ length: 100 }, (_, index) =>
      delivery(`m${index}`, trial.clock, { pipelineIntegrationId: index % 2 === 0 ? "doomed" : "kept" }),
    ),
  );
  await trial.clock.advance(3_000);
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes: [{ id: "kept" }] } }, { number: 2 }));
  await trial.clock.advance(1_000);
  await post(trial, [delivery("late", trial.clock, { pipelineIntegrationId: "doomed" })]);
  await trial.clock.advance(1_000);
  const sums = await outcomes(trial.log, "doomed");
  assert.equal(sums["dead_lettered/integration_deleted"], 51);
  assert.deepEqual(await outcomes(trial.log, "kept"), { delivered: 50 });
  const letters = await deadLetters(trial.log);
  assert.equal(letters.length, 51);
  assert.ok(letters.some(({ tries, lastStatus }) => tries === 1 && lastStatus === 503));
  assert.deepEqual((await ledger(trial.log)).parked, {});
});

test("an integration that was removed is emptied", async () => {
  const snapshot = snapshotOf({}, { removed: [{ integrationId: "tmpl_a" }] });
  const trial = await openTrial({ snapshot });
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock)]);
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log, "tmpl_a_lane"), { "dead_lettered/integration_deleted": 2 });
  trial.snapshots.set(snapshotOf({}, { number: 2 }));
  await trial.clock.advance(2_000);
  assert.deepEqual(trial.worker.lanes(), []);
});

test("an integration that is new gets its runner, also when its topics come later", async () => {
  const trial = await openTrial();
  trial.snapshots.set(snapshotOf({ tmpl_a: {}, tmpl_b: {} }, { number: 2 }));
  await trial.clock.advance(100);
  assert.match(trial.worker.ready().join(), /tmpl_b: .*no topic/);
  await trial.log.ensureTopics(integrationTopics("tmpl_b", 2));
  await post(trial, [delivery("m1", trial.clock, { integrationId: "tmpl_b", snapshot: 2 })]);
  await trial.clock.advance(1_500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 1 });
  assert.deepEqual(trial.worker.ready(), []);
});

test("a delivery of a newer snapshot waits for it", async () => {
  const trial = await openTrial();
  await post(trial, [
    delivery("m1", trial.clock, { snapshot: 3 }),
    delivery("m2", trial.clock, { snapshot: 3, pipelineIntegrationId: "new_lane" }),
  ]);
  await trial.clock.advance(5_000);
  assert.deepEqual(trial.sender.sent, []);
  assert.equal(trial.worker.lanes()[0]?.reason, "waiting for the configuration");
  assert.ok(trial.snapshots.refreshes >= 3, "it asks again");
  trial.snapshots.upcoming = snapshotOf(
    { tmpl_a: { lanes: [{ id: "tmpl_a_lane" }, { id: "new_lane" }] } },
    { number: 3 },
  );
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
});

test("a lane that no snapshot knows is looked for once, then given up", async () => {
  const trial = await openTrial();
  await post(trial, [
    delivery("m1", trial.clock, { pipelineIntegrationId: "stranger" }),
    delivery("m2", trial.clock, { pipelineIntegrationId: "stranger" }),
  ]);
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log, "stranger"), { "dead_lettered/integration_deleted": 2 });
  assert.equal(trial.snapshots.refreshes, 1);
});

test("a number that never comes, as after a restored backup, holds a known lane for a minute only", async () => {
  const trial = await openTrial();
  await post(trial, [delivery("m1", trial.clock, { snapshot: 900 })]);
  await trial.clock.advance(59_000);
  assert.deepEqual(trial.sender.sent, []);
  await trial.clock.advance(3_000);
  await post(trial, [delivery("m2", trial.clock, { snapshot: 901 })]);
  await trial.clock.advance(1_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
});

test("the connection is the pinned revision's at the time of sending", async () => {
  const at = (url: string): ReturnType<typeof revision> => revision({ parameters: { url } });
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { revisions: { 1: at("https://one.example.com/") } } }),
    play: (_, index) => answer(index === 0 ? 503 : 200),
  });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(500);
  trial.snapshots.set(
    snapshotOf(
      { tmpl_a: { lanes: [{ id: "tmpl_a_lane", revision: 2 }], revisions: { 2: at("https://two.example.com/") } } },
      { number: 2 },
    ),
  );
  await trial.clock.advance(1_000);
  assert.deepEqual(
    trial.sender.sent.map(({ url }) => url),
    ["https://one.example.com/", "https://two.example.com/"],
  );
});

test("what waits too long is given up also where nothing is sent or read", async () => {
  const lanes = [{ id: "off", enabled: false }, { id: "on" }];
  for (const snapshot of [snapshotOf({ tmpl_a: { lanes } }), snapshotOf({ tmpl_a: { lanes: lanes.slice(0, 1) } })]) {
    const trial = await openTrial({ snapshot, settings: { pollWaitMs: 600_000 } });
    await post(
      trial,
      Array.from({ length: 300 }, (_, index) => delivery(`m${index}`, trial.clock, { pipelineIntegrationId: "off" })),
    );
    await trial.clock.advance(100);
    const fresh = new Date(trial.clock.wall() + 9 * DAY).toISOString();
    await post(trial, [delivery("fresh", trial.clock, { pipelineIntegrationId: "off", receivedAt: fresh })]);
    await trial.clock.advance(10 * DAY - 3_600_000);
    assert.deepEqual(await outcomes(trial.log), {});
    await trial.clock.advance(2 * 3_600_000);
    assert.deepEqual(await outcomes(trial.log), { "dead_lettered/expired_waiting": 300 });
    trial.snapshots.set(snapshotOf({ tmpl_a: { lanes: [{ id: "off" }] } }, { number: 2 }));
    await trial.clock.advance(600_000);
    assert.deepEqual(await outcomes(trial.log), { "dead_lettered/expired_waiting": 300, delivered: 1 });
  }
});
