import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failed, type Play, type Sent, testConnector } from "./testing/test-vendor.ts";
import {
  deadLetters,
  delivery,
  ledger,
  openTrial,
  outcomes,
  post,
  revision,
  snapshotOf,
  type Trial,
} from "./testing/trial.ts";

const BATCHED = { rps: 1e6, daily: 0, batch: { size: 10, bytes: 1e6, intervalMs: 100 }, concurrency: 10 };

/** Milliseconds between the requests. */
function gaps(sent: readonly Sent[]): number[] {
  return sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
}

test("what is retried, when, and what becomes of it", async () => {
  const ladder = [1_000, 4_000, 16_000, 64_000, 256_000];
  const cases: [name: string, play: Play, gaps: number[], outcomes: Record<string, number>, random?: number][] = [
    ["always 503", () => answer(503), ladder, { retried: 5, "dead_lettered/retries_exhausted": 1 }],
    ["always a network error", () => failed("network"), ladder, { retried: 5, "dead_lettered/retries_exhausted": 1 }],
    ["always a timeout", () => failed("timeout"), ladder, { retried: 5, "dead_lettered/retries_exhausted": 1 }],
    [
      "a sender that breaks",
      () => Promise.reject(new Error("broken")),
      ladder,
      { retried: 5, "dead_lettered/retries_exhausted": 1 },
    ],
    [
      "full jitter",
      () => answer(500),
      ladder.map((ms) => ms * 1.2),
      { retried: 5, "dead_lettered/retries_exhausted": 1 },
      0.8,
    ],
    [
      "better at the third try",
      (_, index) => answer(index < 2 ? 503 : 200),
      [1_000, 4_000],
      { retried: 2, delivered: 1 },
    ],
    [
      "a longer Retry-After",
      (_, index) => answer(index === 0 ? 503 : 200, { headers: { "retry-after": "90" } }),
      [90_000],
      { retried: 1, delivered: 1 },
    ],
    [
      "a shorter Retry-After",
      (_, index) => answer(index < 3 ? 503 : 200, { headers: { "retry-after": "2" } }),
      [2_000, 4_000, 16_000],
      { retried: 3, delivered: 1 },
    ],
    [
      "a day of Retry-After",
      (_, index) => answer(index === 0 ? 503 : 200, { headers: { "retry-after": "86400" } }),
      [3_600_000],
      { retried: 1, delivered: 1 },
    ],
    ["throttled", (_, index) => answer(index < 2 ? 429 : 200), [1_000, 4_000], { retried: 2, delivered: 1 }],
    ["always throttled", () => answer(429), ladder, { retried: 5, "dead_lettered/retries_exhausted": 1 }],
    ["rejected", () => answer(400), [], { "dead_lettered/rejected": 1 }],
    ["misconfigured", () => answer(403), [], { "dead_lettered/misconfigured": 1 }],
    ["a certificate that is not valid", () => failed("tls"), [], { "dead_lettered/misconfigured": 1 }],
    ["a refused address", () => failed("blocked_address"), [], { "dead_lettered/misconfigured": 1 }],
    ["a token renewed", (_, index) => answer(index === 0 ? 401 : 200), [0], { delivered: 1 }],
    [
      "a token that stays bad",
      () => answer(401),
      [0, 1_000, 0, 4_000, 0, 16_000, 0, 64_000, 0, 256_000, 0],
      { retried: 5, "dead_lettered/retries_exhausted": 1 },
    ],
    [
      "an answer without sense",
      () => answer(200, { body: "{broken" }),
      ladder,
      { retried: 5, "dead_lettered/retries_exhausted": 1 },
    ],
  ];
  for (const [name, play, expected, sums, random] of cases) {
    const trial = await openTrial({ play, random: () => random ?? 0 });
    await post(trial, [delivery("m1", trial.clock)]);
    await trial.clock.advance(4_000_000);
    assert.deepEqual(gaps(trial.sender.sent), expected, name);
    assert.deepEqual(await outcomes(trial.log), sums, name);
    assert.deepEqual((await ledger(trial.log)).parked, {}, name);
    assert.equal((await deadLetters(trial.log)).length, "delivered" in sums ? 0 : 1, name);
  }
});

test("a shorter ladder: of the connector, and of the operator", async () => {
  const cases: [parameters: { maxRetries: number }, settings: { maxRetries?: number }, tries: number][] = [
    [{ maxRetries: 2 }, {}, 3],
    [{ maxRetries: 0 }, {}, 1],
    [{ maxRetries: 5 }, { maxRetries: 1 }, 2],
    [{ maxRetries: 99 }, { maxRetries: 99 }, 6],
  ];
  for (const [parameters, settings, tries] of cases) {
    const trial = await openTrial({
      snapshot: snapshotOf({ tmpl_a: { revisions: { 1: revision({ parameters }) } } }),
      settings,
      play: () => answer(503),
    });
    await post(trial, [delivery("m1", trial.clock)]);
    await trial.clock.advance(500_000);
    assert.equal(trial.sender.sent.length, tries);
    assert.deepEqual(
      (await deadLetters(trial.log)).map((letter) => [letter.tries, letter.reason, letter.lastStatus]),
      [[tries, "retries_exhausted", 503]],
    );
  }
});

