/** The connector of Google Analytics 4 against the simulated Measurement Protocol. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import { CASE_NOW, deliveryOf } from "@datafly-signal/connectors/contract-case";
import { openRig, type Rig, type RigSample } from "../connector-rig.ts";
import { mutations } from "../garbage.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { GA4 } from "./simulator.ts";

const KEY = "google_analytics_4";
const MICROS = CASE_NOW * 1000;
const HOUR_MICROS = 3600 * 1e6;

function settings(parameters: JsonObject = {}, api_secret: string = GA4.secret) {
  return { parameters: { measurement_id: GA4.measurementId, ...parameters }, secrets: { api_secret } };
}

/** A delivery whose payload is written by hand. */
function paid(index: number, event: JsonObject, head: JsonObject = {}) {
  const payload: JsonValue = { client_id: "11.22", timestamp_micros: MICROS - 1000, ...head, events: [event] };
  return deliveryOf({ messageId: `m-${index}` }, { index, payload, vendorEventName: String(event["name"]) });
}

const kinds = (outcomes: readonly { kind: string }[]): string[] => outcomes.map(({ kind }) => kind);

for (const blueprint of ["default", "retail", "travel", "media"]) {
  describe(`${KEY}: ${blueprint}`, async () => {
    const open = (parameters: JsonObject = {}): Promise<Rig> =>
      openRig(KEY, { blueprint, settings: settings(parameters) });
    const samples = (await open()).samples();
    const whole = samples.filter(({ fields }) => fields === "all");

    test("every event is kept with nothing to complain of", async () => {
      assert.ok(samples.length > 40);
      await sendEach(await open(), samples);
    });

    test("every whole event is kept where recommendations are enforced", async () => {
      await sendEach(await open({ validation_behavior: "ENFORCE_RECOMMENDATIONS" }), whole);
    });

    test("the validation server finds nothing", async () => {
      const rig = await open({ debug_mode: "validate" });
      const { outcomes, requests } = await rig.settle(whole.map(({ given }, index) => rig.delivery(given, index)));
      outcomes.forEach((outcome, index) => assert.deepEqual(outcome, { kind: "delivered" }, whole[index]?.title));
      assert.equal(requests.length, whole.length);
      assert.deepEqual(rig.world.accepted, []);
    });

    test("all in one batch: few requests, all kept", async () => {
      const rig = await open();
      const { outcomes, requests } = await rig.settle(whole.map(({ given }, index) => rig.delivery(given, index)));
      assert.deepEqual(new Set(kinds(outcomes)), new Set(["delivered"]));
      assert.ok(requests.length < whole.length / 2, `${requests.length} requests`);
      assert.ok(requests.every(({ covers }) => covers.length <= 25));
      assert.equal(rig.world.accepted.length, whole.length);
      assert.deepEqual(rig.world.warnings, []);
    });
  });
}

async function sendEach(rig: Rig, samples: readonly RigSample[]): Promise<void> {
  for (const { title, given } of samples) {
    const before = rig.world.accepted.length;
    const { outcomes } = await rig.send([rig.delivery(given)]);
    assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
    assert.deepEqual(rig.world.warnings, [], title);
    assert.equal(rig.world.accepted.length, before + 1, title);
  }
}

const rigOf = (parameters: JsonObject = {}, secret?: string): Promise<Rig> =>
  openRig(KEY, { settings: settings(parameters, secret) });

test("one bad event in a batch is refused before it is sent, and the others are kept", async () => {
  const rig = await rigOf();
  const events = [{ name: "login" }, { name: "session_start" }, { name: "search", params: { search_term: "tee" } }];
  const { outcomes, requests } = await rig.settle(events.map((event, index) => paid(index, event)));
  assert.deepEqual(kinds(outcomes), ["delivered", "reject", "delivered"]);
  assert.deepEqual(
    requests.map(({ covers }) => covers),
    [[0, 2]],
  );
  assert.deepEqual(
    rig.world.counted().map(({ name }) => name),
    ["login", "search"],
  );
});

