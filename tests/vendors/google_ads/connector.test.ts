/** The connector against the simulated Google: what blueprints send is taken, and each answer becomes the right outcome. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionTestResult, DeliveryRecord, JsonObject, JsonValue, VendorOutcome } from "@datafly-signal/core";
import { CASE_NOW, deliveryOf } from "@datafly-signal/connectors/contract-case";
import { openRig, type Rig } from "../connector-rig.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { GOOGLE_ADS } from "./simulator.ts";

const { customer, manager, uploadAction } = GOOGLE_ADS;
const BLUEPRINTS = ["default", "funnel", "leads", "media", "retail", "travel"];
/** Names that blueprints ask a conversion action of their own for. */
const NAMED = [
  ...["add_to_cart", "begin_checkout", "add_payment_info", "sign_up", "contact", "appointment_scheduled", "subscribe"],
  ...["demo_requested", "qualify_lead", "close_convert_lead", "trial_started", "newsletter_subscribed"],
  ...["generate_lead", "loyalty_enrolled"],
];

interface Given {
  blueprint?: string;
  parameters?: JsonObject;
  secrets?: Record<string, string>;
  now?: () => number;
}

function open({ blueprint = "default", parameters = {}, secrets = {}, now }: Given = {}): Promise<Rig> {
  const actions = Object.fromEntries(NAMED.map((name) => [name, uploadAction]));
  return openRig("google_ads", {
    blueprint,
    settings: {
      parameters: {
        customer_id: customer,
        conversion_action_id: uploadAction,
        conversion_action_map: actions,
        oauth_client_id: GOOGLE_ADS.clientId,
        ...parameters,
      },
      secrets: {
        oauth_client_secret: GOOGLE_ADS.clientSecret,
        refresh_token: GOOGLE_ADS.refreshToken,
        ...secrets,
      },
    },
    ...(now !== undefined && { now }),
  });
}

const openAdsApi = ({ parameters, secrets, ...given }: Given = {}): Promise<Rig> =>
  open({
    ...given,
    parameters: { api: "google_ads", ...parameters },
    secrets: { developer_token: GOOGLE_ADS.developerToken, ...secrets },
  });

const ISO = new Date(CASE_NOW - 60_000).toISOString();

function conversion(index: number, changes: JsonObject = {}, vendorEventName = "conversion"): DeliveryRecord {
  const payload: JsonValue = {
    eventTimestamp: ISO,
    transactionId: `ORD-${index}`,
    conversionValue: 10,
    currency: "GBP",
    adIdentifiers: { gclid: GOOGLE_ADS.gclid },
    ...changes,
  };
  const event = vendorEventName === "conversion" ? "purchase" : "refund";
  return deliveryOf({ event, messageId: `message-${index}`, timestamp: ISO }, { index, payload, vendorEventName });
}

const kinds = (outcomes: readonly VendorOutcome[]): string[] => outcomes.map(({ kind }) => kind);
const reasonOf = (outcome: VendorOutcome | undefined): string =>
  outcome !== undefined && "reason" in outcome ? outcome.reason : "";

async function testConnection(rig: Rig): Promise<ConnectionTestResult | string> {
  const { plan, simulator, world } = rig;
  assert.ok(plan.test !== undefined && plan.token !== undefined);
  const ask = (request: Parameters<typeof simulatedRequest>[0]) =>
    readAnswer(simulator.handle(simulatedRequest(request, world.now()), world));
  const token = plan.token.read(ask(await plan.token.request(world.now())), world.now());
  if (!("token" in token)) return token.reason;
  const facts = { now: world.now(), batchId: "test", token: token.token };
  const result = plan.test.read(ask(plan.test.request(facts)));
  assert.equal(world.accepted.length, 0, "a test records nothing");
  return result;
}

