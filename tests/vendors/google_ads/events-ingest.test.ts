import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "../world.ts";
import { HASH, type Json, type Sent, ask, destination, errorOf, event, ingest, newWorld } from "./ads-rig.ts";
import { GOOGLE_ADS } from "./simulator.ts";

test("Data Manager: a conversion of the documentation is taken, and its status says that it was processed", () => {
  const { status, json, world } = ingest();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["requestId"]);
  assert.equal(world.counted().length, 1);
  assert.deepEqual(world.warnings, []);
  assert.deepEqual(statusOf(String(json["requestId"]), world), {
    requestStatus: "SUCCESS",
    eventsIngestionStatus: { recordCount: "1" },
  });
});

function statusOf(requestId: string, world: World): Json {
  const url = `https://datamanager.googleapis.com/v1/requestStatus:retrieve?requestId=${requestId}`;
  const headers = { Authorization: `Bearer ${GOOGLE_ADS.accessToken}` };
  const { json } = ask({ method: "GET", url, headers }, world);
  const { destination: of, ...rest } = (json["requestStatusPerDestination"] as Json[])[0] ?? {};
  assert.deepEqual(of, destination());
  return rest;
}

test("Data Manager: what fails only later is in the status of the request, not in the answer", () => {
  const events = [
    event(),
    event(),
    event({ transactionId: "order-2", eventTimestamp: "2026-01-01T00:00:00Z" }),
    event({ transactionId: "order-3", adIdentifiers: { gclid: GOOGLE_ADS.unknownGclid } }),
    event({ transactionId: "order-4", consent: { adUserData: "CONSENT_DENIED" } }),
  ];
  const { status, json, world } = ingest({ body: { events } });
  assert.equal(status, 200);
  assert.equal(world.counted().length, 1);
  const { requestStatus, errorInfo } = statusOf(String(json["requestId"]), world);
  assert.equal(requestStatus, "PARTIAL_SUCCESS");
  const reasons = (errorInfo as { errorCounts: { reason: string }[] }).errorCounts.map(({ reason }) => reason);
  assert.deepEqual(reasons.map((reason) => reason.replace("PROCESSING_ERROR_REASON_", "")).sort(), [
    "CLICK_NOT_FOUND",
    "DENIED_CONSENT",
    "DUPLICATE_TRANSACTION_ID",
    "EVENT_TOO_OLD",
  ]);
});

