import assert from "node:assert/strict";
import { test } from "node:test";
import { mutations } from "../garbage.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import type { World } from "../world.ts";
import { GA4, simulator } from "./simulator.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const MICROS = NOW * 1000;
const HOUR = 3600 * 1e6;
const HASH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

type Json = Record<string, unknown>;

function purchase(changes: Json = {}): Json {
  return {
    name: "purchase",
    params: {
      transaction_id: "T-1",
      value: 30.03,
      currency: "USD",
      session_id: "1700000000",
      engagement_time_msec: 100,
      items: [{ item_id: "SKU_12345", item_name: "Stan and Friends Tee", price: 10.01, quantity: 3 }],
      ...changes,
    },
  };
}

function payload(changes: Json = {}): Json {
  return { client_id: "123456.7654321", timestamp_micros: MICROS - HOUR, events: [purchase()], ...changes };
}

interface Sent {
  debug?: boolean;
  host?: string;
  query?: Record<string, string>;
  method?: string;
  body?: unknown;
  world?: World;
}

function send(sent: Sent = {}) {
  const world = sent.world ?? simulator.newWorld(() => NOW);
  const query = new URLSearchParams(sent.query ?? { measurement_id: GA4.measurementId, api_secret: GA4.secret });
  const path = sent.debug === true ? "/debug/mp/collect" : "/mp/collect";
  const url = `https://${sent.host ?? "www.google-analytics.com"}${path}?${query.toString()}`;
  const body = typeof sent.body === "string" ? sent.body : JSON.stringify(sent.body ?? payload());
  const headers = { "Content-Type": "application/json" };
  const request = simulatedRequest({ method: sent.method ?? "POST", url, headers, body }, NOW);
  return { world, ...readAnswer(simulator.handle(request, world)) };
}

function messagesOf(body: unknown, query?: Record<string, string>) {
  const { status, body: text } = send({ debug: true, body, ...(query === undefined ? {} : { query }) });
  assert.equal(status, 200);
  return (
    JSON.parse(text) as { validationMessages: { fieldPath?: string; description: string; validationCode: string }[] }
  ).validationMessages;
}

test("a purchase is kept: 204 and no body; in the EU likewise", () => {
  for (const host of simulator.hosts) {
    const { status, body, world } = send({ host });
    assert.deepEqual([status, body], [204, ""]);
    assert.equal(world.counted().length, 1);
    assert.deepEqual(world.warnings, []);
  }
});

const dropped: [string, Sent][] = [
  ["a wrong secret", { query: { measurement_id: GA4.measurementId, api_secret: "wrong" } }],
  ["no secret", { query: { measurement_id: GA4.measurementId } }],
  ["a secret of another stream", { query: { measurement_id: GA4.measurementId, api_secret: GA4.appSecret } }],
  ["an unknown stream", { query: { measurement_id: "G-NONE", api_secret: GA4.secret } }],
  ["no stream", { query: { api_secret: GA4.secret } }],
  ["no client", { body: payload({ client_id: undefined }) }],
  ["broken JSON", { body: '{"client_id":' }],
  ["a list", { body: "[]" }],
  ["an unknown field", { body: payload({ clientId: "1.2" }) }],
  ["no events", { body: payload({ events: [] }) }],
  ["26 events", { body: payload({ events: Array.from({ length: 26 }, () => purchase()) }) }],
  ["a body over 130 kB", { body: payload({ user_agent: "x".repeat(130_000) }) }],
  ["a time in the future", { body: payload({ timestamp_micros: MICROS + HOUR }) }],
  [
    "a time in milliseconds",
    { body: payload({ timestamp_micros: NOW, validation_behavior: "ENFORCE_RECOMMENDATIONS" }) },
  ],
  ["consent that is no status", { body: payload({ consent: { ad_user_data: "yes" } }) }],
];
for (const [title, sent] of dropped) {
  test(`${title}: 204 all the same, nothing is kept, and only the world knows why`, () => {
    const { status, world } = send(sent);
    assert.equal(status, 204);
    assert.deepEqual(world.counted(), []);
    assert.notDeepEqual(world.warnings, []);
  });
}

test("the validation server answers the documented example word for word", () => {
  assert.deepEqual(messagesOf(payload({ events: [{ name: "_badEventName", params: {} }] })), [
    {
      fieldPath: "events",
      description:
        "Event at index: [0] has invalid name [_badEventName]. Names must start with an alphabetic character.",
      validationCode: "NAME_INVALID",
    },
  ]);
});

test("the validation server does not know secrets, and keeps nothing", () => {
  const query = { measurement_id: "G-NONE", api_secret: "wrong" };
  assert.deepEqual(messagesOf(payload(), query), []);
  assert.deepEqual(send({ debug: true }).world.accepted, []);
});