describe("what blueprints send to the Data Manager API", () => {
  for (const blueprint of BLUEPRINTS) {
    it(`${blueprint}: every event is taken, and nothing of it is flagged`, async () => {
      const rig = await open({ blueprint, parameters: { login_customer_id: manager, merchant_id: "5432101234" } });
      const samples = rig.samples();
      assert.ok(samples.length >= 20);
      for (const { title, given } of samples) {
        const { world, send, delivery } = await open({ blueprint });
        const { outcomes } = await send([delivery(given)]);
        assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
        assert.deepEqual(world.warnings, [], title);
        assert.equal(world.counted().length, 1, title);
      }
    });
  }

  it("many events go as few requests, one for each conversion action", async () => {
    const { samples, delivery, send, world } = await open({ parameters: { conversion_action_map: {} } });
    const given = samples().filter(({ event, fields }) => event !== "refund" && fields === "required");
    const { outcomes, exchanges } = await send(given.map(({ given: event }, index) => delivery(event, index)));
    assert.ok(kinds(outcomes).every((kind) => kind === "delivered"));
    assert.equal(exchanges.length, 1);
    assert.equal(world.accepted.length, given.length);
  });

  it("a copy counts once, and a refund gives the order its new value", async () => {
    const { send, world } = await open();
    await send([conversion(1)]);
    await send([conversion(1)]);
    assert.equal(world.counted().length, 1);
    assert.deepEqual(world.warnings, ["DUPLICATE_TRANSACTION_ID ORD-1"]);
    const { outcomes } = await send([conversion(1, { conversionValue: 0 }, "adjustment")]);
    assert.deepEqual(kinds(outcomes), ["delivered"]);
    assert.equal(world.counted().length, 1);
    assert.equal(world.warnings.length, 1);
  });

  it("validate_only leaves nothing behind", async () => {
    const { send, world } = await open({ parameters: { validate_only: "true" } });
    assert.deepEqual(kinds((await send([conversion(1)])).outcomes), ["delivered"]);
    assert.equal(world.accepted.length, 0);
  });
});

describe("what blueprints send to the Google Ads API", () => {
  for (const blueprint of BLUEPRINTS) {
    it(`${blueprint}: every conversion and adjustment is taken`, async () => {
      for (const { title, given } of (await openAdsApi({ blueprint })).samples()) {
        const { world, send, delivery } = await openAdsApi({ blueprint });
        const made = delivery(given);
        if (made.vendorEventName === "adjustment") {
          const { transactionId = "" } = made.payload as { transactionId?: string };
          await send([
            conversion(1, {
              transactionId,
              eventTimestamp: new Date(CASE_NOW - 86_400_000).toISOString(),
              adIdentifiers: { gbraid: "0AAAAA-gbraid" },
            }),
          ]);
        }
        const { outcomes } = await send([made]);
        assert.deepEqual(outcomes, [{ kind: "delivered" }], title);
        assert.deepEqual(world.warnings, [], title);
      }
    });
  }

  it("a copy is known again, and retracts once", async () => {
    const { send, world } = await openAdsApi();
    await send([conversion(1)]);
    assert.deepEqual((await send([conversion(1)])).outcomes, [{ kind: "delivered" }]);
    const refund = conversion(
      1,
      { conversionValue: 0, eventTimestamp: new Date(CASE_NOW).toISOString() },
      "adjustment",
    );
    assert.deepEqual(kinds((await send([refund])).outcomes), ["delivered"]);
    assert.deepEqual(kinds((await send([refund])).outcomes), ["delivered"]);
    assert.deepEqual(
      world.counted().map(({ name }) => name),
      ["conversion", "RETRACTION"],
    );
  });

  it("two copies in one request are parted, as Google takes neither", async () => {
    const { settle, world } = await openAdsApi();
    const { outcomes } = await settle([conversion(1), conversion(2), conversion(1)]);
    assert.deepEqual(kinds(outcomes), ["delivered", "delivered", "delivered"]);
    assert.equal(world.counted().length, 2);
  });
});

