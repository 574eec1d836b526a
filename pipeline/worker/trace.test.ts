import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failed, testConnector } from "./testing/test-vendor.ts";
import { deadLetters, delivery, openTrial, outcomes, post, revision, sentTraces, snapshotOf } from "./testing/trial.ts";

const everything = { share: 1, roomy: () => true };

test("a traced delivery shows the request as it was sent and the answer, with the secret taken out", async () => {
  const play = () =>
    answer(200, { headers: { "content-type": "text/plain", "set-cookie": "a=b" }, body: "hello s3cr3t-token" });
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { revisions: { 1: revision({ secrets: { token: "v1.sealed.s3cr3t-token" } }) } } }),
    traces: everything,
    play,
  });
  const event = { ...delivery("m1", trial.clock).event, anonymousId: "anon-1", userId: "u1" };
  await post(trial, [delivery("m1", trial.clock, { event })]);
  await trial.clock.advance(50);
  const [trace, ...more] = await sentTraces(trial.log);
  assert.equal(more.length, 0);
  assert.ok(trace !== undefined);
  assert.deepEqual(
    [trace.stage, trace.messageId, trace.anonymousId, trace.userId, trace.attempt, trace.events, trace.outcome],
    ["sent", "m1", "anon-1", "u1", 1, 1, "delivered"],
  );
  assert.equal(trace.reason, null);
  assert.equal(trace.request.method, "POST");
  assert.equal(trace.request.url, "https://vendor.example.com/events");
  assert.deepEqual(trace.response, {
    status: 200,
    headers: { "content-type": "text/plain", "set-cookie": "[redacted]" },
    body: "hello [redacted]",
  });
  assert.ok(String(trace.request.body).includes('"messageIds":["m1"]'));
  assert.ok(!JSON.stringify(trace).includes("s3cr3t-token"));
});

test("without a share only failures are traced, each try of them, and the operator's own deliveries", async () => {
  const trial = await openTrial({
    play: ({ messageIds }) => (messageIds[0] === "bad" ? answer(400, { body: "no" }) : answer(200)),
  });
  await post(trial, [
    delivery("good", trial.clock),
    delivery("bad", trial.clock),
    delivery("mine", trial.clock, { trace: true }),
  ]);
  await trial.clock.advance(50);
  const traces = await sentTraces(trial.log);
  assert.deepEqual(traces.map(({ messageId, outcome }) => [messageId, outcome]).toSorted(), [
    ["bad", "reject"],
    ["mine", "delivered"],
  ]);
  assert.match(traces.find(({ messageId }) => messageId === "bad")?.reason ?? "", /answered 400/);
});

test("a try without an answer has none in its trace, and tries count", async () => {
  const trial = await openTrial({
    play: (_, index) => (index === 0 ? failed("timeout") : answer(200)),
    traces: everything,
  });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(2_000);
  const traces = await sentTraces(trial.log);
  assert.deepEqual(
    traces.map(({ attempt, outcome, response }) => [attempt, outcome, response?.status ?? null]),
    [
      [1, "retry", null],
      [2, "delivered", 200],
    ],
  );
});

test("a batch's deliveries have a trace each; failures beyond the bound are counted in the next minute", async () => {
  const limits = { rps: 1e6, daily: 0, batch: { size: 50, bytes: 1e6, intervalMs: 0 }, concurrency: 1 };
  const trial = await openTrial({ connector: testConnector({ limits }), play: () => answer(400) });
  const post150 = (start: number) =>
    post(
      trial,
      Array.from({ length: 150 }, (_, index) => delivery(`m${start + index}`, trial.clock)),
    );
  await post150(0);
  await trial.clock.advance(500);
  assert.equal((await deadLetters(trial.log)).length, 150);
  assert.equal((await sentTraces(trial.log)).length, 100);
  await trial.clock.advance(61_000);
  await post(trial, [delivery("late", trial.clock)]);
  await trial.clock.advance(500);
  const late = (await sentTraces(trial.log)).find(({ messageId }) => messageId === "late");
  assert.equal(late?.suppressed, 50);
  assert.deepEqual(await outcomes(trial.log), { "dead_lettered/rejected": 151 });
});

test("a full disk leaves traces out and nothing else", async () => {
  const trial = await openTrial({ traces: { share: 1, roomy: () => false }, play: () => answer(400) });
  await post(trial, [delivery("m1", trial.clock)]);
  await trial.clock.advance(50);
  assert.deepEqual(await sentTraces(trial.log), []);
  assert.equal((await deadLetters(trial.log)).length, 1);
});
