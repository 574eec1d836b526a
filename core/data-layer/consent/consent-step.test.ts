import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { StepVerdict } from "../step.ts";
import { type ConsentConfig, consentFaults } from "./consent-config.ts";
import { compileConsent } from "./consent-step.ts";
import { anyJson, eventOf, layered, prototypes } from "./event-fixture.ts";
import { isStripped } from "./strip.ts";

/** Purposes 1, 2, 3; vendors 2, 6, 8. */
const TC = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";

function contextAfter(config: ConsentConfig, context: JsonObject): JsonObject {
  assert.deepEqual(consentFaults(config), []);
  const event = eventOf({ context });
  assert.equal(compileConsent(config, undefined)(layered(event)), null);
  return event.context;
}

const ADS = (granted: boolean) => ({ ad_storage: granted, ad_user_data: granted, ad_personalization: granted });

/** Name, section, consent before, consent after. */
const cases: [string, ConsentConfig, JsonObject, JsonObject][] = [
  [
    "flat stays, the rest is derived beside",
    {},
    { analytics: true, marketing: false, advertising: true },
    {
      ...{ analytics: true, marketing: false, advertising: true, essential: true },
      categories: { analytics: true, marketing: false, advertising: true },
      canonical: { essential: true, analytics: true, marketing: false },
      ...{ ...ADS(false), analytics_storage: true },
    },
  ],
  [
    "Consent Mode only of what is known",
    {},
    { analytics: false },
    {
      analytics: false,
      essential: true,
      categories: { analytics: false },
      canonical: { essential: true, analytics: false },
      analytics_storage: false,
    },
  ],
  [
    "Consent Mode of the client stays",
    {},
    { marketing: true, analytics: true, ad_user_data: false, analytics_storage: "granted" },
    {
      ...{ marketing: true, analytics: true, essential: true },
      ...{ ad_storage: true, ad_user_data: false, ad_personalization: true, analytics_storage: "granted" },
      categories: { marketing: true, analytics: true, ad_user_data: false },
      canonical: { essential: true, marketing: true, analytics: true },
    },
  ],
  [
    "only true grants",
    {},
    { analytics: "true", marketing: 1 },
    {
      analytics: "true",
      marketing: 1,
      essential: true,
      canonical: { essential: true, analytics: false, marketing: false },
      ...ADS(false),
      analytics_storage: false,
    },
  ],
  [
    "the organisation's codes",
    { mapping: { C0005: "marketing", C0004: "none" } },
    { categories: { C0005: true, C0004: true, C0002: false } },
    {
      categories: { C0005: true, C0004: true, C0002: false },
      canonical: { essential: true, marketing: true, analytics: false },
      ...{ essential: true, marketing: true, analytics: false, advertising: true, C0004: true },
      ...{ ...ADS(true), analytics_storage: false },
    },
  ],
  [
    "Segment's preferences",
    {},
    { categoryPreferences: { Advertising: true, Analytics: false } },
    {
      categoryPreferences: { Advertising: true, Analytics: false },
      categories: { Advertising: true, Analytics: false },
      canonical: { essential: true, marketing: true, analytics: false },
      ...{ essential: true, marketing: true, analytics: false, advertising: true },
      ...{ ...ADS(true), analytics_storage: false },
    },
  ],
  [
    "flat goes before categories, canonical too",
    {},
    { analytics: false, categories: { analytics: true } },
    {
      analytics: false,
      categories: { analytics: true },
      canonical: { essential: true, analytics: false },
      essential: true,
      analytics_storage: false,
    },
  ],
  [
    "a TC string",
    {},
    { tcf: TC },
    {
      tcf: TC,
      categories: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [String(index + 1), index < 3])),
      canonical: { essential: true, analytics: false, marketing: true, personalization: false },
      ...{ essential: true, analytics: false, marketing: true, personalization: false, advertising: true },
      ...{ ...ADS(true), analytics_storage: false },
    },
  ],
  [
    "a TC string by the organisation's mapping, after what is flat",
    { mapping: { 1: "functional", 2: "none", 3: "none" } },
    { tc_string: TC, analytics: true },
    {
      ...{ tc_string: TC, analytics: true },
      categories: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [String(index + 1), index < 3])),
      canonical: { essential: true, functional: true, analytics: true, marketing: false, personalization: false },
      ...{ essential: true, functional: true, marketing: false, personalization: false, advertising: false },
      ...{ ...ADS(false), analytics_storage: true },
    },
  ],
  [
    "an unreadable TC string grants nothing, defaults included",
    { default_policy: { marketing: true } },
    { tcf: "rubbish" },
    { tcf: "rubbish" },
  ],
  ["what is no consent is left alone", { default_policy: { marketing: true } }, { note: "x" }, { note: "x" }],
];

