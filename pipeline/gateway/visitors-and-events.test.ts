import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { RawEvent } from "@datafly-signal/core";
import { KEY, startRig, type Reply, type Rig } from "./gateway-rig.ts";

const OWN = "11111111-1111-4111-8111-111111111111";
const COOKIE = "22222222-2222-4222-8222-222222222222";
const HINT = "33333333-3333-4333-8333-333333333333";
const OLD_HINT = "55555555-5555-4555-8555-555555555555";
const PAGE = { origin: "https://shop.example.com" };

let rig: Rig;
before(async () => {
  rig = await startRig({ settings: { cookieDomain: ".example.com" } });
});
beforeEach(() => {
  rig.log.records = [];
});
after(() => rig.close());

function last(): RawEvent {
  const event = rig.log.events().at(-1);
  assert.ok(event);
  return event;
}

function cookieOf(reply: Reply): string | null {
  const [cookie] = reply.headers["set-cookie"] ?? [];
  if (cookie === undefined) return null;
  const pattern =
    /^_dfid=([0-9a-f-]{36}); Domain=\.example\.com; Path=\/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax$/;
  const match = pattern.exec(cookie);
  assert.ok(match, cookie);
  return match[1] ?? null;
}

test("a page's visitor gets a cookie and keeps it; others never get one", async () => {
  const rows: [
    name: string,
    headers: Record<string, string>,
    body: object,
    id: string | "new" | undefined,
    cookie: string | "new" | null,
  ][] = [
    ["first visit", PAGE, {}, "new", "new"],
    ["sec-fetch-site alone", { "sec-fetch-site": "same-origin" }, {}, "new", "new"],
    ["known", { ...PAGE, cookie: `a=b; _dfid=${COOKIE}; c=d` }, {}, COOKIE, null],
    ["broken cookie", { ...PAGE, cookie: "_dfid=1" }, {}, "new", "new"],
    ["another cookie's end", { ...PAGE, cookie: `x_dfid=${COOKIE}` }, {}, "new", "new"],
    ["second of two", { ...PAGE, cookie: `_dfid=1; _dfid=${COOKIE}` }, {}, COOKIE, null],
    ["hint", PAGE, { anonymousIdHint: HINT }, HINT, HINT],
    ["own id", PAGE, { anonymousId: OWN }, OWN, OWN],
    ["own foreign id", PAGE, { anonymousId: "foreign" }, "foreign", "new"],
    ["reset", { ...PAGE, cookie: `_dfid=${COOKIE}` }, { anonymousIdHint: HINT, anonymousIdReset: true }, HINT, HINT],
    ["server", {}, {}, "new", null],
    ["server with user", {}, { userId: "user_1" }, undefined, null],
    ["server with cookie", { cookie: `_dfid=${COOKIE}` }, {}, COOKIE, null],
  ];
  for (const [name, headers, body, id, cookie] of rows) {
    const reply = await rig.post("/v1/p", { type: "page", ...body }, headers);
    assert.equal(reply.status, 200, reply.text);
    const stored = last();
    if (id === "new") assert.match(String(stored["anonymousId"]), /^00000000-0000-4000-8000-/, name);
    else assert.equal(stored["anonymousId"], id, name);
    if (cookie === "new") assert.match(cookieOf(reply) ?? "", /^00000000-0000-4000-8000-/, name);
    else assert.equal(cookieOf(reply), cookie, name);
    assert.ok(!Object.hasOwn(stored, "anonymousIdHint") && !Object.hasOwn(stored, "anonymousIdReset"), name);
  }
});

test("a refused request sets no cookie", async () => {
  const reply = await rig.post("/v1/p", { type: "track" }, PAGE);
  assert.equal(reply.status, 400);
  assert.equal(reply.headers["set-cookie"], undefined);
});

test("in a batch, what comes after a reset is the new visitor's", async () => {
  const batch = [
    { type: "page", anonymousIdHint: OLD_HINT },
    { type: "page", anonymousIdHint: HINT, anonymousIdReset: true },
    { type: "page" },
  ];
  const reply = await rig.post("/v1/batch", { batch }, { ...PAGE, cookie: `_dfid=${COOKIE}` });
  assert.deepEqual(
    rig.log.events().map((event) => event["anonymousId"]),
    [COOKIE, HINT, HINT],
  );
  assert.equal(cookieOf(reply), HINT);
});

test("one first batch of a page is one visitor, and its cookie", async () => {
  const reply = await rig.post("/v1/batch", [{ type: "page" }, { type: "track", event: "A" }], PAGE);
  const [first, second] = rig.log.events();
  assert.equal(first?.["anonymousId"], second?.["anonymousId"]);
  assert.equal(cookieOf(reply), first?.["anonymousId"]);
});

