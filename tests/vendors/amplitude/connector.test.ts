import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionSettings, DeliveryRecord, JsonObject, VendorOutcome } from "@datafly-signal/core";
import { openRig, type Rig } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import {
  AMPLITUDE,
  OVER_QUOTA_DEVICE,
  OVER_QUOTA_USER,
  SILENCED_DEVICE,
  simulator,
  TAKES_AND_FAILS,
} from "./simulator.ts";

const settings = (parameters: JsonObject = {}, api_key: string = AMPLITUDE.apiKey): Partial<ConnectionSettings> => ({
  parameters: { region: "us", ...parameters },
  secrets: { api_key },
});

const rigOf = (parameters?: JsonObject, api_key?: string): Promise<Rig> =>
  openRig("amplitude", { settings: settings(parameters, api_key) });

/** Orders, each of a visitor of its own. */
const orders = (rig: Rig, count: number): DeliveryRecord[] => {
  const given = rig.samples().find(({ event, fields }) => event === "purchase" && fields === "all")?.given ?? {};
  return Array.from({ length: count }, (_, index) => {
    const ids = { messageId: `m-${index}`, userId: `user-${index}-of-many`, anonymousId: `visitor-${index}` };
    return rig.delivery({ ...given, ...ids }, index);
  });
};

/** The delivery with these fields instead; undefined takes one out. */
const changed = (delivery: DeliveryRecord | undefined, change: Record<string, JsonObject[string] | undefined>) => {
  assert.ok(delivery);
  const payload = { ...(delivery.payload as JsonObject), ...change };
  const kept = Object.entries(payload).filter(([, value]) => value !== undefined);
  return { ...delivery, payload: Object.fromEntries(kept) as JsonObject };
};

const kinds = (outcomes: readonly VendorOutcome[]): string[] => outcomes.map(({ kind }) => kind);
const reasonOf = (outcome: VendorOutcome | undefined): string =>
  outcome !== undefined && "reason" in outcome ? outcome.reason : "";

/** As the worker does, without the waiting: what is to be tried again is sent again, five times at most. */
async function untilSettled(rig: Rig, deliveries: readonly DeliveryRecord[]) {
  const outcomes: VendorOutcome[] = [];
  let waiting = [...deliveries.keys()];
  let tries = 0;
  for (; waiting.length > 0 && tries < 6; tries += 1) {
    const settled = await rig.settle(waiting.flatMap((index) => deliveries[index] ?? []));
    waiting.forEach((index, at) => (outcomes[index] = settled.outcomes[at] ?? { kind: "delivered" }));
    waiting = waiting.filter((index) => ["retry", "throttle"].includes(outcomes[index]?.kind ?? ""));
  }
  return { outcomes, tries };
}

for (const blueprint of ["default", "retail", "travel", "media"]) {
  describe(`Amplitude, blueprint ${blueprint}`, async () => {
    const samples = (await openRig("amplitude", { blueprint, settings: settings() })).samples();

    for (const fields of ["all", "required"]) {
      it(`is accepted with ${fields} fields, and nothing is flagged`, async () => {
        const rig = await openRig("amplitude", { blueprint, settings: settings({ endpoint: "batch" }) });
        const chosen = samples.filter((sample) => sample.fields === fields);
        assert.ok(chosen.length >= 30);
        const { outcomes, exchanges } = await rig.send(chosen.map(({ given }, index) => rig.delivery(given, index)));
        assert.deepEqual(
          outcomes.map(({ kind }, index) => `${chosen[index]?.title}: ${kind}`),
          chosen.map(({ title }) => `${title}: delivered`),
        );
        assert.equal(exchanges.length, 1);
        assert.deepEqual(rig.world.warnings, []);
        assert.equal(rig.world.accepted.length, chosen.length);
      });
    }
  });
}

