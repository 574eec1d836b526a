import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyJson, eventOf, layered, prototypes } from "../consent/event-fixture.ts";
import { type PiiConfig, piiFaults } from "./pii-config.ts";
import { compilePii } from "./pii-step.ts";

const KEYS = ["a", "email", "items", "phone", "__proto__", "constructor", "toString", "0", "consent", "length"];
const TEXTS = [
  "jane@example.com",
  "+441632960960",
  "4111 1111 1111 1111",
  "%40",
  "%2B",
  "@",
  "+",
  "a@b.co@",
  " ",
  "?x=",
  "%",
  "&",
];
const json = anyJson(KEYS, TEXTS);

const action = fc.constantFrom("hash", "redact", "off");
const field = fc
  .tuple(
    fc.constantFrom("properties", "traits", "context", "*", "userId", "custom"),
    fc.array(fc.constantFrom(".a", ".email", ".items", "[]", "[0]", ".*", ".0", ".length", ".toString"), {
      maxLength: 4,
    }),
  )
  .map(([root, rest]) => root + rest.join(""));
const anyConfig: fc.Arbitrary<PiiConfig> = fc
  .record(
    {
      hash_fields: fc.array(field, { maxLength: 4 }),
      redact_fields: fc.array(field, { maxLength: 3 }),
      detect: fc.record({ emails: action, phones: action, card_numbers: action }),
      salt: fc.constant("0123456789abcdef"),
    },
    { requiredKeys: [] },
  )
  .map((config) => {
    const bad = new Set(piiFaults(config as PiiConfig).map(({ path }) => path.join(".")));
    const sound = (list: "hash_fields" | "redact_fields") =>
      (config[list] ?? []).filter((_, index) => !bad.has(`${list}.${index}`));
    return { ...config, hash_fields: sound("hash_fields"), redact_fields: sound("redact_fields") } as PiiConfig;
  });

const anyFields = fc.record({
  properties: json,
  traits: json,
  context: fc.record({ page: json, consent: json }),
  userId: json,
  custom: json,
});

test("any event through any valid rules: nothing throws, the envelope and consent stay, no prototype changes, twice is once", () => {
  const clean = prototypes();
  let changed = 0;
  fc.assert(
    fc.property(anyConfig, anyFields, (config, fields) => {
      assert.deepEqual(piiFaults(config), []);
      const event = eventOf();
      Object.assign(event, structuredClone(fields));
      const before = JSON.stringify(event);
      const step = compilePii(config);
      if (step === null) return;
      assert.equal(step(layered(event)), null);
      const once = JSON.stringify(event);
      if (once !== before) changed += 1;
      step(layered(event));
      assert.equal(JSON.stringify(event), once);
      for (const name of ["type", "event", "messageId", "anonymousId", "timestamp", "receivedAt"]) {
        assert.equal(event[name], eventOf()[name]);
      }
      assert.deepEqual(event.context["consent"], fields.context.consent);
    }),
    { numRuns: 600 },
  );
  assert.ok(changed > 100, String(changed));
  assert.equal(prototypes(), clean);
});

test("no detected text is left anywhere that is looked at", () => {
  const config: PiiConfig = { detect: { emails: "redact", phones: "redact", card_numbers: "redact" } };
  const step = compilePii(config);
  const shape = (text: string) => ({ a: { b: [`x ${text} y`, text] }, c: `?q=${encodeURIComponent(`z ${text}`)}&r=1` });
  for (const text of ["jane@example.com", "+441632960960", "4111111111111111"]) {
    const event = eventOf({ properties: shape(text), traits: shape(text), custom: shape(text), name: text });
    step?.(layered(event));
    const left = JSON.stringify(event);
    assert.equal(left.includes(text), false);
    assert.equal(left.includes(encodeURIComponent(text)), false);
  }
});
