import assert from "node:assert/strict";
import { test } from "node:test";
import { mutations } from "../garbage.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { TIKTOK, simulator } from "./simulator.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const SECONDS = NOW / 1000;
const HASH = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";

type Json = Record<string, unknown>;

function purchase(changes: Json = {}): Json {
  return {
    event: "Purchase",
    event_time: SECONDS - 60,
    event_id: "order-1",
    user: {
      email: HASH,
      ttclid: "E.C.P.v3fQ2RHacdksKfofPmlyuStIIFJ4Af1tKYxF9zz",
      ip: "203.0.113.7",
      user_agent: "Mozilla/5.0",
    },
    page: { url: "https://shop.example.com/checkout/done" },
    properties: { value: 10.5, currency: "EUR", contents: [{ content_id: "sku-1", price: 10.5, quantity: 1 }] },
    ...changes,
  };
}

interface Sent {
  method?: string;
  path?: string;
  token?: string | null;
  type?: string;
  body?: unknown;
  changes?: Json;
  world?: ReturnType<typeof simulator.newWorld>;
}

function send(sent: Sent = {}) {
  const world = sent.world ?? simulator.newWorld(() => NOW);
  const token = sent.token === undefined ? TIKTOK.token : sent.token;
  const standard = { event_source: "web", event_source_id: TIKTOK.pixel, data: [purchase()], ...sent.changes };
  const body = typeof sent.body === "string" ? sent.body : JSON.stringify(sent.body ?? standard);
  const headers = {
    "Content-Type": sent.type ?? "application/json",
    ...(token === null ? {} : { "Access-Token": token }),
  };
  const url = `https://business-api.tiktok.com${sent.path ?? "/open_api/v1.3/event/track/"}`;
  const answer = readAnswer(
    simulator.handle(simulatedRequest({ method: sent.method ?? "POST", url, headers, body }, NOW), world),
  );
  return { world, status: answer.status, text: answer.body };
}

function codeOf(sent: Sent): { status: number; code: unknown; message: string } {
  const { status, text } = send(sent);
  const { code, message } = JSON.parse(text) as { code: number; message: string };
  return { status, code, message };
}

test("a purchase of the documentation is taken: 200 with code 0 in the envelope", () => {
  const { world, status, text } = send();
  assert.equal(status, 200);
  const envelope = JSON.parse(text) as Json;
  assert.deepEqual(Object.keys(envelope).sort(), ["code", "data", "message", "request_id"]);
  assert.equal(envelope["code"], 0);
  assert.match(String(envelope["request_id"]), /^20261121120000\d{18}$/);
  assert.deepEqual(world.warnings, []);
  assert.equal(world.counted().length, 1);
});

const faults: [string, Sent, number][] = [
  ["no token", { token: null }, 40104],
  ["a wrong token", { token: "nonsense" }, 40105],
  ["a revoked token", { token: TIKTOK.revokedToken }, 40105],
  ["an expired token", { token: TIKTOK.expiredToken }, 40102],
  ["a pixel of another", { changes: { event_source_id: TIKTOK.otherPixel } }, 40001],
  ["a pixel that does not exist", { changes: { event_source_id: "CNONE" } }, 40001],
  ["an app's id for the web", { changes: { event_source_id: TIKTOK.app } }, 40001],
  ["no pixel", { changes: { event_source_id: undefined } }, 40002],
  ["an unknown source", { changes: { event_source: "website" } }, 40002],
  ["no events", { changes: { data: [] } }, 40002],
  ["too many events", { changes: { data: Array.from({ length: 1001 }, () => purchase()) } }, 40002],
  ["another content type", { type: "text/plain" }, 40002],
  ["broken JSON", { body: '{"event_source":' }, 40002],
];
for (const [title, sent, code] of faults) {
  test(`${title}: status 200, code ${code}`, () => {
    const got = codeOf(sent);
    assert.deepEqual([got.status, got.code], [200, code]);
    assert.notEqual(got.message, "OK");
  });
}

