import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionSettings, DeliveryRecord, JsonObject } from "@datafly-signal/core";
import { openRig, type Rig } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { TIKTOK } from "./simulator.ts";

const SETTINGS: Partial<ConnectionSettings> = {
  parameters: { pixel_code: TIKTOK.pixel },
  secrets: { access_token: TIKTOK.token },
};

const settings = (parameters: JsonObject, access_token: string = TIKTOK.token): Partial<ConnectionSettings> => ({
  parameters: { pixel_code: TIKTOK.pixel, ...parameters },
  secrets: { access_token },
});

/** What TikTok's diagnostics say of events that tell as little as they may. */
const SPARSE =
  /nothing that a person can be matched by|page\.url is missing|ip or user_agent is missing|value is missing|value has no currency/;

const purchases = (rig: Rig, count: number): DeliveryRecord[] => {
  const given = rig.samples().find(({ event, fields }) => event === "purchase" && fields === "all")?.given ?? {};
  return Array.from({ length: count }, (_, index) => rig.delivery({ ...given, messageId: `m-${index}` }, index));
};

const withPayload = (delivery: DeliveryRecord | undefined, change: JsonObject): DeliveryRecord => {
  assert.ok(delivery);
  return { ...delivery, payload: { ...(delivery.payload as JsonObject), ...change } };
};

for (const blueprint of ["default", "retail", "travel", "media"]) {
  describe(`TikTok, blueprint ${blueprint}`, () => {
    it("is accepted with all fields, and nothing is flagged", async () => {
      const rig = await openRig("tiktok", { blueprint, settings: SETTINGS });
      const samples = rig.samples().filter(({ fields }) => fields === "all");
      assert.ok(samples.length >= 30);
      const { outcomes, exchanges } = await rig.send(samples.map(({ given }, index) => rig.delivery(given, index)));
      assert.deepEqual(
        outcomes.map(({ kind }, index) => `${samples[index]?.title}: ${kind}`),
        samples.map(({ title }) => `${title}: delivered`),
      );
      assert.equal(exchanges.length, 1);
      assert.deepEqual(rig.world.warnings, []);
    });

    it("is accepted with no more than is required, and flagged only as saying little", async () => {
      const rig = await openRig("tiktok", { blueprint, settings: SETTINGS });
      const samples = rig.samples().filter(({ fields }) => fields === "required");
      for (const { given, title } of samples) {
        const { outcomes } = await rig.send([rig.delivery(given)]);
        assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
      }
      assert.deepEqual(
        rig.world.warnings.filter((warning) => !SPARSE.test(warning)),
        [],
      );
    });
  });
}

describe("TikTok, an app", () => {
  it("takes mobile events with their app and device", async () => {
    const rig = await openRig("tiktok", { settings: settings({ pixel_code: TIKTOK.app, event_source: "app" }) });
    const context = {
      app: { name: "Example Shop", version: "4.2.0", namespace: "com.example.shop" },
      os: { name: "iOS", version: "26.1" },
      device: { id: "idfv-1", advertisingId: "idfa-1", adTrackingEnabled: false },
      ip: "203.0.113.7",
    };
    const { outcomes, exchanges } = await rig.send([
      rig.delivery({ type: "track", event: "Logged In", messageId: "m-1", timestamp: "2026-02-25T14:30:00Z", context }),
    ]);
    assert.deepEqual(outcomes, [{ kind: "delivered" }]);
    assert.deepEqual(rig.world.warnings, []);
    const { data } = JSON.parse(String(exchanges[0]?.request.body)) as { data: unknown };
    assert.deepEqual(data, [
      {
        event: "Login",
        event_id: "m-1",
        event_time: 1_772_029_800,
        user: { ip: "203.0.113.7", idfa: "idfa-1", idfv: "idfv-1", att_status: "DENIED" },
        app: { app_id: "com.example.shop", app_name: "Example Shop", app_version: "4.2.0" },
      },
    ]);
  });
});

