import assert from "node:assert/strict";
import { test } from "node:test";
import { mutations } from "../garbage.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { META, simulator } from "./simulator.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const SECONDS = NOW / 1000;
const DAY = 86_400;
/** SHA-256 of john_smith@gmail.com, as the vendor's page has it. */
const EMAIL = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

type Json = Record<string, unknown>;

function purchase(changes: Json = {}): Json {
  return {
    event_name: "Purchase",
    event_time: SECONDS - 60,
    event_id: "order-1",
    action_source: "website",
    event_source_url: "https://shop.example.com/checkout/done",
    user_data: {
      em: [EMAIL],
      client_ip_address: "203.0.113.7",
      client_user_agent: "Mozilla/5.0",
      fbc: "fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890",
      fbp: "fb.1.1558571054389.1098115397",
    },
    custom_data: { value: 142.52, currency: "USD", contents: [{ id: "sku-1", quantity: 1, item_price: 142.52 }] },
    ...changes,
  };
}

interface Sent {
  method?: string;
  path?: string;
  token?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
  world?: ReturnType<typeof simulator.newWorld>;
}

function send(sent: Sent = {}) {
  const world = sent.world ?? simulator.newWorld(() => NOW);
  const token = sent.token === undefined ? META.token : sent.token;
  const url = new URL(`https://graph.facebook.com${sent.path ?? `/v25.0/${META.dataset}/events`}`);
  if (token !== null) url.searchParams.set("access_token", token);
  const body = sent.body === undefined ? { data: [purchase()] } : sent.body;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = sent.headers ?? { "Content-Type": "application/json" };
  const method = sent.method ?? "POST";
  const request = simulatedRequest({ method, url, headers, body: method === "GET" ? null : text }, NOW);
  const answer = readAnswer(simulator.handle(request, world));
  return { world, status: answer.status, json: JSON.parse(answer.body) as Json & { error?: Json } };
}

test("a purchase of the documentation is received", () => {
  const { world, status, json } = send();
  assert.equal(status, 200);
  assert.deepEqual({ ...json, fbtrace_id: "" }, { events_received: 1, messages: [], fbtrace_id: "" });
  assert.deepEqual(world.warnings, []);
  assert.equal(world.counted().length, 1);
});

test("the token comes in the query, in the header or in the body, and a form is as good as JSON", () => {
  const data = [purchase()];
  const bearer = { "Content-Type": "application/json", Authorization: `Bearer ${META.token}` };
  assert.equal(send({ token: null, headers: bearer }).status, 200);
  assert.equal(send({ token: null, body: { data, access_token: META.token } }).status, 200);
  const form = new URLSearchParams({ data: JSON.stringify(data) }).toString();
  assert.equal(send({ headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: form }).status, 200);
});

const credentials: [string, Sent, number, number, number | undefined][] = [
  ["no token", { token: null }, 400, 104, undefined],
  ["a wrong token", { token: "EAAGother" }, 401, 190, undefined],
  ["an expired token", { token: META.expiredToken }, 401, 190, 463],
  ["a revoked token", { token: META.revokedToken }, 401, 190, 460],
  ["a token without the permission", { token: META.weakToken }, 403, 200, undefined],
  ["a dataset that does not exist", { path: "/v25.0/9999999999/events" }, 400, 100, 33],
  ["a dataset of another business", { path: `/v25.0/${META.otherDataset}/events` }, 400, 100, 33],
  ["a version that is no more", { path: `/v12.0/${META.dataset}/events` }, 400, 2635, undefined],
  ["a version that is not yet", { path: `/v99.0/${META.dataset}/events` }, 400, 2500, undefined],
  ["another content type", { headers: { "Content-Type": "text/plain" } }, 400, 100, undefined],
  ["broken JSON", { body: '{"data":[' }, 400, 100, undefined],
];
for (const [title, sent, status, code, subcode] of credentials) {
  test(`${title}: ${status}, code ${code}`, () => {
    const got = send(sent);
    assert.equal(got.status, status);
    assert.equal(got.json.error?.["code"], code);
    assert.equal(got.json.error?.["error_subcode"], subcode);
    assert.match(String(got.json.error?.["fbtrace_id"]), /^A/);
    assert.deepEqual(got.world.accepted, []);
  });
}

