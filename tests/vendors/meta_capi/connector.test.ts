/** The connector against the simulated vendor: what it sends is taken, and what the vendor answers is understood. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject, VendorOutcome } from "@datafly-signal/core";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import { openRig, type Rig, type RigOptions } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import type { Misbehaviour } from "../world.ts";
import { META } from "./simulator.ts";

const DAY_MS = 86_400_000;

interface Given {
  token?: string;
  parameters?: JsonObject;
  blueprint?: string;
  now?: RigOptions["now"];
}

const open = ({ token = META.token, parameters = {}, blueprint = "default", now }: Given = {}): Promise<Rig> =>
  openRig("meta_capi", {
    blueprint,
    settings: { parameters: { pixel_id: META.dataset, ...parameters }, secrets: { access_token: token } },
    ...(now !== undefined && { now }),
  });

const kinds = (outcomes: readonly VendorOutcome[]): string[] => outcomes.map(({ kind }) => kind);

const plain = (id: string, more: JsonObject = {}): JsonObject => ({
  type: "track",
  event: "login",
  messageId: id,
  anonymousId: "visitor-1",
  timestamp: new Date(CASE_NOW).toISOString(),
  context: { page: { url: "https://shop.example.com/" }, userAgent: "Mozilla/5.0", ip: "203.0.113.7" },
  ...more,
});

for (const blueprint of ["default", "retail", "travel", "media"]) {
  describe(`blueprint ${blueprint}`, async () => {
    const rig = await open({ blueprint });
    for (const { title, fields, given } of rig.samples()) {
      test(`${title} is taken`, async () => {
        const { world } = rig;
        world.warnings.length = 0;
        const before = world.accepted.length;
        const { outcomes, exchanges } = await rig.send([rig.delivery(given)]);
        assert.deepEqual(kinds(outcomes), ["delivered"], exchanges[0]?.response.body ?? JSON.stringify(outcomes));
        assert.equal(world.accepted.length, before + 1);
        if (fields === "all") assert.deepEqual(world.warnings, []);
      });
    }

    test("all of them at once are one request", async () => {
      const { world } = rig;
      const deliveries = rig
        .samples()
        .map(({ given, title }, index) => rig.delivery({ ...given, messageId: title }, index));
      const before = world.counted().length;
      const { exchanges, outcomes } = await rig.send(deliveries);
      assert.equal(exchanges.length, 1);
      assert.ok(kinds(outcomes).every((kind) => kind === "delivered"));
      assert.equal(world.counted().length, before + deliveries.length);
    });
  });
}

test("an event that is sent twice counts once", async () => {
  const rig = await open();
  const deliveries = [rig.delivery(plain("m-1")), rig.delivery(plain("m-1"))];
  await rig.send(deliveries);
  await rig.send(deliveries);
  assert.equal(rig.world.counted().length, 1);
});

test("every way of limited data use and the test code are taken", async () => {
  for (const parameters of [
    { ldu_mode: "off" },
    { ldu_mode: "auto-geolocate" },
    { ldu_mode: "fixed", ldu_state: "1003" },
    { test_event_code: "TEST12345" },
    { default_action_source: "system_generated" },
  ]) {
    const rig = await open({ parameters });
    assert.deepEqual(kinds((await rig.send([rig.delivery(plain("m-1"))])).outcomes), ["delivered"]);
  }
});

test("events of iOS and Android are taken with what their contexts say of the app", async () => {
  const rig = await open({ parameters: { default_action_source: "app" } });
  const events = ["ios", "android"].map((type, index) =>
    rig.delivery(plain(type, { context: { device: { type } } }), index),
  );
  assert.deepEqual(kinds((await rig.send(events)).outcomes), ["delivered", "delivered"]);
});

const credentials: [string, Given, VendorOutcome["kind"], RegExp][] = [
  ["an expired token", { token: META.expiredToken }, "misconfigured", /has expired.*access_token/],
  ["a revoked token", { token: META.revokedToken }, "misconfigured", /withdrawn the access token/],
  ["an unknown token", { token: "EAAGunknown" }, "misconfigured", /does not take the access token/],
  ["a token without the right", { token: META.weakToken }, "misconfigured", /may not send to this dataset/],
  ["another's dataset", { parameters: { pixel_id: META.otherDataset } }, "misconfigured", /no such dataset.*pixel_id/],
  ["no dataset", { parameters: { pixel_id: "1111111111" } }, "misconfigured", /no such dataset.*pixel_id/],
];
for (const [title, given, kind, reason] of credentials) {
  test(`${title} is ${kind}, with words that name the cure`, async () => {
    const rig = await open(given);
    const { outcomes } = await rig.settle([rig.delivery(plain("m-1")), rig.delivery(plain("m-2"), 1)]);
    assert.deepEqual(kinds(outcomes), [kind, kind]);
    for (const outcome of outcomes) assert.match("reason" in outcome ? outcome.reason : "", reason);
  });
}

const outages: [Misbehaviour | Misbehaviour["kind"], VendorOutcome["kind"], number?][] = [
  ["error", "retry"],
  [{ kind: "unavailable", retryAfterSeconds: 30 }, "retry", 30_000],
  ["throttled", "throttle"],
  [{ kind: "throttled", retryAfterSeconds: 30 }, "throttle", 30_000],
  ["timeout", "retry"],
  ["html", "retry"],
];
for (const [misbehaviour, kind, retryAfterMs] of outages) {
  test(`${JSON.stringify(misbehaviour)} is ${kind}`, async () => {
    const rig = await open();
    rig.world.next(misbehaviour);
    const { outcomes } = await rig.settle([rig.delivery(plain("m-1")), rig.delivery(plain("m-2"), 1)]);
    assert.deepEqual(kinds(outcomes), [kind, kind]);
    for (const outcome of outcomes)
      assert.equal("retryAfterMs" in outcome ? outcome.retryAfterMs : undefined, retryAfterMs);
    assert.equal(rig.world.accepted.length, 0);
  });
}

test("a bad event among many is found by halving, and it alone is refused", async () => {
  for (const at of [0, 5, 12]) {
    const rig = await open();
    const deliveries = Array.from({ length: 13 }, (_, index) => rig.delivery(plain(`m-${index}`), index));
    const bad = deliveries[at];
    assert.ok(bad !== undefined);
    // What only the vendor can see.
    bad.payload = { ...(bad.payload as JsonObject), custom_data: { currency: "US Dollar" } };
    const { outcomes, requests } = await rig.settle(deliveries);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind === "delivered"),
      deliveries.map((_, index) => index !== at),
    );
    assert.match(JSON.stringify(outcomes[at]), /"reject".*ISO 4217/);
    assert.equal(rig.world.counted().length, 12);
    assert.ok(requests.length <= 9, `${requests.length} requests`);
  }
});

test("an old event does not take the others along, neither before nor after Meta sees it", async () => {
  const old = plain("m-old", { timestamp: new Date(CASE_NOW - 8 * DAY_MS).toISOString() });
  const rig = await open();
  const known = await rig.settle([rig.delivery(plain("m-1")), rig.delivery(old, 1)]);
  assert.deepEqual(kinds(known.outcomes), ["delivered", "reject"]);
  assert.equal(known.requests.length, 1);

  // Our clock is behind Meta's: it sees what we do not.
  const aged = plain("m-aged", { timestamp: new Date(CASE_NOW - 7 * DAY_MS + 1_000).toISOString() });
  const late = await open();
  const deliveries = [late.delivery(plain("m-1")), late.delivery(aged, 1)];
  const [request] = late.plan.build(deliveries, { now: CASE_NOW, batchId: "b" }).requests;
  assert.ok(request !== undefined);
  const seen = readAnswer(
    late.simulator.handle(simulatedRequest(request, CASE_NOW), { ...late.world, now: () => CASE_NOW + 5_000 }),
  );
  const outcomes = late.plan.classify(seen, request);
  assert.deepEqual(kinds(outcomes), ["reject", "reject"]);
  assert.match(JSON.stringify(outcomes), /older than Meta takes.*"bisect":true/);
});

test("sales in shops are taken for 62 days", async () => {
  const rig = await open({ parameters: { default_action_source: "physical_store" } });
  const sale = (days: number): JsonObject =>
    plain(`m-${days}`, { timestamp: new Date(CASE_NOW - days * DAY_MS).toISOString() });
  const { outcomes } = await rig.settle([rig.delivery(sale(61)), rig.delivery(sale(63), 1)]);
  assert.deepEqual(kinds(outcomes), ["delivered", "reject"]);
  assert.equal(rig.plan.maxEventAgeMs, 62 * DAY_MS);
});

test("more than 1,000 events are several requests", async () => {
  const rig = await open();
  const deliveries = Array.from({ length: 1_001 }, (_, index) => rig.delivery(plain(`m-${index}`), index));
  const { exchanges, outcomes } = await rig.send(deliveries);
  assert.deepEqual(
    exchanges.map(({ request }) => request.covers.length),
    [1_000, 1],
  );
  assert.ok(kinds(outcomes).every((kind) => kind === "delivered"));
});

const connections: [string, Given, string, string?][] = [
  ["a token that reads", {}, "ok"],
  ["an expired token", { token: META.expiredToken }, "credentials", "access_token"],
  ["an unknown token", { token: "EAAGunknown" }, "credentials", "access_token"],
  ["an unknown dataset", { parameters: { pixel_id: "1111111111" } }, "not_found", "pixel_id"],
  ["another's dataset", { parameters: { pixel_id: META.otherDataset } }, "not_found", "pixel_id"],
  ["a token that may only send", { token: META.sendOnlyToken }, "not_found", "pixel_id"],
];
for (const [title, given, kind, field] of connections) {
  test(`the connection test tells ${title}`, async () => {
    const { plan, simulator, world } = await open(given);
    const request = plan.test?.request({ now: CASE_NOW, batchId: "test" });
    assert.ok(request !== undefined);
    const result = plan.test?.read(readAnswer(simulator.handle(simulatedRequest(request, CASE_NOW), world)));
    assert.ok(result !== undefined);
    assert.equal(result.ok ? "ok" : result.kind, kind);
    if (!result.ok) assert.equal(result.field, field);
    assert.equal(world.accepted.length, 0);
  });
}