const strict = { validation_behavior: "ENFORCE_RECOMMENDATIONS" };
const validations: [string, Json, string, string | undefined][] = [
  ["no client", payload({ client_id: undefined }), "VALUE_REQUIRED", "client_id"],
  ["a client of another form, enforced", payload({ client_id: "18", ...strict }), "VALUE_INVALID", "client_id"],
  ["no events", payload({ events: undefined }), "VALUE_REQUIRED", "events"],
  [
    "too many events",
    payload({ events: Array.from({ length: 26 }, () => purchase()) }),
    "EXCEEDED_MAX_ENTITIES",
    "events",
  ],
  ["a reserved event", payload({ events: [{ name: "session_start" }] }), "NAME_RESERVED", "events"],
  ["an app's event", payload({ events: [{ name: "screen_view" }] }), "NAME_RESERVED", "events"],
  ["a name with a blank", payload({ events: [{ name: "Order Completed" }] }), "NAME_INVALID", "events"],
  ["a name of 41 letters", payload({ events: [{ name: "a".repeat(41) }] }), "NAME_INVALID", "events"],
  ["a field events do not have", payload({ events: [{ names: "a" }] }), "VALUE_INVALID", undefined],
  ["26 parameters", payload({ events: [purchase(parameters(20))] }), "EXCEEDED_MAX_ENTITIES", "events[0].params"],
  [
    "a reserved parameter",
    payload({ events: [purchase({ google_x: 1 })] }),
    "NAME_RESERVED",
    "events[0].params.google_x",
  ],
  [
    "a long value",
    payload({ events: [purchase({ coupon: "x".repeat(101) })] }),
    "VALUE_OUT_OF_BOUNDS",
    "events[0].params.coupon",
  ],
  [
    "an object as a value",
    payload({ events: [purchase({ page: { url: "a" } })] }),
    "VALUE_INVALID",
    "events[0].params.page",
  ],
  ["a value as text", payload({ events: [purchase({ value: "30" })] }), "VALUE_INVALID", "events[0].params.value"],
  [
    "an item without a name",
    payload({ events: [purchase({ items: [{ price: 1 }] })] }),
    "VALUE_REQUIRED",
    "events[0].params.items[0]",
  ],
  [
    "a value without currency, enforced",
    payload({ ...strict, events: [purchase({ currency: undefined })] }),
    "VALUE_REQUIRED",
    "events[0].params.currency",
  ],
  [
    "73 hours ago, enforced",
    payload({ ...strict, timestamp_micros: MICROS - 73 * HOUR }),
    "VALUE_OUT_OF_BOUNDS",
    "timestamp_micros",
  ],
  [
    "a raw e-mail",
    payload({ user_data: { sha256_email_address: ["jane@example.com"] } }),
    "VALUE_INVALID",
    "user_data.sha256_email_address",
  ],
  [
    "four e-mails",
    payload({ user_data: { sha256_email_address: [HASH, HASH, HASH, HASH] } }),
    "EXCEEDED_MAX_ENTITIES",
    "user_data.sha256_email_address",
  ],
  [
    "a long user property",
    payload({ user_properties: { tier: { value: "x".repeat(37) } } }),
    "VALUE_INVALID",
    "user_properties.tier",
  ],
  [
    "a reserved user property",
    payload({ user_properties: { ga_tier: { value: "a" } } }),
    "NAME_RESERVED",
    "user_properties.ga_tier",
  ],
];
function parameters(count: number): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, index]));
}
for (const [title, body, code, fieldPath] of validations) {
  test(`the validation server finds ${title}: ${code}`, () => {
    const found = messagesOf(body);
    assert.equal(found.length, 1, JSON.stringify(found));
    assert.equal(found[0]?.validationCode, code);
    assert.equal(found[0]?.fieldPath, fieldPath);
    assert.deepEqual(
      Object.keys(found[0] ?? {}).filter((key) => !["fieldPath", "description", "validationCode"].includes(key)),
      [],
    );
  });
}

test("relaxed, 73 hours ago and an odd client are fine, and a long value costs no event", () => {
  assert.deepEqual(messagesOf(payload({ client_id: "18", timestamp_micros: String(MICROS - 73 * HOUR) })), []);
  const long = send({ body: payload({ events: [purchase({ coupon: "x".repeat(101) })] }) });
  assert.equal(long.world.counted().length, 1);
  assert.equal(long.world.warnings.length, 1);
});

test("a bad name costs only its own event", () => {
  const { world } = send({
    body: payload({ events: [{ name: "_bad" }, { name: "login", params: { method: "mail" } }] }),
  });
  assert.deepEqual(
    world.counted().map(({ name }) => name),
    ["login"],
  );
});

test("an app's stream asks for its instance", () => {
  const query = { firebase_app_id: GA4.firebaseAppId, api_secret: GA4.appSecret };
  const app = (app_instance_id: string) => payload({ client_id: undefined, app_instance_id });
  assert.equal(send({ query, body: app("0123456789abcdef0123456789ABCDEF") }).world.counted().length, 1);
  assert.equal(send({ query, body: app("short") }).world.counted().length, 0);
  const screen = { ...app("0123456789abcdef0123456789abcdef"), events: [{ name: "screen_view" }] };
  assert.equal(send({ query, body: screen }).world.counted().length, 1);
  assert.equal(send({ query }).world.counted().length, 0);
});

test("a purchase is known again by transaction and client, other events are not", () => {
  const world = simulator.newWorld(() => NOW);
  const login = { name: "login", params: {} };
  send({ world, body: payload({ events: [purchase(), purchase(), login, login] }) });
  send({ world, body: payload({ client_id: "9.9" }) });
  assert.equal(world.counted().length, 4);
  assert.equal(world.accepted.filter(({ isDuplicate }) => isDuplicate).length, 1);
});

test("only POST is answered, and outages are pages", () => {
  assert.equal(send({ method: "PUT" }).status, 405);
  const world = simulator.newWorld(() => NOW);
  world.next("error", { kind: "unavailable", retryAfterSeconds: 7 }, "throttled");
  const answers = [send({ world }), send({ world }), send({ world })];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [500, 503, 429],
  );
  assert.equal(answers[1]?.headers["retry-after"], "7");
});

test("whatever the body, there is an answer", () => {
  const whole = payload({
    user_properties: { tier: { value: "gold" } },
    user_data: { sha256_email_address: [HASH], address: [{ sha256_first_name: HASH, country: "US" }] },
    consent: { ad_user_data: "GRANTED" },
  });
  assert.deepEqual(messagesOf(whole), []);
  for (const body of mutations(whole)) {
    assert.equal(send({ body: JSON.stringify(body) }).status, 204);
    assert.equal(send({ body: JSON.stringify(body), debug: true }).status, 200);
  }
});
