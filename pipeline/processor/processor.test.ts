import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigSnapshot, type JsonObject, MappingError, deliveryTopic } from "@datafly-signal/core";
import {
  integration,
  lane,
  mappingOf,
  pipeline,
  raw,
  readAll,
  revision,
  snapshotOf,
  withTrial,
} from "./processor-fixture.ts";

test("an event becomes one delivery record, as the contract says", () =>
  withTrial({}, async ({ send, deliveries, counts }) => {
    await send(raw("m1"));
    const [delivery, ...others] = await deliveries("tmpl_a");
    const { pipelineId, input: _input, request: _request, ...event } = raw("m1");
    assert.deepEqual(delivery, {
      v: 1,
      deliveryId: "pi_a:m1",
      messageId: "m1",
      pipelineId,
      integrationId: "tmpl_a",
      pipelineIntegrationId: "pi_a",
      revision: 1,
      snapshot: 1,
      eventName: "Product Added",
      vendorEventName: null,
      payload: event,
      event,
      consent: null,
      timestamp: event["timestamp"],
      receivedAt: event["receivedAt"],
      raw: { partition: delivery?.raw.partition, offset: 0 },
    });
    assert.deepEqual(others, []);
    assert.deepEqual(await counts(), { "pi_a accepted": 1, processed: 1 });
  }));

const mapped = { mapping: { version: 2 } };

test("V2 mappings are compiled by default, with the pipeline's parameters", () => {
  const mapping = {
    version: 2,
    events: {
      "Product Added": {
        vendor_event_name: "AddToCart",
        mappings: [
          { source: "properties.value", target: "value" },
          { value: "{{pipeline_param.region}}", target: "region" },
        ],
      },
    },
    defaults: { action: "drop" },
  };
  const snapshot = snapshotOf({
    pipelines: [pipeline("pip_shop", { region: "eu" })],
    integrations: [integration("tmpl_a", { revisions: { 1: revision({ mapping }) } })],
  });
  return withTrial({ snapshot }, async ({ send, deliveries, counts, logged }) => {
    await send(raw("m1"), raw("m2", { event: "Other" }));
    assert.deepEqual(logged, []);
    const made = (await deliveries("tmpl_a")).map(({ payload, vendorEventName }) => ({ payload, vendorEventName }));
    assert.deepEqual(made, [{ payload: { value: 79.99, region: "eu" }, vendorEventName: "AddToCart" }]);
    assert.equal((await counts())["pi_a filtered mapping_default_drop"], 1);
  });
});

test("a dead letter of the mapping keeps the event for re-mapping", () => {
  const snapshot = snapshotOf({ integrations: [integration("tmpl_a", { revisions: { 1: revision(mapped) } })] });
  const compile = () =>
    mappingOf(() => {
      throw new MappingError("events.purchase.mappings[2]", "to_number has no number for a text");
    });
  return withTrial({ snapshot, compile }, async ({ send, deadLetters }) => {
    await send(raw("m1"));
    const [letter] = await deadLetters("tmpl_a");
    assert.equal(letter?.detail, "events.purchase.mappings[2]: to_number has no number for a text");
    assert.equal(letter.tries, 0);
    assert.equal(letter.delivery?.deliveryId, "pi_a:m1");
    assert.equal(letter.delivery.payload, null);
    assert.equal(letter.delivery.event.messageId, "m1");
    assert.deepEqual(letter.position, letter.delivery.raw);
  });
});

test("one lane's failure is not another's", () => {
  const snapshot = snapshotOf({
    integrations: [integration("tmpl_a", { revisions: { 1: revision(mapped) } }), integration("tmpl_b")],
    lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b")],
  });
  const compile = () =>
    mappingOf(() => {
      throw new RangeError("deep");
    });
  return withTrial({ snapshot, compile }, async ({ send, counts }) => {
    await send(raw("m1"));
    assert.deepEqual(await counts(), {
      "pi_a accepted": 1,
      "pi_a dead_lettered mapping_failed": 1,
      "pi_b accepted": 1,
      processed: 1,
    });
  });
});