for (const [name, config, before, expected] of cases) {
  test(`consent step: ${name}`, () => {
    assert.deepEqual(contextAfter(config, { consent: before })["consent"], expected);
  });
}

test("vendors of a TC string are kept aside, an unreadable one is marked", () => {
  assert.deepEqual(contextAfter({ tcf_vendors: [6, 7] }, { consent: { tcf: TC } })["tcf_decoded"], {
    ...{ valid: true, purposes: [1, 2, 3], vendors: [6] },
    ...{ cmp_id: 27, policy_version: 2, vendor_list_version: 15 },
  });
  assert.deepEqual(contextAfter({}, { consent: { tcf: "x" } })["tcf_decoded"], { valid: false });
  assert.deepEqual(
    contextAfter({}, { tcf_decoded: { vendors: [1] }, consent: { analytics: true } })["tcf_decoded"],
    undefined,
  );
});

test("the default policy holds where nothing was said, and is marked", () => {
  const config: ConsentConfig = { default_policy: { analytics: true, marketing: false } };
  const filled = {
    ...{ analytics: true, marketing: false, advertising: false, essential: true },
    categories: { analytics: true, marketing: false },
    canonical: { essential: true, analytics: true, marketing: false },
    ...{ ...ADS(false), analytics_storage: true },
  };
  for (const said of [{}, { consent: null }, { consent: {} }]) {
    assert.deepEqual(contextAfter(config, said), { consent: filled, consent_policy: { defaulted: true } });
  }
  for (const consent of ["granted", true, ["analytics"]] satisfies JsonValue[]) {
    assert.deepEqual(contextAfter(config, { consent }), { consent });
  }
  assert.deepEqual(contextAfter({}, {}), {});
  assert.deepEqual(contextAfter({ default_policy: {} }, { consent_policy: { defaulted: true } }), {});
});

/** Name, policy, pipeline's type, consent, what becomes of the event. */
const policies: [
  string,
  ConsentConfig["policy"],
  "web" | "app" | "server",
  JsonObject | null,
  "goes on" | "dropped" | "stripped",
][] = [
  ["no policy", undefined, "web", { analytics: false }, "goes on"],
  ["allow", { action: "allow", required: ["analytics"] }, "web", { analytics: false }, "goes on"],
  ["drop, granted", { action: "drop", required: ["analytics"] }, "web", { analytics: true }, "goes on"],
  ["drop, refused", { action: "drop", required: ["analytics"] }, "web", { analytics: false }, "dropped"],
  ["drop, nothing said", { action: "drop", required: ["analytics"] }, "web", null, "dropped"],
  [
    "drop, one of two",
    { action: "drop", required: ["analytics", "marketing"] },
    "web",
    { analytics: true, marketing: false },
    "dropped",
  ],
  ["drop, by code", { action: "drop", required: ["analytics"] }, "web", { categories: { C0002: true } }, "goes on"],
  [
    "drop, another type",
    { action: "drop", required: ["analytics"], pipeline_types: ["web"] },
    "server",
    null,
    "goes on",
  ],
  ["drop, this type", { action: "drop", required: ["analytics"], pipeline_types: ["app"] }, "app", null, "dropped"],
  ["strip, granted", { action: "strip", required: ["analytics"] }, "web", { analytics: true }, "goes on"],
  ["strip, refused", { action: "strip", required: ["analytics"] }, "web", { analytics: false }, "stripped"],
  ["strip, as text", { action: "strip", required: ["analytics"] }, "web", { analytics: "true" }, "stripped"],
];

for (const [name, policy, type, consent, outcome] of policies) {
  test(`consent policy: ${name}`, () => {
    const event = eventOf({ userId: "u", context: { ...(consent === null ? {} : { consent }) } });
    const step = compileConsent(policy === undefined ? {} : { policy }, undefined);
    const verdict: StepVerdict = step(layered(event, type));
    assert.deepEqual(verdict, outcome === "dropped" ? { drop: "consent_policy" } : null);
    assert.equal(isStripped(event), outcome === "stripped");
    assert.equal(event["userId"], outcome === "stripped" ? undefined : "u");
  });
}

