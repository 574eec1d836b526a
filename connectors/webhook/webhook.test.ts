import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type {
  ConnectionSettings,
  DeliveryPlan,
  DeliveryRecord,
  JsonObject,
  JsonValue,
  SettingsFault,
} from "@datafly-signal/core";
import connector from "./index.ts";

const URL_GIVEN = "https://hooks.example.com/events";
const FACTS = { now: 1_614_265_330_000, batchId: "b-1" };

function make(parameters: JsonObject, rest: Partial<ConnectionSettings> = {}): DeliveryPlan | SettingsFault[] {
  const settings: ConnectionSettings = { parameters, secrets: {}, batch: {}, environment: "production", ...rest };
  return connector.plan({ ...settings, parameters: { url: URL_GIVEN, ...parameters } });
}

function plan(parameters: JsonObject, rest: Partial<ConnectionSettings> = {}): DeliveryPlan {
  const made = make(parameters, rest);
  assert.ok(!Array.isArray(made), JSON.stringify(made));
  return made;
}

function delivery(payload: JsonValue, messageId = "m-1"): DeliveryRecord {
  const event = { type: "track", messageId, payloadCopy: payload };
  return { deliveryId: `pi_1:${messageId}`, messageId, payload, event } as unknown as DeliveryRecord;
}

const deliveries = (count: number): DeliveryRecord[] =>
  Array.from({ length: count }, (_, n) => delivery({ n }, `m-${n}`));