test("faults of a revision: its deliveries are dead letters, said once, the others go on", () => {
  const snapshot = snapshotOf({
    integrations: [integration("tmpl_a", { revisions: { 1: revision(mapped) } }), integration("tmpl_b")],
    lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b")],
  });
  const compile = (): never => {
    throw new SyntaxError("secret text");
  };
  return withTrial({ snapshot, compile }, async ({ send, deadLetters, deliveries, logged, snapshots }) => {
    await send(raw("m1"));
    snapshots.current = { ...snapshot, number: 2 };
    await send(raw("m2"));
    assert.equal((await deadLetters("tmpl_a")).length, 2);
    assert.deepEqual(
      (await deliveries("tmpl_b")).map(({ snapshot: number }) => number),
      [1, 2],
    );
    assert.equal(logged.length, 1);
    assert.doesNotMatch(logged.join(), /secret text/);
  });
});

test("duplicates are filtered for every lane, in one batch and later; replays and other pipelines are not", () => {
  const snapshot = snapshotOf({
    pipelines: [pipeline("pip_shop"), pipeline("pip_blog")],
    integrations: [integration("tmpl_a"), integration("tmpl_b")],
    lanes: [
      lane("pi_a", "tmpl_a"),
      lane("pi_b", "tmpl_b", { enabled: false }),
      lane("pi_c", "tmpl_b", { pipelineId: "pip_blog" }),
    ],
  });
  return withTrial({ snapshot }, async ({ send, counts }) => {
    await send(raw("m1"), raw("m1"));
    await send(
      raw("m1", { anonymousId: "another" }),
      raw("m1", { replayOf: `dl_${"0".repeat(26)}` }),
      raw("m1", { replayOf: "mine" }),
    );
    await send(raw("m1", { pipelineId: "pip_blog" }));
    assert.deepEqual(await counts(), {
      "pi_a accepted": 5,
      "pi_a filtered duplicate": 3,
      "pi_b accepted": 5,
      "pi_b filtered duplicate": 3,
      "pi_b filtered integration_disabled": 2,
      "pi_c accepted": 1,
      processed: 6,
    });
  });
});

test("without the window every event is delivered", () =>
  withTrial({ settings: { windowedDedupe: false } }, async ({ send, deliveries }) => {
    await send(raw("m1"), raw("m1"));
    assert.equal((await deliveries("tmpl_a")).length, 2);
  }));

test("identity: later events of the visitor carry the user, in one batch and later", () => {
  const snapshot = snapshotOf({ pipelines: [pipeline("pip_shop"), pipeline("pip_blog")] });
  return withTrial({ snapshot }, async ({ send, deliveries }) => {
    const identify = (id: string, fields: JsonObject) => raw(id, { type: "identify", ...fields });
    await send(
      raw("m0"),
      identify("m1", { userId: "u1" }),
      raw("m2"),
      raw("m3", { userId: "own" }),
      raw("m4", { userId: null, pipelineId: "pip_blog" }),
    );
    await send(
      raw("m5", { userId: "" }),
      identify("m6", { userId: "u2", timestamp: "2026-02-25T14:00:00.000Z" }),
      raw("m7"),
    );
    await send(identify("m8", { userId: "u3", timestamp: "2026-02-25T15:00:00.000Z" }), raw("m9"));
    const users = Object.fromEntries(
      (await deliveries("tmpl_a")).map(({ event }) => [event.messageId, event["userId"]]),
    );
    assert.deepEqual(users, {
      m0: undefined,
      m1: "u1",
      m2: "u1",
      m3: "own",
      m5: "u1",
      m6: "u2",
      m7: "u1",
      m8: "u3",
      m9: "u3",
    });
  });
});

test("identity: an alias links the previous id", () =>
  withTrial({}, async ({ send, deliveries }) => {
    await send(raw("m1", { type: "identify", anonymousId: null, userId: "u1", previousId: "anon-7" }));
    await send(raw("m2", { anonymousId: "anon-7" }));
    const users = (await deliveries("tmpl_a")).map(({ event }) => `${event.messageId} ${String(event["userId"])}`);
    assert.deepEqual(users.sort(), ["m1 u1", "m2 u1"]);
  }));

