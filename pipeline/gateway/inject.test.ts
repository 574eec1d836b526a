import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonValue } from "@datafly-signal/core";
import { LogError } from "@datafly-signal/ports/log";
import { type Rig, startRig } from "./gateway-rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.close());

const integrations = { All: false, tmpl_1: true };

function inject(event: JsonValue, pipelineId = "pip_shop") {
  return rig.gateway.inject({ pipelineId, event, integrations });
}

test("an event of the operator's is stored as a test, for the integrations that were named", async () => {
  const event = { type: "track", event: "Own", messageId: "m-1", userId: "u", integrations: { All: true } };
  assert.deepEqual(await inject(event), { ok: true, messageId: "m-1" });
  const stored = rig.log.events().at(-1);
  assert.deepEqual([stored?.input, stored?.pipelineId, stored?.["event"]], ["test", "pip_shop", "Own"]);
  assert.deepEqual(stored?.["integrations"], integrations);
  const made = await inject({ type: "page" });
  assert.ok(made.ok && made.messageId.length === 36);
  assert.match(await rig.registry.metrics(), /^signal_gateway_accepted_events_total 2$/m);
});

test("an event that was set aside goes onto the log once more as it stood there, marked as a replay", async () => {
  const at = "2026-11-20T10:00:00.000Z";
  const facts = { pipelineId: "pip_shop", input: "browser", request: { ip: "192.0.2.7", browser: true } };
  const again = { type: "page", messageId: "m-7", anonymousId: "a", timestamp: at, receivedAt: at, ...facts };
  const replayOf = `dl_${"0".repeat(26)}`;
  assert.deepEqual(await rig.gateway.inject({ again, replayOf }), { ok: true, messageId: "m-7" });
  assert.deepEqual(rig.log.events().at(-1), { ...again, replayOf });
  const before = rig.log.records.length;
  const gone = await rig.gateway.inject({ again: { ...again, pipelineId: "pip_gone" }, replayOf });
  const broken = await rig.gateway.inject({ again: { ...again, timestamp: 7 }, replayOf });
  assert.deepEqual(
    [gone, broken].map((one) => !one.ok && one.code),
    ["not_found", "invalid_event"],
  );
  assert.equal(rig.log.records.length, before);
});

const deep = Array.from({ length: 200 }).reduce<JsonValue>((value) => [value], 1);
const FAULTS: [title: string, event: JsonValue, code: string, message: RegExp][] = [
  ["no object", ["x"], "invalid_event", /must be a JSON object/],
  ["no type", { event: "x" }, "invalid_event", /`type` is missing/],
  ["no name", { type: "track" }, "invalid_event", /`event` is missing/],
  ["too deep", { type: "track", event: "x", properties: { deep } }, "invalid_event", /levels deep/],
  ["too large", { type: "track", event: "x".repeat(2_000_000) }, "payload_too_large", /larger than the limit/],
];
for (const [title, event, code, message] of FAULTS) {
  test(`what a client may not send, the operator may not either: ${title}`, async () => {
    const { records } = rig.log;
    const before = records.length;
    const result = await inject(event);
    assert.ok(!result.ok);
    assert.equal(result.code, code);
    assert.match(result.message, message);
    assert.equal(records.length, before);
  });
}

test("keys that name a prototype stay out", async () => {
  await inject(JSON.parse('{"type":"track","event":"x","properties":{"__proto__":{"a":1},"b":2}}'));
  assert.equal(JSON.stringify(rig.log.events().at(-1)?.["properties"]), '{"b":2}');
});

test("it is accepted only when it is durable", async () => {
  const event = { type: "track", event: "x" };
  assert.deepEqual((await inject(event, "pip_other")).ok, false);
  rig.switches.accepting = false;
  const full = await inject(event);
  assert.ok(!full.ok && full.code === "overloaded");
  rig.switches.accepting = true;
  rig.log.failure = new LogError("log_full", "full");
  const lost = await inject(event);
  assert.ok(!lost.ok && lost.code === "overloaded");
  rig.log.failure = new RangeError("odd");
  const odd = await inject(event);
  assert.ok(!odd.ok && odd.code === "internal_error");
  rig.log.failure = null;
  assert.equal((await inject(event)).ok, true);
});