const credentials: [string, Sent, number, string | undefined][] = [
  ["no token", { token: null }, 401, "CREDENTIALS_MISSING"],
  ["a wrong token", { token: "ya29.none" }, 401, "ACCESS_TOKEN_EXPIRED"],
  ["an expired token", { token: GOOGLE_ADS.expiredAccessToken }, 401, "ACCESS_TOKEN_EXPIRED"],
  ["a token of another scope", { token: GOOGLE_ADS.weakAccessToken }, 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
  [
    "an account without access",
    { body: { destinations: [destination({ operatingAccount: account("9876543210") })] } },
    403,
    "PERMISSION_DENIED",
  ],
  [
    "an account that does not exist",
    { body: { destinations: [destination({ operatingAccount: account("42") })] } },
    403,
    "PERMISSION_DENIED",
  ],
  ["another content type", { headers: { "Content-Type": "text/plain" } }, 400, undefined],
  ["broken JSON", { body: '{"events":' }, 400, undefined],
];
function account(accountId: string): Json {
  return { accountType: "GOOGLE_ADS", accountId };
}
for (const [title, sent, status, reason] of credentials) {
  test(`Data Manager: ${title}: ${status}`, () => {
    const got = ingest(sent);
    assert.equal(got.status, status);
    assert.equal(errorOf(got.json).code, status);
    assert.equal(errorOf(got.json).details?.find((detail) => detail.reason !== undefined)?.reason, reason);
    assert.deepEqual(got.world.accepted, []);
  });
}

const violations: [string, Json, string, string][] = [
  ["no destinations", { destinations: [] }, "destinations", "REQUIRED_FIELD_MISSING"],
  [
    "11 destinations",
    { destinations: Array.from({ length: 11 }, () => destination()) },
    "destinations",
    "TOO_MANY_DESTINATIONS",
  ],
  [
    "an account with dashes",
    { destinations: [destination({ loginAccount: account("111-222-3333") })] },
    "destinations[0].login_account.account_id",
    "INVALID_NUMBER_FORMAT",
  ],
  [
    "an unknown action",
    { destinations: [destination({ productDestinationId: "42" })] },
    "destinations[0].product_destination_id",
    "INVALID_CONVERSION_ACTION_ID",
  ],
  ["no events", { events: [] }, "events", "REQUIRED_FIELD_MISSING"],
  ["2,001 events", { events: Array.from({ length: 2001 }, () => event()) }, "events", "TOO_MANY_EVENTS"],
  ["no encoding", { encoding: undefined }, "encoding", "REQUIRED_FIELD_MISSING"],
  [
    "no time",
    { events: [event({ eventTimestamp: undefined })] },
    "events[0].event_timestamp",
    "REQUIRED_FIELD_MISSING",
  ],
  [
    "a time without an offset",
    { events: [event({ eventTimestamp: "2026-11-21 11:00:00" })] },
    "events[0].event_timestamp",
    "INVALID_FORMAT",
  ],
  [
    "a currency in lower case",
    { events: [event(), event({ currency: "usd" })] },
    "events[1].currency",
    "INVALID_CURRENCY_CODE",
  ],
  ["an unknown source", { events: [event({ eventSource: "web" })] }, "events[0].event_source", "INVALID_ENUM_VALUE"],
  [
    "consent of the other API",
    { events: [event({ consent: { adUserData: "GRANTED" } })] },
    "events[0].consent",
    "INVALID_ENUM_VALUE",
  ],
  [
    "no identifiers",
    { events: [event({ userData: undefined, adIdentifiers: undefined })] },
    "events[0]",
    "NO_IDENTIFIERS_PROVIDED",
  ],
  [
    "a raw e-mail",
    {
      events: [event({ userData: { userIdentifiers: [{ phoneNumber: HASH }, { emailAddress: "jane@example.com" }] } })],
    },
    "events.events[0].user_data.user_identifiers[1]",
    "INVALID_HEX_ENCODING",
  ],
  [
    "a short hash",
    { events: [event({ userData: { userIdentifiers: [{ emailAddress: "abcd" }] } })] },
    "events.events[0].user_data.user_identifiers[0]",
    "INVALID_SHA256_FORMAT",
  ],
  [
    "an address without postal code",
    {
      events: [
        event({
          userData: { userIdentifiers: [{ address: { givenName: HASH, familyName: HASH, regionCode: "US" } }] },
        }),
      ],
    },
    "events.events[0].user_data.user_identifiers[0]",
    "REQUIRED_FIELD_MISSING",
  ],
  [
    "an unknown reference",
    { events: [event({ destinationReferences: ["other"] })] },
    "events[0].destination_references",
    "INVALID_DESTINATION",
  ],
];
for (const [title, body, field, reason] of violations) {
  test(`Data Manager: ${title}: 400 ${reason} at ${field}, and nothing is taken`, () => {
    const { status, json, world } = ingest({ body });
    assert.equal(status, 400);
    const { message, details = [] } = errorOf(json);
    assert.equal(message, "There was a problem with the request.");
    assert.deepEqual(
      details.map((detail) => detail["@type"].split(".").at(-1)),
      ["ErrorInfo", "RequestInfo", "BadRequest"],
    );
    const found = details.at(-1)?.fieldViolations?.map((one) => [one.field, one.reason]);
    assert.deepEqual(found, [[field, reason]]);
    assert.deepEqual(world.accepted, []);
  });
}

test("Data Manager: a name or a type that the message does not have is refused as JSON", () => {
  const unknown = ingest({ body: { events: [event({ gclid: "x" })] } });
  assert.match(errorOf(unknown.json).message, /Unknown name "gclid" at 'events\[0\]': Cannot find field/);
  const text = ingest({ body: { events: [event({ conversionValue: "much" })] } });
  assert.match(errorOf(text.json).message, /Invalid value at 'events\[0\]\.conversionValue' \(TYPE_DOUBLE\)/);
});

test("Data Manager: a person has at most ten identifiers, and a manager must be the account's own", () => {
  const identifiers = (count: number) => ({
    userIdentifiers: Array.from({ length: count }, () => ({ emailAddress: HASH })),
  });
  assert.equal(ingest({ body: { events: [event({ userData: identifiers(10) })] } }).status, 200);
  const eleven = ingest({ body: { events: [event({ userData: identifiers(11) })] } });
  assert.match(eleven.body, /TOO_MANY_USER_IDENTIFIERS/);
  const loginAccount = account(GOOGLE_ADS.otherCustomer);
  assert.equal(ingest({ body: { destinations: [destination({ loginAccount })] } }).status, 403);
});

test("Data Manager: a manager may send for its client, base64 is a coding, and validateOnly takes nothing", () => {
  const loginAccount = account(GOOGLE_ADS.manager);
  assert.equal(ingest({ body: { destinations: [destination({ loginAccount })] } }).status, 200);
  const base64 = Buffer.from(HASH, "hex").toString("base64");
  const events = [event({ userData: { userIdentifiers: [{ emailAddress: base64 }] } })];
  assert.equal(ingest({ body: { events, encoding: "BASE64" } }).status, 200);
  const dry = ingest({ body: { validateOnly: true } });
  assert.deepEqual([dry.status, Object.keys(dry.json), dry.world.accepted], [200, ["requestId"], []]);
  assert.equal(dry.world.object("request", String(dry.json["requestId"])), null);
});

test("Data Manager: a wrong optional field is a warning beside the request's id", () => {
  const items = [{ itemId: "sku-1", quantity: 1, unitPrice: 2 }];
  const events = [event(), event({ transactionId: "order-2", cartData: { merchantId: "shop", items } })];
  const { status, json, world } = ingest({ body: { events } });
  assert.equal(status, 200);
  assert.equal(world.counted().length, 2);
  const warnings = json["fieldWarnings"] as { field: string; reason: string }[];
  assert.deepEqual(
    warnings.map(({ field, reason }) => [field, reason]),
    [
      ["events.events[1].cart_data.merchant_id", "WARNING_REASON_INVALID_MERCHANT_ID"],
      [
        "events.events[1].cart_data.items[0].merchant_product_id",
        "WARNING_REASON_CART_DATA_ITEM_MERCHANT_PRODUCT_ID_MISSING",
      ],
    ],
  );
});

test("Data Manager: an action of tags needs the transaction, leads need their switch, conversions the terms", () => {
  const reasonOf = (json: Json) => errorOf(json).details?.at(-1)?.fieldViolations?.[0]?.reason;
  const destinations = [destination({ productDestinationId: GOOGLE_ADS.webAction })];
  assert.equal(
    reasonOf(ingest({ body: { destinations, events: [event({ transactionId: undefined })] } }).json),
    "REQUIRED_FIELD_MISSING",
  );
  assert.equal(ingest({ body: { destinations } }).status, 200);
  assert.equal(ingest({ body: { events: [event({ transactionId: undefined })] } }).status, 200);
  for (const [fact, reason] of [
    ["terms_signed", "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"],
    ["leads_enabled", "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"],
  ] as const) {
    const world = newWorld();
    world.objects = world.objects.map((one) =>
      one.kind === "customer" ? { ...one, facts: { ...one.facts, [fact]: false } } : one,
    );
    assert.equal(reasonOf(ingest({ world }).json), reason);
  }
});
