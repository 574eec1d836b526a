import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "../world.ts";
import { HASH, type Json, NOW, conversion, errorOf, newWorld, upload } from "./ads-rig.ts";
import { GOOGLE_ADS } from "./simulator.ts";

interface AdsFailure {
  errors: {
    errorCode: Record<string, string>;
    location?: { fieldPathElements: { fieldName: string; index?: number }[] };
  }[];
}

function rowErrors(json: Json): [number | undefined, string][] {
  const failure = json["partialFailureError"] as { code: number; details: AdsFailure[] } | undefined;
  if (failure === undefined) return [];
  assert.equal(failure.code, 3);
  return (failure.details[0]?.errors ?? []).map(({ errorCode, location }) => [
    location?.fieldPathElements[0]?.index,
    Object.values(errorCode)[0] ?? "",
  ]);
}

test("Google Ads: a click conversion of the documentation is taken; a bad row beside it leaves an empty result", () => {
  const rows = [conversion(), conversion({ orderId: "order-2", gclid: GOOGLE_ADS.recentGclid })];
  const { status, json, world } = upload({ conversions: rows });
  assert.equal(status, 200);
  const results = json["results"] as Json[];
  assert.equal(results[0]?.["gclid"], GOOGLE_ADS.gclid);
  assert.deepEqual(results[1], {});
  assert.deepEqual(rowErrors(json), [[1, "TOO_RECENT_EVENT"]]);
  assert.equal(world.counted().length, 1);
});

const action = (id: string) => ({ conversionAction: `customers/${GOOGLE_ADS.customer}/conversionActions/${id}` });
const rows: [string, Json, string | null][] = [
  [
    "a time in ISO form",
    { conversionDateTime: "2026-11-21T11:30:00Z" },
    "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
  ],
  ["no time", { conversionDateTime: undefined }, "REQUIRED"],
  ["tomorrow", { conversionDateTime: "2026-11-22 12:30:00+00:00" }, "LATER_THAN_MAXIMUM_DATE"],
  ["an unknown action", action("42"), "NO_CONVERSION_ACTION_FOUND"],
  ["an action of tags", action(GOOGLE_ADS.webAction), "INVALID_CONVERSION_ACTION_TYPE"],
  ["a new action", action(GOOGLE_ADS.freshAction), "TOO_RECENT_CONVERSION_ACTION"],
  ["an unreadable gclid", { gclid: "a b" }, "UNPARSEABLE_GCLID"],
  ["an old click", { gclid: GOOGLE_ADS.oldGclid }, "EXPIRED_EVENT"],
  ["a click of another account", { gclid: GOOGLE_ADS.foreignGclid }, "INVALID_CUSTOMER_FOR_CLICK"],
  ["a click of nobody", { gclid: GOOGLE_ADS.unknownGclid }, "EVENT_NOT_FOUND"],
  ["a time before the click", { conversionDateTime: "2026-11-20 11:00:00+00:00" }, "CONVERSION_PRECEDES_EVENT"],
  ["gbraid and wbraid", { gclid: undefined, gbraid: "braid_00001", wbraid: "braid_00001" }, "GBRAID_WBRAID_BOTH_SET"],
  ["gclid and wbraid", { wbraid: "braid_00001" }, "VALUE_MUST_BE_UNSET"],
  ["only a wbraid", { gclid: undefined, wbraid: "braid_00001" }, null],
  ["only user identifiers", { gclid: undefined }, null],
  ["nothing to match by", { gclid: undefined, userIdentifiers: [] }, "REQUIRED"],
  ["a raw e-mail", { userIdentifiers: [{ hashedEmail: "jane@example.com" }] }, "INVALID_USER_IDENTIFIER"],
  [
    "six identifiers",
    { userIdentifiers: Array.from({ length: 6 }, () => ({ hashedEmail: HASH })) },
    "INVALID_USER_IDENTIFIER",
  ],
  ["an address", { userIdentifiers: [{ addressInfo: { hashedFirstName: HASH } }] }, "UNSUPPORTED_USER_IDENTIFIER"],
  ["an order that is an e-mail", { orderId: "jane@example.com" }, "ORDER_ID_CONTAINS_PII"],
  ["a currency that is none", { currencyCode: "XX" }, "UNSUPPORTED"],
  [
    "consent to personalisation",
    { consent: { adUserData: "GRANTED", adPersonalization: "GRANTED" } },
    "VALUE_MUST_BE_UNSET",
  ],
];
for (const [title, changes, error] of rows) {
  test(`Google Ads: a conversion with ${title} ${error === null ? "is taken" : `fails: ${error}`}`, () => {
    const { status, json, world } = upload({ conversions: [conversion(changes)] });
    assert.equal(status, 200);
    assert.deepEqual(rowErrors(json), error === null ? [] : [[0, error]]);
    assert.equal(world.accepted.length, error === null ? 1 : 0);
  });
}

