import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryTopic } from "@datafly-signal/core";
import { answer, testConnector } from "./testing/test-vendor.ts";
import {
  deadLetters,
  deadLetterStates,
  delivery,
  ledger,
  openTrial,
  outcomes,
  post,
  revision,
  snapshotOf,
  type Trial,
} from "./testing/trial.ts";

const DAY = 86_400_000;

function sentIds(trial: Trial): string[] {
  return trial.sender.sent.flatMap(({ messageIds }) => messageIds).sort();
}

test("a delivery is sent once, committed and counted", async () => {
  const trial = await openTrial();
  await post(trial, [delivery("m1", trial.clock), delivery("m2", trial.clock)]);
  await trial.clock.advance(50);
  assert.deepEqual(sentIds(trial), ["m1", "m2"]);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2 });
  assert.deepEqual((await ledger(trial.log)).parked, {});
  assert.deepEqual(trial.worker.lanes(), [
    { pipelineIntegrationId: "tmpl_a_lane", circuit: "healthy", waiting: 0, parked: 0, inFlight: 0 },
  ]);
  assert.deepEqual(trial.worker.ready(), []);
  await trial.clock.until(() => trial.worker.idle());
  assert.equal(trial.worker.idle(), true);
  const metrics = await trial.registry.metrics();
  assert.match(metrics, /signal_delivered_total\{integration_id="tmpl_a"\} 2/);
});

test("consent is asked again before sending, by both revisions", async () => {
  const revisions = {
    1: revision({ consentCategories: ["analytics"] }),
    2: revision({ consentCategories: ["marketing"] }),
  };
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { revisions, lanes: [{ id: "tmpl_a_lane", revision: 2 }] } }),
  });
  await post(trial, [
    delivery("both", trial.clock, { consent: { analytics: true, marketing: true } }),
    delivery("mapped-only", trial.clock, { consent: { analytics: true } }),
    delivery("pinned-only", trial.clock, { consent: { marketing: true } }),
    delivery("none", trial.clock),
    delivery("by-two", trial.clock, { revision: 2, consent: { marketing: true } }),
  ]);
  await trial.clock.advance(50);
  assert.deepEqual(sentIds(trial), ["both", "by-two"]);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2, "filtered/consent_denied": 3 });
});

test("what is too old is given up instead of sent", async () => {
  const trial = await openTrial({ connector: testConnector({ maxEventAgeMs: 7 * DAY }) });
  const ago = (days: number): string => new Date(trial.clock.wall() - days * DAY).toISOString();
  await post(trial, [
    delivery("waited", trial.clock, { receivedAt: ago(11) }),
    delivery("old", trial.clock, { timestamp: ago(8) }),
    delivery("replayed", trial.clock, { receivedAt: ago(11), replayedAt: ago(1), replayOf: "dl_1" }),
  ]);
  await trial.clock.advance(50);
  assert.deepEqual(sentIds(trial), ["replayed"]);
  assert.deepEqual(await outcomes(trial.log), {
    delivered: 1,
    "dead_lettered/expired_waiting": 1,
    "dead_lettered/too_old": 1,
  });
  const letters = await deadLetters(trial.log);
  assert.deepEqual(
    letters.map(({ tries, firstTriedAt }) => [tries, firstTriedAt]),
    [
      [0, null],
      [0, null],
    ],
  );
});

test("a replay's end is told to the dead letter it came from", async () => {
  const trial = await openTrial({ play: ({ messageIds }) => answer(messageIds[0] === "bad" ? 400 : 200) });
  await post(trial, [
    delivery("good", trial.clock, { replayOf: "dl_1" }),
    delivery("bad", trial.clock, { replayOf: "dl_2" }),
  ]);
  await trial.clock.advance(50);
  const states = await deadLetterStates(trial.log);
  assert.deepEqual(Object.fromEntries(Object.entries(states).map(([id, { state }]) => [id, state])), {
    dl_1: "replayed",
    dl_2: "replayed",
  });
  const [letter] = await deadLetters(trial.log);
  assert.equal(letter?.delivery?.replayOf, "dl_2");
});