test("a dead letter tells when it was tried", async () => {
  const trial = await openTrial({ play: () => answer(503, { body: "come back later" }) });
  const start = trial.clock.wall();
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(400_000);
  const [letter] = await deadLetters(trial.log);
  assert.deepEqual(
    [letter?.firstTriedAt, letter?.lastTriedAt],
    [new Date(start).toISOString(), new Date(start + 341_000).toISOString()],
  );
  assert.deepEqual(
    [letter?.responseExcerpt, letter?.detail],
    ["come back later", "The vendor answered 503. come back later"],
  );
});

test("429 quietens the whole lane until Retry-After, without it until the event's next try", async () => {
  const trial = await openTrial({
    play: (_, index) => answer(index === 0 ? 429 : 200, { headers: { "retry-after": "30" } }),
  });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(100);
  await post(trial, [delivery("m2", trial.clock), delivery("m3", trial.clock)]);
  await trial.clock.advance(29_000);
  assert.equal(trial.sender.sent.length, 1);
  assert.deepEqual(
    trial.worker.lanes().map(({ circuit, reason }) => [circuit, reason]),
    [["degraded", "throttled by the vendor for 1 s"]],
  );
  await trial.clock.advance(2_000);
  assert.deepEqual(await outcomes(trial.log), { retried: 1, delivered: 3 });
});

test("events of one request that fail together go again as the same batch, alone they do not", async () => {
  const play: Play = ({ messageIds }, index) => {
    if (index === 0) return answer(200, { body: JSON.stringify({ failing: { m2: 503, m4: 503, m5: 400 } }) });
    return answer(index < 3 ? 503 : 200, { body: JSON.stringify({ about: messageIds.length }) });
  };
  const trial = await openTrial({ play, connector: testConnector({ limits: BATCHED }) });
  await post(
    trial,
    Array.from({ length: 6 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  await trial.clock.advance(500);
  await post(trial, [delivery("late", trial.clock)]);
  await trial.clock.advance(60_000);
  const again = trial.sender.sent.filter(({ messageIds }) => messageIds.includes("m2")).slice(1);
  assert.ok(again.length >= 2 && again.every(({ messageIds }) => messageIds.toSorted().join() === "m2,m4"));
  assert.equal(new Set(again.map(({ batchId }) => batchId)).size, 1, "one batch id over all tries");
  assert.deepEqual((await outcomes(trial.log))["delivered"], 6);
  assert.deepEqual((await outcomes(trial.log))["dead_lettered/rejected"], 1);
});

test("a batch refused for one event is halved until that one stands alone", async () => {
  const play: Play = ({ messageIds }) => answer(messageIds.includes("m3") ? 413 : 200);
  const trial = await openTrial({ play, connector: testConnector({ limits: BATCHED }) });
  await post(
    trial,
    Array.from({ length: 10 }, (_, index) => delivery(`m${index}`, trial.clock)),
  );
  await trial.clock.advance(1_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 9, "dead_lettered/rejected": 1 });
  const [letter] = await deadLetters(trial.log);
  assert.deepEqual([letter?.messageId, letter?.tries], ["m3", 1]);
  assert.ok(trial.sender.sent.length <= 9, `${trial.sender.sent.length} requests`);
});

test("a delivery in several requests is done when all are; what was accepted is not sent again", async () => {
  const failingPart = (trial: Trial): number[] => trial.sender.sent.map(({ part }) => part);
  const snapshot = snapshotOf({ tmpl_a: { revisions: { 1: revision({ parameters: { fanOut: 3 } }) } } });
  const trial = await openTrial({ snapshot, play: ({ part }, index) => answer(part === 1 && index < 6 ? 503 : 200) });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(500);
  assert.deepEqual(failingPart(trial), [0, 1, 2]);
  const { parked } = await ledger(trial.log);
  assert.deepEqual(
    Object.values(parked).map(({ parts, tries }) => [parts, tries]),
    [[[0, 2], 1]],
  );
  await trial.clock.advance(400_000);
  assert.deepEqual(failingPart(trial), [0, 1, 2, 1, 1, 1, 1]);
  assert.deepEqual(await outcomes(trial.log), { retried: 4, delivered: 1 });
});

test("a spread delivery is given up with what weighs most", async () => {
  const snapshot = snapshotOf({ tmpl_a: { revisions: { 1: revision({ parameters: { fanOut: 3 } }) } } });
  const trial = await openTrial({ snapshot, play: ({ part }) => answer([200, 503, 400][part] ?? 200) });
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock)]);
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/rejected": 2 });
  assert.deepEqual(
    (await deadLetters(trial.log)).map(({ lastStatus }) => lastStatus),
    [400, 400],
  );
});

test("a step of the wall clock neither fires nor starves retries", async () => {
  for (const step of [-86_400_000, 3_600_000]) {
    const trial = await openTrial({ play: (_, index) => answer(index < 4 ? 503 : 200) });
    await post(trial, [delivery("m1", trial.clock)]);
    await trial.clock.advance(6_000);
    trial.clock.step(step);
    await trial.clock.advance(400_000);
    assert.deepEqual(gaps(trial.sender.sent), [1_000, 4_000, 16_000, 64_000], String(step));
    assert.deepEqual(await outcomes(trial.log), { retried: 4, delivered: 1 });
  }
});