test("the validation server's word is about the one event that it is about", async () => {
  const rig = await rigOf({ debug_mode: "validate" });
  const old = { timestamp_micros: MICROS - 73 * HOUR_MICROS };
  const { outcomes } = await rig.settle([
    paid(0, { name: "login" }),
    paid(1, { name: "login" }, old),
    paid(2, { name: "login" }),
  ]);
  assert.deepEqual(kinds(outcomes), ["delivered", "reject", "delivered"]);
  assert.match(JSON.stringify(outcomes[1]), /VALUE_OUT_OF_BOUNDS/);
});

test("an event of 73 hours ago would be taken for another time, so the connector says how old they may be", async () => {
  const rig = await rigOf();
  assert.equal(rig.connector.maxEventAgeMs, 72 * 3_600_000);
});

test("30 events of one client are two requests, each with its own time", async () => {
  const rig = await rigOf();
  const deliveries = Array.from({ length: 30 }, (_, index) =>
    paid(index, { name: "login" }, { timestamp_micros: MICROS - index * 1e6 }),
  );
  const { requests } = await rig.settle(deliveries);
  assert.deepEqual(
    requests.map(({ covers }) => covers.length),
    [25, 5],
  );
  assert.equal(rig.world.counted().length, 30);
  const times = rig.world.counted().map(({ payload }) => {
    const [event] = (payload as { events: { timestamp_micros: number }[] }).events;
    return event?.timestamp_micros;
  });
  assert.deepEqual(
    times,
    deliveries.map((_, index) => MICROS - index * 1e6),
  );
});

test("large events are cut into requests below the limit", async () => {
  const rig = await rigOf();
  const items = Array.from({ length: 200 }, (_, index) => ({ item_id: `SKU-${index}`, item_name: "x".repeat(90) }));
  const order = (index: number) => ({ name: "purchase", params: { transaction_id: `T-${index}`, items } });
  const { outcomes, requests } = await rig.settle(Array.from({ length: 12 }, (_, index) => paid(index, order(index))));
  assert.deepEqual(new Set(kinds(outcomes)), new Set(["delivered"]));
  assert.ok(requests.length > 1);
  assert.ok(requests.every(({ body }) => Buffer.byteLength(body ?? "") < 130_000));
  assert.equal(rig.world.counted().length, 12);
  assert.deepEqual(rig.world.warnings, []);
});

test("a purchase that comes twice counts once, any other event twice, with one event_id", async () => {
  const rig = await rigOf();
  const twice = [
    paid(0, { name: "purchase", params: { transaction_id: "T-1", items: [{ item_id: "A" }] } }),
    paid(1, { name: "login" }),
  ];
  await rig.settle(twice);
  await rig.settle(twice);
  assert.deepEqual(
    rig.world.counted().map(({ name }) => name),
    ["purchase", "login", "login"],
  );
});

test("a wrong secret is answered like a right one: delivered, and only Google Analytics shows that nothing came", async () => {
  const rig = await rigOf({}, "wrong");
  assert.deepEqual((await rig.settle([paid(0, { name: "login" })])).outcomes, [{ kind: "delivered" }]);
  assert.deepEqual(rig.world.counted(), []);
});

test("outages and limits", async () => {
  const rig = await rigOf();
  rig.world.next("error", { kind: "unavailable", retryAfterSeconds: 7 }, { kind: "throttled", retryAfterSeconds: 9 });
  rig.world.next("timeout", "reset", "html");
  const seen: unknown[] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    const [outcome] = (await rig.settle([paid(0, { name: "login" })])).outcomes;
    seen.push([outcome?.kind, outcome !== undefined && "retryAfterMs" in outcome ? outcome.retryAfterMs : null]);
  }
  assert.deepEqual(seen, [
    ["retry", null],
    ["retry", 7000],
    ["throttle", 9000],
    ["retry", null],
    ["retry", null],
    ["retry", null],
    ["delivered", null],
  ]);
});

