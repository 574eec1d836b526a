import assert from "node:assert/strict";
import { test } from "node:test";
import { hireMortal } from "./testing/mortal.ts";
import { answer, failed, given, type Play, type PlayToken, testConnector } from "./testing/test-vendor.ts";
import { gaps, openTokenTrial, postMany, states, tokenSnapshot } from "./testing/token-trial.ts";
import { deadLetters, hire, ledger, openTrial, outcomes, revision, setStage, snapshotOf } from "./testing/trial.ts";

const LADDER = [1_000, 4_000, 16_000, 64_000, 256_000];

test("refused again after it was renewed, a delivery is retried; tokens are not asked for without end", async () => {
  const play: Play = () => answer(401);
  const single = await openTokenTrial({ play });
  await postMany(single, 1);
  await single.clock.advance(4_000_000);
  assert.deepEqual(await outcomes(single.log), { retried: 5, "dead_lettered/retries_exhausted": 1 });
  assert.equal(single.sender.sent.length, 12);
  assert.ok(single.sender.asked.length <= 7, String(single.sender.asked.length));

  const flood = await openTokenTrial({ play, settings: { pollWaitMs: 500 } });
  await postMany(flood, 3_000);
  await flood.clock.advance(600_000);
  assert.ok(flood.sender.asked.length <= 16, String(flood.sender.asked.length));
  flood.sender.play = () => answer(200);
  await flood.clock.advance(400_000);
  const sums = await outcomes(flood.log);
  assert.equal((sums["delivered"] ?? 0) + (sums["dead_lettered/retries_exhausted"] ?? 0), 3_000);
});

test("what becomes of a delivery whose token cannot be had", async () => {
  const exhausted = { retried: 5, "dead_lettered/retries_exhausted": 1 };
  const cases: [name: string, playToken: PlayToken, gaps: number[], sums: Record<string, number>, detail: RegExp][] = [
    ["always 503", () => answer(503, { body: "down" }), LADDER, exhausted, /answered 503. down$/],
    ["a network error", () => failed("network"), LADDER, exhausted, /It failed: network\.$/],
    ["a timeout", () => failed("timeout"), LADDER, exhausted, /timeout/],
    ["a sender that breaks", () => Promise.reject(new Error("broken")), LADDER, exhausted, /could not be sent/],
    ["no JSON", () => answer(200, { body: "<html>" }), LADDER, exhausted, /not be understood \(SyntaxError\)/],
    ["an empty token", () => given(""), LADDER, exhausted, /no token that could still be used/],
    ["a token that has ended", () => given("T1", 0), LADDER, exhausted, /no token that could still be used/],
    ["a token without an end", () => given("T1", NaN), LADDER, exhausted, /no token that could still be used/],
    ["no text", () => given(7 as never), LADDER, exhausted, /no token that could still be used/],
    ["throttled", () => answer(429), LADDER, exhausted, /answered 429/],
    ["refused", () => answer(401), [], { "dead_lettered/misconfigured": 1 }, /answered 401/],
    ["a bad certificate", () => failed("tls"), [], { "dead_lettered/misconfigured": 1 }, /tls/],
    ["a refused address", () => failed("blocked_address"), [], { "dead_lettered/misconfigured": 1 }, /blocked/],
  ];
  for (const [name, playToken, expected, sums, detail] of cases) {
    const trial = await openTokenTrial({ playToken });
    await postMany(trial, 1);
    await trial.clock.advance(4_000_000);
    assert.deepEqual(trial.sender.sent, [], name);
    assert.deepEqual(gaps(trial.sender.asked), expected, name);
    assert.deepEqual(await outcomes(trial.log), sums, name);
    const [letter] = await deadLetters(trial.log);
    assert.match(letter?.detail ?? "", /^No token could be had: /, name);
    assert.match(letter?.detail ?? "", detail, name);
    assert.deepEqual((await ledger(trial.log)).parked, {}, name);
  }
});

test("a token request that cannot be made is a misconfiguration", async () => {
  const revisions = { 1: revision({ parameters: { account: "shop" }, secrets: { token: "v1.sealed.explode" } }) };
  const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: { revisions } }) });
  await postMany(trial, 5);
  await trial.clock.advance(1_000);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/misconfigured": 1 });
  assert.deepEqual(states(trial), [
    ["open", "misconfigured: No token could be had: The request could not be made (TypeError)."],
  ]);
});