describe("webhook settings", () => {
  const accepted: readonly (readonly [string, JsonObject, Partial<ConnectionSettings>?])[] = [
    ["port 8443 in production", { url: "https://hooks.example.com:8443/x" }],
    ["port 443 spelled out", { url: "https://hooks.example.com:443/x" }],
    ["spaces around the URL", { url: "  https://hooks.example.com/x " }],
    ["any port in development", { url: "http://127.0.0.1:1234" }, { environment: "development" }],
    ["headers as an object with numbers", { headers: { "X-Version": 2, "X-On": true } }],
    ["headers as an empty text", { headers: "" }],
    [
      "numbers and booleans",
      { batch_enabled: true, batch_size: 50, timeout_ms: 1, max_retries: 0, retry_enabled: false },
    ],
    [
      "their texts",
      { batch_enabled: "TRUE", batch_size: " 50 ", timeout_ms: "60000", max_retries: "5", retry_enabled: "false" },
    ],
    [
      "what a form left empty",
      { method: "", authentication: "", batch_size: "", payload_template: "", timeout_ms: "" },
    ],
    ["lower case methods", { method: "put" }],
    ["no authentication with a token left over", { authentication: "none" }, { secrets: { auth_token: "left over" } }],
    ["an Authorization header of one's own", { headers: { Authorization: "Custom abc" } }],
  ];
  for (const [name, parameters, rest] of accepted) {
    it(`accepts ${name}`, () => void plan(parameters, rest));
  }

  const refused: readonly (readonly [string, JsonObject, string, Partial<ConnectionSettings>?])[] = [
    ["no URL", { url: "" }, "url"],
    ["a URL without a scheme", { url: "hooks.example.com/x" }, "url"],
    ["another scheme", { url: "ftp://hooks.example.com" }, "url"],
    ["javascript", { url: "javascript:alert(1)" }, "url"],
    ["http in production", { url: "http://hooks.example.com" }, "url"],
    ["another port in production", { url: "https://hooks.example.com:22" }, "url"],
    ["a user in the URL", { url: "https://user@hooks.example.com" }, "url"],
    ["a password in the URL", { url: "https://:secret@hooks.example.com" }, "url"],
    ["a parameter that was not filled in", { url: "https://{{pipeline_param.host}}/x" }, "url"],
    ["GET", { method: "GET" }, "method"],
    ["DELETE", { method: "DELETE" }, "method"],
    ["an unknown authentication", { authentication: "digest" }, "authentication"],
    ["bearer without a token", { authentication: "bearer" }, "auth_token"],
    ["a bearer token of spaces", { authentication: "bearer" }, "auth_token", { secrets: { auth_token: " \n" } }],
    [
      "a bearer token with a line break",
      { authentication: "bearer" },
      "auth_token",
      { secrets: { auth_token: "a\r\nX: y" } },
    ],
    ["basic without a colon", { authentication: "basic" }, "auth_token", { secrets: { auth_token: "user" } }],
    ["hmac with a broken secret", { authentication: "hmac" }, "auth_token", { secrets: { auth_token: "whsec_?" } }],
    ["an unknown format", { payload_format: "xml" }, "payload_format"],
    ["custom without a template", { payload_format: "custom" }, "payload_template"],
    ["custom with a template of spaces", { payload_format: "custom", payload_template: " " }, "payload_template"],
    ["headers that are no JSON", { headers: "X-A: b" }, "headers"],
    ["headers that are a list", { headers: '["X-A"]' }, "headers"],
    ["a header with a line break", { headers: { "X-A": "a\r\nX-B: b" } }, "headers"],
    ["a header with an object", { headers: { "X-A": {} } }, "headers"],
    ["a header that is not ASCII", { headers: { "X-A": "ü" } }, "headers"],
    ["a header name with a space", { headers: { "X A": "a" } }, "headers"],
    ["a header given twice", { headers: { "X-A": "a", "x-a": "b" } }, "headers"],
    [
      "Authorization twice",
      { headers: { authorization: "a" }, authentication: "bearer" },
      "headers",
      { secrets: { auth_token: "t" } },
    ],
    ["a batch of none", { batch_size: "0" }, "batch_size"],
    ["a batch beyond 1000", { batch_size: 1001 }, "batch_size"],
    ["half an event", { batch_size: 1.5 }, "batch_size"],
    ["a number with a unit", { timeout_ms: "30s" }, "timeout_ms"],
    ["more than a minute", { timeout_ms: 60_001 }, "timeout_ms"],
    ["a sixth retry", { max_retries: "6" }, "max_retries"],
    ["a negative retry", { max_retries: -1 }, "max_retries"],
    ["a switch that is neither", { retry_enabled: "yes" }, "retry_enabled"],
    ["batch spelled two ways that differ", { batch_enabled: "false" }, "batch_enabled", { batch: { size: 5 } }],
    ["a batch size that is no number", {}, "batch.size", { batch: { size: Number.NaN } }],
    ["a batch without bytes", {}, "batch.bytes", { batch: { bytes: 0 } }],
  ];
  for (const [name, parameters, field, rest] of refused) {
    it(`refuses ${name}`, () => {
      const made = make(parameters, rest);
      assert.ok(Array.isArray(made));
      assert.deepEqual(
        made.map((fault) => fault.field),
        [field],
      );
    });
  }

  const own = [
    "Host",
    "content-length",
    "Transfer-Encoding",
    "CONNECTION",
    "Keep-Alive",
    "Upgrade",
    "TE",
    "Trailer",
    "Expect",
    "Accept-Encoding",
    "Content-Encoding",
    "X-Signature",
    "webhook-id",
    "Webhook-Signature",
    "webhook-anything",
    "X-Signal-Delivery-Id",
    "x-signal-delivery-ids",
    "Proxy-Authorization",
  ];
  for (const name of own) {
    it(`refuses the header ${name}`, () => assert.ok(Array.isArray(make({ headers: { [name]: "1" } }))));
  }

  it("takes the batch of the revision before the flat fields", () => {
    assert.deepEqual(plan({ batch_enabled: "true" }).batch, { size: 100, bytes: 1_048_576, intervalMs: 5_000 });
    const both = plan({ batch_enabled: "true", batch_size: "10", batch_interval_ms: "10" }, { batch: { size: 20 } });
    assert.deepEqual(both.batch, { size: 20, bytes: 1_048_576, intervalMs: 10 });
    assert.equal(plan({}, { batch: { size: 20, bytes: 5, intervalMs: 7 } }).batch.size, 20);
    assert.deepEqual(plan({}, { batch: { intervalMs: 7 } }).batch.size, 1);
  });

  it("turns into a plan", () => {
    const { timeoutMs, maxRetries, guarded, batch } = plan({});
    assert.deepEqual({ timeoutMs, maxRetries, guarded }, { timeoutMs: 30_000, maxRetries: 5, guarded: true });
    assert.deepEqual([batch.size, batch.intervalMs], [1, 0]);
    assert.equal(plan({ max_retries: "2" }).maxRetries, 2);
    assert.equal(plan({ retry_enabled: "false", max_retries: "2" }).maxRetries, 0);
  });
});

