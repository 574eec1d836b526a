import assert from "node:assert/strict";
import { test } from "node:test";
import { TRACES, deliveryTopic } from "@datafly-signal/core";
import { integration, lane, mappingOf, raw, readAll, snapshotOf, withTrial } from "./processor-fixture.ts";

const everything = { share: 1, roomy: () => true };

test("a traced event shows itself and what each lane made of it", async () => {
  const snapshot = snapshotOf({
    integrations: [integration("tmpl_a"), integration("tmpl_b", { consentByRevision: { 1: ["marketing"] } })],
    lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b"), lane("pi_off", "tmpl_a", { enabled: false })],
  });
  await withTrial({ snapshot, traces: everything }, async (trial) => {
    await trial.send(raw("m1", { userId: "u1" }));
    const [trace, ...more] = await trial.traces();
    assert.equal(more.length, 0);
    assert.deepEqual(
      { stage: trace?.stage, messageId: trace?.messageId, anonymousId: trace?.anonymousId, userId: trace?.userId },
      { stage: "processed", messageId: "m1", anonymousId: "anon-1", userId: "u1" },
    );
    assert.equal(trace?.eventName, "Product Added");
    assert.ok(trace !== undefined && !("left_out" in trace.event));
    assert.deepEqual(trace.event.properties, { value: 79.99 });
    assert.deepEqual(
      trace.lanes.map((one) => [one.pipelineIntegrationId, one.outcome, "reason" in one ? one.reason : null]),
      [
        ["pi_a", "mapped", null],
        ["pi_b", "filtered", "consent_denied"],
        ["pi_off", "filtered", "integration_disabled"],
      ],
    );
    const [record] = await readAll(trial.log, TRACES);
    assert.equal(record?.key, "m1");
    assert.deepEqual({ ...record?.headers }, { anonymousId: "anon-1", userId: "u1" });
  });
});

test("without a share only failures are traced, a bounded number of them", async () => {
  const compile = () =>
    mappingOf((event) => {
      if (event.messageId.startsWith("bad")) throw new TypeError("secret words");
      return { kind: "mapped", payload: {}, vendorEventName: null };
    });
  const snapshot = snapshotOf({ integrations: [integration("tmpl_a", { revisions: { 1: mapped() } })] });
  await withTrial({ snapshot, compile }, async (trial) => {
    await trial.send(raw("good"), ...Array.from({ length: 130 }, (_, index) => raw(`bad-${index}`)));
    const traces = await trial.traces();
    assert.equal(traces.length, 100);
    const [first] = traces;
    assert.match(first?.messageId ?? "", /^bad-/);
    assert.deepEqual(first?.lanes[0]?.outcome, "dead_lettered");
    assert.ok(!JSON.stringify(traces).includes("secret words"));
    assert.equal((await trial.counts())["pi_a dead_lettered mapping_failed"], 130);
  });
});

test("the operator's own event is traced whatever the share, and its delivery says so", async () => {
  await withTrial({}, async (trial) => {
    await trial.send(raw("mine", { input: "test" }), raw("other", { trace: true }));
    assert.deepEqual(
      (await trial.traces()).map(({ messageId }) => messageId),
      ["mine"],
    );
    const deliveries = await trial.deliveries("tmpl_a");
    assert.deepEqual(deliveries.map(({ messageId, trace }) => [messageId, trace]).toSorted(), [
      ["mine", true],
      ["other", undefined],
    ]);
  });
});

test("what is large is left out, and a full disk leaves out all traces; the deliveries go on", async () => {
  let room = true;
  await withTrial({ traces: { share: 1, roomy: () => room } }, async (trial) => {
    await trial.send(raw("large", { properties: { text: "é".repeat(40_000) } }));
    const [trace] = await trial.traces();
    assert.ok(trace !== undefined && Number(trace.event["bytes"]) > 80_000);
    const [first] = trace.lanes;
    assert.ok(first?.outcome === "mapped" && JSON.stringify(first.payload).startsWith('{"left_out":true'));
    room = false;
    await trial.send(raw("later"));
    assert.equal((await trial.traces()).length, 1);
    assert.equal((await readAll(trial.log, deliveryTopic("tmpl_a"))).length, 2);
  });
});

test("more lanes than a trace can hold do not keep an event from its way", async () => {
  const lanes = Array.from({ length: 5_000 }, (_, index) => lane(`pi_${"x".repeat(150)}_${index}`, "tmpl_a"));
  await withTrial({ snapshot: snapshotOf({ lanes }), traces: everything }, async (trial) => {
    await trial.send(raw("m1"));
    assert.deepEqual(await trial.traces(), []);
    assert.equal((await readAll(trial.log, deliveryTopic("tmpl_a"))).length, 5_000);
  });
});

function mapped() {
  return {
    parameters: {},
    secrets: {},
    mapping: { version: 2 },
    consentCategories: [],
    rateLimits: { rps: null, burst: null, daily: null },
    batch: {},
    deliverySpec: null,
  };
}
