import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DLQ_EVENTS,
  OUTCOMES,
  type DataLayerConfig,
  deliveryTopic,
  type JsonObject,
  TRACES,
} from "@datafly-signal/core";
import { LogError } from "@datafly-signal/ports/log";
import { Registry } from "prom-client";
import {
  integration,
  lane,
  pipeline,
  raw,
  readAll,
  snapshotOf,
  type Trial,
  type TrialOptions,
  WALL,
  withTrial,
} from "./processor-fixture.ts";
import { startProcessor } from "./processor.ts";

function layered(dataLayer: DataLayerConfig, fields: object = {}): TrialOptions {
  return { snapshot: snapshotOf({ dataLayer, ...fields }) };
}

async function delivered(trial: Trial, id = "tmpl_a"): Promise<[name: string, derivedFrom: string | undefined][]> {
  return (await trial.deliveries(id)).map(({ eventName, derivedFrom }) => [eventName, derivedFrom]);
}

const minute = (at: number): string => new Date(Date.parse("2026-02-25T12:00:00.000Z") + at * 60_000).toISOString();

test("what a schema refuses is set aside, dropped or sent on with a mark, and every event is counted", () => {
  const schema = { type: "object", required: ["value"], properties: { value: { type: "number" } } };
  const dataLayer: DataLayerConfig = {
    schemas: [
      { event: "Quarantined", part: "properties", schema },
      { event: "Dropped", part: "properties", schema, on_violation: "drop" },
      { event: "Warned", part: "properties", schema, on_violation: "warn" },
    ],
  };
  return withTrial(layered(dataLayer), async (trial) => {
    const bad = { properties: { value: "79.99" } };
    await trial.send(
      raw("m1", { event: "Quarantined", ...bad }),
      raw("m2", { event: "Dropped", ...bad }),
      raw("m3", { event: "Warned", ...bad }),
      raw("m4", { event: "Quarantined" }),
    );
    assert.deepEqual((await delivered(trial)).map(([name]) => name).toSorted(), ["Quarantined", "Warned"]);
    const [letter, ...others] = await trial.rejected();
    assert.equal(others.length, 0);
    assert.equal(letter?.error, "schema_validation_failed");
    assert.match(String(letter?.details), /value/);
    assert.ok(!String(letter?.details).includes("79.99"));
    assert.match(JSON.stringify(letter?.original_event), /"messageId":"m1"/);
    assert.deepEqual(await trial.counts(), {
      "pi_a accepted": 3,
      "pi_a filtered schema_dropped": 1,
      processed: 3,
      "unprocessable schema_validation_failed": 1,
    });
  });
});

test("what is dropped before the lanes counts for each of them, with its reason", () => {
  const options = layered(
    {
      bot_filtering: {},
      custom_js: { code: "if (event.event === 'Unwanted') return null; event.properties.seen = true;" },
      routing_rules: [{ condition: "event == 'Internal Test'", action: "drop" }],
    },
    {
      lanes: [lane("pi_a", "tmpl_a"), lane("pi_b", "tmpl_b", { enabled: false })],
      integrations: [integration("tmpl_a"), integration("tmpl_b")],
      organisation: { consent: { policy: { required: ["analytics"], action: "drop" } } },
    },
  );
  return withTrial(options, async (trial) => {
    const consent = { consent: { analytics: true } };
    await trial.send(
      raw("m1", { context: { ...consent, userAgent: "Googlebot/2.1" } }),
      raw("m2", { event: "Unwanted", context: consent }),
      raw("m3", { event: "Internal Test", context: consent }),
      raw("m4", { context: { consent: { analytics: false } } }),
      raw("m5", { context: consent }),
    );
    const [only, ...others] = await trial.deliveries("tmpl_a");
    assert.equal(others.length, 0);
    assert.deepEqual(only?.event.properties, { value: 79.99, seen: true });
    const counts = await trial.counts();
    for (const one of ["pi_a", "pi_b"]) {
      assert.equal(counts[`${one} accepted`], 5);
      for (const reason of ["bot", "custom_js", "routing_rule", "consent_policy"]) {
        assert.equal(counts[`${one} filtered ${reason}`], 1, `${one} ${reason}`);
      }
    }
    assert.equal(counts["pi_b filtered integration_disabled"], 1);
    assert.equal(counts["processed"], 5);
  });
});

