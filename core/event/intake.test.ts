import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../json.ts";
import { takeIn, type Intake } from "./intake.ts";
import type { CollectType } from "./envelope.ts";

const receivedAtText = "2026-02-25T14:30:05.000Z";
const arrival = {
  pipelineId: "pip_1",
  input: "browser" as const,
  receivedAt: Date.parse(receivedAtText),
  receivedAtText,
  request: { ip: "192.0.2.7", browser: false },
};
const ids = {
  uuidV4: () => "44444444-4444-4444-8444-444444444444",
  uuidV7: () => "019c0000-0000-7000-8000-000000000001",
};

function take(event: JsonObject, type: CollectType = "track"): Intake {
  return takeIn(event, { type, arrival, seen: { browser: false, dfid: null }, ids });
}

function stored(event: JsonObject, type: CollectType = "track"): JsonObject {
  return JSON.parse(JSON.stringify(take(event, type).raw)) as JsonObject;
}

test("what the client sent stays, and the envelope is made good", () => {
  const event = {
    event: "Product Added",
    properties: { price: 79.99 },
    userId: "u",
    extra: [1, null],
    context: { ip: "a" },
  };
  assert.deepEqual(stored(event), {
    ...event,
    type: "track",
    messageId: ids.uuidV7(),
    timestamp: receivedAtText,
    receivedAt: receivedAtText,
    pipelineId: "pip_1",
    input: "browser",
    request: { ip: "192.0.2.7", browser: false },
  });
});

test("fields of the envelope cannot be forged, those for the gateway are not stored", () => {
  const event = stored({
    pipelineId: "pip_other",
    input: "webhook",
    request: { ip: "10.0.0.1" },
    receivedAt: "1999-01-01T00:00:00.000Z",
    writeKey: "dk_live_abc",
    anonymousIdHint: "33333333-3333-4333-8333-333333333333",
    anonymousIdReset: false,
    properties: null,
    traits: null,
    context: null,
  });
  assert.equal(event["pipelineId"], "pip_1");
  assert.equal(event["input"], "browser");
  assert.deepEqual(event["request"], arrival.request);
  assert.equal(event["receivedAt"], receivedAtText);
  for (const field of ["writeKey", "anonymousIdHint", "anonymousIdReset", "properties", "traits"]) {
    assert.ok(!Object.hasOwn(event, field), field);
  }
  assert.deepEqual(event["context"], {});
});

test("screen is stored as page, alias as identify", () => {
  const screen = stored({ name: "Home", context: { app: { name: "a" } } }, "screen");
  assert.equal(screen["type"], "page");
  assert.deepEqual(screen["context"], { app: { name: "a" }, screen: true });
  const alias = stored({ userId: "u", previousId: "p" }, "alias");
  assert.equal(alias["type"], "identify");
  assert.equal(alias["previousId"], "p");
});

test("the record's key is the pipeline and whose event it is", () => {
  const rows: [event: JsonObject, key: string][] = [
    [{ anonymousId: "a", userId: "u", messageId: "m" }, "pip_1:a"],
    [{ userId: "u", messageId: "m" }, "pip_1:u"],
    [{ messageId: "m" }, `pip_1:${ids.uuidV4()}`],
    [{ anonymousId: "", userId: "u" }, "pip_1:u"],
    [{ anonymousId: "x".repeat(10_000) }, `pip_1:${"x".repeat(512)}`],
    [{ anonymousId: "\ud800" }, "pip_1:\ufffd"],
  ];
  for (const [event, key] of rows) assert.equal(take(event).key, key);
});

test("the corrected time is stored beside what the client said", () => {
  const rows: [event: JsonObject, timestamp: string, original: string | undefined][] = [
    [{}, receivedAtText, undefined],
    [{ timestamp: "2026-02-25T14:30:00Z" }, "2026-02-25T14:30:00.000Z", "2026-02-25T14:30:00Z"],
    [{ timestamp: "2027-01-01T00:00:00.000Z" }, receivedAtText, "2027-01-01T00:00:00.000Z"],
    [
      { timestamp: "2026-02-25T15:29:55.000Z", sentAt: "2026-02-25T15:30:00.000Z" },
      "2026-02-25T14:30:00.000Z",
      "2026-02-25T15:29:55.000Z",
    ],
    [
      { originalTimestamp: "2026-02-25T15:29:55.000Z", sentAt: "2026-02-25T15:30:00.000Z" },
      "2026-02-25T14:30:00.000Z",
      "2026-02-25T15:29:55.000Z",
    ],
    [
      { timestamp: "2020-01-01T00:00:00.000Z", originalTimestamp: "2026-02-25T14:30:05.000Z", sentAt: receivedAtText },
      "2020-01-01T00:00:00.000Z",
      "2026-02-25T14:30:05.000Z",
    ],
    [
      { timestamp: "2026-02-25T14:30:00.000Z", sentAt: "rubbish" },
      "2026-02-25T14:30:00.000Z",
      "2026-02-25T14:30:00.000Z",
    ],
  ];
  for (const [event, timestamp, original] of rows) {
    const kept = stored({ ...event });
    assert.equal(kept["timestamp"], timestamp, JSON.stringify(event));
    assert.equal(kept["originalTimestamp"], original, JSON.stringify(event));
  }
});
