import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendResult } from "./http/sender.ts";
import { answer, given } from "./testing/test-vendor.ts";
import { CLIENT_SECRET, gaps, openTokenTrial, postMany, slowly, states, withAccount } from "./testing/token-trial.ts";
import {
  deadLetters,
  delivery,
  hire,
  ledger,
  openTrial,
  outcomes,
  post,
  revision,
  sentTraces,
  snapshotOf,
  type Trial,
} from "./testing/trial.ts";

test("lanes with one key wait for one request; others wait for nothing", async () => {
  const revisions = { 1: withAccount("shop") };
  const snapshot = snapshotOf({
    tmpl_a: { revisions, lanes: [{ id: "tmpl_a_1" }, { id: "tmpl_a_2" }] },
    tmpl_b: { revisions },
    tmpl_c: { revisions: { 1: withAccount("elsewhere", { guarded: true }) } },
    tmpl_d: {},
  });
  const trial: Trial = await openTrial({
    snapshot,
    playToken: slowly(
      () => trial,
      500,
      (index) => given(`T${index + 1}`),
    ),
  });
  const lanes = ["tmpl_a_1", "tmpl_a_2", "tmpl_b_lane", "tmpl_c_lane", "tmpl_d_lane"];
  for (const lane of lanes) await postMany(trial, 40, lane);
  await trial.clock.advance(400);
  assert.deepEqual(await outcomes(trial.log), { delivered: 40 });
  assert.ok(trial.sender.sent.every(({ lane, token }) => lane === "tmpl_d_lane" && token === undefined));
  assert.deepEqual(states(trial), [
    ["degraded", "waiting for a token"],
    ["degraded", "waiting for a token"],
    ["degraded", "waiting for a token"],
    ["degraded", "waiting for a token"],
    ["healthy", undefined],
  ]);
  assert.equal(trial.worker.idle(), false, "a token is on its way");
  await trial.clock.advance(1_600);
  assert.deepEqual(await outcomes(trial.log), { delivered: 200 });
  assert.deepEqual(
    trial.sender.asked.map(({ url, guarded, timeoutMs }) => [
      new URL(url).searchParams.get("account"),
      guarded,
      timeoutMs,
    ]),
    [
      ["shop", false, 30_000],
      ["elsewhere", true, 30_000],
    ],
  );
  const tokens = new Map(trial.sender.sent.map(({ lane, token }) => [lane, token]));
  assert.deepEqual(
    lanes.map((lane) => tokens.get(lane)),
    ["T1", "T1", "T1", "T2", undefined],
  );
  const metrics = await trial.registry.metrics();
  assert.match(metrics, /signal_token_requests_total\{result="given"\} 2/);
});

test("a lane that waits for a token does not hold its siblings up, and keeps everything", async () => {
  let given1: (result: SendResult) => void = () => undefined;
  const revisions = { 1: withAccount("shop"), 2: revision() };
  const lanes = [{ id: "waits" }, { id: "goes on", revision: 2 }];
  const trial = await openTrial({
    snapshot: snapshotOf({ tmpl_a: { lanes, revisions } }),
    playToken: () => new Promise<SendResult>((resolve) => (given1 = resolve)),
    settings: { maxInMemoryBytes: 400_000 },
  });
  const mixed = Array.from({ length: 6_000 }, (_, index) =>
    delivery(`m${index}`, trial.clock, { pipelineIntegrationId: index % 2 === 0 ? "waits" : "goes on" }),
  );
  await post(trial, mixed);
  await trial.clock.advance(3_000);
  assert.deepEqual(await outcomes(trial.log, "goes on"), { delivered: 3_000 });
  assert.deepEqual(await outcomes(trial.log, "waits"), {});
  given1(given("T1"));
  await trial.clock.advance(30_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 6_000 });
  assert.equal(trial.sender.asked.length, 1);
});

test("a token in use is renewed before it ends, and nothing waits for that", async () => {
  const cases: [seconds: number, every: number][] = [
    [3_600, 3_540_000],
    [100, 90_000],
  ];
  for (const [seconds, every] of cases) {
    const trial: Trial = await openTokenTrial({
      playToken: slowly(
        () => trial,
        20,
        (index) => given(`T${index + 1}`, seconds),
      ),
    });
    for (let count = 0; count < 60; count += 1) {
      await postMany(trial, 1);
      await trial.clock.advance(seconds * 500);
    }
    assert.equal(trial.sender.sent.length, 60);
    const between = gaps(trial.sender.asked);
    assert.ok(between.length >= 28, String(between.length));
    assert.ok(
      between.every((ms) => Math.abs(ms - every) <= 2),
      `${seconds}: ${between.join()}`,
    );
    assert.deepEqual(await outcomes(trial.log), { delivered: 60 });
    assert.equal(new Set(gaps(trial.sender.sent).slice(1)).size, 1, "all but the first were sent when they came");
  }
});