test("delivery records are keyed by lane and visitor", () =>
  withTrial({}, async ({ send, log }) => {
    await send(
      raw("m1"),
      raw("m2", { anonymousId: null, userId: "u1" }),
      raw("m3", { anonymousId: "" }),
      raw("m4", { anonymousId: "x".repeat(100_000) }),
    );
    const keys = (await readAll(log, deliveryTopic("tmpl_a"))).map(({ key }) => key);
    assert.equal(keys.filter((key) => key.length < 60).length, 4);
    for (const key of ["pi_a:anon-1", "pi_a:u1", "pi_a:m3"]) assert.ok(keys.includes(key), key);
  }));

test("an unknown pipeline: a newer snapshot is looked for, then the event is set aside", () =>
  withTrial({}, async ({ send, snapshots, counts, rejected, deliveries }) => {
    snapshots.onRefresh = () => {
      snapshots.current = snapshotOf({
        pipelines: [pipeline("pip_new")],
        lanes: [lane("pi_n", "tmpl_a", { pipelineId: "pip_new" })],
      });
    };
    await send(raw("m1", { pipelineId: "pip_new" }), raw("m2", { pipelineId: "pip_gone" }));
    assert.ok(snapshots.refreshed >= 1);
    assert.equal((await deliveries("tmpl_a")).length, 1);
    const [set] = await rejected();
    assert.equal(set?.error, "pipeline_deleted");
    assert.deepEqual(set.original_event, raw("m2", { pipelineId: "pip_gone" }));
    assert.deepEqual(await counts(), { "pi_n accepted": 1, processed: 1, "unprocessable pipeline_deleted": 1 });
  }));

test("snapshots switch between batches; a removed lane gets nothing more", () => {
  const before = snapshotOf({
    integrations: [integration("tmpl_a"), integration("tmpl_b")],
    lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b")],
  });
  const after: ConfigSnapshot = { ...before, number: 2, lanes: [lane("pi_a", "tmpl_a", { enabled: false })] };
  return withTrial({ snapshot: before }, async ({ send, snapshots, counts }) => {
    await send(raw("m1"));
    snapshots.current = after;
    await send(raw("m2"));
    assert.deepEqual(await counts(), {
      "pi_a accepted": 2,
      "pi_a filtered integration_disabled": 1,
      "pi_b accepted": 1,
      processed: 2,
    });
  });
});

test("a record over the topic's limit is a dead letter that says where and how large", () => {
  const snapshot = snapshotOf({ integrations: [integration("tmpl_a", { revisions: { 1: revision(mapped) } })] });
  const compile = () =>
    mappingOf((event) => {
      const payload = "é".repeat(event.messageId === "m2" ? 4_194_304 : 4_190_000);
      return { kind: "mapped", payload, vendorEventName: null };
    });
  return withTrial({ snapshot, compile }, async ({ send, deadLetters, counts }) => {
    await send(raw("m1"), raw("m2"));
    const [letter, ...others] = await deadLetters("tmpl_a");
    assert.deepEqual(others, []);
    assert.equal(letter?.reason, "record_too_large");
    assert.equal(letter.delivery, null);
    assert.equal(letter.messageId, "m2");
    assert.ok((letter.bytes ?? 0) > 8_388_608);
    assert.equal(letter.position.offset, 1);
    assert.deepEqual(await counts(), { "pi_a accepted": 2, "pi_a dead_lettered record_too_large": 1, processed: 2 });
  });
});

test("a large output is committed in parts", () =>
  withTrial({ settings: { maxOutputBytes: 10_000 } }, async ({ send, deliveries, registry }) => {
    await send(...Array.from({ length: 100 }, (_, index) => raw(`m${index}`)));
    assert.equal(new Set((await deliveries("tmpl_a")).map(({ deliveryId }) => deliveryId)).size, 100);
    assert.match(await registry.metrics(), /signal_processor_batch_records_bucket\{le="10"\} [1-9]/);
  }));

test("metrics say what happened", () =>
  withTrial({}, async ({ send, registry }) => {
    await send(raw("m1"), raw("m1"), "{");
    const text = await registry.metrics();
    assert.match(text, /^signal_processed_total 2$/m);
    assert.match(text, /^signal_unprocessable_total 1$/m);
    assert.match(text, /^signal_filtered_total\{reason="duplicate"\} 1$/m);
    assert.match(text, /^signal_processor_lag_records 0$/m);
    assert.match(text, /^signal_processor_oldest_unprocessed_seconds 0$/m);
  }));