describe("TikTok's answers", () => {
  it("count a batch that comes twice once", async () => {
    const rig = await openRig("tiktok", { settings: SETTINGS });
    const batch = purchases(rig, 3);
    await rig.send(batch);
    await rig.send(batch);
    assert.equal(rig.world.accepted.length, 6);
    assert.equal(rig.world.counted().length, 3);
  });

  it("count test events nowhere", async () => {
    const rig = await openRig("tiktok", { settings: settings({ test_event_code: "TEST12345" }) });
    assert.deepEqual((await rig.send(purchases(rig, 1))).outcomes, [{ kind: "delivered" }]);
    assert.deepEqual([rig.world.accepted.length, rig.world.counted().length], [1, 0]);
  });

  const wrong: [string, Partial<ConnectionSettings>, RegExp][] = [
    ["an unknown token", settings({}, "unknown-token"), /access_token.*revoked/],
    ["a revoked token", settings({}, TIKTOK.revokedToken), /access_token.*revoked/],
    ["an expired token", settings({}, TIKTOK.expiredToken), /access_token.*expired/],
    ["another account's pixel", settings({ pixel_code: TIKTOK.otherPixel }), /pixel_code/],
    ["a pixel that is not there", settings({ pixel_code: "CUNKNOWN" }), /pixel_code/],
    ["a pixel as an app", settings({ event_source: "app" }), /event_source/],
  ];
  for (const [what, given, words] of wrong) {
    it(`to ${what} are a wrong setting`, async () => {
      const rig = await openRig("tiktok", { settings: given });
      const { outcomes } = await rig.send(purchases(rig, 2));
      for (const outcome of outcomes) {
        assert.equal(outcome.kind, "misconfigured");
        assert.match("reason" in outcome ? outcome.reason : "", words);
      }
      assert.deepEqual(rig.world.accepted, []);
    });
  }

  it("to one bad event of many cost that one only", async () => {
    const rig = await openRig("tiktok", { settings: SETTINGS });
    const batch = purchases(rig, 21);
    batch[13] = withPayload(batch[13], { properties: { value: -1, currency: "EUR" } });
    const { outcomes } = await rig.settle(batch);
    assert.deepEqual(
      outcomes.flatMap(({ kind }, index) => (kind === "delivered" ? [] : [[index, kind]])),
      [[13, "reject"]],
    );
    const refused = outcomes[13];
    assert.match(refused && "reason" in refused ? refused.reason : "", /40002.*properties\.value/);
    assert.equal(rig.world.counted().length, 20);
  });

  it("to an event without a time are not asked for", async () => {
    const rig = await openRig("tiktok", { settings: SETTINGS });
    const batch = purchases(rig, 3);
    batch[1] = withPayload(batch[1], { event_time: 1_772_029_800_000 });
    const { outcomes, exchanges } = await rig.send(batch);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["delivered", "reject", "delivered"],
    );
    assert.equal(exchanges.length, 1);
  });

  it("of a vendor in trouble are waited out", async () => {
    const rig = await openRig("tiktok", { settings: SETTINGS });
    rig.world.next("error", "unavailable", "timeout", "html", "truncated", { kind: "throttled", retryAfterSeconds: 9 });
    const seen: unknown[] = [];
    for (let time = 0; time < 7; time += 1) {
      const [outcome] = (await rig.send(purchases(rig, 1))).outcomes;
      seen.push(outcome?.kind === "throttle" ? [outcome.kind, outcome.retryAfterMs] : outcome?.kind);
    }
    assert.deepEqual(seen, ["retry", "retry", "retry", "retry", "retry", ["throttle", 9_000], "delivered"]);
    assert.equal(rig.world.counted().length, 1);
  });

  it("to 2,500 events are those to requests of a thousand at most, and of a megabyte", async () => {
    const rig = await openRig("tiktok", { settings: SETTINGS });
    const small = Array.from({ length: 2_500 }, (_, index) =>
      rig.delivery({ type: "page", messageId: `m-${index}`, timestamp: "2026-02-25T14:30:00Z", context: {} }, index),
    );
    for (const batch of [small, purchases(rig, 2_500)]) {
      const { outcomes, exchanges } = await rig.send(batch);
      assert.ok(outcomes.every(({ kind }) => kind === "delivered"));
      for (const { request } of exchanges) {
        assert.ok(request.covers.length <= 1_000);
        assert.ok(Buffer.byteLength(request.body ?? "") <= 1_000_000);
      }
    }
  });
});

describe("TikTok's limit on the age of events", () => {
  it("is seven days, and 28 for what happens offline", async () => {
    const ages = [];
    for (const [event_source, pixel_code] of [["web", TIKTOK.pixel] as const, ["offline", TIKTOK.eventSet] as const]) {
      const { plan, connector } = await openRig("tiktok", { settings: settings({ event_source, pixel_code }) });
      ages.push((plan.maxEventAgeMs ?? connector.maxEventAgeMs ?? 0) / 86_400_000);
    }
    assert.deepEqual(ages, [7, 28]);
  });
});

describe("TikTok's connection test", () => {
  const cases: [string, Partial<ConnectionSettings>, object][] = [
    ["right settings", SETTINGS, { ok: true }],
    ["a wrong token", settings({}, "unknown-token"), { ok: false, kind: "credentials", field: "access_token" }],
    ["an expired token", settings({}, TIKTOK.expiredToken), { ok: false, kind: "credentials", field: "access_token" }],
    ["a wrong pixel", settings({ pixel_code: "CUNKNOWN" }), { ok: false, kind: "permission", field: "pixel_code" }],
  ];
  for (const [what, given, expected] of cases) {
    it(`tells ${what}, and leaves nothing that counts`, async () => {
      const { plan, simulator, world } = await openRig("tiktok", { settings: given });
      assert.ok(plan.test);
      const request = plan.test.request({ now: world.now(), batchId: "test-1" });
      const { status, headers, body } = readAnswer(simulator.handle(simulatedRequest(request, world.now()), world));
      const { message, ...told } = plan.test.read({ status, headers, body });
      assert.deepEqual(told, expected);
      assert.match(message, /\.$/);
      assert.deepEqual(world.counted(), []);
    });
  }
});