describe("Amplitude's payloads", () => {
  const send = async (given: JsonObject, blueprint = "default"): Promise<JsonObject> => {
    const rig = await openRig("amplitude", { blueprint, settings: settings() });
    const event = { type: "track", messageId: "m-1", timestamp: "2026-02-25T14:30:00.000Z", anonymousId: "visitor-1" };
    const { outcomes } = await rig.send([rig.delivery({ ...event, context: {}, ...given })]);
    assert.deepEqual([outcomes, rig.world.warnings], [[{ kind: "delivered" }], []]);
    return rig.world.accepted[0]?.payload as JsonObject;
  };
  const BASE = { device_id: "visitor-1", time: 1_772_029_800_000, insert_id: "m-1" };

  const amounts: [string, JsonObject, JsonObject][] = [
    ["a text", { revenue: "79.99", currency: "usd" }, { revenue: 79.99, revenueType: "purchase", currency: "USD" }],
    ["nothing", { revenue: 0 }, { revenue: 0, revenueType: "purchase" }],
    ["no amount", { order_id: "O-1" }, {}],
  ];
  for (const [what, properties, expected] of amounts) {
    it(`have the revenue of an order over ${what}`, async () => {
      const { event_properties: _, ...payload } = await send({ event: "Order Completed", properties });
      assert.deepEqual(payload, { ...BASE, event_type: "Order Completed", ...expected });
    });
  }

  const refunds: [given: number | string, sent: number][] = [
    [20, -20],
    [-20, -20],
    ["20.50", -20.5],
    ["-20.50", -20.5],
    [0, 0],
  ];
  for (const [value, revenue] of refunds) {
    it(`have a refund of ${JSON.stringify(value)} as ${revenue}`, async () => {
      const payload = await send({ event: "refund", properties: { transaction_id: "O-1", value } });
      assert.deepEqual([payload["revenue"], payload["revenueType"]], [revenue, "refund"]);
    });
  }

  it("are events of unknown names with all their properties", async () => {
    assert.deepEqual(await send({ event: "Slot Booked", properties: { court: 4, order_id: "O-1" } }), {
      ...BASE,
      event_type: "Slot Booked",
      event_properties: { court: 4, transaction_id: "O-1" },
    });
  });

  it("have no session where the session's id is none, and the group of the context", async () => {
    const context = { session: { id: "a1b2" }, groupId: "org_555" };
    const payload = await send({ event: "login", context });
    assert.deepEqual(payload, { ...BASE, event_type: "Logged In", groups: { company: "org_555" } });
  });

  it("are those of a phone where there is no page", async () => {
    const device = {
      id: "idfv-1",
      advertisingId: "idfa-1",
      adTrackingEnabled: false,
      model: "iPhone",
      manufacturer: "Apple",
    };
    const context = { app: { version: "4.2.0" }, os: { name: "iOS", version: "26.1" }, device };
    assert.deepEqual(await send({ event: "login", context }), {
      ...BASE,
      event_type: "Logged In",
      ...{ platform: "iOS", os_name: "iOS", os_version: "26.1", app_version: "4.2.0", idfv: "idfv-1" },
      ...{ device_model: "iPhone", device_manufacturer: "Apple" },
    });
  });

  it("leave ids out that stand for no one", async () => {
    const payload = await send({ event: "login", userId: "anonymous" });
    assert.deepEqual(payload, { ...BASE, event_type: "Logged In" });
  });
});