test("a token that nobody sends with is not renewed", async () => {
  const trial = await openTokenTrial();
  await postMany(trial, 1);
  await trial.clock.advance(3_600_000);
  assert.equal(trial.sender.asked.length, 2, "renewed once: it was used");
  await trial.clock.advance(24 * 3_600_000);
  assert.equal(trial.sender.asked.length, 2);
  await postMany(trial, 1);
  await trial.clock.advance(10);
  assert.deepEqual(
    trial.sender.sent.map(({ token }) => token),
    ["T1", "T3"],
  );
});

test("while a token cannot be renewed the old one is sent with until its end", async () => {
  const trial = await openTokenTrial({
    playToken: (_, index) => (index === 0 ? given("T1", 600) : index < 6 ? answer(503) : given("T2", 600)),
  });
  for (let count = 0; count < 59; count += 1) {
    await postMany(trial, 1);
    await trial.clock.advance(10_000);
  }
  assert.deepEqual(await outcomes(trial.log), { delivered: 59 });
  assert.ok(trial.sender.sent.every(({ token }) => token === "T1"));
  assert.ok(trial.sender.asked.length >= 4, String(trial.sender.asked.length));
  assert.deepEqual(states(trial), [["healthy", undefined]]);
  await trial.clock.advance(20_000);
  await postMany(trial, 3);
  await trial.clock.advance(200_000);
  assert.equal((await outcomes(trial.log))["delivered"], 62);
  assert.equal(trial.sender.sent.at(-1)?.token, "T2");
});

test("a refused token is renewed once for all that were under way, and costs no try", async () => {
  const trial: Trial = await openTokenTrial({
    play: ({ token }) =>
      new Promise((resolve) => void trial.clock.after(50, () => resolve(answer(token === "T1" ? 401 : 200)))),
  });
  await postMany(trial, 8);
  await trial.clock.advance(1_000);
  assert.equal(trial.sender.sent.length, 16);
  assert.equal(trial.sender.asked.length, 2);
  assert.deepEqual(await outcomes(trial.log), { delivered: 8 });
  await postMany(trial, 1);
  await trial.clock.advance(100);
  assert.equal(trial.sender.sent.at(-1)?.token, "T2", "the newer one stays");
});

test("another key is another token: a new revision sends with its own, and the old one is forgotten", async () => {
  const known = new Set<string>();
  const redactor = { learn: (text: string) => void known.add(text), forget: (text: string) => void known.delete(text) };
  const trial = await openTokenTrial({
    redactor,
    playToken: ({ url }, index) => given(`${new URL(url).searchParams.get("account")}-${index}`),
  });
  await postMany(trial, 2);
  await trial.clock.advance(100);
  const lanes = [{ id: "tmpl_a_lane", revision: 2 }];
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions: { 2: withAccount("other") } } }, { number: 2 }));
  await postMany(trial, 2);
  await trial.clock.advance(100);
  assert.deepEqual(
    trial.sender.sent.map(({ token }) => token),
    ["shop-0", "shop-0", "other-1", "other-1"],
  );
  assert.deepEqual([...known], ["other-1"]);
  trial.snapshots.set(
    snapshotOf(
      { tmpl_a: { lanes: [{ id: "tmpl_a_lane", revision: 3 }], revisions: { 3: revision() } } },
      { number: 3 },
    ),
  );
  await postMany(trial, 1);
  await trial.clock.advance(100);
  assert.deepEqual(trial.sender.sent.at(-1)?.token, undefined);
  assert.deepEqual([...known], []);
});

test("an answer that comes after the revision changed neither brings the old token back nor takes the new one away", async () => {
  const answers: ((result: SendResult) => void)[] = [];
  const trial = await openTokenTrial({
    play: ({ token }) => (token === "shop-0" ? new Promise((resolve) => answers.push(resolve)) : answer(200)),
    playToken: ({ url }, index) => given(`${new URL(url).searchParams.get("account")}-${index}`),
  });
  await postMany(trial, 1);
  await trial.clock.advance(100);
  const lanes = [{ id: "tmpl_a_lane", revision: 2 }];
  trial.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions: { 2: withAccount("other") } } }, { number: 2 }));
  await trial.clock.advance(100);
  answers[0]?.(answer(401));
  await trial.clock.advance(1_000);
  assert.deepEqual(
    trial.sender.sent.map(({ token }) => token),
    ["shop-0", "other-1"],
  );
  assert.deepEqual(await outcomes(trial.log), { delivered: 1 });
});