test("garbage on the topic becomes dead letters and stops nothing", async () => {
  const trial = await openTrial();
  const topic = deliveryTopic("tmpl_a");
  const garbage = [
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"v":2}',
    JSON.stringify({ ...delivery("x", trial.clock), event: null }),
    JSON.stringify(delivery("y", trial.clock, { integrationId: "tmpl_b" })),
  ];
  await trial.log.append(garbage.map((value) => ({ topic, key: "tmpl_a_lane:visitor", value: Buffer.from(value) })));
  await trial.log.append([{ topic, key: "no lane", value: Buffer.from([0xff, 0xfe]) }]);
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(50);
  assert.deepEqual(sentIds(trial), ["m1"]);
  assert.deepEqual(await outcomes(trial.log, "tmpl_a_lane"), {
    delivered: 1,
    "dead_lettered/unreadable_record": garbage.length,
  });
  const letters = await deadLetters(trial.log);
  assert.equal(letters.length, garbage.length + 1);
  assert.ok(letters.every(({ delivery: kept, reason }) => kept === null && reason === "unreadable_record"));
  assert.deepEqual(
    letters.map(({ bytes }) => bytes).sort(),
    [...garbage.map((text) => Buffer.byteLength(text)), 2].sort(),
  );
});

test("a batch is sent when it is full, in bytes or in number, or when its time is up", async () => {
  const batch = { size: 3, bytes: 1_000_000, intervalMs: 5_000 };
  const cases: [name: string, batch: typeof batch, count: number, afterMs: number, sizes: number[]][] = [
    ["full", batch, 3, 10, [3]],
    ["not full", batch, 2, 4_900, []],
    ["its time is up", batch, 2, 5_100, [2]],
    ["more than one", batch, 7, 10, [3, 3]],
    ["by bytes", { ...batch, size: 100, bytes: 30 }, 6, 10, [2, 2]],
    ["one larger than the limit", { ...batch, bytes: 5 }, 2, 10, [1, 1]],
  ];
  for (const [name, limits, count, afterMs, sizes] of cases) {
    const connector = testConnector({ limits: { rps: 1e6, daily: 0, batch: limits, concurrency: 10 } });
    const trial = await openTrial({ connector });
    await post(
      trial,
      Array.from({ length: count }, (_, index) => delivery(`m${index}`, trial.clock)),
    );
    await trial.clock.advance(afterMs);
    const got = trial.sender.sent.map(({ messageIds }) => messageIds.length);
    if (name === "by bytes") assert.ok(got.length >= 2 && got.every((size) => size === 2), name);
    else assert.deepEqual(got, sizes, name);
  }
});

test("refused and unbuildable deliveries are given up alone", async () => {
  const connector = testConnector({
    limits: { rps: 1e6, daily: 0, batch: { size: 4, bytes: 1e6, intervalMs: 100 }, concurrency: 10 },
  });
  const trial = await openTrial({ connector });
  await post(trial, [
    delivery("fine", trial.clock),
    delivery("refused", trial.clock, { payload: "refuse" }),
    delivery("bomb", trial.clock, { payload: "explode" }),
    delivery("fine too", trial.clock),
  ]);
  await trial.clock.advance(500);
  assert.deepEqual(sentIds(trial), ["fine", "fine too"]);
  assert.deepEqual(await outcomes(trial.log), { delivered: 2, "dead_lettered/rejected": 2 });
  const details = (await deadLetters(trial.log)).map(({ messageId, detail }) => [messageId, detail]).sort();
  assert.deepEqual(details, [
    ["bomb", "The request could not be built (TypeError)."],
    ["refused", "It is refused."],
  ]);
});