const users: [string, Json, boolean][] = [
  ["a raw e-mail", { em: "john_smith@gmail.com" }, false],
  ["a hash in upper case", { em: EMAIL.toUpperCase() }, false],
  ["one raw value in a list", { em: [EMAIL, "jane@example.com"] }, false],
  ["a raw phone number", { ph: "16505551212" }, false],
  ["nobody", {}, false],
  ["only a user agent", { client_user_agent: "Mozilla/5.0" }, false],
  ["only city and country", { ct: EMAIL, country: EMAIL }, false],
  ["address and user agent", { client_ip_address: "203.0.113.7", client_user_agent: "Mozilla/5.0" }, true],
  ["an external id in clear", { external_id: "user-1" }, true],
];
for (const [title, user_data, isFine] of users) {
  test(`user_data with ${title} is ${isFine ? "received" : "refused"}`, () => {
    const { status, json } = send({ body: { data: [purchase({ user_data })] } });
    assert.equal(status, isFine ? 200 : 400);
    if (!isFine) assert.equal(json.error?.["code"], 100);
  });
}

test("every parameter that must be hashed is refused in clear, and those that must not be are no strings of another kind", () => {
  for (const key of ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"]) {
    const { status, json } = send({ body: { data: [purchase({ user_data: { em: EMAIL, [key]: "us" } })] } });
    assert.equal(status, 400, key);
    assert.match(String(json.error?.["error_user_msg"]), new RegExp(`user_data\\.${key}`));
  }
  for (const key of ["fbc", "fbp", "client_user_agent", "madid"]) {
    assert.equal(send({ body: { data: [purchase({ user_data: { em: EMAIL, [key]: ["a"] } })] } }).status, 400, key);
  }
});

const events: [string, Json, boolean][] = [
  ["seven days less a minute old", { event_time: SECONDS - 7 * DAY + 60 }, true],
  ["more than seven days old", { event_time: SECONDS - 7 * DAY - 1 }, false],
  ["61 days old, in a shop", { event_time: SECONDS - 61 * DAY, action_source: "physical_store" }, true],
  ["63 days old, in a shop", { event_time: SECONDS - 63 * DAY, action_source: "physical_store" }, false],
  ["in milliseconds", { event_time: NOW }, false],
  ["with a time as text", { event_time: "2026-11-21T11:00:00Z" }, false],
  ["without a time", { event_time: undefined }, false],
  ["without a name", { event_name: "" }, false],
  ["without an action source", { action_source: undefined }, false],
  ["of an unknown source", { action_source: "web" }, false],
  ["a purchase without currency", { custom_data: { value: 1 } }, false],
  ["a purchase without custom data", { custom_data: undefined }, false],
  ["a page view without custom data", { event_name: "PageView", custom_data: undefined }, true],
  ["with a currency that is none", { custom_data: { value: 1, currency: "US Dollar" } }, false],
  ["with a currency in lower case", { custom_data: { value: 1, currency: "usd" } }, true],
  ["with contents that lack an id", { custom_data: { value: 1, currency: "EUR", contents: [{ quantity: 1 }] } }, false],
  ["of an app without app data", { action_source: "app" }, false],
  ["with limited data use", { data_processing_options: ["LDU"], data_processing_options_country: 0 }, true],
  ["with an unknown processing option", { data_processing_options: ["GDPR"] }, false],
];
for (const [title, changes, isFine] of events) {
  test(`an event ${title} is ${isFine ? "received" : "refused"}`, () => {
    const { status, json, world } = send({ body: { data: [purchase(changes)] } });
    assert.equal(status, isFine ? 200 : 400, JSON.stringify(json));
    assert.equal(world.accepted.length, isFine ? 1 : 0);
  });
}