test("a token that is under way when its lane changes or is switched off is not used", async () => {
  for (const next of [withAccount("other"), revision()]) {
    const trial: Trial = await openTokenTrial({
      playToken: ({ url }) =>
        new Promise((resolve) => {
          trial.clock.after(url.endsWith("shop") ? 500 : 100, () => resolve(given(url)));
        }),
    });
    await postMany(trial, 3);
    await trial.clock.advance(200);
    const lanes = [{ id: "tmpl_a_lane", revision: 2 }];
    trial.snapshots.set(snapshotOf({ tmpl_a: { lanes, revisions: { 2: next } } }, { number: 2 }));
    await trial.clock.advance(5_000);
    assert.deepEqual(await outcomes(trial.log), { delivered: 3 });
    assert.ok(trial.sender.sent.every(({ token }) => token === undefined || token.endsWith("other")));
  }
  const off: Trial = await openTokenTrial({
    playToken: slowly(
      () => off,
      500,
      () => given("T1"),
    ),
  });
  await postMany(off, 3);
  await off.clock.advance(200);
  const disabled = [{ id: "tmpl_a_lane", enabled: false }];
  off.snapshots.set(snapshotOf({ tmpl_a: { lanes: disabled, revisions: { 1: withAccount("shop") } } }, { number: 2 }));
  await off.clock.advance(5_000);
  assert.deepEqual(off.sender.sent, []);
  assert.deepEqual(states(off), [["healthy", "disabled"]]);
});

test("closing waits for no token, and what waited for one is sent after the next start", async () => {
  const trial = await openTokenTrial({ playToken: () => new Promise<never>(() => undefined) });
  await postMany(trial, 5);
  await trial.clock.advance(100);
  const closing = trial.worker.close(5_000);
  await trial.clock.advance(1);
  await closing;
  assert.deepEqual(await outcomes(trial.log), {});
  trial.sender.playToken = () => given("T9");
  await hire(trial, trial.log);
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 5 });
});

test("tokens and what they are asked for with are seen nowhere", async () => {
  const lines: string[] = [];
  const note = (fields: object, message?: string): void => void lines.push(JSON.stringify([fields, message]));
  const logger = { debug: note, info: note, warn: note, error: note };
  const token = "t0ken-of-the-vendor";
  const trial = await openTokenTrial({
    logger: logger,
    traces: { share: 1, roomy: () => true },
    play: ({ messageIds }) =>
      answer(messageIds[0]?.endsWith("0") ? 400 : 200, { body: `not with ${token} or ${CLIENT_SECRET}` }),
    playToken: (_, index) => {
      if (index === 0)
        return answer(500, { body: `client_secret=${CLIENT_SECRET}`, headers: { "x-echo": CLIENT_SECRET } });
      return index === 1 ? answer(200, { body: `${token}, no JSON` }) : given(token);
    },
  });
  await postMany(trial, 2);
  await trial.clock.advance(10_000);
  const traces = await sentTraces(trial.log);
  assert.deepEqual(traces.map(({ request, outcome }) => [request.url, outcome]).toSorted(), [
    ["https://auth.example.com/token", "retry"],
    ["https://auth.example.com/token", "retry"],
    ["https://vendor.example.com/events", "delivered"],
    ["https://vendor.example.com/events", "reject"],
  ]);
  const asked = traces.filter(({ outcome }) => outcome === "retry");
  assert.deepEqual(
    asked.map(({ request, response }) => [typeof request.body, response?.status, response?.body]),
    [
      ["object", 500, "client_secret=[redacted]"],
      ["object", 200, ""],
    ],
  );
  const [letter] = await deadLetters(trial.log);
  assert.equal(letter?.responseExcerpt, "not with [redacted] or [redacted]");
  const kept = JSON.stringify([traces, letter, lines, trial.worker.lanes(), (await ledger(trial.log)).parked]);
  assert.doesNotMatch(kept, /t0ken-of|s3cret/);
  assert.ok(lines.length > 0);
});