test("the rate limit delays and never drops", async () => {
  const revisions = {
    1: revision({ rateLimits: { rps: 10, burst: 1, daily: null } }),
    2: revision({ rateLimits: { rps: 2, burst: 2, daily: 0 } }),
  };
  const lanes = [{ id: "lane_1" }, { id: "lane_2", revision: 2 }];
  const trial = await openTrial({ snapshot: snapshotOf({ tmpl_a: { revisions, lanes } }) });
  const ids = Array.from({ length: 12 }, (_, index) => `m${index}`);
  await post(
    trial,
    ids.map((id, index) => delivery(id, trial.clock, { pipelineIntegrationId: index % 2 === 0 ? "lane_1" : "lane_2" })),
  );
  await trial.clock.advance(100);
  assert.equal(trial.sender.sent.length, 2, "the burst of the highest revision pinned, for both lanes together");
  await trial.clock.advance(2_000);
  assert.ok(Math.abs(trial.sender.sent.length - 6) <= 1, String(trial.sender.sent.length));
  await trial.clock.advance(4_000);
  assert.deepEqual(sentIds(trial), ids.toSorted());
  assert.deepEqual(await outcomes(trial.log), { delivered: 12 });
});

test("secrets and pipeline parameters reach the vendor, and nothing else", async () => {
  const revisions = {
    1: revision({
      parameters: { url: "https://{{ pipeline_param.host }}/in/{{pipeline_param.path}}" },
      secrets: { token: "v1.sealed.s3cr3t-{{pipeline_param.host}}" },
    }),
  };
  const snapshot = snapshotOf({ tmpl_a: { revisions } });
  const pipelines = snapshot.pipelines.map((one) => ({
    ...one,
    parameters: { host: "shop.example.com" },
    secretParameters: { path: "v1.sealed.h1dden" },
  }));
  const secret = "s3cr3t-shop.example.com";
  const trial = await openTrial({
    snapshot: { ...snapshot, pipelines },
    play: () =>
      answer(400, {
        body: `bad token ${secret} ${Buffer.from(secret).toString("base64")} /in/h1dden ${"x".repeat(5000)}`,
      }),
  });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(50);
  assert.deepEqual(
    trial.sender.sent.map(({ url, secret: seen }) => [url, seen]),
    [["https://shop.example.com/in/h1dden", secret]],
  );
  const [letter] = await deadLetters(trial.log);
  assert.equal(letter?.responseExcerpt?.length, 2_000);
  assert.equal(letter?.detail?.length, 500);
  assert.ok(letter?.responseExcerpt?.startsWith("bad token [redacted] [redacted] /in/[redacted] xxx"));
  assert.doesNotMatch(JSON.stringify(letter), /s3cr3t|h1dden/);
});

test("an event nested deeper than it can be written again stops nothing", async () => {
  const depth = 200_000;
  const nested = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const trial = await openTrial({ play: () => answer(400) });
  const text = JSON.stringify(delivery("deep", trial.clock)).replace('"payload":{"value":1}', `"payload":${nested}`);
  await trial.log.append([{ topic: deliveryTopic("tmpl_a"), key: "tmpl_a_lane:visitor", value: Buffer.from(text) }]);
  await post(trial, [delivery("flat", trial.clock)]);
  await trial.clock.advance(50);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/rejected": 2 });
  const letters = await deadLetters(trial.log);
  assert.deepEqual(letters.map(({ messageId, delivery: kept }) => [messageId, kept === null]).sort(), [
    ["deep", true],
    ["flat", false],
  ]);
});

test("an answer is classified with the time it came", async () => {
  const seen: (number | undefined)[] = [];
  const plain = testConnector();
  const connector = testConnector({
    plan(settings) {
      const plan = plain.plan(settings);
      if (Array.isArray(plan)) return plan;
      return {
        ...plan,
        classify(response, request, facts) {
          seen.push(facts?.now);
          return plan.classify(response, request);
        },
      };
    },
  });
  const trial = await openTrial({ connector });
  const posted = trial.clock.wall();
  trial.sender.play = () => new Promise((resolve) => trial.clock.after(1_500, () => resolve(answer(200))));
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(3_000);
  const [now = 0] = seen;
  assert.equal(seen.length, 1);
  assert.ok(now >= posted + 1_500 && now < posted + 1_600, String(now - posted));
});