const events: [string, Json, RegExp | null][] = [
  ["without a name", { event: "" }, /data\.0\.event:/],
  ["without a time", { event_time: undefined }, /data\.0\.event_time/],
  ["with a time in milliseconds", { event_time: NOW }, /10 digits/],
  ["with a time as text", { event_time: "2026-11-21" }, /10 digits/],
  ["with an id that is a number", { event_id: 7 }, /event_id/],
  ["with an e-mail that is no text", { user: { email: 7 } }, /user\.email/],
  ["with an unknown tracking status", { user: { email: HASH, att_status: "YES" } }, /att_status/],
  ["with a negative value", { properties: { value: -1, currency: "EUR" } }, /properties\.value/],
  ["with a value as text", { properties: { value: "10", currency: "EUR" } }, /properties\.value/],
  ["with a currency that is none", { properties: { value: 1, currency: "Euro" } }, /currency/],
  ["with contents that are no list", { properties: { contents: {} } }, /contents/],
  ["with a page that is no URL", { page: { url: "/checkout" } }, /page\.url/],
  ["with limited data use", { limited_data_use: true }, null],
  ["with a list of e-mails", { user: { email: [HASH], ip: "203.0.113.7", user_agent: "a" } }, null],
];
for (const [title, changes, message] of events) {
  test(`an event ${title} is ${message === null ? "taken" : "refused with its field"}`, () => {
    const got = codeOf({ changes: { data: [purchase(changes)] } });
    assert.equal(got.code, message === null ? 0 : 40002, got.message);
    if (message !== null) assert.match(got.message, message);
  });
}

test("one bad event and the request fails whole, naming it", () => {
  const got = send({ changes: { data: [purchase(), purchase({ event: "" })] } });
  assert.match(got.text, /data\.1\.event/);
  assert.deepEqual(got.world.accepted, []);
});

const warned: [string, Json, RegExp][] = [
  [
    "a raw e-mail",
    { user: { email: "jane@example.com", ip: "203.0.113.7", user_agent: "a" } },
    /email must be a SHA-256/,
  ],
  ["nobody", { user: {} }, /nothing that a person/],
  ["eight days", { event_time: SECONDS - 8 * 86_400 }, /too old/],
  ["tomorrow", { event_time: SECONDS + 86_400 }, /ahead/],
  ["no page", { page: undefined }, /page\.url/],
  ["no id", { event_id: undefined }, /event_id/],
  ["a value without currency", { properties: { value: 1 } }, /no currency/],
];
for (const [title, changes, warning] of warned) {
  test(`${title} is taken with a warning`, () => {
    const { world } = send({ changes: { data: [purchase(changes)] } });
    assert.equal(world.accepted.length, 1);
    assert.ok(
      world.warnings.some((one) => warning.test(one)),
      world.warnings.join("\n"),
    );
  });
}

test("the same event and id count once, test events count nowhere", () => {
  const world = simulator.newWorld(() => NOW);
  send({ world, changes: { data: [purchase(), purchase(), purchase({ event: "Lead" })] } });
  assert.equal(world.counted().length, 2);
  send({ world, changes: { test_event_code: "TEST12345" } });
  assert.equal(world.counted().length, 2);
  assert.equal(world.accepted.at(-1)?.isTest, true);
});

test("a path without its last slash, another version and another method are not found, as text", () => {
  for (const sent of [
    { path: "/open_api/v1.3/event/track" },
    { path: "/open_api/v9.9/event/track/" },
    { method: "GET" },
  ]) {
    const { status, text } = send(sent);
    assert.deepEqual([status, text], [404, "Not Found"]);
  }
});

test("outages: a code in a 200 for a fault and for too many requests, 503 as text", () => {
  const world = simulator.newWorld(() => NOW);
  world.next("error", "throttled", { kind: "unavailable", retryAfterSeconds: 5 });
  assert.equal((JSON.parse(send({ world }).text) as Json)["code"], 50000);
  assert.equal((JSON.parse(send({ world }).text) as Json)["code"], 40100);
  assert.equal(send({ world }).status, 503);
});

test("whatever the body, there is an answer, and a fault takes nothing", () => {
  for (const body of mutations({ event_source: "web", event_source_id: TIKTOK.pixel, data: [purchase()] })) {
    const { text, world } = send({ body: JSON.stringify(body) });
    const { code } = JSON.parse(text) as { code: number };
    assert.ok([0, 40001, 40002].includes(code));
    if (code !== 0) assert.deepEqual(world.accepted, []);
  }
});