test("Google Ads: an order is taken once, in one request and in two; without one it is click and time", () => {
  const world = newWorld();
  assert.deepEqual(rowErrors(upload({ conversions: [conversion(), conversion()] }, { world }).json), [
    [1, "DUPLICATE_ORDER_ID"],
  ]);
  assert.deepEqual(rowErrors(upload({ conversions: [conversion()] }, { world }).json), [
    [0, "ORDER_ID_ALREADY_IN_USE"],
  ]);
  const bare = conversion({ orderId: undefined });
  assert.deepEqual(rowErrors(upload({ conversions: [bare, bare] }, { world }).json), [
    [1, "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"],
  ]);
  assert.deepEqual(rowErrors(upload({ conversions: [bare] }, { world }).json), [
    [0, "CLICK_CONVERSION_ALREADY_EXISTS"],
  ]);
});

const wholes: [string, Json, Parameters<typeof upload>[1], number, string][] = [
  ["no developer token", {}, { headers: { "developer-token": "" } }, 401, "DEVELOPER_TOKEN_PARAMETER_MISSING"],
  ["a wrong developer token", {}, { headers: { "developer-token": "x" } }, 401, "DEVELOPER_TOKEN_INVALID"],
  [
    "a new developer token",
    {},
    { headers: { "developer-token": GOOGLE_ADS.newDeveloperToken } },
    403,
    "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
  ],
  ["a manager with dashes", {}, { headers: { "login-customer-id": "111-222-3333" } }, 400, "INVALID_LOGIN_CUSTOMER_ID"],
  ["a customer with dashes", {}, { customer: "123-456-7890" }, 400, "INVALID_CUSTOMER_ID"],
  ["a customer without access", {}, { customer: GOOGLE_ADS.otherCustomer }, 403, "USER_PERMISSION_DENIED"],
  ["no partial failure", { partialFailure: false }, {}, 400, "PARTIAL_FAILURE_MODE_REQUIRED"],
  ["no conversions", { conversions: [] }, {}, 400, "REQUIRED"],
  [
    "2,001 conversions",
    { conversions: Array.from({ length: 2001 }, () => conversion()) },
    {},
    400,
    "TOO_MANY_CONVERSIONS_IN_REQUEST",
  ],
  [
    "a version that is no more",
    {},
    { url: `https://googleads.googleapis.com/v18/customers/${GOOGLE_ADS.customer}:uploadClickConversions` },
    400,
    "UNSUPPORTED_VERSION",
  ],
];
for (const [title, body, sent, status, code] of wholes) {
  test(`Google Ads: ${title}: ${status} ${code}, and nothing is taken`, () => {
    const got = upload({ conversions: [conversion()], ...body }, sent);
    assert.equal(got.status, status);
    const [failure] = (errorOf(got.json).details ?? []) as unknown as AdsFailure[];
    assert.deepEqual(Object.values(failure?.errors[0]?.errorCode ?? {}), [code]);
    assert.deepEqual(got.world.accepted, []);
  });
}

test("Google Ads: an unknown version is a page; a wrong word or type in the body is refused as JSON", () => {
  const url = `https://googleads.googleapis.com/v99/customers/${GOOGLE_ADS.customer}:uploadClickConversions`;
  const { status, headers } = upload({ conversions: [conversion()] }, { url });
  assert.deepEqual([status, headers["content-type"]], [404, "text/html; charset=UTF-8"]);
  const word = upload({ conversions: [conversion({ consent: { adUserData: "CONSENT_GRANTED" } })] });
  assert.match(errorOf(word.json).message, /Invalid value at 'conversions\[0\]\.consent\.adUserData' \(TYPE_ENUM\)/);
  const name = upload({ conversions: [conversion({ value: 1 })] });
  assert.match(errorOf(name.json).message, /Unknown name "value" at 'conversions\[0\]'/);
});

function adjustment(changes: Json = {}): Json {
  return {
    ...action(GOOGLE_ADS.uploadAction),
    adjustmentType: "RETRACTION",
    adjustmentDateTime: "2026-11-21 11:45:00+00:00",
    orderId: "order-1",
    ...changes,
  };
}

function adjust(world: World, ...changes: Json[]) {
  const sent = { world, call: "uploadConversionAdjustments" };
  return rowErrors(upload({ conversionAdjustments: changes.map((one) => adjustment(one)) }, sent).json);
}