describe("answers of the Data Manager API", () => {
  const BAD: Readonly<Record<string, JsonObject>> = {
    "a currency that is none": { currency: "POUNDS" },
    "a value that is no number": { conversionValue: "much" },
    "a time that is none": { eventTimestamp: "yesterday" },
    "a field that there is not": { orderNumber: "1" },
    "a source that there is not": { eventSource: "TELEPATHY" },
  };
  for (const [name, changes] of Object.entries(BAD)) {
    it(`${name}: exactly that event is refused`, async () => {
      const { settle, world } = await open();
      const batch = [1, 2, 3, 4, 5].map((index) => conversion(index, index === 3 ? changes : {}));
      const { outcomes } = await settle(batch);
      assert.deepEqual(kinds(outcomes), ["delivered", "delivered", "reject", "delivered", "delivered"]);
      assert.match(reasonOf(outcomes[2]), /^Google refused /);
      assert.equal(world.counted().length, 4);
    });
  }

  it("contact details in clear and events without identifiers never leave", async () => {
    const { settle } = await open();
    const clear = { userData: { userIdentifiers: [{ emailAddress: "jane@example.com" }] } };
    const { outcomes, requests } = await settle([
      conversion(1, { ...clear, adIdentifiers: {} }),
      conversion(2, clear),
      conversion(3, { adIdentifiers: {} }),
    ]);
    assert.deepEqual(kinds(outcomes), ["reject", "delivered", "reject"]);
    for (const { body } of requests) assert.ok(!String(body).includes("jane@"));
  });

  const WRONG: readonly (readonly [name: string, given: Given, says: RegExp])[] = [
    ["a conversion action that there is not", { parameters: { conversion_action_id: "1" } }, /conversion_action_id/],
    ["a customer without access", { parameters: { customer_id: GOOGLE_ADS.otherCustomer } }, /customer_id/],
    ["a manager that manages another", { parameters: { login_customer_id: "5556667777" } }, /login_customer_id/],
    ["a refresh token without the scope", { secrets: { refresh_token: GOOGLE_ADS.weakRefreshToken } }, /scope/],
    ["a revoked refresh token", { secrets: { refresh_token: GOOGLE_ADS.revokedRefreshToken } }, /refresh_token/],
    ["a wrong client secret", { secrets: { oauth_client_secret: "GOCSPX-another" } }, /oauth_client_secret/],
  ];
  for (const [name, given, says] of WRONG) {
    it(`${name}: misconfigured`, async () => {
      const { send, world } = await open(given);
      const { outcomes } = await send([conversion(1), conversion(2)]);
      assert.deepEqual(kinds(outcomes), ["misconfigured", "misconfigured"]);
      assert.match(reasonOf(outcomes[0]), says);
      assert.equal(world.accepted.length, 0);
    });
  }

  it("terms that are not accepted: misconfigured", async () => {
    const { send, world } = await open();
    const account = world.objects.find(({ id }) => id === customer);
    assert.ok(account);
    account.facts = { ...account.facts, terms_signed: false };
    const { outcomes } = await send([conversion(1)]);
    assert.deepEqual(kinds(outcomes), ["misconfigured"]);
    assert.match(reasonOf(outcomes[0]), /terms/);
  });

  it("an access token that has ended is asked for anew", async () => {
    const { plan, world, simulator } = await open();
    const [request] = plan.build([conversion(1)], {
      now: CASE_NOW,
      batchId: "1",
      token: GOOGLE_ADS.expiredAccessToken,
    }).requests;
    assert.ok(request);
    const { status, headers, body } = readAnswer(simulator.handle(simulatedRequest(request, CASE_NOW), world));
    assert.deepEqual(kinds(plan.classify({ status, headers, body }, request, { now: CASE_NOW })), ["refresh"]);
  });

  it("outages are tried again, and throttling waits as long as asked", async () => {
    const { send, world } = await open();
    // The first request of each is for the token.
    for (const [misbehaviour, outcome] of [
      ["error", { kind: "retry" }],
      [
        { kind: "unavailable", retryAfterSeconds: 30 },
        { kind: "retry", retryAfterMs: 30_000 },
      ],
      [
        { kind: "throttled", retryAfterSeconds: 60 },
        { kind: "throttle", retryAfterMs: 60_000 },
      ],
      ["html", { kind: "retry" }],
    ] as const) {
      const { plan } = await open();
      world.next(misbehaviour);
      const [request] = plan.build([conversion(1)], {
        now: CASE_NOW,
        batchId: "1",
        token: GOOGLE_ADS.accessToken,
      }).requests;
      assert.ok(request);
      const answer = readAnswer((await open()).simulator.handle(simulatedRequest(request, CASE_NOW), world));
      const [made] = plan.classify(answer, request, { now: CASE_NOW });
      assert.ok(made);
      const { kind } = made;
      assert.deepEqual({ kind, ...("retryAfterMs" in made && { retryAfterMs: made.retryAfterMs }) }, outcome);
    }
    assert.deepEqual(kinds((await send([conversion(1)])).outcomes), ["delivered"]);
  });
});