const SESSIONS: DataLayerConfig = {
  session: { track_session_start: true, track_session_end: true },
  identity: {},
  custom_js: { code: "event.properties = {...event.properties, n: (event.properties?.n ?? 0) + 1}; return event;" },
};

const VISIT = [
  raw("m1", { timestamp: minute(0), context: { page: { url: "https://shop.example.com/?gclid=G1" } } }),
  raw("m2", { type: "identify", userId: "u1", timestamp: minute(1) }),
  raw("m3", { timestamp: minute(10) }),
  raw("m4", { timestamp: minute(100) }),
  raw("m3", { timestamp: minute(101) }),
];
/** The same visitor says no in the end. */
const LEAVING = [...VISIT, raw("m5", { timestamp: minute(200), context: { consent: { marketing: false } } })];
const STRIPPING = {
  organisation: { consent: { policy: { required: ["marketing"], action: "strip", pipeline_types: ["web"] } } },
};

test("events that other events cause go the same way: linked, through the code, counted, with their cause", () =>
  withTrial(layered(SESSIONS), async (trial) => {
    await trial.send(...VISIT);
    assert.deepEqual(await delivered(trial), [
      ["session_start", "m1"],
      ["Product Added", undefined],
      ["identify", undefined],
      ["Product Added", undefined],
      ["session_end", "m4"],
      ["session_start", "m4"],
      ["Product Added", undefined],
    ]);
    const deliveries = await trial.deliveries("tmpl_a");
    assert.equal(new Set(deliveries.map(({ deliveryId }) => deliveryId)).size, 7);
    assert.ok(deliveries.every(({ event }) => (event.properties as JsonObject)["n"] === 1));
    const [end, start] = deliveries.slice(4);
    assert.deepEqual([end?.event["userId"], start?.event["userId"]], ["u1", "u1"]);
    assert.deepEqual(start?.event["vendor_ids"], { gclid: "G1" });
    const counts = await trial.counts();
    assert.equal(counts["pi_a accepted"], 8);
    assert.equal(counts["pi_a filtered duplicate"], 1);
    assert.equal(counts["processed"], 5);
  }));

test("worked again after aborted commits, in batches of any size, the output is the same bytes", async () => {
  for (const consents of [false, true]) await byteForByte(consents);
});

async function byteForByte(consents: boolean): Promise<void> {
  const run = (aborts: number, size: number): Promise<string[][]> => {
    let left = aborts;
    const options: TrialOptions = {
      ...layered(SESSIONS, consents ? STRIPPING : {}),
      waiting: LEAVING,
      settings: { maxBatchRecords: size },
      wrap: (log) => ({
        ...log,
        append: log.append.bind(log),
        read: log.read.bind(log),
        bounds: log.bounds.bind(log),
        committed: log.committed.bind(log),
        async consumer(given) {
          const consumer = await log.consumer(given);
          const transact = consumer.transact.bind(consumer);
          consumer.transact = async (set) => {
            left -= 1;
            if (left >= 0) throw new LogError("commit_failed", "");
            return transact(set);
          };
          return consumer;
        },
      }),
    };
    return withTrial(options, async (trial) => {
      await trial.processor.idle();
      return Promise.all(
        [deliveryTopic("tmpl_a"), OUTCOMES, DLQ_EVENTS].map(async (topic) =>
          (await readAll(trial.log, topic)).map(({ value }) => Buffer.from(value).toString()),
        ),
      );
    });
  };
  const smooth = await run(0, 100);
  assert.equal(smooth[0]?.length, 10);
  assert.deepEqual(await run(3, 100), smooth);
  for (const size of [1, 2, 3]) assert.deepEqual((await run(3, size))[0], smooth[0], `batches of ${size}`);
}

test("a visitor's session and ids survive the processor", () => {
  const { session = {}, identity = {} } = SESSIONS;
  const options = layered({ session, identity });
  return withTrial(options, async (trial) => {
    await trial.send(...VISIT.slice(0, 2));
    await trial.processor.close(1000);
    const next = await startProcessor({
      log: trial.log,
      state: trial.state,
      snapshots: {
        current: () => trial.snapshots.current,
        onChange: () => () => undefined,
        refresh: async () => undefined,
      },
      clock: { wall: () => WALL, monotonic: () => performance.now(), after: () => () => undefined },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      registry: new Registry(),
      settings: { pollWaitMs: 1, paceMs: 0 },
    });
    await trial.append(raw("later", { timestamp: minute(20) }));
    await next.idle();
    const later = (await trial.deliveries("tmpl_a")).find(({ messageId }) => messageId === "later");
    const { session: found, ...rest } = later?.event.context ?? {};
    assert.deepEqual([(found as JsonObject)["number"], (found as JsonObject)["is_new"], rest], [1, false, {}]);
    assert.deepEqual([later?.event["userId"], later?.event["vendor_ids"]], ["u1", { gclid: "G1" }]);
    await next.close(1000);
  });
});

