import assert from "node:assert/strict";
import { test } from "node:test";
import { hireMortal } from "./testing/mortal.ts";
import { after, openTableTrial, SECRET, tableSnapshot, tableVendor, withTable } from "./testing/table-trial.ts";
import { answer, failed, type Play, type PlayPreparing, testConnector } from "./testing/test-vendor.ts";
import { gaps, postMany, states } from "./testing/token-trial.ts";
import {
  deadLetters,
  hire,
  ledger,
  outcomes,
  revision,
  sentTraces,
  setStage,
  snapshotOf,
  type TestLane,
  type Trial,
} from "./testing/trial.ts";

const LADDER = [1_000, 4_000, 16_000, 64_000, 256_000];
const batches = (size: number, more: object = {}) =>
  testConnector({
    limits: { rps: 1e6, daily: 0, batch: { size, bytes: 1e6, intervalMs: 50 }, concurrency: 10, ...more },
  });

test("what the vendor lacks is made there once, and the deliveries go again without spending a try", async () => {
  const trial = await openTableTrial({ connector: batches(5) });
  await postMany(trial, 12);
  await trial.clock.advance(200);
  assert.deepEqual(await outcomes(trial.log), { delivered: 12 });
  assert.deepEqual(
    trial.sender.preparing.map(({ method, url, guarded }) => [method, url, guarded]),
    [
      ["GET", "https://tables.example.com/events", false],
      ["POST", "https://tables.example.com/events", false],
    ],
  );
  assert.deepEqual(states(trial), [["healthy", undefined]]);
  assert.match(await trial.registry.metrics(), /signal_preparations_total\{result="ready"\} 1/);
  await postMany(trial, 5);
  await trial.clock.advance(100_000);
  assert.equal(trial.sender.preparing.length, 2);
});

test("lanes with one key wait for one preparation; others for nothing", async () => {
  const revisions = { 1: withTable("events") };
  const snapshot = snapshotOf({
    tmpl_a: { revisions, lanes: [{ id: "tmpl_a_1" }, { id: "tmpl_a_2" }] },
    tmpl_b: { revisions },
    tmpl_c: { revisions: { 1: withTable("elsewhere", { guarded: true }) } },
    tmpl_d: {},
  });
  const made = { is: false };
  const vendor = tableVendor(made);
  const trial: Trial = await openTableTrial({
    snapshot,
    play: ({ lane }) => answer(made.is || lane === "tmpl_d_lane" ? 200 : 404),
    playPreparing: after(() => trial, 500, vendor.playPreparing),
  });
  for (const lane of ["tmpl_a_1", "tmpl_a_2", "tmpl_b_lane", "tmpl_c_lane", "tmpl_d_lane"])
    await postMany(trial, 20, lane);
  await trial.clock.advance(900);
  assert.deepEqual(await outcomes(trial.log), { delivered: 20 });
  assert.equal(trial.worker.idle(), false, "a preparation is under way");
  await trial.clock.advance(600);
  assert.deepEqual(await outcomes(trial.log), { delivered: 100 });
  const asked = trial.sender.preparing.map(({ url, method, guarded }) => [url.slice(-6), method, guarded]);
  assert.deepEqual(asked.filter(([name]) => name === "events").length, 2);
  assert.ok(asked.every(([name, , guarded]) => guarded === (name === "where" || name === "ewhere")));
});

test("an event that lacks something is sent again alone; its neighbours are done", async () => {
  let made = false;
  const trial = await openTableTrial({
    connector: batches(3),
    play: ({ messageIds }) => {
      const lacking = made ? [] : messageIds.filter((id) => id.endsWith("1"));
      return answer(200, { body: JSON.stringify({ failing: Object.fromEntries(lacking.map((id) => [id, 404])) }) });
    },
    playPreparing: () => {
      made = true;
      return answer(200);
    },
  });
  await postMany(trial, 3);
  await trial.clock.advance(100);
  assert.deepEqual(
    trial.sender.sent.map(({ messageIds }) => messageIds.length),
    [3, 1],
  );
  assert.deepEqual(await outcomes(trial.log), { delivered: 3 });
});