describe("answers of the Google Ads API", () => {
  it("tells rows apart", async () => {
    const { send, world } = await openAdsApi();
    const click = (gclid: string) => ({ adIdentifiers: { gclid } });
    const { outcomes } = await send([
      conversion(1),
      conversion(2, click(GOOGLE_ADS.unknownGclid)),
      conversion(3, click(GOOGLE_ADS.recentGclid)),
      conversion(4, click(GOOGLE_ADS.oldGclid)),
      conversion(5, click(GOOGLE_ADS.foreignGclid)),
      conversion(6, click("!")),
      conversion(7, { currency: "POUNDS" }),
    ]);
    const expected = ["delivered", "reject", "retry", "reject", "reject", "reject", "reject"];
    assert.deepEqual(kinds(outcomes), expected);
    assert.match(reasonOf(outcomes[3]), /EXPIRED_EVENT/);
    assert.equal(world.counted().length, 1);
  });

  const WRONG: readonly (readonly [name: string, given: Given, says: RegExp])[] = [
    ["a conversion action that there is not", { parameters: { conversion_action_id: "1" } }, /conversion_action_id/],
    [
      "one of the website's tag",
      { parameters: { conversion_action_id: GOOGLE_ADS.webAction } },
      /conversion_action_id/,
    ],
    ["a customer without access", { parameters: { customer_id: GOOGLE_ADS.otherCustomer } }, /customer_id/],
    ["a developer token that is none", { secrets: { developer_token: "another" } }, /developer_token/],
    ["a new developer token", { secrets: { developer_token: GOOGLE_ADS.newDeveloperToken } }, /data_manager/],
    ["a refresh token without the scope", { secrets: { refresh_token: GOOGLE_ADS.weakRefreshToken } }, /scope/],
  ];
  for (const [name, given, says] of WRONG) {
    it(`${name}: misconfigured`, async () => {
      const { outcomes } = await (await openAdsApi(given)).send([conversion(1)]);
      assert.deepEqual(kinds(outcomes), ["misconfigured"]);
      assert.match(reasonOf(outcomes[0]), says);
    });
  }

  it("a conversion action made just now takes conversions later", async () => {
    const rig = await openAdsApi({ parameters: { conversion_action_id: GOOGLE_ADS.freshAction } });
    const { outcomes } = await rig.send([conversion(1)]);
    assert.deepEqual(kinds(outcomes), ["retry"]);
  });

  it("a refund of an order that Google does not know is refused", async () => {
    const { outcomes } = await (await openAdsApi()).send([conversion(1, { conversionValue: 0 }, "adjustment")]);
    assert.deepEqual(kinds(outcomes), ["reject"]);
    assert.match(reasonOf(outcomes[0]), /CONVERSION_NOT_FOUND/);
  });
});

describe("the connection test", () => {
  const TESTS: readonly (readonly [name: string, given: Given, result: object | RegExp])[] = [
    ["goes well", {}, { ok: true }],
    ["goes well through a manager", { parameters: { login_customer_id: manager } }, { ok: true }],
    [
      "names a wrong conversion action",
      { parameters: { conversion_action_id: "1" } },
      { kind: "not_found", field: "conversion_action_id" },
    ],
    [
      "names a refresh token without the scope",
      { secrets: { refresh_token: GOOGLE_ADS.weakRefreshToken } },
      { kind: "permission", field: "refresh_token" },
    ],
    ["names a revoked refresh token", { secrets: { refresh_token: GOOGLE_ADS.revokedRefreshToken } }, /refresh_token/],
  ];
  for (const [name, given, result] of TESTS) {
    for (const [api, rig] of [
      ["Data Manager API", open],
      ["Google Ads API", openAdsApi],
    ] as const) {
      it(`${name} (${api})`, async () => {
        const made = await testConnection(await rig(given));
        if (result instanceof RegExp) return assert.match(String(made), result);
        assert.ok(typeof made === "object");
        const told = made.ok ? { ok: true } : { kind: made.kind, field: made.field };
        return assert.deepEqual(told, result);
      });
    }
  }

  it("tells a customer without access", async () => {
    const other = { parameters: { customer_id: GOOGLE_ADS.otherCustomer } };
    const made = [await testConnection(await open(other)), await testConnection(await openAdsApi(other))];
    assert.deepEqual(
      made.map((one) => (typeof one === "object" && !one.ok ? [one.kind, one.field] : one)),
      [
        ["permission", "customer_id"],
        ["permission", "login_customer_id"],
      ],
    );
  });
});