test("strip takes every sign of the person out, and leaves the rest", () => {
  const event = eventOf({
    ...{
      type: "identify",
      userId: "u-1",
      previousId: "u-0",
      groupId: "g-1",
      email: "jane@example.com",
      vendorIds: { fbp: "x" },
      vendor_ids: { fbp: "x" },
    },
    traits: { email: "jane@example.com", plan: "x" },
    properties: {
      ...{ "Phone-Number": "1", value: 5, user_id: "u-1", note: "of jane@example.com", secret: "s", keep: "k" },
      items: [{ item_id: "A", email: "x@example.com" }],
      nested: { shipping_address: { city: "Bath" }, color: "red" },
    },
    context: {
      ...{
        ip: "192.0.2.1",
        locale: "en",
        userAgent: "UA",
        traits: { a: 1 },
        clientIds: { ga: "x" },
        externalIds: [1],
        location: { city: "Bath" },
      },
      device: { id: "d", name: "Jane's phone", token: "t", advertisingId: "i", model: "M" },
      page: { url: "https://shop.example.com/?email=jane%40example.com&x=1", title: "T" },
      consent: { analytics: false, note: "jane@example.com" },
    },
  });
  const config: ConsentConfig = { policy: { action: "strip", required: ["analytics"] } };
  compileConsent(config, { redact_fields: ["properties.secret"], hash_fields: ["anonymousId", "context.page.title"] })(
    layered(event),
  );
  const { consent, ...context } = event.context;
  assert.deepEqual(
    { ...event, context },
    {
      ...eventOf({ type: "identify", groupId: "g-1" }),
      properties: { value: 5, note: "of [redacted]", keep: "k", items: [{ item_id: "A" }], nested: { color: "red" } },
      context: {
        ...{ locale: "en", userAgent: "UA", device: { model: "M" } },
        page: { url: "https://shop.example.com/?x=1" },
        consent_policy: { stripped: true },
      },
    },
  );
  assert.equal(isJsonObject(consent) && consent["note"], "jane@example.com");
});

const KEYS = [
  "analytics",
  "marketing",
  "advertising",
  "categories",
  "canonical",
  "categoryPreferences",
  "tcf",
  "essential",
  "C0002",
  "8",
  "__proto__",
  "constructor",
  "ad_storage",
  "consent",
  "email",
  "userId",
];
const json = anyJson(KEYS, [TC, "jane@example.com", "%40", "x"]);
const category = fc.constantFrom("analytics", "marketing", "advertising", "C0002", "constructor");
const purpose = fc.constantFrom("essential", "functional", "analytics", "marketing", "personalization", "none");
const anyConfig = fc.record(
  {
    mapping: fc.dictionary(fc.constantFrom("C0002", "8", "chat", "constructor"), purpose),
    default_policy: fc.dictionary(category, fc.boolean()),
    policy: fc.record({
      action: fc.constantFrom("drop", "strip"),
      required: fc.uniqueArray(category, { minLength: 1 }),
    }),
    tcf_vendors: fc.uniqueArray(fc.integer({ min: 1, max: 10 })),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ConsentConfig>;

test("any event through any section: nothing throws, what was said is never overwritten, no prototype changes, nothing but true grants", () => {
  const clean = prototypes();
  fc.assert(
    fc.property(anyConfig, fc.record({ consent: json, traits: json, properties: json }), (config, fields) => {
      assert.deepEqual(consentFaults(config), []);
      const event = eventOf();
      event.context = { consent: structuredClone(fields.consent) };
      event["traits"] = structuredClone(fields.traits);
      event["properties"] = structuredClone(fields.properties);
      const verdict = compileConsent(config, { redact_fields: ["*.email"] })(layered(event));
      assert.ok(verdict === null || "drop" in verdict);
      const after = event.context["consent"];
      const said = fields.consent;
      if (!isJsonObject(said)) {
        if (said !== null) assert.deepEqual(after, said);
        return;
      }
      assert.ok(isJsonObject(after));
      for (const name of Object.keys(said)) assert.deepEqual(after[name], said[name]);
      for (const name of ["messageId", "type", "event", "anonymousId"]) assert.equal(event[name], eventOf()[name]);
      if (
        !JSON.stringify(said).includes("true") &&
        !JSON.stringify(said).includes(TC) &&
        Object.keys(said).length > 0
      ) {
        const granted = Object.entries(after).filter(([name, value]) => value === true && name !== "essential");
        assert.deepEqual(granted, []);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.equal(prototypes(), clean);
});

test("a stripped event holds none of what personal fields held", () => {
  const step = compileConsent({ policy: { action: "strip", required: ["never"] } }, undefined);
  const people = anyJson(
    ["email", "a", "phone", "first_name", "items", "userId"],
    ["jane@example.com", "+441632960960"],
  );
  fc.assert(
    fc.property(people, (value) => {
      const event = eventOf({ properties: { value }, traits: { value }, custom: value });
      event.context = { page: { referrer: structuredClone(value) } };
      step(layered(event));
      assert.doesNotMatch(JSON.stringify(event), /jane@example\.com|"email"|"userId"|"traits"/);
    }),
    { numRuns: 500 },
  );
});
