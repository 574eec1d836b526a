import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../json.ts";
import { liftConsent } from "./consent.ts";

const none = { essential: true };

/** Name, consent before, flat booleans after. */
const cases: [string, JsonObject, JsonObject][] = [
  ["flat stays as it is", { analytics: true, marketing: false }, { analytics: true, marketing: false }],
  ["flat alone lends advertising nothing", { marketing: true }, { marketing: true }],
  [
    "Cookiebot",
    { categories: { necessary: true, preferences: true, statistics: false, marketing: true } },
    { ...none, functional: true, analytics: false, marketing: true, advertising: true },
  ],
  [
    "OneTrust, any case",
    { categories: { C0001: true, c0002: true, C0003: false, C0004: false } },
    { ...none, analytics: true, functional: false, marketing: false, advertising: false },
  ],
  [
    "IAB purposes of one kind are OR-ed",
    { categories: { 1: true, 2: false, 3: true, 5: true, 8: false, 9: false } },
    { ...none, marketing: true, personalization: true, analytics: false, advertising: true },
  ],
  ["IAB storage grants nothing functional", { categories: { 1: true } }, { ...none }],
  [
    "the purposes' own names",
    { categories: { analytics: true, personalization: false } },
    { ...none, analytics: true, personalization: false },
  ],
  [
    "Segment's preferences",
    { categoryPreferences: { Advertising: true, Analytics: false, Functional: true, DataSharing: true } },
    { ...none, advertising: true, marketing: true, analytics: false, functional: true, DataSharing: true },
  ],
  [
    "advertising never against a marketing code",
    { categories: { marketing: false, advertising: true } },
    { ...none, marketing: false, advertising: true },
  ],
  [
    "flat is never overwritten",
    { analytics: false, advertising: false, categories: { analytics: true, marketing: true } },
    { ...none, analytics: false, marketing: true, advertising: false },
  ],
  ["a flat null is given too", { analytics: null, categories: { analytics: true } }, { ...none, analytics: null }],
  [
    "the client's canonical comes first",
    { canonical: { analytics: true, marketing: false }, categories: { statistics: false } },
    { ...none, analytics: true, marketing: false, advertising: false },
  ],
  [
    "advertising follows a flat refusal of marketing",
    { marketing: false, canonical: { marketing: true } },
    { marketing: false, advertising: false },
  ],
  [
    "only boolean true grants",
    { categories: { analytics: "true", marketing: 1, functional: { granted: true } } },
    { ...none, analytics: false, marketing: false, functional: false, advertising: false },
  ],
  [
    "categories before preferences",
    { categories: { analytics: false }, categoryPreferences: { analytics: true, marketing: true } },
    { ...none, analytics: false, marketing: true, advertising: true },
  ],
  ["unknown codes keep their own name", { categories: { chat: true, X9: false } }, { ...none, chat: true, X9: false }],
  ["lists are no categories", { categories: ["analytics"] }, {}],
];

for (const [name, before, flat] of cases) {
  test(`consent: ${name}`, () => {
    const context: JsonObject = { consent: structuredClone(before) };
    const lifted = liftConsent(context);
    assert.equal(lifted, context["consent"]);
    const { categories, categoryPreferences, canonical, ...rest } = lifted ?? {};
    assert.deepEqual(rest, flat);
    assert.deepEqual(categories, before["categories"]);
    assert.deepEqual(categoryPreferences, before["categoryPreferences"]);
    if (before["canonical"] !== undefined) assert.deepEqual(canonical, before["canonical"]);
  });
}

test("canonical is written beside what it came from", () => {
  const consent = liftConsent({ consent: { categories: { statistics: true, C0004: false } } });
  assert.deepEqual(consent?.["canonical"], { analytics: true, marketing: false, essential: true });
});

test("no object is no consent", () => {
  for (const consent of [undefined, null, true, "granted", [true]]) {
    assert.equal(liftConsent(consent === undefined ? {} : { consent }), null);
  }
});

test("codes cannot reach a prototype or the nested objects", () => {
  const context = JSON.parse(
    '{"consent":{"categories":{"__proto__":true,"categories":true,"canonical":true,"constructor":true}}}',
  ) as JsonObject;
  const consent = liftConsent(context);
  assert.equal(Object.getPrototypeOf(consent), Object.prototype);
  assert.equal(typeof consent?.["categories"], "object");
  assert.equal(consent?.["constructor"], true);
});