test("still lacking after it was made, a delivery goes on the ladder; nothing loops", async () => {
  const trial = await openTableTrial({ play: () => answer(404) });
  await postMany(trial, 1);
  await trial.clock.advance(4_000_000);
  assert.deepEqual(await outcomes(trial.log), { retried: 5, "dead_lettered/retries_exhausted": 1 });
  assert.equal(trial.sender.sent.length, 12, "each try once more after the preparation");
  assert.deepEqual(gaps(trial.sender.sent.filter((_, index) => index % 2 === 0)), LADDER);
  const runs = trial.sender.preparing.filter(({ method }) => method === "GET").length;
  assert.ok(runs >= 4 && runs <= 6, String(runs));
});

test("a table that takes rows only later has its rows in the end", async () => {
  const trial: Trial = await openTableTrial({
    connector: batches(10),
    play: ({ at }) => answer(at - start < 120_000 ? 404 : 200),
  });
  const start = trial.clock.monotonic();
  await postMany(trial, 200);
  await trial.clock.advance(900_000);
  assert.equal((await outcomes(trial.log))["delivered"], 200);
});

test("what becomes of a delivery whose vendor cannot be prepared", async () => {
  const exhausted = { retried: 5, "dead_lettered/retries_exhausted": 1 };
  const given = { "dead_lettered/misconfigured": 1 };
  const cases: [name: string, play: PlayPreparing, tries: number, sums: Record<string, number>, detail: RegExp][] = [
    ["always 503", () => answer(503, { body: "down" }), 6, exhausted, /could not be made \(503\)\. down$/],
    ["a network error", () => failed("network"), 6, exhausted, /It failed: network\.$/],
    ["a timeout", () => failed("timeout"), 6, exhausted, /timeout/],
    ["a sender that breaks", () => Promise.reject(new Error("broken")), 6, exhausted, /could not be sent/],
    ["throttled", () => answer(429), 6, exhausted, /could not be made \(429\)/],
    ["refused", () => answer(403), 1, given, /could not be made \(403\)/],
    ["a bad certificate", () => failed("tls"), 1, given, /tls/],
    ["a refused address", () => failed("blocked_address"), 1, given, /blocked/],
  ];
  for (const [name, playPreparing, tries, sums, detail] of cases) {
    const trial = await openTableTrial({ playPreparing });
    await postMany(trial, 1);
    await trial.clock.advance(4_000_000);
    assert.equal(trial.sender.sent.length, tries, name);
    assert.deepEqual(await outcomes(trial.log), sums, name);
    const [letter] = await deadLetters(trial.log);
    assert.match(letter?.detail ?? "", detail, name);
    assert.equal(letter?.lastStatus, 404, name);
    assert.deepEqual((await ledger(trial.log)).parked, {}, name);
  }
});

test("a plan that is wrong ends in words", async () => {
  const cases: [table: string | null, sums: Record<string, number>, detail: RegExp, requests: number][] = [
    ["explode", { retried: 5, "dead_lettered/retries_exhausted": 1 }, /could not be told \(TypeError\)/, 0],
    ["endless", { retried: 5, "dead_lettered/retries_exhausted": 1 }, /did not come to an end/, 8],
    [null, { "dead_lettered/misconfigured": 1 }, /The vendor answered 404/, 0],
  ];
  for (const [table, sums, detail, requests] of cases) {
    const content = table === null ? revision() : withTable(table);
    const trial = await openTableTrial({ snapshot: snapshotOf({ tmpl_a: { revisions: { 1: content } } }) });
    await postMany(trial, 1);
    await trial.clock.advance(500);
    assert.equal(trial.sender.preparing.length, requests, String(table));
    await trial.clock.advance(4_000_000);
    assert.deepEqual(await outcomes(trial.log), sums, String(table));
    assert.match((await deadLetters(trial.log))[0]?.detail ?? "", detail, String(table));
  }
});