test("a batch takes what is good and says what is not", async () => {
  const batch = {
    sentAt: "2026-02-25T14:30:05.000Z",
    context: { library: { name: "node" }, ip: "192.0.2.1" },
    integrations: { All: true },
    batch: [
      { type: "track", event: "A", messageId: "m-1", context: { ip: "192.0.2.9" }, userId: "u" },
      { type: "track", messageId: "m-2" },
      7,
      { type: "page", userId: "u", integrations: { All: false }, timestamp: "2026-02-25T14:00:00.000Z" },
      { type: "page", messageId: "x".repeat(300) },
      { type: "page", writeKey: "dk_other" },
      { type: "page", userId: "u", writeKey: KEY },
    ],
  };
  const reply = await rig.post("/v1/batch", batch);
  assert.equal(reply.status, 200);
  assert.equal(reply.json["success"], true);
  assert.equal(reply.json["accepted"], 3);
  assert.equal(reply.json["rejected"], 4);
  const errors = reply.json["errors"] as { index: number; messageId: string | null; error: string; message: string }[];
  assert.deepEqual(
    errors.map(({ index, error }) => [index, error]),
    [
      [1, "invalid_event"],
      [2, "invalid_event"],
      [4, "invalid_event"],
      [5, "conflicting_keys"],
    ],
  );
  assert.deepEqual(
    errors.map(({ messageId }) => messageId),
    ["m-2", null, "x".repeat(255), null],
  );
  const [first, second, third] = rig.log.events();
  assert.deepEqual(first?.["context"], { library: { name: "node" }, ip: "192.0.2.9" });
  assert.deepEqual(second?.["integrations"], { All: false });
  assert.deepEqual(third?.["integrations"], { All: true });
  assert.equal(second?.timestamp, "2026-02-25T14:00:00.000Z");
  assert.ok(rig.log.events().every((event) => event.input === "batch" && event["sentAt"] === batch.sentAt));
});

test("a batch's forms and limits", async () => {
  const page = { type: "page" };
  const rows: [name: string, body: unknown, status: number, error: string | null][] = [
    ["an array", [page], 200, null],
    ["500 events", { batch: Array.from({ length: 500 }, () => page) }, 200, null],
    ["501 events", { batch: Array.from({ length: 501 }, () => page) }, 413, "payload_too_large"],
    ["none accepted", { batch: [{ type: "track" }] }, 400, "no_event_accepted"],
    ["empty", { batch: [] }, 400, "no_event_accepted"],
    ["missing", {}, 400, "invalid_event"],
    ["no array", { batch: page }, 400, "invalid_event"],
    ["a text", "page", 400, "invalid_event"],
    ["context that is none", { batch: [page], context: [] }, 400, "invalid_event"],
    ["integrations that are none", { batch: [page], integrations: "x" }, 400, "invalid_event"],
    [
      "a context that multiplies",
      { batch: Array.from({ length: 500 }, () => page), context: { a: "x".repeat(100_000) } },
      413,
      "payload_too_large",
    ],
  ];
  for (const [name, body, status, error] of rows) {
    const reply = await rig.post("/v1/batch", body);
    assert.equal(reply.status, status, `${name}: ${reply.text.slice(0, 200)}`);
    assert.equal(reply.json["error"] ?? null, error, name);
  }
  const none = await rig.post("/v1/batch", { batch: [{ type: "track", messageId: "m" }] });
  assert.deepEqual(none.json["errors"], [
    {
      index: 0,
      messageId: "m",
      error: "invalid_event",
      message: "`event` is missing: a track event needs it as a non-empty string.",
    },
  ]);
});

test("every path stores its type", async () => {
  const rows: [path: string, body: object, type: string, input: string][] = [
    ["/v1/track", { event: "A" }, "track", "browser"],
    ["/v1/page", {}, "page", "browser"],
    ["/v1/screen", { name: "Home" }, "page", "browser"],
    ["/v1/s", { type: "screen" }, "page", "browser"],
    ["/v1/identify", { userId: "u" }, "identify", "browser"],
    ["/v1/group", { groupId: "g" }, "group", "browser"],
    ["/v1/alias", { userId: "u", previousId: "p" }, "identify", "browser"],
    ["/v1/a", { userId: "u", previousId: "p" }, "identify", "browser"],
    ["/v1/b", { batch: [{ type: "page" }] }, "page", "batch"],
    ["/v1/import", { batch: [{ type: "page" }] }, "page", "batch"],
    ["/v1/t/", { type: "track", event: "A" }, "track", "browser"],
    ["//v1//t", { type: "track", event: "A" }, "track", "browser"],
  ];
  for (const [path, body, type, input] of rows) {
    const reply = await rig.post(path, body);
    assert.equal(reply.status, 200, `${path}: ${reply.text}`);
    assert.equal(last().type, type, path);
    assert.equal(last().input, input, path);
  }
  const contradiction = await rig.post("/v1/track", { type: "page", event: "A" });
  assert.equal(contradiction.json["error"], "invalid_event");
  const missing = await rig.post("/v1/t", { event: "A" });
  assert.match(String(missing.json["message"]), /^`type` is missing/);
});

test("paths and methods that take no events", async () => {
  const rows: [method: string, path: string, status: number][] = [
    ["POST", "/v1/m", 200],
    ["GET", "/v1/t", 405],
    ["HEAD", "/v1/t", 405],
    ["PUT", "/v1/batch", 405],
    ["GET", "/v1/m", 405],
    ["POST", "/v1/x", 404],
    ["GET", "/", 404],
    ["POST", "/v1/constructor", 404],
    ["POST", "/__proto__", 404],
    ["OPTIONS", "/anything", 204],
    ["GET", "/health", 200],
    ["HEAD", "/health", 200],
    ["GET", "/ready", 200],
    ["GET", "/metrics", 200],
    ["POST", "/metrics", 405],
  ];
  for (const [method, path, status] of rows) {
    const reply = await rig.send({ method, path, headers: { authorization: `Bearer ${KEY}` } });
    assert.equal(reply.status, status, `${method} ${path}`);
    assert.ok(reply.status < 300 || reply.status >= 400);
    if (status === 405 && path !== "/metrics") assert.equal(reply.headers["allow"], "POST, OPTIONS");
  }
  assert.equal(rig.log.records.length, 0);
});