test("Google Ads: a conversion is restated, then retracted once", () => {
  const world = newWorld();
  const restated = { adjustmentType: "RESTATEMENT", restatementValue: { adjustedValue: 10, currencyCode: "USD" } };
  assert.deepEqual(adjust(world, {}), [[0, "CONVERSION_NOT_FOUND"]]);
  upload({ conversions: [conversion()] }, { world });
  assert.deepEqual(adjust(world, restated), []);
  assert.deepEqual(adjust(world, restated), [[0, "RESTATEMENT_ALREADY_EXISTS"]]);
  assert.deepEqual(adjust(world, { ...restated, adjustmentDateTime: "2026-11-21 11:40:00+00:00" }), [
    [0, "MORE_RECENT_RESTATEMENT_FOUND"],
  ]);
  assert.deepEqual(adjust(world, { adjustmentDateTime: "2026-11-21 10:00:00+00:00" }), [
    [0, "ADJUSTMENT_PRECEDES_CONVERSION"],
  ]);
  assert.deepEqual(adjust(world, {}, {}), [[1, "DUPLICATE_ADJUSTMENT_IN_REQUEST"]]);
  assert.deepEqual(adjust(world, {}), [[0, "CONVERSION_ALREADY_RETRACTED"]]);
});

test("Google Ads: a conversion is adjusted within 54 days", () => {
  for (const [days, found] of [
    [53, []],
    [55, [[0, "CONVERSION_EXPIRED"]]],
  ] as const) {
    const world = newWorld();
    const at = new Date(NOW - days * 86_400_000).toISOString().slice(0, 19).replace("T", " ");
    upload({ conversions: [conversion({ conversionDateTime: `${at}+00:00`, gclid: undefined })] }, { world });
    assert.equal(world.accepted.length, 1);
    assert.deepEqual(adjust(world, {}), found);
  }
});

const enhancement = {
  ...action(GOOGLE_ADS.webAction),
  adjustmentType: "ENHANCEMENT",
  adjustmentDateTime: undefined,
  userIdentifiers: [
    { hashedEmail: HASH },
    { addressInfo: { hashedFirstName: HASH, hashedLastName: HASH, countryCode: "US", postalCode: "10001" } },
  ],
  userAgent: "Mozilla/5.0",
};
const adjustments: [string, Json, string | null][] = [
  ["an enhancement", enhancement, null],
  [
    "an enhancement of an upload",
    { ...enhancement, ...action(GOOGLE_ADS.uploadAction) },
    "INVALID_CONVERSION_ACTION_TYPE",
  ],
  ["an enhancement without order", { ...enhancement, orderId: undefined }, "MISSING_ORDER_ID_FOR_WEBPAGE"],
  [
    "an enhancement with a raw e-mail",
    { ...enhancement, userIdentifiers: [{ hashedEmail: "jane@example.com" }] },
    "INVALID_USER_IDENTIFIER",
  ],
  ["a restatement without value", { adjustmentType: "RESTATEMENT" }, "REQUIRED"],
  ["a retraction with value", { restatementValue: { adjustedValue: 1 } }, "VALUE_MUST_BE_UNSET"],
  ["a retraction with a person", { userIdentifiers: [{ hashedEmail: HASH }] }, "UNSUPPORTED_USER_IDENTIFIER"],
  [
    "a retraction with order and click",
    { gclidDateTimePair: { gclid: GOOGLE_ADS.gclid } },
    "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET",
  ],
  ["a retraction without time", { adjustmentDateTime: undefined }, "REQUIRED"],
];
for (const [title, changes, error] of adjustments) {
  test(`Google Ads: ${title} ${error === null ? "is taken" : `fails: ${error}`}`, () => {
    assert.deepEqual(adjust(newWorld(), changes), error === null ? [] : [[0, error]]);
  });
}

test("Google Ads: an order is enhanced once; validateOnly gives no results; the search proves access", () => {
  const world = newWorld();
  assert.deepEqual(adjust(world, enhancement, enhancement), [[1, "DUPLICATE_ENHANCEMENT_IN_REQUEST"]]);
  assert.deepEqual(adjust(world, enhancement), [[0, "CONVERSION_ALREADY_ENHANCED"]]);
  const dry = upload({ conversions: [conversion()], validateOnly: true });
  assert.deepEqual([dry.status, dry.json, dry.world.accepted], [200, {}, []]);
  const url = `https://googleads.googleapis.com/v25/customers/${GOOGLE_ADS.customer}/googleAds:search`;
  const found = upload({ query: "SELECT customer.id FROM customer" }, { url });
  assert.deepEqual((found.json["results"] as { customer: Json }[])[0]?.customer["id"], GOOGLE_ADS.customer);
});