test("personal data that is taken out stays out, also of traces and dead letters, and is not linked back", () => {
  const options: TrialOptions = {
    ...layered(
      { pii_rules: { hash_fields: ["traits.email"], redact_fields: ["traits.phone"] }, identity: {} },
      { organisation: { consent: { policy: { required: ["marketing"], action: "strip" } } } },
    ),
    traces: { share: 1, roomy: () => true },
  };
  return withTrial(options, async (trial) => {
    const traits = { email: "jane@example.com", phone: "+441632960960", plan: "premium" };
    await trial.send(
      raw("m1", { type: "identify", userId: "u1", traits, context: { consent: { marketing: true } } }),
      raw("m2", {
        traits,
        context: { consent: { marketing: false }, page: { url: "https://shop.example.com/?gclid=G9" } },
      }),
    );
    const [consenting, stripped] = await trial.deliveries("tmpl_a");
    const given = consenting?.event["traits"] as JsonObject;
    assert.match(String(given["email"]), /^[0-9a-f]{64}$/);
    assert.deepEqual(Object.keys(given), ["email", "plan"]);
    assert.equal(stripped?.event["userId"], undefined);
    assert.equal(stripped?.event["vendor_ids"], undefined);
    for (const topic of [deliveryTopic("tmpl_a"), TRACES]) {
      for (const { value } of await readAll(trial.log, topic)) {
        const text = Buffer.from(value).toString();
        assert.ok(!text.includes("jane@example.com") && !text.includes("1632960960"), topic);
      }
    }
  });
});

test("what a step stops early shows no personal data in its trace either", () => {
  const options: TrialOptions = {
    ...layered(
      {
        schemas: [{ event: "Quarantined", part: "properties", schema: { type: "object", required: ["x"] } }],
        bot_filtering: {},
        pii_rules: { redact_fields: ["traits.email", "userId"], detect: { emails: "redact" } },
      },
      { organisation: { consent: { policy: { required: ["marketing"], action: "drop" } } } },
    ),
    traces: { share: 1, roomy: () => true },
  };
  return withTrial(options, async (trial) => {
    const traits = { email: "jane@example.com", note: "write to jane@example.com" };
    const consent = { marketing: true };
    await trial.send(
      raw("m1", { event: "Quarantined", traits, context: { consent } }),
      raw("m2", { traits, context: { consent: { marketing: false } } }),
      raw("m3", { traits, context: { consent, userAgent: "Googlebot/2.1" } }),
      raw("m4", { type: "identify", userId: "jane@example.com", traits, context: { consent } }),
      raw("m5", { context: { consent } }),
    );
    assert.equal((await trial.traces()).length, 5);
    for (const topic of [deliveryTopic("tmpl_a"), TRACES]) {
      for (const { value } of await readAll(trial.log, topic)) {
        assert.ok(!Buffer.from(value).toString().includes("jane@example.com"), topic);
      }
    }
  });
});

test("bots of server pipelines go on, and a sealed salt without a key keeps events waiting", async () => {
  const server = { ...pipeline("pip_shop"), type: "server" as const };
  await withTrial(layered({ bot_filtering: {} }, { pipelines: [server] }), async (trial) => {
    await trial.send(raw("m1", { context: { userAgent: "Googlebot/2.1" } }));
    assert.equal((await trial.deliveries("tmpl_a")).length, 1);
  });
  const sealed = layered(
    { pii_rules: { hash_fields: ["traits.email"] } },
    { dataLayerSecrets: { "pii_rules.salt": "v1.x" } },
  );
  await withTrial(sealed, async (trial) => {
    await trial.append(raw("m1"));
    while (trial.processor.ready().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.match(trial.processor.ready().join(" "), /configuration cannot be used/);
    assert.deepEqual(await trial.deliveries("tmpl_a"), []);
  });
});
