import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { piiFaults, PiiSection } from "./pii-config.ts";

test("sound rules have no faults", () => {
  const fields = [
    "traits.email",
    "properties.items[].sku",
    "context.*.email",
    "*.ssn",
    "userId",
    'traits."first.name"',
    "context.ip",
  ];
  assert.deepEqual(piiFaults({ hash_fields: fields, redact_fields: ["properties.a[0].b", "previousId"] }), []);
  assert.deepEqual(piiFaults({ hash_fields: ["anonymousId"] }), []);
  assert.deepEqual(piiFaults({}), []);
});

/** List, field, what the message holds, what the cure holds. */
const faults: ["hash_fields" | "redact_fields", string, RegExp, RegExp][] = [
  ["hash_fields", "messageId", /holds the event together/, /Remove/],
  ["redact_fields", "type", /cannot be taken out/, /Remove/],
  ["hash_fields", "event", /cannot be hashed/, /Remove/],
  ["hash_fields", "timestamp", /holds the event together/, /Remove/],
  ["redact_fields", "anonymousId", /cannot be taken out/, /hash_fields/],
  ["hash_fields", "integrations.All", /holds the event together/, /Remove/],
  ["hash_fields", "context", /context holds/, /context\.ip/],
  ["hash_fields", "context[]", /context holds/, /context\.ip/],
  ["redact_fields", "context.consent", /consent decides/, /Remove/],
  ["hash_fields", "context.consent.analytics", /consent decides/, /Remove/],
  ["hash_fields", "*", /whole event/, /\*\.email/],
  ["redact_fields", "*[]", /whole event/, /\*\.email/],
  ["hash_fields", "email", /no field "email"/, /traits\.email/],
  ["hash_fields", "user_id", /no field "user_id"/, /userId/],
  ["hash_fields", "trait.email", /no field "trait"/, /traits/],
  ["hash_fields", "traits..email", /cannot be read/, /dots/],
  ["hash_fields", "traits.__proto__.x", /not allowed/, /dots/],
  ["redact_fields", "traits.constructor", /not allowed/, /dots/],
];

for (const [list, field, message, cure] of faults) {
  test(`fault: ${field} in ${list}`, () => {
    const [fault, ...others] = piiFaults({ [list]: ["traits.ok", field] });
    assert.deepEqual(others, []);
    assert.deepEqual(fault?.path, [list, 1]);
    assert.match(fault.message, message);
    assert.match(fault.cure, cure);
  });
}

test("all faults are told at once, repetitions too", () => {
  const found = piiFaults({ hash_fields: ["type", "traits.a", "traits.a"], redact_fields: ["traits.a", "nope.x"] });
  assert.deepEqual(
    found.map(({ path }) => path.join(".")),
    ["hash_fields.0", "hash_fields.2", "redact_fields.0", "redact_fields.1"],
  );
});

test("the schema refuses what it does not know", () => {
  for (const section of [
    { hash: [] },
    { detect: { email: "hash" } },
    { detect: { emails: "mask" } },
    { hash_algorithm: "md5" },
    { salt: "short" },
  ]) {
    assert.equal(Value.Check(PiiSection, section), false, JSON.stringify(section));
  }
  assert.equal(Value.Check(PiiSection, { hash_algorithm: "sha256", detect: { emails: "hash", phones: "off" } }), true);
});
