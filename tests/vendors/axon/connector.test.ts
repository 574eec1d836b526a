import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionSettings, DeliveryRecord, JsonObject } from "@datafly-signal/core";
import { openRig, type Rig } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { AXON } from "./simulator.ts";

const settings = (given: { key?: string; org?: string; dataset?: string } = {}): Partial<ConnectionSettings> => ({
  parameters: { org_id: given.org ?? AXON.orgId, dataset_id: given.dataset ?? AXON.datasetId },
  secrets: { api_key: given.key ?? AXON.key },
});

const logins = (rig: Rig, count: number): DeliveryRecord[] =>
  Array.from({ length: count }, (_, index) =>
    rig.delivery(
      {
        ...{ type: "track", event: "login", messageId: `m-${index}`, timestamp: "2026-02-25T14:30:00Z" },
        ...{ anonymousId: "a-1", context: {} },
      },
      index,
    ),
  );

const withPayload = (delivery: DeliveryRecord | undefined, change: JsonObject): DeliveryRecord => {
  assert.ok(delivery);
  return { ...delivery, payload: { ...(delivery.payload as JsonObject), ...change } };
};

describe("Axon", () => {
  for (const fields of ["all", "required"] as const) {
    it(`takes every event of the blueprint, ${fields} fields, under each of its names`, async () => {
      const rig = await openRig("axon", { settings: settings() });
      const samples = rig.samples().filter((sample) => sample.fields === fields);
      assert.ok(samples.length >= 25);
      for (const { given, title } of samples) {
        const { outcomes } = await rig.send([rig.delivery(given)]);
        assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
      }
      assert.deepEqual(rig.world.warnings, []);
    });
  }

  it("refuses the bad events of a batch, and keeps the others", async () => {
    const rig = await openRig("axon", { settings: settings() });
    const batch = logins(rig, 10);
    batch[3] = withPayload(batch[3], { name: null });
    batch[7] = withPayload(batch[7], { timestamp: "yesterday" });
    const { outcomes, requests } = await rig.settle(batch);
    assert.deepEqual(
      outcomes.flatMap((outcome, index) => (outcome.kind === "delivered" ? [] : [[index, outcome]])),
      [
        [3, { kind: "reject", reason: "Axon refused the event: name is required of track" }],
        [7, { kind: "reject", reason: "Axon refused the event: timestamp is no time of ISO 8601" }],
      ],
    );
    assert.equal(requests.length, 1);
    assert.equal(rig.world.counted().length, 8);
  });

  it("refuses a batch without a good event one by one", async () => {
    const rig = await openRig("axon", { settings: settings() });
    const batch = logins(rig, 2).map((one) => withPayload(one, { type: "purchase" }));
    const { outcomes } = await rig.settle(batch);
    for (const outcome of outcomes) {
      assert.deepEqual(outcome, {
        kind: "reject",
        reason: "Axon refused the event: type is none of track, page, identify, group",
      });
    }
  });

  it("gets 250 events in requests of 100 at most, each with its own key", async () => {
    const rig = await openRig("axon", { settings: settings() });
    const { outcomes, exchanges } = await rig.send(logins(rig, 250));
    assert.ok(outcomes.every(({ kind }) => kind === "delivered"));
    assert.deepEqual(
      exchanges.map(({ request }) => request.covers.length),
      [100, 100, 50],
    );
    assert.equal(new Set(exchanges.map(({ request }) => request.headers["Idempotency-Key"])).size, 3);
  });

  it("in trouble is waited for", async () => {
    const rig = await openRig("axon", { settings: settings() });
    rig.world.next("error", { kind: "unavailable", retryAfterSeconds: 4 }, "timeout", "reset", "html", "truncated");
    rig.world.next({ kind: "throttled", retryAfterSeconds: 9 });
    const seen: unknown[] = [];
    for (let time = 0; time < 8; time += 1) {
      const [outcome] = (await rig.send(logins(rig, 1))).outcomes;
      assert.ok(outcome);
      seen.push("retryAfterMs" in outcome ? [outcome.kind, outcome.retryAfterMs] : outcome.kind);
    }
    // The one that was cut short came with a 200: Axon has the event.
    const waits = ["retry", ["retry", 4_000], "retry", "retry", "retry", "delivered", ["throttle", 9_000], "delivered"];
    assert.deepEqual(seen, waits);
    assert.equal(rig.world.counted().length, 1);
  });

  const tests: [string, Partial<ConnectionSettings>, object][] = [
    ["right settings", settings(), { ok: true }],
    ["a wrong key", settings({ key: "unknown-key" }), { ok: false, kind: "credentials", field: "api_key" }],
    ["missing rights", settings({ key: AXON.readOnlyKey }), { ok: false, kind: "permission", field: "api_key" }],
    ["a wrong dataset", settings({ dataset: "dataset-x" }), { ok: false, kind: "not_found", field: "dataset_id" }],
    ["a wrong organisation", settings({ org: "org-x" }), { ok: false, kind: "not_found", field: "dataset_id" }],
  ];
  for (const [what, given, expected] of tests) {
    it(`tells ${what} when the connection is tried, and gets no event`, async () => {
      const { plan, simulator, world } = await openRig("axon", { settings: given });
      assert.ok(plan.test);
      const request = plan.test.request({ now: world.now(), batchId: "test-1" });
      const { status, headers, body } = readAnswer(simulator.handle(simulatedRequest(request, world.now()), world));
      const { message, ...told } = plan.test.read({ status, headers, body });
      assert.deepEqual(told, expected);
      assert.match(message, /\.$/);
      assert.deepEqual(world.accepted, []);
    });
  }
});
