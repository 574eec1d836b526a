import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { eventOf } from "./consent/event-fixture.ts";
import { compileFieldRules } from "./pii/pii-step.ts";
import { compileTraceCleaner } from "./trace-cleaner.ts";

const pii_rules = {
  hash_fields: ["traits.email", "userId", "vendor_ids.*", "properties.code"],
  redact_fields: ["context.location.city", "context.ip"],
  detect: { emails: "redact" },
} as const;
const rules = { ...pii_rules, hash_fields: [...pii_rules.hash_fields], redact_fields: [...pii_rules.redact_fields] };

test("the PII rules hold in a copy, and once more change nothing", () => {
  const clean = compileTraceCleaner({ data_layer: { pii_rules: rules } });
  const event = eventOf({ traits: { email: "jane@example.com" }, properties: { note: "of joe@example.com" } });
  const before = structuredClone(event);
  const after = clean(event);
  assert.deepEqual(event, before);
  assert.deepEqual(after["traits"], { email: hash("sha256", "jane@example.com") });
  assert.deepEqual(after["properties"], { note: "of [redacted]" });
  assert.deepEqual(clean(after), after);
});

for (const action of ["strip", "drop"] as const) {
  test(`what the policy denies is stripped, with the action ${action}`, () => {
    const clean = compileTraceCleaner({ organisation: { consent: { policy: { required: ["analytics"], action } } } });
    const fields = { userId: "u", properties: { email: "jane@example.com", value: 5 } };
    const denied = eventOf({ ...fields, context: { consent: { categories: { C0002: false } } } });
    const { userId: _, ...left } = denied;
    assert.deepEqual(clean(denied), { ...left, properties: { value: 5 } });
    const granted = eventOf({ ...fields, context: { consent: { categories: { C0002: true } } } });
    assert.deepEqual(clean(granted), granted);
    assert.equal("userId" in clean(eventOf(fields)), false);
  });
}

test("an address is masked or goes as geo says", () => {
  const clean = compileTraceCleaner({ data_layer: { geo: { database: "x.mmdb", ip: "mask" } } });
  assert.deepEqual(clean(eventOf({ context: { ip: "203.0.113.7" } })).context, { ip: "203.0.113.0" });
  assert.deepEqual(clean(eventOf({ context: { ip: ["203.0.113.7"] } })).context, {});
});

test("nothing configured returns the event itself", () => {
  const event = eventOf({ userId: "u" });
  assert.equal(compileTraceCleaner({})(event), event);
});

test("field rules take hold again of what later steps wrote, and leave hashes alone", () => {
  const again = compileFieldRules(rules);
  const event = eventOf({
    userId: "u",
    vendor_ids: { fbp: "x" },
    properties: { code: "c" },
    context: { location: { city: "Bath", country: "GB" } },
  });
  again?.(event);
  assert.equal(event["userId"], hash("sha256", "u"));
  assert.deepEqual(event["vendor_ids"], { fbp: hash("sha256", "x") });
  assert.deepEqual(event.context, { location: { country: "GB" } });
  assert.deepEqual(event["properties"], { code: "c" });
  const once = structuredClone(event);
  again?.(event);
  assert.deepEqual(event, once);
  for (const none of [undefined, {}, { hash_fields: ["properties.code"] }, { ...rules, enabled: false }]) {
    assert.equal(compileFieldRules(none), null);
  }
});