describe("webhook requests", () => {
  it("makes one request an event without batching", () => {
    const built = plan({}).build(deliveries(3), FACTS);
    assert.deepEqual(
      built.requests.map(({ covers, body }) => [covers, body]),
      [
        [[0], '{"n":0}'],
        [[1], '{"n":1}'],
        [[2], '{"n":2}'],
      ],
    );
  });

  it("makes an array of one", () => {
    const built = plan({ batch_enabled: true }).build(deliveries(1), FACTS);
    assert.deepEqual(
      built.requests.map(({ body }) => body),
      ['[{"n":0}]'],
    );
    assert.equal(built.requests[0]?.headers["X-Signal-Delivery-Ids"], "pi_1:m-0");
  });

  it("sends any payload as JSON", () => {
    for (const payload of [null, 0, "", "text", [], {}, { a: [1, { b: "é\u2028" }] }]) {
      assert.equal(plan({}).build([delivery(payload)], FACTS).requests[0]?.body, JSON.stringify(payload));
    }
  });

  it("refuses a payload that cannot be written, and only that", () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    for (const batch_enabled of [true, false]) {
      const given = [delivery({ n: 0 }, "m-0"), delivery(deep, "m-1"), delivery({ n: 2 }, "m-2")];
      const { requests, refused } = plan({ batch_enabled }).build(given, FACTS);
      assert.deepEqual(refused, [{ index: 1, reason: "The payload is nested too deep to be written as JSON." }]);
      assert.deepEqual(
        requests.flatMap(({ covers }) => covers),
        [0, 2],
      );
    }
  });

  it("puts ids into headers whatever the client called its messages", () => {
    const ids = ["a,b", "a\r\nX: y", "ü", "100%", "\ud800", "😀", "x".repeat(255)];
    for (const id of ids) {
      const { requests } = plan({ authentication: "hmac" }, { secrets: { auth_token: "text" } }).build(
        [delivery({}, id)],
        FACTS,
      );
      for (const value of Object.values(requests[0]?.headers ?? {})) assert.match(value, /^[\x20-\x7e]+$/);
    }
    assert.equal(
      plan({}).build([delivery({}, "a,b%ü")], FACTS).requests[0]?.headers["X-Signal-Delivery-Id"],
      "pi_1:a%2Cb%25%C3%BC",
    );
  });

  it("leaves a list of ids out that servers would refuse", () => {
    const parameters = { batch_enabled: true, batch_size: 1000 };
    const { requests } = plan(parameters).build(deliveries(1000), FACTS);
    assert.equal(requests[0]?.covers.length, 1000);
    assert.equal(requests[0]?.headers["X-Signal-Delivery-Ids"], undefined);
    const usual = Array.from({ length: 100 }, (_, n) => {
      const record = delivery({ n });
      return {
        ...record,
        deliveryId: `pi_0123456789abcdefghijklmnop:a1b2c3d4-e5f6-7890-abcd-ef12345678${String(n).padStart(2, "0")}`,
      };
    });
    const listed = plan({ batch_enabled: true }).build(usual, FACTS).requests[0]?.headers["X-Signal-Delivery-Ids"];
    assert.equal(listed?.split(",").length, 100);
  });

  const BATCH_TEMPLATE = '{"n":[{{#each batch}}{{payload.n}}{{#unless @last}},{{/unless}}{{/each}}]}';
  const custom = { batch_enabled: true, payload_format: "custom", payload_template: BATCH_TEMPLATE };

  it("renders a batch with one template", () => {
    const { requests } = plan(custom).build(deliveries(3), FACTS);
    assert.deepEqual(
      requests.map(({ body, covers }) => [body, covers]),
      [['{"n":[0,1,2]}', [0, 1, 2]]],
    );
  });

  it("splits a batch around the events its template cannot take, alike in every try", () => {
    const signed = plan({ ...custom, authentication: "hmac" }, { secrets: { auth_token: "text" } });
    const given = [...deliveries(2), delivery({ n: "no number" }, "bad"), ...deliveries(4).slice(2)];
    const { requests, refused } = signed.build(given, FACTS);
    assert.deepEqual(
      refused.map(({ index }) => index),
      [2],
    );
    assert.deepEqual(
      requests.flatMap(({ covers }) => covers),
      [0, 1, 3, 4],
    );
    const ids = requests.map(({ headers }) => headers["webhook-id"]);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      signed.build(given, { ...FACTS, now: FACTS.now + 60_000 }).requests.map(({ headers }) => headers["webhook-id"]),
      ids,
    );
  });

  it("never writes values of an event into a reason", () => {
    const { refused } = plan({ payload_format: "custom", payload_template: '{"a": {{payload.a}} }' }).build(
      [delivery({ a: "jane@example.com" })],
      FACTS,
    );
    assert.equal(refused.length, 1);
    assert.doesNotMatch(JSON.stringify(refused), /jane/);
  });

  it("does not let a value break out of its JSON string", () => {
    const template = { payload_format: "custom", payload_template: '{"a":"{{payload.a}}"}' };
    const { requests } = plan(template).build([delivery({ a: '","admin":true,"b":"' })], FACTS);
    assert.deepEqual(JSON.parse(String(requests[0]?.body)), { a: '","admin":true,"b":"' });
  });

  it("sends other formats as they are rendered", () => {
    const parameters = {
      headers: { "Content-Type": "application/xml; charset=utf-8" },
      payload_format: "custom",
      payload_template: "<n>{{payload.n}}</n>",
    };
    const { requests } = plan(parameters).build([delivery({ n: "<&" })], FACTS);
    assert.equal(requests[0]?.body, "<n>&lt;&amp;</n>");
    assert.equal(requests[0]?.headers["Content-Type"], "application/xml; charset=utf-8");
  });
});

