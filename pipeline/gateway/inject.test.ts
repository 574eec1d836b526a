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