test("a token request that is never made ends with the plan's timeout", async () => {
  const plain = testConnector();
  const connector = testConnector({
    plan(settings) {
      const plan = plain.plan(settings);
      if (Array.isArray(plan) || plan.token === undefined) return plan;
      return { ...plan, token: { ...plan.token, request: () => new Promise<never>(() => undefined) } };
    },
  });
  const trial = await openTokenTrial({ connector });
  await postMany(trial, 1);
  await trial.clock.advance(29_000);
  assert.equal(trial.worker.lanes()[0]?.parked, 0);
  await trial.clock.advance(1_500);
  assert.equal(trial.worker.lanes()[0]?.parked, 1);
});

test("a long outage costs few tries, is seen, and ends by itself", async () => {
  let up = false;
  const limits = { rps: 1e6, daily: 0, batch: { size: 50, bytes: 1e6, intervalMs: 100 }, concurrency: 10 };
  const trial = await openTokenTrial({
    connector: testConnector({ limits }),
    playToken: (_, index) => (up ? given(`T${index + 1}`) : answer(503)),
  });
  await postMany(trial, 2_000);
  await trial.clock.advance(500);
  assert.deepEqual(states(trial), [
    ["degraded", "waiting for a token: No token could be had: The token endpoint answered 503. "],
  ]);
  await trial.clock.advance(3_600_000);
  assert.equal(trial.worker.lanes()[0]?.circuit, "open");
  assert.ok(trial.sender.asked.length <= 66, `${trial.sender.asked.length} token requests in an hour`);
  assert.ok((await deadLetters(trial.log)).length <= 11, String((await deadLetters(trial.log)).length));
  up = true;
  await trial.clock.advance(400_000);
  const sums = await outcomes(trial.log);
  assert.equal((sums["delivered"] ?? 0) + (sums["dead_lettered/retries_exhausted"] ?? 0), 2_000);
  assert.deepEqual(states(trial), [["healthy", undefined]]);
});

test("a revoked grant costs one delivery, then one a minute, and nothing after it was mended", async () => {
  const good = "the-new-one";
  const trial = await openTokenTrial({
    playToken: ({ body }, index) => (body.includes(good) ? given(`T${index}`) : answer(400, { body: "invalid_grant" })),
  });
  await postMany(trial, 100);
  await trial.clock.advance(59_000);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/misconfigured": 1 });
  assert.equal(trial.sender.asked.length, 1);
  assert.equal(trial.worker.lanes()[0]?.circuit, "open");
  await trial.clock.advance(121_500);
  assert.equal(trial.sender.asked.length, 4);
  const mended = revision({ parameters: { account: "shop" }, secrets: { token: `v1.sealed.${good}` } });
  const lanes = [{ id: "tmpl_a_lane", revision: 2 }];
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions: { 2: mended } } }, { number: 2 }));
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/misconfigured": 4, delivered: 96 });
  assert.deepEqual(states(trial), [["healthy", undefined]]);
});

test("a throttled token request quietens the lane until Retry-After", async () => {
  const trial = await openTokenTrial({
    playToken: (_, index) => (index === 0 ? answer(429, { headers: { "retry-after": "90" } }) : given("T2")),
  });
  await postMany(trial, 3);
  await trial.clock.advance(89_000);
  assert.equal(trial.sender.asked.length, 1);
  await trial.clock.advance(3_000);
  assert.deepEqual(gaps(trial.sender.asked), [90_000]);
  assert.deepEqual(await outcomes(trial.log), { retried: 1, delivered: 3 });
});

test("what waits for a token too long is given up", async () => {
  const trial = await openTokenTrial({ playToken: () => new Promise<never>(() => undefined) });
  await postMany(trial, 30);
  await trial.clock.advance(11 * 86_400_000);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/expired_waiting": 30 });
});

test("killed while a token is asked for or cannot be had: nothing is lost and tries go on counting", async () => {
  const stage = await setStage({ snapshot: tokenSnapshot(), playToken: () => answer(503) });
  await postMany(stage, 1);
  for (let kills = 0; kills < 3; kills += 1) {
    const mortal = await hireMortal(stage);
    await stage.clock.advance(6_000);
    await mortal.kill(kills % 2 === 0);
  }
  assert.equal(Object.values((await ledger(stage.log)).parked)[0]?.["tries"], 3);
  const mortal = await hireMortal(stage);
  stage.sender.playToken = () => new Promise<never>(() => undefined);
  await stage.clock.advance(30_000);
  await mortal.kill(false);
  stage.sender.playToken = () => given("T9");
  await hire(stage, stage.log);
  await stage.clock.advance(400_000);
  assert.deepEqual(await outcomes(stage.log), { retried: 3, delivered: 1 });
});