describe("Amplitude's answers", () => {
  it("count a batch that comes again once, also after a 500 that had taken it", async () => {
    const rig = await rigOf();
    const batch = orders(rig, 3);
    rig.world.objects.push({ kind: TAKES_AND_FAILS, id: "" });
    assert.deepEqual(kinds((await rig.send(batch)).outcomes), ["retry", "retry", "retry"]);
    rig.world.objects.pop();
    assert.deepEqual(kinds((await rig.send(batch)).outcomes), ["delivered", "delivered", "delivered"]);
    assert.deepEqual([rig.world.accepted.length, rig.world.counted().length], [6, 3]);
  });

  const bad: [string, Record<string, JsonObject[string] | undefined>, RegExp][] = [
    ["a time as text", { time: "2026-02-25T14:30:00Z" }, /value of a field.*: time\./],
    ["a price as text", { price: "9.99" }, /value of a field.*: price\./],
    ["groups that are no texts", { groups: { company: 7 } }, /value of a field.*: groups\./],
  ];
  for (const [what, change, words] of bad) {
    it(`end with exactly the one event refused that has ${what}`, async () => {
      const rig = await rigOf();
      const batch = orders(rig, 7).map((one, index) => (index === 4 ? changed(one, change) : one));
      const { outcomes, tries } = await untilSettled(rig, batch);
      assert.deepEqual(
        kinds(outcomes),
        batch.map((_, index) => (index === 4 ? "reject" : "delivered")),
      );
      assert.match(reasonOf(outcomes[4]), words);
      assert.deepEqual([tries, rig.world.counted().length], [2, 6]);
    });
  }

  it("name several faults in turn, and every good event arrives", async () => {
    const rig = await rigOf();
    rig.world.objects.push({ kind: SILENCED_DEVICE, id: "visitor-2" });
    const batch = orders(rig, 6).map((one, index) => (index === 0 ? changed(one, { time: "now" }) : one));
    const { outcomes, tries } = await untilSettled(rig, batch);
    assert.deepEqual(kinds(outcomes), ["reject", "delivered", "reject", "delivered", "delivered", "delivered"]);
    assert.match(reasonOf(outcomes[2]), /silenced/);
    assert.deepEqual([tries, rig.world.counted().length], [3, 4]);
  });

  it("throttle the user that sends too much, and let the others go on", async () => {
    const rig = await rigOf({ endpoint: "httpapi" });
    const [one, other] = orders(rig, 2);
    assert.ok(one && other);
    for (let round = 0; round < 9; round += 1) {
      const hundred = Array.from({ length: 100 }, (_, at) => {
        const messageId = `n-${round}-${at}`;
        return { ...one, messageId, deliveryId: messageId };
      });
      assert.ok((await rig.send(hundred)).outcomes.every(({ kind }) => kind === "delivered"));
    }
    const { outcomes } = await rig.send([one, other]);
    assert.deepEqual(kinds(outcomes), ["throttle", "retry"]);
    assert.equal(outcomes[0]?.kind === "throttle" && outcomes[0].retryAfterMs, 30_000);
    assert.deepEqual((await rig.send([other])).outcomes, [{ kind: "delivered" }]);
  });

  it("throttle all where the answer is about all", async () => {
    const rig = await rigOf();
    rig.world.next("throttled", { kind: "throttled", retryAfterSeconds: 7 });
    const batch = orders(rig, 2);
    for (const retryAfterMs of [30_000, 7_000]) {
      for (const outcome of (await rig.send(batch)).outcomes)
        assert.deepEqual(outcome, { ...outcome, kind: "throttle", retryAfterMs });
    }
  });

  it("refuse who is over the quota of the day", async () => {
    const rig = await rigOf({ endpoint: "batch" });
    rig.world.objects.push(
      { kind: OVER_QUOTA_USER, id: "user-1-of-many" },
      { kind: OVER_QUOTA_DEVICE, id: "visitor-2" },
    );
    const { outcomes } = await untilSettled(rig, orders(rig, 4));
    assert.deepEqual(kinds(outcomes), ["delivered", "reject", "reject", "delivered"]);
    assert.match(reasonOf(outcomes[1]), /quota of the day/);
  });

  const wrong: [string, JsonObject, string, RegExp][] = [
    ["an unknown key", {}, "unknown-api-key", /us region does not know.*api_key/],
    ["a revoked key", {}, AMPLITUDE.revokedApiKey, /us region does not know.*api_key/],
    ["a key of the other region", {}, AMPLITUDE.euApiKey, /set region to eu/],
    ["a key of the US in the EU", { region: "eu" }, AMPLITUDE.apiKey, /set region to us/],
  ];
  for (const [what, parameters, key, words] of wrong) {
    it(`to ${what} are a wrong setting, by deliveries and by the connection test`, async () => {
      const rig = await rigOf(parameters, key);
      for (const outcome of (await rig.send(orders(rig, 2))).outcomes) {
        assert.equal(outcome.kind, "misconfigured");
        assert.match(reasonOf(outcome), words);
        assert.ok(!reasonOf(outcome).includes(key));
      }
      const { result } = tryConnection(rig);
      assert.deepEqual({ ...result, message: "" }, { ok: false, kind: "credentials", field: "api_key", message: "" });
      assert.match(result.message, words);
      assert.ok(!result.message.includes(key));
    });
  }

  it("to the connection test are well where the key is, in both regions and endpoints", async () => {
    for (const endpoint of ["httpapi", "batch"]) {
      for (const [region, key] of [
        ["us", AMPLITUDE.apiKey],
        ["eu", AMPLITUDE.euApiKey],
      ] as const) {
        const rig = await rigOf({ region, endpoint }, key);
        assert.equal(tryConnection(rig).result.ok, true);
        assert.equal(tryConnection(rig).result.ok, true);
        assert.deepEqual([rig.world.counted().length, rig.world.warnings], [1, []]);
      }
    }
  });

  const faults = [
    ["error", "retry"],
    ["unavailable", "retry"],
    ["html", "retry"],
    ["timeout", "retry"],
    ["reset", "retry"],
    ["truncated", "delivered"],
  ] as const;
  for (const [fault, kind] of faults) {
    it(`are ${kind} where there is ${fault}`, async () => {
      const rig = await rigOf();
      rig.world.next(fault);
      assert.deepEqual(kinds((await rig.send(orders(rig, 2))).outcomes), [kind, kind]);
    });
  }
});

