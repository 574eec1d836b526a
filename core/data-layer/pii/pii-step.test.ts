import assert from "node:assert/strict";
import { createHmac, hash } from "node:crypto";
import { test } from "node:test";
import type { JsonObject } from "../../json.ts";
import { eventOf, layered } from "../consent/event-fixture.ts";
import { type PiiConfig, piiFaults } from "./pii-config.ts";
import { compilePii } from "./pii-step.ts";

const sha = (text: string): string => hash("sha256", text);
const EMAIL = sha("jane@example.com");

function after(config: PiiConfig, fields: JsonObject): JsonObject {
  const event = eventOf(fields);
  assert.deepEqual(piiFaults(config), []);
  assert.equal(compilePii(config)?.(layered(event)), null);
  const {
    type: _,
    event: __,
    messageId: ___,
    anonymousId,
    timestamp: ____,
    receivedAt: _____,
    context,
    ...rest
  } = event;
  return {
    ...rest,
    ...(anonymousId === "a-1" ? {} : { anonymousId: anonymousId ?? null }),
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

/** Name, rules, fields before, fields after. */
const cases: [string, PiiConfig, JsonObject, JsonObject][] = [
  [
    "hash trims and lowers e-mail",
    { hash_fields: ["traits.email"] },
    { traits: { email: " Jane@Example.com " } },
    { traits: { email: EMAIL } },
  ],
  [
    "an already hashed value is not hashed again",
    { hash_fields: ["traits.email"] },
    { traits: { email: EMAIL.toUpperCase() } },
    { traits: { email: EMAIL } },
  ],
  [
    "hash of a phone is of E.164",
    { hash_fields: ["traits.phone"] },
    { traits: { phone: "+44 (1632) 960-960" } },
    { traits: { phone: sha("+441632960960") } },
  ],
  [
    "hash keeps the case of other texts",
    { hash_fields: ["userId"] },
    { userId: " User_1 " },
    { userId: sha("User_1") },
  ],
  [
    "hash of a number is of its text",
    { hash_fields: ["properties.n"] },
    { properties: { n: 42 } },
    { properties: { n: sha("42") } },
  ],
  [
    "true, null and empty text stay",
    { hash_fields: ["traits.a", "traits.b", "traits.c"] },
    { traits: { a: true, b: null, c: "" } },
    { traits: { a: true, b: null, c: "" } },
  ],
  [
    "hash of an object hashes what is in it",
    { hash_fields: ["traits.address"] },
    { traits: { address: { city: "Bath", lines: ["1 High St", 2] } } },
    { traits: { address: { city: sha("Bath"), lines: [sha("1 High St"), sha("2")] } } },
  ],
  [
    "redact takes the field out",
    { redact_fields: ["traits.ssn", "context.ip"] },
    { traits: { ssn: "1", a: 1 }, context: { ip: "192.0.2.1", a: 1 } },
    { traits: { a: 1 }, context: { a: 1 } },
  ],
  [
    "redact in a list leaves null in its place",
    { redact_fields: ["properties.phones[]"] },
    { properties: { phones: ["1", "2"] } },
    { properties: { phones: [null, null] } },
  ],
  [
    "one item of a list",
    { hash_fields: ["properties.a[1]"] },
    { properties: { a: ["x", "y"] } },
    { properties: { a: ["x", sha("y")] } },
  ],
  [
    "items of a list",
    { redact_fields: ["properties.items[].name"] },
    { properties: { items: [{ name: "x", id: 1 }, { id: 2 }, "s"] } },
    { properties: { items: [{ id: 1 }, { id: 2 }, "s"] } },
  ],
  [
    "items without brackets",
    { redact_fields: ["properties.items.name"] },
    { properties: { items: [{ name: "x", id: 1 }] } },
    { properties: { items: [{ id: 1 }] } },
  ],
  [
    "brackets on a single item",
    { redact_fields: ["properties.items[].name"] },
    { properties: { items: { name: "x", id: 1 } } },
    { properties: { items: { id: 1 } } },
  ],
  [
    "brackets on a single text",
    { hash_fields: ["traits.emails[]"] },
    { traits: { emails: "jane@example.com" } },
    { traits: { emails: EMAIL } },
  ],
  [
    "lists in lists",
    { hash_fields: ["properties.m[][].e"] },
    { properties: { m: [[{ e: "a" }], [{ e: "b" }]] } },
    { properties: { m: [[{ e: sha("a") }], [{ e: sha("b") }]] } },
  ],
  [
    "any key",
    { redact_fields: ["properties.*.email"] },
    { properties: { a: { email: "x", n: 1 }, b: [{ email: "y", n: 2 }], email: "z" } },
    { properties: { a: { n: 1 }, b: [{ n: 2 }], email: "z" } },
  ],
  [
    "any root",
    { redact_fields: ["*.email"] },
    {
      traits: { email: "x", n: 1 },
      properties: { email: "y", n: 1 },
      custom: { email: "z", n: 1 },
      context: { email: "v", n: 1 },
    },
    { traits: { n: 1 }, properties: { n: 1 }, custom: { n: 1 }, context: { n: 1 } },
  ],
  [
    "any key passes over consent",
    { redact_fields: ["context.*"] },
    { context: { ip: "1", consent: { analytics: true } } },
    { context: { consent: { analytics: true } } },
  ],
  [
    "any key below any root passes over consent",
    { redact_fields: ["*.*.analytics"] },
    { context: { x: { analytics: 1, n: 1 }, consent: { analytics: true } } },
    { context: { x: { n: 1 }, consent: { analytics: true } } },
  ],
  [
    "the visitor's id only when listed",
    { hash_fields: ["anonymousId"] },
    { anonymousId: "a-2" },
    { anonymousId: sha("a-2") },
  ],
  [
    "quoted keys",
    { redact_fields: ['traits."first.name"'] },
    { traits: { "first.name": "Jane", a: 1 } },
    { traits: { a: 1 } },
  ],
  [
    "missing fields are no matter",
    { hash_fields: ["traits.a.b.c", "properties.x[].y"] },
    { traits: { a: "s" }, properties: { x: 1 } },
    { traits: { a: "s" }, properties: { x: 1 } },
  ],
  [
    "switched off",
    { enabled: true, redact_fields: ["traits.a"], detect: { emails: "off" } },
    { traits: { a: 1 }, properties: { e: "jane@example.com" } },
    { traits: {}, properties: { e: "jane@example.com" } },
  ],

  [
    "detects e-mail in texts, lists and depths",
    { detect: { emails: "hash" } },
    {
      properties: { note: "by JANE@example.com!", deep: [{ x: ["jane@example.com"] }] },
      traits: { email: "jane@example.com" },
      context: { traits: { e: "jane@example.com" } },
    },
    {
      properties: { note: `by ${EMAIL}!`, deep: [{ x: [EMAIL] }] },
      traits: { email: EMAIL },
      context: { traits: { e: EMAIL } },
    },
  ],
  [
    "detection takes a whole value out",
    { detect: { emails: "redact" } },
    {
      traits: { email: "jane@example.com", list: ["jane@example.com", 1] },
      properties: { note: "of jane@example.com" },
    },
    { traits: { list: [null, 1] }, properties: { note: "of [redacted]" } },
  ],
  [
    "query strings, encoded and not",
    { detect: { emails: "hash" } },
    {
      context: {
        page: {
          url: "https://shop.example.com/a?e=jane%40example.com&n=a%20b",
          referrer: "https://x.example/?m=jane@example.com#top",
          search: "?q=hello%20jane%40example.com",
        },
      },
    },
    {
      context: {
        page: {
          url: `https://shop.example.com/a?e=${EMAIL}&n=a%20b`,
          referrer: `https://x.example/?m=${EMAIL}#top`,
          search: `?q=hello%20${EMAIL}`,
        },
      },
    },
  ],
  [
    "addresses in addresses",
    { detect: { emails: "redact" } },
    {
      properties: {
        url: `https://a.example/?to=${encodeURIComponent(`https://b.example/?e=${encodeURIComponent("jane@example.com")}&x=1`)}`,
      },
    },
    { properties: { url: `https://a.example/?to=${encodeURIComponent("https://b.example/?e=[redacted]&x=1")}` } },
  ],
  [
    "a percent sign of its own",
    { detect: { emails: "redact" } },
    { properties: { a: "100% jane@example.com", b: "5%&e=jane%40example.com", c: "9%z jane%40example.com" } },
    { properties: { a: "100% [redacted]", b: "5%&e=[redacted]", c: encodeURIComponent("9%z [redacted]") } },
  ],
  [
    "encoded text without a find stays as it was written",
    { detect: { emails: "hash", phones: "hash", card_numbers: "hash" } },
    { context: { page: { url: "https://a.example/?q=%7e%41+b%2fc&%zz" } } },
    { context: { page: { url: "https://a.example/?q=%7e%41+b%2fc&%zz" } } },
  ],
  [
    "phones",
    { detect: { phones: "hash" } },
    { properties: { a: "+44 1632 960960", b: "?tel=%2B441632960960" } },
    { properties: { a: sha("+441632960960"), b: `?tel=${sha("+441632960960")}` } },
  ],
  [
    "cards, as number too",
    { detect: { card_numbers: "redact" } },
    {
      properties: {
        a: "4111 1111 1111 1111",
        b: 4_111_111_111_111_111,
        c: 4_111_111_111_111_112,
        note: "card 4111111111111111.",
      },
    },
    { properties: { c: 4_111_111_111_111_112, note: "card [redacted]." } },
  ],
  [
    "ids may look like cards, not like e-mail",
    { detect: { emails: "hash", card_numbers: "hash" } },
    { userId: "4111111111111111", previousId: "jane@example.com" },
    { userId: "4111111111111111", previousId: EMAIL },
  ],
  [
    "detection leaves the envelope",
    { detect: { emails: "redact" } },
    { event: "mail jane@example.com", messageId: "jane@example.com", anonymousId: "a-1" },
    {},
  ],
  [
    "detection leaves consent",
    { detect: { emails: "redact" } },
    { context: { consent: { note: "jane@example.com" } } },
    { context: { consent: { note: "jane@example.com" } } },
  ],
];

for (const [name, config, before, expected] of cases) {
  test(`PII: ${name}`, () => assert.deepEqual(after(config, before), expected));
}

test("with a salt hashes are made with it, and not twice", () => {
  const config: PiiConfig = { salt: "0123456789abcdef", hash_fields: ["traits.email"] };
  const once = createHmac("sha256", "0123456789abcdef").update("jane@example.com").digest("hex");
  assert.deepEqual(after(config, { traits: { email: "Jane@example.com" } }), { traits: { email: once } });
  assert.deepEqual(after(config, { traits: { email: once } }), { traits: { email: once } });
});

test("rules that change nothing are no step", () => {
  const off: (PiiConfig | undefined)[] = [
    undefined,
    {},
    { enabled: false, hash_fields: ["traits.a"] },
    { detect: { emails: "off" } },
  ];
  for (const config of off) assert.equal(compilePii(config), null);
});

test("the envelope of an event with every field listed stays whole", () => {
  const event = eventOf({ event: "jane@example.com", context: { page: { url: "x" } } });
  compilePii({ redact_fields: ["*.*", "context.*", "properties", "traits"], detect: { emails: "redact" } })?.(
    layered(event),
  );
  assert.deepEqual(event, eventOf({ event: "jane@example.com" }));
});

test("what is nested too deeply to be looked at does not stay", () => {
  const deep = `${'{"a":'.repeat(5_000)}"jane@example.com"${"}".repeat(5_000)}`;
  for (const config of [{ detect: { emails: "redact" } }, { hash_fields: ["properties"] }] satisfies PiiConfig[]) {
    const event = eventOf();
    event["properties"] = JSON.parse(deep) as JsonObject;
    compilePii(config)?.(layered(event));
    assert.doesNotMatch(JSON.stringify(event), /jane/);
  }
});

test("keys that are personal are hashed or go with their values; one that is taken is not written over", () => {
  const event = eventOf({ properties: { "jane@example.com": 1, [EMAIL]: 2, "joe@example.com": { a: "x" }, keep: 3 } });
  const other = structuredClone(event);
  compilePii({ detect: { emails: "hash" } })?.(layered(event));
  assert.deepEqual(event["properties"], { [EMAIL]: 2, [sha("joe@example.com")]: { a: "x" }, keep: 3 });
  compilePii({ detect: { emails: "redact" } })?.(layered(other));
  assert.deepEqual(other["properties"], { [EMAIL]: 2, keep: 3 });
});

for (const text of ["jane%2540example.com", "jane%252540example.com", "5% jane%2540example.com"]) {
  test(`encoded more than once: ${text}`, () => {
    const event = eventOf({ properties: { text, url: `https://shop.example.com/?a=${text}` } });
    compilePii({ detect: { emails: "redact" } })?.(layered(event));
    assert.doesNotMatch(JSON.stringify(event), /jane/);
  });
}
