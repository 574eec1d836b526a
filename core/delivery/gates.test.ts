import assert from "node:assert/strict";
import { test } from "node:test";
import type { IntegrationConfig } from "../config/snapshot.ts";
import type { JsonObject } from "../json.ts";
import { MAX_WAIT_MS } from "../topics.ts";
import { consentGranted } from "./consent-gate.ts";
import { requiredConsent } from "./required-consent.ts";
import { deadLetterId } from "./dead-letter-id.ts";
import { ageFault, deliveryTimes } from "./delivery-age.ts";

test("only boolean true grants", () => {
  const cases: [consent: JsonObject | null, required: string[], granted: boolean][] = [
    [null, [], true],
    [{}, [], true],
    [null, ["analytics"], false],
    [{}, ["analytics"], false],
    [{ analytics: true }, ["analytics"], true],
    [{ analytics: true, marketing: false }, ["analytics", "marketing"], false],
    [{ analytics: "true" }, ["analytics"], false],
    [{ analytics: 1 }, ["analytics"], false],
    [{ analytics: null }, ["analytics"], false],
    [{ categories: { analytics: true } }, ["analytics"], false],
    [{ marketing: true }, ["advertising"], true],
    [{ marketing: true, advertising: false }, ["advertising"], false],
    [{ marketing: false, advertising: true }, ["advertising"], true],
    [{ marketing: false }, ["advertising"], false],
    [{ advertising: true }, ["marketing"], false],
    [{ "": true }, ["advertising"], false],
    [{}, ["constructor"], false],
    [{}, ["__proto__"], false],
  ];
  for (const [consent, required, granted] of cases) {
    assert.equal(consentGranted(consent, required), granted, JSON.stringify([consent, required]));
  }
});

test("the stricter of both revisions counts", () => {
  const integration = {
    consentByRevision: { 1: ["analytics"], 2: ["analytics", "marketing"] },
    revisions: {},
  } as unknown as IntegrationConfig;
  assert.deepEqual(requiredConsent(integration, 1, 1), ["analytics"]);
  assert.deepEqual(requiredConsent(integration, 1, 2), ["analytics", "marketing"]);
  assert.deepEqual(requiredConsent(integration, 2, 1), ["analytics", "marketing"]);
  assert.deepEqual(requiredConsent(integration, 7, 1), ["analytics"]);
});

test("age: max_wait from receipt or replay, the vendor's limit from the event's own time", () => {
  const now = Date.UTC(2026, 10, 21);
  const day = 86_400_000;
  const at = (ago: number): string => new Date(now - ago).toISOString();
  const cases: [
    name: string,
    given: { receivedAt: string; timestamp: string; replayedAt?: string },
    limit: number | undefined,
    fault: string | null,
  ][] = [
    ["fresh", { receivedAt: at(0), timestamp: at(0) }, 7 * day, null],
    ["exactly max_wait", { receivedAt: at(MAX_WAIT_MS), timestamp: at(0) }, undefined, null],
    ["over max_wait", { receivedAt: at(MAX_WAIT_MS + 1), timestamp: at(0) }, undefined, "expired_waiting"],
    ["a replay counts anew", { receivedAt: at(30 * day), timestamp: at(0), replayedAt: at(day) }, undefined, null],
    [
      "an old replay",
      { receivedAt: at(30 * day), timestamp: at(0), replayedAt: at(11 * day) },
      undefined,
      "expired_waiting",
    ],
    ["too old for the vendor", { receivedAt: at(0), timestamp: at(8 * day) }, 7 * day, "too_old"],
    [
      "a replay does not make the event younger",
      { receivedAt: at(9 * day), timestamp: at(9 * day), replayedAt: at(0) },
      7 * day,
      "too_old",
    ],
    ["no limit of the vendor", { receivedAt: at(0), timestamp: at(900 * day) }, undefined, null],
    ["unreadable times", { receivedAt: "?", timestamp: "?" }, 7 * day, null],
  ];
  for (const [name, given, limit, fault] of cases)
    assert.equal(ageFault(deliveryTimes(given), now, limit), fault, name);
});

test("dead letter ids: shape, order by time, distinct by position", () => {
  const id = deadLetterId("delivery-tmpl_a", { partition: 0, offset: 5 }, Date.UTC(2026, 10, 21));
  assert.match(id, /^dl_[0-9a-hjkmnp-tv-z]{26}$/);
  assert.equal(id, deadLetterId("delivery-tmpl_a", { partition: 0, offset: 5 }, Date.UTC(2026, 10, 21)));
  assert.notEqual(id, deadLetterId("delivery-tmpl_a", { partition: 1, offset: 5 }, Date.UTC(2026, 10, 21)));
  assert.notEqual(id, deadLetterId("delivery-tmpl_b", { partition: 0, offset: 5 }, Date.UTC(2026, 10, 21)));
  assert.ok(id < deadLetterId("delivery-tmpl_a", { partition: 0, offset: 5 }, Date.UTC(2026, 10, 22)));
});