test("what it takes altogether is bounded by the plan's timeout", async () => {
  const trial: Trial = await openTableTrial({
    snapshot: tableSnapshot("endless"),
    playPreparing: after(
      () => trial,
      12_000,
      () => answer(200),
    ),
  });
  await postMany(trial, 1);
  await trial.clock.advance(36_500);
  assert.deepEqual(
    trial.sender.preparing.map(({ timeoutMs }) => timeoutMs),
    [30_000, 18_000, 6_000],
  );
  assert.equal(trial.worker.lanes()[0]?.parked, 1);
});

test("a vendor that refuses is not asked for every batch, and soon after it was mended", async () => {
  let allowed = false;
  const made = { is: false };
  const vendor = tableVendor(made);
  const trial = await openTableTrial({
    connector: batches(10),
    play: vendor.play,
    playPreparing: (preparing, index) => (allowed ? vendor.playPreparing(preparing, index) : answer(403)),
  });
  await postMany(trial, 600);
  await trial.clock.advance(59_000);
  assert.ok(trial.sender.preparing.length <= 2, String(trial.sender.preparing.length));
  assert.deepEqual(states(trial), [["open", "misconfigured: The table could not be made (403). "]]);
  const lost = (await outcomes(trial.log))["dead_lettered/misconfigured"] ?? 0;
  assert.ok(lost <= 100, String(lost));
  allowed = true;
  await trial.clock.advance(70_000);
  const sums = await outcomes(trial.log);
  assert.deepEqual(sums, { "dead_lettered/misconfigured": lost, delivered: 600 - lost });
  assert.deepEqual(states(trial), [["healthy", undefined]]);
});

test("a long outage of preparing opens the circuit, and ends by itself", async () => {
  let up = false;
  const made = { is: false };
  const vendor = tableVendor(made);
  const trial = await openTableTrial({
    connector: batches(20),
    settings: { pollWaitMs: 500 },
    play: vendor.play,
    playPreparing: (preparing, index) => (up ? vendor.playPreparing(preparing, index) : answer(503)),
  });
  await postMany(trial, 1_000);
  await trial.clock.advance(1_200_000);
  assert.equal(trial.worker.lanes()[0]?.circuit, "open");
  assert.ok(trial.sender.preparing.length <= 100, String(trial.sender.preparing.length));
  up = true;
  await trial.clock.advance(400_000);
  const sums = await outcomes(trial.log);
  assert.equal((sums["delivered"] ?? 0) + (sums["dead_lettered/retries_exhausted"] ?? 0), 1_000);
  assert.ok((sums["delivered"] ?? 0) > 400, JSON.stringify(sums));
});

test("a preparation carries the delivery's token, and one that is refused is renewed", async () => {
  const made = { is: false };
  const vendor = tableVendor(made);
  const revisions = { 1: withTable("events", { account: "shop" }) };
  const trial = await openTableTrial({
    snapshot: snapshotOf({ tmpl_a: { revisions } }),
    play: vendor.play,
    playPreparing: (preparing, index) =>
      preparing.token === "T1" ? answer(401) : vendor.playPreparing(preparing, index),
  });
  await postMany(trial, 3);
  await trial.clock.advance(1_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 3 });
  assert.deepEqual([...new Set(trial.sender.preparing.map(({ token }) => token))], ["T1", "T2"]);
  assert.equal(trial.sender.asked.length, 2);
});

test("of a delivery in several requests only those go again that were not taken", async () => {
  let refuse = 401;
  const revisions = { 1: withTable("events", { fanOut: 3, account: "shop" }) };
  const trial = await openTableTrial({
    snapshot: snapshotOf({ tmpl_a: { revisions } }),
    play: ({ part }) => {
      if (part !== 1 || refuse === 200) return answer(200);
      const status = refuse;
      refuse = status === 401 ? 404 : 200;
      return answer(status);
    },
  });
  await postMany(trial, 1);
  await trial.clock.advance(1_000);
  assert.deepEqual(await outcomes(trial.log), { delivered: 1 });
  const parts = trial.sender.sent.map(({ part }) => part);
  assert.deepEqual(parts.toSorted(), [0, 1, 1, 1, 2]);
});