test("the EU's endpoint and DebugView", async () => {
  const rig = await rigOf({ region: "eu", debug_mode: "debug_view" });
  await rig.settle([paid(0, { name: "login" })]);
  assert.equal(rig.world.requests[0]?.url.host, "region1.google-analytics.com");
  assert.deepEqual(rig.world.warnings, []);
  assert.equal(rig.world.counted().length, 1);
});

test("an app stream", async () => {
  const parameters = { measurement_id: GA4.firebaseAppId };
  const rig = await openRig(KEY, { settings: settings(parameters, GA4.appSecret) });
  const app = { app_instance_id: "0123456789abcdef0123456789abcdef" };
  const { outcomes } = await rig.settle([paid(0, { name: "login" }, app), paid(1, { name: "login" })]);
  assert.deepEqual(kinds(outcomes), ["delivered", "reject"]);
  assert.equal(rig.world.counted().length, 1);
  assert.deepEqual(rig.world.warnings, []);
});

test("an app stream by its own field, and the events that it alone takes", async () => {
  const given = { parameters: { firebase_app_id: GA4.firebaseAppId }, secrets: { api_secret: GA4.appSecret } };
  const rig = await openRig(KEY, { settings: given });
  const screen = rig.delivery({
    ...{
      type: "track",
      event: "screen_view",
      messageId: "m-1",
      anonymousId: "a-1",
      properties: { screen_name: "Home" },
    },
    timestamp: new Date(CASE_NOW).toISOString(),
    vendor_ids: { ga_app_instance_id: "0123456789abcdef0123456789abcdef" },
  });
  const { outcomes } = await rig.send([screen]);
  assert.deepEqual(kinds(outcomes), ["delivered"]);
  assert.equal(rig.world.requests[0]?.url.searchParams.get("firebase_app_id"), GA4.firebaseAppId);
  assert.equal(rig.world.counted()[0]?.name, "screen_view");
});

test("the connection test is understood, of a web stream and of an app's", async () => {
  for (const [id, secret] of [
    [GA4.measurementId, GA4.secret],
    [GA4.firebaseAppId, GA4.appSecret],
  ] as const) {
    const rig = await openRig(KEY, { settings: settings({ measurement_id: id }, secret) });
    const { test: connection } = rig.plan;
    assert.ok(connection);
    const request = connection.request({ now: CASE_NOW, batchId: "test" });
    const answer = readAnswer(rig.simulator.handle(simulatedRequest(request, CASE_NOW), rig.world));
    assert.equal(connection.read(answer).ok, true);
    assert.deepEqual(rig.world.accepted, []);
  }
});

test("whatever a mapping makes, it is refused with a reason or taken without complaint", async () => {
  const rig = await rigOf();
  const hash = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
  const item = { item_id: "A", item_name: "Tee", price: 10.5, quantity: 2, coupon: "C", index: 0, own: "x" };
  const params = {
    transaction_id: "T-1",
    value: 21,
    currency: "EUR",
    session_id: "1772029620",
    plan: "pro",
    items: [item],
  };
  const whole: JsonObject = {
    client_id: "11.22",
    user_id: "user-1",
    timestamp_micros: MICROS,
    user_properties: { plan: { value: "pro" } },
    user_data: { sha256_email_address: [hash], address: [{ sha256_first_name: hash, country: "GB" }] },
    consent: { ad_user_data: "GRANTED", ad_personalization: "DENIED" },
    events: [{ name: "purchase", params }],
  };
  let sent = 0;
  for (const payload of mutations(whole)) {
    const made = deliveryOf({ messageId: "m-1" }, { index: 0, payload: payload as JsonValue, vendorEventName: null });
    const { outcomes, exchanges } = await rig.send([made]);
    const shown = JSON.stringify(payload).slice(0, 600);
    assert.deepEqual(rig.world.warnings, [], shown);
    for (const outcome of outcomes)
      if (outcome.kind !== "delivered") assert.match(JSON.stringify(outcome), /reason":".{20,}/);
    sent += exchanges.length;
  }
  assert.ok(sent > 20, String(sent));
});
