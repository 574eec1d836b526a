import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileDataLayer, dataLayerFaults } from "../data-layer/data-layer.ts";
import type { LayeredEvent } from "../data-layer/step.ts";
import type { SignalEvent } from "../event/event.ts";
import type { JsonValue } from "../json.ts";
import { compileMapping } from "../mapping/compile.ts";
import { type BuiltInDemo, builtInFile } from "./built-in-file.ts";
import { applyForTest, testOptions, testSeal } from "./config-fixture.ts";
import { readSignalFile } from "./read-signal-file.ts";
import type { SignalFile } from "./signal-file.ts";
import type { ConfigurationState } from "./configuration-state.ts";

type Applied = ReturnType<typeof applyForTest>;

const KEY = "dk_test_0123456789";
const DEMO: BuiltInDemo = { receiveUrl: "http://127.0.0.1:8084/demo/receive", domainAllowlist: [] };

function resolve(file: SignalFile, stored: ConfigurationState | null = null, waiting = 0): Applied {
  return applyForTest({
    file,
    stored,
    seal: testSeal(),
    environment: "development",
    waiting: () => waiting,
  });
}

function good(result: Applied): Extract<Applied, { ok: true }> {
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

function fileOf(text: string): SignalFile {
  const read = readSignalFile(text, testOptions());
  assert.ok(read.ok, JSON.stringify(read));
  return read.file;
}

function mapped(event: Partial<SignalEvent>): { payload: JsonValue; vendorEventName: string | null } {
  const mapping = builtInFile(KEY, DEMO).integrations[0]?.content.mapping ?? null;
  const compiled = compileMapping(mapping, {});
  assert.ok("mapping" in compiled, JSON.stringify(compiled));
  assert.deepEqual(compiled.warnings, []);
  const whole = { type: "track", messageId: "m1", timestamp: "2026-11-21T09:00:00.000Z", anonymousId: "a1", ...event };
  const result = compiled.mapping.apply(whole as SignalEvent, {});
  assert.equal(result.kind, "mapped");
  return result;
}

test("without the demo there is one pipeline and nothing else", () => {
  const { snapshot } = good(resolve(builtInFile(KEY, null)));
  assert.deepEqual(
    snapshot.pipelines.map(({ name, slug, keys, rateLimitRps, type }) => ({ name, slug, keys, rateLimitRps, type })),
    [{ name: "My site", slug: "my-site", keys: [KEY], rateLimitRps: 1000, type: "web" }],
  );
  assert.deepEqual([snapshot.integrations, snapshot.lanes, snapshot.demo], [[], [], undefined]);
  assert.equal(snapshot.dataLayer, undefined, "whoever has no file yet sends events as they are");
  const named = fileOf(`version: 1\npipelines:\n  - { name: My site, pipeline_key: ${KEY} }\n`);
  assert.equal(named.pipelines[0]?.id, snapshot.pipelines[0]?.id, "a file that names it keeps its id");
});

test("the demo is one lane to its receiver, and the snapshot says so", () => {
  const { snapshot } = good(resolve(builtInFile(KEY, { ...DEMO, domainAllowlist: ["192.0.2.7"] })));
  assert.deepEqual(snapshot.demo, { receiveUrl: DEMO.receiveUrl });
  assert.deepEqual(snapshot.pipelines[0]?.domainAllowlist, ["192.0.2.7"]);
  const [lane, ...others] = snapshot.lanes;
  assert.deepEqual(others, []);
  assert.equal(lane?.enabled, true);
  assert.equal(lane?.integrationId, snapshot.integrations[0]?.id);
  assert.deepEqual(snapshot.integrations[0]?.revisions[1]?.parameters, { url: DEMO.receiveUrl });
});

test("another port is the next revision, so that what waits goes to where the receiver is now", () => {
  const first = good(resolve(builtInFile(KEY, DEMO)));
  const moved = { ...DEMO, receiveUrl: "http://127.0.0.1:9999/demo/receive" };
  const second = good(resolve(builtInFile(KEY, moved), first.stored, 4));
  assert.equal(second.snapshot.lanes[0]?.revision, 2);
  assert.deepEqual(second.snapshot.removed, []);
});

test("a file never makes a demo, and its first one is taken although the demo's deliveries wait", () => {
  const first = good(resolve(builtInFile(KEY, DEMO)));
  const file = fileOf(`version: 1
pipelines:
  - { name: Shop, pipeline_key: ${KEY}, integrations: [{ integration: Orders }] }
integrations:
  - { name: Orders, vendor: webhook, config: { url: "https://hooks.example.com" } }
`);
  const own = good(resolve(file, first.stored, 12));
  assert.equal(own.snapshot.demo, undefined);
  assert.deepEqual(own.snapshot.removed, [{ integrationId: first.snapshot.integrations[0]?.id }]);
  assert.match(own.changes.join("\n"), /"Demo receiver" removed, 12 deliveries given up/);
  const back = resolve(builtInFile(KEY, DEMO), own.stored, 12);
  assert.ok(!back.ok, "a user's integration still waits for --discard-waiting");
});

test("a purchase becomes what an advertising vendor wants", () => {
  const { payload, vendorEventName } = mapped({
    event: "purchase",
    userId: "user_1",
    properties: {
      transaction_id: "T-1",
      value: "119.89",
      currency: "eur",
      email: " Jane@Example.com ",
      items: [
        { item_id: "SKU-1", price: 79.99, quantity: 1 },
        { item_id: "SKU-2", price: "19.95" },
      ],
    },
    context: { page: { url: "https://shop.example.com/checkout" } },
  });
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  assert.equal(vendorEventName, "Purchase");
  assert.deepEqual(payload, {
    event_id: "m1",
    event_time: 1_795_251_600,
    event_name: "Purchase",
    event_source_url: "https://shop.example.com/checkout",
    user_data: { em: sha256("jane@example.com"), external_id: sha256("user_1"), anonymous_id: "a1" },
    custom_data: {
      value: 119.89,
      currency: "EUR",
      order_id: "T-1",
      contents: [
        { id: "SKU-1", quantity: 1, item_price: 79.99 },
        { id: "SKU-2", quantity: 1, item_price: 19.95 },
      ],
    },
  });
});

test("the same event under another name takes the same way; an unknown one passes as it is", () => {
  assert.equal(mapped({ event: "Order Completed", properties: { revenue: 5 } }).vendorEventName, "Purchase");
  const { payload } = mapped({ event: "wheel_spun", properties: { won: true } });
  const { event, properties, event_id } = payload as Record<string, JsonValue>;
  assert.deepEqual([event, properties, event_id], ["wheel_spun", { won: true }, "m1"]);
});

test("the demo's data layer hashes addresses wherever they stand, in the way its mapping would", () => {
  const { snapshot } = good(resolve(builtInFile(KEY, DEMO)));
  const layer = snapshot.dataLayer;
  assert.ok(layer !== undefined);
  assert.deepEqual(dataLayerFaults({ data_layer: layer }), []);
  const typed = " Jane@Example.com";
  const event = {
    type: "page",
    traits: { email: typed },
    properties: { email: typed, reply_to: "jane@example.com" },
    context: { traits: { email: typed } },
  } as unknown as SignalEvent;
  const before = mapped({ ...event, event: "purchase", type: "track" }).payload as { user_data: JsonValue };
  for (const step of compileDataLayer({ data_layer: layer }, { locate: null }).before) {
    step({ event, pipelineId: "pip_1", pipelineType: "web", browser: true, time: 0 } as LayeredEvent);
  }
  assert.doesNotMatch(JSON.stringify(event), /jane/i);
  const after = mapped({ ...event, event: "purchase", type: "track" }).payload as { user_data: JsonValue };
  assert.deepEqual(after.user_data, before.user_data);
});

test("who signs in leaves no address in clear", () => {
  const { payload } = mapped({ type: "identify", userId: "user_1", traits: { email: "jane@example.com" } });
  assert.doesNotMatch(JSON.stringify(payload), /jane/);
});
