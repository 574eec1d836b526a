import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignalEvent } from "../event/event.ts";
import type { JsonObject } from "../json.ts";
import type { DeadLetterRecord, DeliveryRecord } from "./delivery.ts";
import { deliveryText, eventText, laneText, untriedDeadLetterText } from "./delivery-text.ts";

const ref = { pipelineId: "pip_shop", integrationId: "tmpl_hook", pipelineIntegrationId: "pi_1" };
const lane = laneText({ ...ref, revision: 3, snapshot: 12 });
const raw = { partition: 2, offset: 41 };

function event(fields: JsonObject = {}): SignalEvent {
  const time = "2026-02-25T14:30:00.000Z";
  return {
    type: "track",
    event: "Product Added",
    messageId: "m1",
    timestamp: time,
    receivedAt: time,
    context: {},
    ...fields,
  };
}

const events: [string, SignalEvent, string][] = [
  ["a track", event(), "Product Added"],
  ["a page", event({ type: "page", name: "Checkout" }), "page"],
  ["an identify", event({ type: "identify", userId: "u1" }), "identify"],
  ["hostile texts", event({ event: '"},\n\u2028\\', messageId: '"\\\u0001é', x: "\ud800" }), '"},\n\u2028\\'],
];
for (const [name, given, eventName] of events) {
  test(`a delivery record of ${name}`, () => {
    const consent = { analytics: true };
    const payload = { value: 79.99 };
    const text = deliveryText(lane, eventText(given, { raw, consent, trace: false, derivedFrom: null }), {
      payload: JSON.stringify(payload),
      vendorEventName: JSON.stringify("AddToCart"),
    });
    const expected: DeliveryRecord = {
      v: 1,
      deliveryId: `pi_1:${given.messageId}`,
      ...ref,
      revision: 3,
      snapshot: 12,
      messageId: given.messageId,
      eventName,
      timestamp: given.timestamp,
      receivedAt: given.receivedAt,
      raw,
      consent,
      vendorEventName: "AddToCart",
      payload,
      event: given,
    };
    assert.deepEqual(JSON.parse(text), expected);
    assert.equal(text, JSON.stringify(expected));
  });
}

function letter(delivery: string | { bytes: number }): DeadLetterRecord {
  const text = untriedDeadLetterText({
    lane: ref,
    event: eventText(event({ messageId: '"' }), { raw, consent: null, trace: false, derivedFrom: null }),
    reason: "mapping_failed",
    detail: 'row "x"',
    deadLetteredAt: 1_772_029_800_000,
    position: raw,
    delivery,
  });
  return JSON.parse(text) as DeadLetterRecord;
}

test("a dead letter that nothing was tried for", () => {
  const { id, ...rest } = letter('{"v":1}');
  assert.match(id, /^dl_[0-9a-z]{26}$/);
  assert.deepEqual(rest, {
    v: 1,
    integrationId: "tmpl_hook",
    pipelineIntegrationId: "pi_1",
    messageId: '"',
    eventName: "Product Added",
    reason: "mapping_failed",
    detail: 'row "x"',
    lastStatus: null,
    responseExcerpt: null,
    tries: 0,
    firstTriedAt: null,
    lastTriedAt: null,
    deadLetteredAt: "2026-02-25T14:30:00.000Z",
    position: raw,
    delivery: { v: 1 },
  });
  assert.equal(letter("{}").id, id);
});

test("a dead letter without its delivery says how large it was", () => {
  const { delivery, bytes, position } = letter({ bytes: 9_000_000 });
  assert.deepEqual({ delivery, bytes, position }, { delivery: null, bytes: 9_000_000, position: raw });
});