test("too old says so by its subcode, too little about the person by another", () => {
  const old = send({ body: { data: [purchase({ event_time: SECONDS - 8 * DAY })] } });
  assert.equal(old.json.error?.["error_subcode"], 2804003);
  assert.equal(old.json.error?.["error_user_title"], "Event Timestamp Too Old");
  const nobody = send({ body: { data: [purchase({ user_data: {} })] } });
  assert.equal(nobody.json.error?.["error_subcode"], 2804050);
});

test("one bad event in a batch and none is taken; 1,000 are a batch, 1,001 are not", () => {
  const bad = send({ body: { data: [purchase(), purchase({ event_name: "" })] } });
  assert.equal(bad.status, 400);
  assert.deepEqual(bad.world.accepted, []);
  const many = Array.from({ length: 1000 }, (_, index) => purchase({ event_id: `order-${index}` }));
  assert.equal(send({ body: { data: many } }).json["events_received"], 1000);
  assert.equal(send({ body: { data: [...many, purchase()] } }).status, 400);
  assert.equal(send({ body: { data: [] } }).status, 400);
  assert.equal(send({ body: { data: purchase() } }).status, 400);
});

test("the same name and id count once within 48 hours, another name or no id counts again", () => {
  const world = simulator.newWorld(() => NOW);
  const data = [purchase(), purchase(), purchase({ event_name: "Lead" }), purchase({ event_id: undefined })];
  send({ world, body: { data } });
  assert.equal(world.accepted.length, 4);
  assert.equal(world.counted().length, 3);
  const later = simulator.newWorld(() => NOW);
  later.record({ ...base(), receivedAt: NOW - 49 * 3600 * 1000 }, 48 * 3600 * 1000);
  send({ world: later });
  assert.equal(later.counted().length, 2);
});

function base() {
  return { scope: META.dataset, name: "Purchase", dedupeKey: "Purchase\norder-1", payload: {}, isTest: false };
}

test("what the vendor takes and complains of elsewhere is a warning", () => {
  const user_data = { em: EMAIL, fbc: "IwAR123", external_id: "user-1" };
  const { world, status } = send({ body: { data: [purchase({ user_data, event_id: undefined })] } });
  assert.equal(status, 200);
  for (const word of ["client_user_agent", "event_id", "external_id", "fbc"]) {
    assert.ok(
      world.warnings.some((warning) => warning.includes(word)),
      word,
    );
  }
});

test("a dataset is read with a token that may read", () => {
  const path = `/v25.0/${META.dataset}?fields=id,name`;
  assert.deepEqual(send({ method: "GET", path }).json, { id: META.dataset, name: `Dataset ${META.dataset}` });
  const refused = send({ method: "GET", path, token: META.sendOnlyToken });
  assert.equal(refused.json.error?.["error_subcode"], 33);
  assert.equal(send({ token: META.sendOnlyToken }).status, 200);
});

test("outages come in the shapes of Graph", () => {
  const world = simulator.newWorld(() => NOW);
  world.next("error", { kind: "unavailable", retryAfterSeconds: 30 }, "throttled");
  assert.deepEqual(
    [send({ world }), send({ world }), send({ world })].map(({ status, json }) => [status, json.error?.["code"]]),
    [
      [500, 1],
      [503, 2],
      [403, 4],
    ],
  );
  assert.equal(world.accepted.length, 0);
  assert.equal(send({ world }).status, 200);
});

test("whatever the body, there is an answer, and a fault takes nothing", () => {
  for (const body of mutations({ data: [purchase({ data_processing_options: ["LDU"] })] })) {
    const got = send({ body: JSON.stringify(body) });
    assert.ok([200, 400].includes(got.status));
    if (got.status !== 200) assert.deepEqual(got.world.accepted, []);
  }
});
