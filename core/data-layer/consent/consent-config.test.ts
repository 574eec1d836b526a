import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { type ConsentConfig, consentFaults, consentMapping, ConsentSection } from "./consent-config.ts";

test("a sound section has no faults", () => {
  const config: ConsentConfig = {
    mapping: { C0005: "marketing", c0003: "none", "chat widget": "functional" },
    default_policy: { analytics: true, marketing: false, essential: true, chat: true },
    policy: { required: ["analytics"], action: "strip", pipeline_types: ["web"] },
    tcf_vendors: [755],
  };
  assert.equal(Value.Check(ConsentSection, config), true);
  assert.deepEqual(consentFaults(config), []);
  assert.deepEqual(consentFaults({}), []);
  assert.deepEqual(consentFaults({ policy: { required: [], action: "allow" } }), []);
});

/** Name, section, where, message, cure. */
const faults: [string, ConsentConfig, string, RegExp, RegExp][] = [
  [
    "a code twice",
    { mapping: { C0005: "marketing", c0005: "analytics" } },
    "mapping.c0005",
    /twice, also as C0005/,
    /Remove/,
  ],
  ["an empty code", { mapping: { " ": "marketing" } }, "mapping. ", /1 to 128/, /as events carry/],
  [
    "a default that is no category",
    { default_policy: { "a b": true } },
    "default_policy.a b",
    /not a consent category/,
    /analytics/,
  ],
  [
    "a default with a reserved name",
    { default_policy: { categories: true } },
    "default_policy.categories",
    /not a consent/,
    /analytics/,
  ],
  [
    "essential refused",
    { default_policy: { essential: false } },
    "default_policy.essential",
    /always granted/,
    /Remove/,
  ],
  ["an action without categories", { policy: { action: "drop" } }, "policy", /no category is required/, /required/],
  [
    "a policy for no event",
    { policy: { action: "strip", required: ["analytics"], pipeline_types: [] } },
    "policy.pipeline_types",
    /asked of no event/,
    /web/,
  ],
  [
    "a required category twice",
    { policy: { action: "drop", required: ["a", "a"] } },
    "policy.required.1",
    /twice/,
    /Remove/,
  ],
  [
    "a required reserved name",
    { policy: { action: "drop", required: ["canonical"] } },
    "policy.required.0",
    /not a consent/,
    /analytics/,
  ],
];

for (const [name, config, path, message, cure] of faults) {
  test(`fault: ${name}`, () => {
    const [fault, ...others] = consentFaults(config);
    assert.deepEqual(others, []);
    assert.equal(fault?.path.join("."), path);
    assert.match(fault.message, message);
    assert.match(fault.cure, cure);
  });
}

test("all faults are told at once", () => {
  const all: ConsentConfig = {
    mapping: { " ": "marketing", C0005: "analytics", c0005: "analytics" },
    default_policy: { "a b": true, essential: false },
    policy: { action: "drop", required: ["a", "a", "canonical"], pipeline_types: [] },
  };
  assert.equal(consentFaults(all).length, 7);
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`c${index}`, "analytics" as const]));
  assert.match(consentFaults({ mapping: many })[0]?.message ?? "", /more than 1000/);
});

test("the organisation's codes lie over the known ones, in any case", () => {
  const mapping = consentMapping({ mapping: { C0004: "none", C0002: "functional", Chat: "marketing" } });
  assert.equal(mapping.get("c0004"), undefined);
  assert.equal(mapping.get("c0002"), "functional");
  assert.equal(mapping.get("chat"), "marketing");
  assert.equal(mapping.get("statistics"), "analytics");
});