test("closing waits for no preparation, and what needed it is sent after the next start", async () => {
  const trial = await openTableTrial({ playPreparing: () => new Promise<never>(() => undefined) });
  await postMany(trial, 5);
  await trial.clock.advance(100);
  const closing = trial.worker.close(5_000);
  await trial.clock.advance(1);
  await closing;
  assert.deepEqual(await outcomes(trial.log), {});
  trial.sender.playPreparing = tableVendor().playPreparing;
  trial.sender.play = () => answer(200);
  await hire(trial, trial.log);
  await trial.clock.advance(500);
  assert.deepEqual(await outcomes(trial.log), { delivered: 5 });
});

test("a lane that is deleted or changes while its vendor is prepared loses nothing", async () => {
  const revisions = { 1: withTable("events"), 2: withTable("other") };
  const removedLanes = [{ integrationId: "tmpl_a", pipelineIntegrationId: "tmpl_a_lane" }];
  const cases: [name: string, lanes: TestLane[], sums: Record<string, number>][] = [
    ["deleted", [], { "dead_lettered/integration_deleted": 3 }],
    ["changed", [{ id: "tmpl_a_lane", revision: 2 }], { delivered: 3 }],
  ];
  for (const [name, lanes, sums] of cases) {
    const vendor = tableVendor();
    const snapshot = snapshotOf({ tmpl_a: { revisions } });
    const trial: Trial = await openTableTrial({
      ...{ snapshot, play: vendor.play },
      playPreparing: after(() => trial, 300, vendor.playPreparing),
    });
    await postMany(trial, 3);
    await trial.clock.advance(400);
    const removed = lanes.length === 0 ? { removedLanes } : {};
    trial.snapshots.set(snapshotOf({ tmpl_a: { revisions, lanes } }, { number: 2, ...removed }));
    await trial.clock.advance(5_000);
    assert.deepEqual(await outcomes(trial.log), sums, name);
  }
});

test("killed at any moment of a preparation, nothing is lost", async () => {
  for (const ms of [0, 60, 150, 250, 350]) {
    const vendor = tableVendor();
    const stage = await setStage({ snapshot: tableSnapshot(), connector: batches(4), play: vendor.play });
    stage.sender.playPreparing = after(() => stage as Trial, 100, vendor.playPreparing);
    await postMany(stage, 10);
    const mortal = await hireMortal(stage);
    await stage.clock.advance(ms);
    await mortal.kill(ms % 2 === 0);
    await hire(stage, stage.log);
    await stage.clock.advance(60_000);
    assert.deepEqual(await outcomes(stage.log), { delivered: 10 }, `killed after ${ms} ms`);
    assert.deepEqual((await ledger(stage.log)).parked, {});
  }
});

test("secrets are seen nowhere, and the failed request is", async () => {
  const lines: string[] = [];
  const note = (fields: object, message?: string): void => void lines.push(JSON.stringify([fields, message]));
  const logger = { debug: note, info: note, warn: note, error: note };
  const play: Play = ({ messageIds }) =>
    answer(200, {
      body: JSON.stringify({ failing: Object.fromEntries(messageIds.slice(0, 1).map((id) => [id, 404])) }),
    });
  const trial = await openTableTrial({
    logger,
    connector: batches(2),
    traces: { share: 1, roomy: () => true },
    play,
    playPreparing: () => answer(403, { body: `not with ${SECRET}` }),
  });
  await postMany(trial, 2);
  await trial.clock.advance(1_000);
  const traces = await sentTraces(trial.log);
  assert.deepEqual(
    traces.map(({ request, response, outcome }) => [request.method, request.url, response?.status, outcome]).toSorted(),
    [
      ["GET", "https://tables.example.com/events", 403, "misconfigured"],
      ["POST", "https://vendor.example.com/events", 200, "delivered"],
      ["POST", "https://vendor.example.com/events", 200, "prepare"],
    ],
  );
  const [letter] = await deadLetters(trial.log);
  assert.equal(letter?.detail, "The table could not be made (403). not with [redacted]");
  const kept = JSON.stringify([traces, letter, lines, trial.worker.lanes(), (await ledger(trial.log)).parked]);
  assert.doesNotMatch(kept, new RegExp(SECRET));
  assert.ok(lines.some((line) => line.includes("could not be prepared")));
});
