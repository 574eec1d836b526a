import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigSnapshot, type JsonObject, MappingError, DLQ_EVENTS, deliveryTopic } from "@datafly-signal/core";
import {
  type Trial,
  type TrialOptions,
  integration,
  lane,
  mappingOf,
  pipeline,
  raw,
  readAll,
  revision,
  snapshotOf,
  startTrial,
} from "./processor-fixture.ts";

async function trial<T>(options: TrialOptions, run: (trial: Trial) => Promise<T>): Promise<T> {
  const started = await startTrial(options);
  try {
    return await run(started);
  } finally {
    await started.close();
  }
}

test("an event becomes one delivery record, as the contract says", () =>
  trial({}, async ({ send, deliveries, counts }) => {
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

/** What one lane makes of one event. */
const rules: [string, JsonObject, { lane?: object; revision?: object; apply?: () => never | object }, string | null][] = [
  ["delivered", {}, {}, null],
  ["a disabled lane", {}, { lane: { enabled: false } }, "filtered integration_disabled"],
  ["disabled comes before consent", {}, { lane: { enabled: false }, revision: { consentCategories: ["x"] } }, "filtered integration_disabled"],
  ["All: false", { integrations: { All: false } }, {}, "filtered integrations_object"],
  ["All: false, but this one by vendor key", { integrations: { All: false, WEBHOOK: true } }, {}, null],
  ["by vendor name", { integrations: { All: false, "custom Webhook": {} } }, {}, null],
  ["by integration name", { integrations: { All: false, "hook tmpl_a": true } }, {}, null],
  ["left out by name", { integrations: { "Custom Webhook": false } }, {}, "filtered integrations_object"],
  ["the most specific name decides", { integrations: { "Hook tmpl_a": true, webhook: false } }, {}, null],
  ["other names say nothing", { integrations: { Mixpanel: false } }, {}, null],
  ["an empty object says nothing", { integrations: {} }, {}, null],
  ["no object says nothing", { integrations: false }, {}, null],
  ["consent missing", {}, { revision: { consentCategories: ["analytics"] } }, "filtered consent_denied"],
  ["consent refused", { context: { consent: { analytics: false } } }, { revision: { consentCategories: ["analytics"] } }, "filtered consent_denied"],
  ["consent as text", { context: { consent: { analytics: "true" } } }, { revision: { consentCategories: ["analytics"] } }, "filtered consent_denied"],
  ["one of two granted", { context: { consent: { analytics: true } } }, { revision: { consentCategories: ["analytics", "marketing"] } }, "filtered consent_denied"],
  ["consent granted", { context: { consent: { analytics: true } } }, { revision: { consentCategories: ["analytics"] } }, null],
  ["consent lifted", { context: { consent: { categories: { statistics: true } } } }, { revision: { consentCategories: ["analytics"] } }, null],
  ["a category named like a method", { context: { consent: {} } }, { revision: { consentCategories: ["constructor"] } }, "filtered consent_denied"],
  ["integrations object before consent", { integrations: { All: false } }, { revision: { consentCategories: ["x"] } }, "filtered integrations_object"],
  ["mapped", {}, { revision: mapped, apply: () => ({ kind: "mapped", payload: { a: 1 }, vendorEventName: "Added" }) }, null],
  ["stopped by a filter", {}, { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_filter", by: "" }) }, "filtered mapping_filter"],
  ["stopped by the defaults", {}, { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_default_drop", by: "" }) }, "filtered mapping_default_drop"],
  ["a missing required value", {}, { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_required_missing", by: "" }) }, "filtered mapping_required_missing"],
  ["a disabled section", {}, { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_event_disabled", by: "" }) }, "filtered mapping_event_disabled"],
  ["a mapping error", {}, { revision: mapped, apply: () => { throw new MappingError("events.x", "not a number"); } }, "dead_lettered mapping_failed"],
  ["any other error", {}, { revision: mapped, apply: () => { throw new TypeError("of jane@example.com"); } }, "dead_lettered mapping_failed"],
  ["a thrown text", {}, { revision: mapped, apply: () => { throw "jane@example.com"; } }, "dead_lettered mapping_failed"],
  ["a payload that cannot be written", {}, { revision: mapped, apply: () => { const payload: JsonObject = {}; payload["self"] = payload; return { kind: "mapped", payload, vendorEventName: null }; } }, "dead_lettered mapping_failed"],
  ["a pinned revision that is missing", {}, { lane: { revision: 9 } }, "dead_lettered mapping_failed"],
];
for (const [name, fields, config, expected] of rules) {
  test(`lane rule: ${name}`, () => {
    const content = revision(config.revision);
    const snapshot = snapshotOf({
      integrations: [integration("tmpl_a", { revisions: { 1: content } }), integration("tmpl_b", { vendor: "axon" })],
      lanes: [lane("pi_a", "tmpl_a", config.lane)],
    });
    const apply = (config.apply ?? (() => assert.fail())) as () => never;
    return trial({ snapshot, compile: () => mappingOf(apply) }, async ({ send, counts, deliveries, deadLetters, logged }) => {
      await send(raw("m1", fields));
      const sum: Record<string, number> = { "pi_a accepted": 1, processed: 1 };
      if (expected !== null) sum[`pi_a ${expected}`] = 1;
      assert.deepEqual(await counts(), sum);
      assert.equal((await deliveries("tmpl_a")).length, expected === null ? 1 : 0);
      const letters = await deadLetters("tmpl_a");
      assert.equal(letters.length, expected?.startsWith("dead") === true ? 1 : 0);
      assert.doesNotMatch(JSON.stringify([letters, logged]), /jane/);
    });
  });
}

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
  return trial({ snapshot }, async ({ send, deliveries, counts, logged }) => {
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
  return trial({ snapshot, compile }, async ({ send, deadLetters }) => {
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
    integrations: [
      integration("tmpl_a", { revisions: { 1: revision(mapped) } }),
      integration("tmpl_b"),
    ],
    lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b")],
  });
  const compile = () =>
    mappingOf(() => {
      throw new RangeError("deep");
    });
  return trial({ snapshot, compile }, async ({ send, counts }) => {
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
  return trial({ snapshot, compile }, async ({ send, deadLetters, deliveries, logged, snapshots }) => {
    await send(raw("m1"));
    snapshots.current = { ...snapshot, number: 2 };
    await send(raw("m2"));
    assert.equal((await deadLetters("tmpl_a")).length, 2);
    assert.deepEqual((await deliveries("tmpl_b")).map(({ snapshot: number }) => number), [1, 2]);
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
  return trial({ snapshot }, async ({ send, counts }) => {
    await send(raw("m1"), raw("m1"));
    await send(raw("m1", { anonymousId: "another" }), raw("m1", { replayOf: `dl_${"0".repeat(26)}` }), raw("m1", { replayOf: "mine" }));
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
  trial({ settings: { windowedDedupe: false } }, async ({ send, deliveries }) => {
    await send(raw("m1"), raw("m1"));
    assert.equal((await deliveries("tmpl_a")).length, 2);
  }));

test("identity: later events of the visitor carry the user, in one batch and later", () => {
  const snapshot = snapshotOf({ pipelines: [pipeline("pip_shop"), pipeline("pip_blog")] });
  return trial({ snapshot }, async ({ send, deliveries }) => {
    const identify = (id: string, fields: JsonObject) => raw(id, { type: "identify", ...fields });
    await send(
      raw("m0"),
      identify("m1", { userId: "u1" }),
      raw("m2"),
      raw("m3", { userId: "own" }),
      raw("m4", { userId: null, pipelineId: "pip_blog" }),
    );
    await send(raw("m5", { userId: "" }), identify("m6", { userId: "u2", timestamp: "2026-02-25T14:00:00.000Z" }), raw("m7"));
    await send(identify("m8", { userId: "u3", timestamp: "2026-02-25T15:00:00.000Z" }), raw("m9"));
    const users = Object.fromEntries((await deliveries("tmpl_a")).map(({ event }) => [event.messageId, event["userId"]]));
    assert.deepEqual(users, { m0: undefined, m1: "u1", m2: "u1", m3: "own", m5: "u1", m6: "u2", m7: "u1", m8: "u3", m9: "u3" });
  });
});

test("identity: an alias links the previous id", () =>
  trial({}, async ({ send, deliveries }) => {
    await send(raw("m1", { type: "identify", anonymousId: null, userId: "u1", previousId: "anon-7" }));
    await send(raw("m2", { anonymousId: "anon-7" }));
    const users = (await deliveries("tmpl_a")).map(({ event }) => `${event.messageId} ${String(event["userId"])}`);
    assert.deepEqual(users.sort(), ["m1 u1", "m2 u1"]);
  }));

test("delivery records are keyed by lane and visitor", () =>
  trial({}, async ({ send, log }) => {
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
  trial({}, async ({ send, snapshots, counts, rejected, deliveries }) => {
    snapshots.onRefresh = () => {
      snapshots.current = snapshotOf({ pipelines: [pipeline("pip_new")], lanes: [lane("pi_n", "tmpl_a", { pipelineId: "pip_new" })] });
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
  return trial({ snapshot: before }, async ({ send, snapshots, counts }) => {
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
  return trial({ snapshot, compile }, async ({ send, deadLetters, counts }) => {
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
  trial({ settings: { maxOutputBytes: 10_000 } }, async ({ send, deliveries, registry }) => {
    await send(...Array.from({ length: 100 }, (_, index) => raw(`m${index}`)));
    assert.equal(new Set((await deliveries("tmpl_a")).map(({ deliveryId }) => deliveryId)).size, 100);
    assert.match(await registry.metrics(), /signal_processor_batch_records_bucket\{le="10"\} [1-9]/);
  }));

test("metrics say what happened", () =>
  trial({}, async ({ send, registry }) => {
    await send(raw("m1"), raw("m1"), "{");
    const text = await registry.metrics();
    assert.match(text, /^signal_processed_total 2$/m);
    assert.match(text, /^signal_unprocessable_total 1$/m);
    assert.match(text, /^signal_filtered_total\{reason="duplicate"\} 1$/m);
    assert.match(text, /^signal_processor_lag_records 0$/m);
    assert.match(text, /^signal_processor_oldest_unprocessed_seconds 0$/m);
  }));

const hostile: [string, string | Buffer, string | null][] = [
  ["not JSON", "{", "unreadable_record"],
  ["nothing", "", "unreadable_record"],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00]), "unreadable_record"],
  ["JSON, but no event", "[1,2]", "invalid_envelope"],
  ["an event without an id", JSON.stringify({ ...raw("x"), messageId: 7 }), "invalid_envelope"],
  ["a million levels", JSON.stringify(raw("deep", { x: "@" })).replace('"@"', "[".repeat(1e6) + "]".repeat(1e6)), "processing_failed"],
  ["a million objects", JSON.stringify(raw("deep2", { x: "@" })).replace('"@"', `${'{"a":'.repeat(5e5)}1${"}".repeat(5e5)}`), "processing_failed"],
  ["a deep unknown pipeline", JSON.stringify(raw("deep3", { pipelineId: "pip_gone", x: "@" })).replace('"@"', "[".repeat(1e6) + "]".repeat(1e6)), "pipeline_deleted"],
  ["huge texts", JSON.stringify(raw("huge", { anonymousId: "a".repeat(1e6), userId: "u".repeat(1e6), event: "e".repeat(1e5) })), null],
  ["__proto__ everywhere", JSON.stringify(raw("proto", { context: { consent: { categories: { a: true } } } })).replaceAll("{", '{"__proto__":{"x":1},'), null],
  ["names of methods", JSON.stringify(raw("methods", { integrations: { constructor: 1, toString: false }, hasOwnProperty: 1, anonymousId: "constructor" })), null],
  ["unpaired surrogates", JSON.stringify(raw("\ud800", { type: "identify", userId: "\udfff", anonymousId: "\ud800" })), null],
  ["numbers beyond numbers", JSON.stringify(raw("numbers", { x: "@" })).replace('"@"', "1e400"), null],
];
for (const [name, text, error] of hostile) {
  test(`no input stops a partition: ${name}`, () =>
    trial({}, async ({ send, rejected, deliveries, counts, log }) => {
      await send(raw("before"), text, raw("after"));
      const delivered = (await deliveries("tmpl_a")).map(({ messageId }) => messageId);
      assert.ok(delivered.includes("before") && delivered.includes("after"));
      const set = error === null ? [] : (await readAll(log, DLQ_EVENTS)).map(({ value }) => value);
      assert.equal(set.length, error === null ? 0 : 1);
      assert.equal(delivered.length, error === null ? 3 : 2);
      if (error === null) return;
      const [record] = await rejected();
      assert.equal(record?.error, error);
      assert.equal(record.bytes, Buffer.byteLength(text));
      assert.equal((await counts())[`unprocessable ${error}`], 1);
      if (record.original_base64 === undefined) assert.deepEqual(record.original_event, JSON.parse(text.toString()));
      else assert.equal(Buffer.from(record.original_base64, "base64").compare(Buffer.from(text)), 0);
    }));
}