describe("webhook answers", () => {
  const request = { method: "POST", url: URL_GIVEN, headers: {}, body: null, covers: [0] } as const;
  const wait = (headers: Record<string, string>, facts?: { now: number }): number | undefined => {
    const [outcome] = plan({}).classify({ status: 503, headers, body: "" }, { ...request, covers: [0] }, facts);
    return outcome !== undefined && "retryAfterMs" in outcome ? outcome.retryAfterMs : undefined;
  };
  const now = Date.UTC(2026, 1, 25, 14, 30);
  const cases: readonly (readonly [
    name: string,
    headers: Record<string, string>,
    expected: number | undefined,
    now?: number,
  ])[] = [
    ["seconds", { "retry-after": "30" }, 30_000],
    ["zero", { "retry-after": "0" }, 0],
    ["seconds in spaces", { "retry-after": " 5 " }, 5_000],
    ["no more than an hour", { "retry-after": "999999999999999999999999" }, 3_600_000],
    ["a date", { "retry-after": "Wed, 25 Feb 2026 14:31:00 GMT" }, 60_000, now],
    ["a date that has passed", { "retry-after": "Wed, 25 Feb 2026 14:29:00 GMT" }, 0, now],
    ["a date of the old form", { "retry-after": "Wednesday, 25-Feb-26 14:31:00 GMT" }, 60_000, now],
    ["a date of C", { "retry-after": "Wed Feb 25 14:31:00 2026" }, 60_000, now],
    [
      "a date against the answer's own",
      { "retry-after": "Wed, 25 Feb 2026 14:31:00 GMT", date: "Wed, 25 Feb 2026 14:30:00 GMT" },
      60_000,
    ],
    ["a date against nothing", { "retry-after": "Wed, 25 Feb 2026 14:31:00 GMT" }, undefined],
    ["a fraction", { "retry-after": "1.5" }, undefined, now],
    ["a negative number", { "retry-after": "-1" }, undefined, now],
    ["words", { "retry-after": "soon" }, undefined, now],
    ["half a date", { "retry-after": "Wed, 99 Feb" }, undefined, now],
    ["nothing", {}, undefined, now],
  ];
  for (const [name, headers, expected, at] of cases) {
    it(`reads Retry-After: ${name}`, () =>
      assert.equal(wait(headers, at === undefined ? undefined : { now: at }), expected));
  }
});
