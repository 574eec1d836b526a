import assert from "node:assert/strict";
import { test } from "node:test";
import { integrationTopics, OUTCOMES, type OutcomeRecord } from "@datafly-signal/core";
import type { SendResult } from "./http/sender.ts";
import { answer } from "./testing/test-vendor.ts";
import {
  deadLetters,
  delivery,
  hire,
  ledger,
  openTrial,
  outcomes,
  post,
  revision,
  snapshotOf,
} from "./testing/trial.ts";

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

test("a lane that was removed while its integration stays is emptied, whatever its siblings do", async () => {
  const removedLanes = [{ integrationId: "tmpl_a", pipelineIntegrationId: "doomed" }];
  const siblings = [[], [{ id: "off", enabled: false }], [{ id: "on" }]];
  for (const lanes of siblings) {
    const before = snapshotOf({ tmpl_a: { lanes: [...lanes, { id: "doomed" }] } });
    const trial = await openTrial({ snapshot: before, play: () => answer(503) });
    const ids = Array.from({ length: 60 }, (_, index) => `m${index}`);
    const doomed = { pipelineIntegrationId: "doomed" };
    await post(
      trial,
      ids.map((id) => delivery(id, trial.clock, doomed)),
    );
    await trial.clock.advance(500);
    assert.notDeepEqual((await ledger(trial.log)).parked, {}, "some are parked");
    const closing = trial.worker.close(1_000);
    await trial.clock.advance(1);
    await closing;
    await post(trial, [
      delivery("late", trial.clock, doomed),
      ...lanes.map(({ id }) => delivery("kept", trial.clock, { pipelineIntegrationId: id })),
    ]);
    trial.sender.play = () => answer(200);
    const sent = trial.sender.sent.length;
    trial.snapshots.set(snapshotOf({ tmpl_a: { lanes } }, { number: 2, removedLanes }));
    const { worker } = await hire(trial, trial.log);
    await trial.clock.advance(3_000);
    const name = JSON.stringify(lanes);
    const sums = await outcomes(trial.log, "doomed");
    assert.equal(sums["dead_lettered/integration_deleted"], 61, name);
    assert.equal(sums["delivered"], undefined, name);
    const letters = await deadLetters(trial.log);
    assert.equal(new Set(letters.map(({ messageId }) => messageId)).size, 61, name);
    assert.ok(letters.every(({ delivery: kept }) => kept?.pipelineId === "pip_a"));
    const delivered = await outcomes(trial.log, "on");
    assert.deepEqual(delivered, lanes[0]?.id === "on" ? { delivered: 1 } : {}, name);
    assert.equal(trial.sender.sent.length, sent + (lanes[0]?.id === "on" ? 1 : 0), name);
    assert.equal(trial.snapshots.refreshes, 0, "it is known to be gone");
    assert.deepEqual(
      worker.lanes().map(({ pipelineIntegrationId }) => pipelineIntegrationId),
      lanes.map(({ id }) => id),
      name,
    );
  }
});

test("outcomes of a lane that was removed name the pipeline that its deliveries name", async () => {
  const removedLanes = [{ integrationId: "tmpl_a", pipelineIntegrationId: "doomed" }];
  const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: {} }, { removedLanes }) });
  await post(trial, [delivery("m1", trial.clock, { pipelineIntegrationId: "doomed" })]);
  await trial.clock.advance(500);
  const records = await trial.log.read({
    topic: OUTCOMES,
    partition: 0,
    from: { offset: 0 },
    maxRecords: 9,
    maxBytes: 1e6,
  });
  const lanes = records.map(({ value }) => (JSON.parse(Buffer.from(value).toString()) as OutcomeRecord).lane);
  assert.deepEqual(lanes, [{ pipelineId: "pip_a", integrationId: "tmpl_a", pipelineIntegrationId: "doomed" }]);
});

test("a removed lane of another integration, and one that came back, are left alone", async () => {
  const removedLanes = [
    { integrationId: "tmpl_b", pipelineIntegrationId: "tmpl_a_lane" },
    { integrationId: "tmpl_a", pipelineIntegrationId: "back" },
  ];
  const lanes = [{ id: "tmpl_a_lane" }, { id: "back" }];
  const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: { lanes } }, { removedLanes }) });
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock, { pipelineIntegrationId: "back" })]);
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
});

test("a removed lane whose deliveries name a newer number waits for it, a minute at most", async () => {
  const removedLanes = [{ integrationId: "tmpl_a", pipelineIntegrationId: "doomed" }];
  const newer = { pipelineIntegrationId: "doomed", snapshot: 7 };
  for (const comes of [true, false]) {
    const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: {} }, { removedLanes }) });
    await post(trial, [delivery("m1", trial.clock, newer)]);
    await trial.clock.advance(30_000);
    assert.deepEqual(await outcomes(trial.log), {});
    const lanes = [{ id: "tmpl_a_lane" }, { id: "doomed" }];
    if (comes) trial.snapshots.upcoming = snapshotOf({ tmpl_a: { lanes } }, { number: 7 });
    await trial.clock.advance(35_000);
    await post(trial, [delivery("m2", trial.clock, newer)]);
    await trial.clock.advance(2_000);
    assert.deepEqual(await outcomes(trial.log), comes ? { delivered: 2 } : { "dead_lettered/integration_deleted": 2 });
  }
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

test("an answer that comes after its lane changed or went shows none of the secrets it was sent with", async () => {
  const changed = [{ id: "tmpl_a_lane", revision: 2 }];
  for (const lanes of [changed, [{ id: "another" }]]) {
    const answers: ((result: SendResult) => void)[] = [];
    const secrets = { token: "v1.sealed.the-former-s3cret" };
    const trial = await openTrial({
      snapshot: snapshotOf({ tmpl_a: { revisions: { 1: revision({ secrets }) } } }),
      play: () => new Promise<SendResult>((resolve) => answers.push(resolve)),
    });
    await post(trial, [delivery("m1", trial.clock)]);
    await trial.clock.advance(100);
    const revisions = { 1: revision(), 2: revision({ secrets: { token: "v1.sealed.the-next" } }) };
    trial.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions } }, { number: 2 }));
    await trial.clock.advance(100);
    answers[0]?.(answer(400, { body: "no such key: the-former-s3cret" }));
    await trial.clock.advance(100);
    const [letter] = await deadLetters(trial.log);
    assert.equal(letter?.responseExcerpt, "no such key: [redacted]");
    assert.doesNotMatch(JSON.stringify(letter), /s3cret/);
  }
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