describe("Amplitude's limits", () => {
  it("are kept: 100 events a request, 1,000 of the Batch Event Upload API", async () => {
    for (const [endpoint, sizes] of [
      ["httpapi", [100, 100, 50]],
      ["batch", [250]],
    ] as const) {
      const rig = await rigOf({ endpoint });
      const { exchanges, outcomes } = await rig.send(orders(rig, 250));
      assert.deepEqual(
        exchanges.map(({ request }) => request.covers.length),
        sizes,
      );
      assert.ok(outcomes.every(({ kind }) => kind === "delivered"));
    }
  });

  it("are kept in bytes, and an event that alone is too large is refused", async () => {
    const rig = await rigOf();
    const filled = (bytes: number) => ({
      event_properties: { list: Array(Math.ceil(bytes / 1001)).fill("x".repeat(998)) },
    });
    const batch = orders(rig, 5).map((one, index) => changed(one, filled(index === 2 ? 1_100_000 : 300_000)));
    const { outcomes, requests } = await rig.settle(batch);
    assert.deepEqual(kinds(outcomes), ["delivered", "delivered", "reject", "delivered", "delivered"]);
    for (const { body } of requests) assert.ok(Buffer.byteLength(body ?? "") < 1_000_000);
    assert.deepEqual(rig.world.warnings, []);
  });

  it("that are met all the same part the batch: an answer of 413 has it sent again in halves", async () => {
    const rig = await rigOf();
    const [request] = rig.plan.build(orders(rig, 3), { now: rig.world.now(), batchId: "b" }).requests;
    assert.ok(request);
    const padded = { ...request, body: `${String(request.body)}${" ".repeat(1_000_000)}` };
    const { status, headers, body } = readAnswer(
      simulator.handle(simulatedRequest(padded, rig.world.now()), rig.world),
    );
    assert.equal(status, 413);
    for (const outcome of rig.plan.classify({ status, headers, body }, request))
      assert.ok(outcome.kind === "reject" && outcome.bisect === true);
  });
});

function tryConnection({ plan, world }: Rig) {
  assert.ok(plan.test);
  const request = plan.test.request({ now: world.now(), batchId: "test" });
  const { status, headers, body } = readAnswer(simulator.handle(simulatedRequest(request, world.now()), world));
  return { result: plan.test.read({ status, headers, body }) };
}
