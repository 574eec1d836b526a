import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failed } from "./testing/test-vendor.ts";
import { deadLetters, delivery, openTrial, outcomes, post, revision, snapshotOf, type Trial } from "./testing/trial.ts";

function many(trial: Trial, count: number, facts: { prefix?: string; integrationId?: string } = {}): Promise<void> {
  const { prefix = "m", integrationId = "tmpl_a" } = facts;
  return post(
    trial,
    Array.from({ length: count }, (_, index) => delivery(`${prefix}${index}`, trial.clock, { integrationId })),
  );
}

test("a dead vendor opens its circuit; probes go out at 5, 10, 20, 40, 60 s; three successes close it", async () => {
  let alive = false;
  const trial = await openTrial({ play: () => (alive ? answer(200) : failed("network")) });
  await many(trial, 40);
  await trial.clock.advance(900);
  // Ten at once; the twentieth answer opens, the others are under way.
  assert.ok(trial.sender.sent.length >= 20 && trial.sender.sent.length < 30, String(trial.sender.sent.length));
  const before = trial.sender.sent.length;
  const opened = trial.sender.sent.at(-1)?.at ?? 0;
  assert.deepEqual(
    trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]),
    [["open", "failing: It failed: network."]],
  );
  await trial.clock.advance(136_000);
  assert.deepEqual(
    trial.sender.sent.slice(before).map(({ at }) => at - opened),
    [5_000, 15_000, 35_000, 75_000, 135_000],
  );
  assert.ok(trial.sender.sent.slice(before).every(({ messageIds }) => messageIds.length === 1));
  assert.equal(
    new Set(trial.sender.sent.slice(before).map(({ messageIds }) => messageIds[0])).size,
    5,
    "no delivery is tried twice while others wait",
  );
  alive = true;
  await trial.clock.advance(61_000);
  assert.equal(trial.worker.lanes()[0]?.circuit, "healthy");
  await trial.clock.advance(300_000);
  assert.equal((await outcomes(trial.log))["delivered"], 40);
  assert.deepEqual(await deadLetters(trial.log), []);
});

test("a vendor that rejects or throttles is alive: its circuit stays closed", async () => {
  for (const status of [400, 429]) {
    const trial = await openTrial({ play: (_, index) => answer(index % 2 === 0 ? status : 200) });
    await many(trial, 60);
    await trial.clock.advance(2_000_000);
    assert.equal(trial.worker.lanes()[0]?.circuit, "healthy");
    const sums = await outcomes(trial.log);
    assert.equal(
      (sums["delivered"] ?? 0) + (sums["dead_lettered/rejected"] ?? 0) + (sums["dead_lettered/retries_exhausted"] ?? 0),
      60,
    );
  }
});

test("a revoked token costs what was tried, one delivery a minute, and nothing after it was mended", async () => {
  const snapshot = snapshotOf({ tmpl_a: { revisions: { 1: revision({ secrets: { token: "v1.sealed.old" } }) } } });
  const trial = await openTrial({ snapshot, play: ({ secret }) => answer(secret === "new" ? 200 : 403) });
  await many(trial, 100);
  await trial.clock.advance(59_000);
  assert.equal(trial.sender.sent.length, 8, "as many as were under way at once");
  assert.equal(trial.worker.lanes()[0]?.circuit, "open");
  assert.match(trial.worker.lanes()[0]?.reason ?? "", /^misconfigured: The vendor answered 403/);
  await trial.clock.advance(121_000);
  assert.equal(trial.sender.sent.length, 11);
  const mended = snapshotOf(
    {
      tmpl_a: {
        lanes: [{ id: "tmpl_a_lane", revision: 2 }],
        revisions: { 2: revision({ secrets: { token: "v1.sealed.new" } }) },
      },
    },
    { number: 2 },
  );
  trial.snapshots.set(mended);
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/misconfigured": 11, delivered: 89 });
  assert.equal(trial.worker.lanes()[0]?.circuit, "healthy");
});

test("settings that are wrong send nothing and lose nothing", async () => {
  const snapshot = snapshotOf({
    tmpl_a: { revisions: { 1: revision({ parameters: { fault: "The id is missing." } }) } },
  });
  const trial = await openTrial({ snapshot });
  await many(trial, 5);
  await trial.clock.advance(10_000);
  assert.deepEqual(
    trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]),
    [["open", "misconfigured: fault: The id is missing."]],
  );
  assert.deepEqual(await outcomes(trial.log), {});
  trial.snapshots.set(
    snapshotOf(
      { tmpl_a: { lanes: [{ id: "tmpl_a_lane", revision: 2 }], revisions: { 2: revision() } } },
      { number: 2 },
    ),
  );
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 5 });
});

test("a hanging vendor slows no other", async () => {
  const never = new Promise<never>(() => undefined);
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: {}, tmpl_b: {} }),
    play: ({ lane }) => (lane === "tmpl_a_lane" ? never : answer(200)),
  });
  await many(trial, 5_000);
  await many(trial, 5_000, { integrationId: "tmpl_b" });
  await trial.clock.advance(1_500);
  assert.deepEqual(await outcomes(trial.log, "tmpl_b_lane"), { delivered: 5_000 });
  assert.deepEqual(
    trial.worker.lanes().find(({ pipelineIntegrationId }) => pipelineIntegrationId === "tmpl_a_lane")?.inFlight,
    10,
  );
});

test("a blocked lane does not hold its siblings up, and keeps everything", async () => {
  let alive = false;
  const lanes = [{ id: "dead" }, { id: "well" }];
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { lanes } }),
    play: ({ lane }) => (lane === "dead" && !alive ? failed("timeout") : answer(200)),
    settings: { maxInMemoryBytes: 400_000 },
  });
  const mixed = Array.from({ length: 6_000 }, (_, index) =>
    delivery(`m${index}`, trial.clock, { pipelineIntegrationId: index % 2 === 0 ? "dead" : "well" }),
  );
  await post(trial, mixed);
  await trial.clock.advance(3_000);
  assert.equal((await outcomes(trial.log, "well"))["delivered"], 3_000);
  assert.deepEqual(await outcomes(trial.log, "dead"), {});
  alive = true;
  await trial.clock.advance(300_000);
  assert.equal((await outcomes(trial.log, "dead"))["delivered"], 3_000);
  assert.deepEqual(await deadLetters(trial.log), []);
});
