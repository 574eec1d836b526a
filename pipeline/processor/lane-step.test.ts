import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, MappingError } from "@datafly-signal/core";
import { integration, lane, mappingOf, raw, revision, snapshotOf, withTrial } from "./processor-fixture.ts";

const mapped = { mapping: { version: 2 } };

/** What one lane makes of one event. */
const rules: [string, JsonObject, { lane?: object; revision?: object; apply?: () => never | object }, string | null][] =
  [
    ["delivered", {}, {}, null],
    ["a disabled lane", {}, { lane: { enabled: false } }, "filtered integration_disabled"],
    [
      "disabled comes before consent",
      {},
      { lane: { enabled: false }, revision: { consentCategories: ["x"] } },
      "filtered integration_disabled",
    ],
    ["All: false", { integrations: { All: false } }, {}, "filtered integrations_object"],
    ["All: false, but this one by vendor key", { integrations: { All: false, WEBHOOK: true } }, {}, null],
    ["by vendor name", { integrations: { All: false, "custom Webhook": {} } }, {}, null],
    ["by integration name", { integrations: { All: false, "hook tmpl_a": true } }, {}, null],
    ["left out by name", { integrations: { "Custom Webhook": false } }, {}, "filtered integrations_object"],
    ["the most specific name decides", { integrations: { "Hook tmpl_a": true, webhook: false } }, {}, null],
    ["other names say nothing", { integrations: { Mixpanel: false } }, {}, null],
    ["an empty object says nothing", { integrations: {} }, {}, null],
    ["no object says nothing", { integrations: false }, {}, null],
    ["consent missing", {}, { revision: { consentCategories: ["analytics"] } }, "filtered consent_denied"],
    [
      "consent refused",
      { context: { consent: { analytics: false } } },
      { revision: { consentCategories: ["analytics"] } },
      "filtered consent_denied",
    ],
    [
      "consent as text",
      { context: { consent: { analytics: "true" } } },
      { revision: { consentCategories: ["analytics"] } },
      "filtered consent_denied",
    ],
    [
      "one of two granted",
      { context: { consent: { analytics: true } } },
      { revision: { consentCategories: ["analytics", "marketing"] } },
      "filtered consent_denied",
    ],
    [
      "consent granted",
      { context: { consent: { analytics: true } } },
      { revision: { consentCategories: ["analytics"] } },
      null,
    ],
    [
      "consent lifted",
      { context: { consent: { categories: { statistics: true } } } },
      { revision: { consentCategories: ["analytics"] } },
      null,
    ],
    [
      "a category named like a method",
      { context: { consent: {} } },
      { revision: { consentCategories: ["constructor"] } },
      "filtered consent_denied",
    ],
    [
      "integrations object before consent",
      { integrations: { All: false } },
      { revision: { consentCategories: ["x"] } },
      "filtered integrations_object",
    ],
    [
      "mapped",
      {},
      { revision: mapped, apply: () => ({ kind: "mapped", payload: { a: 1 }, vendorEventName: "Added" }) },
      null,
    ],
    [
      "stopped by a filter",
      {},
      { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_filter", by: "" }) },
      "filtered mapping_filter",
    ],
    [
      "stopped by the defaults",
      {},
      { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_default_drop", by: "" }) },
      "filtered mapping_default_drop",
    ],
    [
      "a missing required value",
      {},
      { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_required_missing", by: "" }) },
      "filtered mapping_required_missing",
    ],
    [
      "a disabled section",
      {},
      { revision: mapped, apply: () => ({ kind: "stopped", reason: "mapping_event_disabled", by: "" }) },
      "filtered mapping_event_disabled",
    ],
    [
      "a mapping error",
      {},
      {
        revision: mapped,
        apply: () => {
          throw new MappingError("events.x", "not a number");
        },
      },
      "dead_lettered mapping_failed",
    ],
    [
      "any other error",
      {},
      {
        revision: mapped,
        apply: () => {
          throw new TypeError("of jane@example.com");
        },
      },
      "dead_lettered mapping_failed",
    ],
    [
      "a thrown text",
      {},
      {
        revision: mapped,
        apply: () => {
          throw "jane@example.com";
        },
      },
      "dead_lettered mapping_failed",
    ],
    [
      "a payload that cannot be written",
      {},
      {
        revision: mapped,
        apply: () => {
          const payload: JsonObject = {};
          payload["self"] = payload;
          return { kind: "mapped", payload, vendorEventName: null };
        },
      },
      "dead_lettered mapping_failed",
    ],
    ["a pinned revision that is missing", {}, { lane: { revision: 9 } }, "dead_lettered mapping_failed"],
  ];
for (const [name, fields, config, expected] of rules) {
  test(`lane rule: ${name}`, () => {
    const content = revision(config.revision);
    const snapshot = snapshotOf({
      integrations: [integration("tmpl_a", { revisions: { 1: content } }), integration("tmpl_b", { vendor: "axon" })],
      lanes: [lane("pi_a", "tmpl_a", config.lane)],
    });
    const apply = (config.apply ?? (() => assert.fail())) as () => never;
    return withTrial(
      { snapshot, compile: () => mappingOf(apply) },
      async ({ send, counts, deliveries, deadLetters, logged }) => {
        await send(raw("m1", fields));
        const sum: Record<string, number> = { "pi_a accepted": 1, processed: 1 };
        if (expected !== null) sum[`pi_a ${expected}`] = 1;
        assert.deepEqual(await counts(), sum);
        assert.equal((await deliveries("tmpl_a")).length, expected === null ? 1 : 0);
        const letters = await deadLetters("tmpl_a");
        assert.equal(letters.length, expected?.startsWith("dead") === true ? 1 : 0);
        assert.doesNotMatch(JSON.stringify([letters, logged]), /jane/);
      },
    );
  });
}
