import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { KEY, pipeline, startRig, type Reply, type Rig } from "./gateway-rig.ts";

const SLOW_KEY = "dk_live_slow01";

let rig: Rig;
before(async () => {
  rig = await startRig({ pipelines: [pipeline(), pipeline({ id: "pip_slow", keys: [SLOW_KEY], rateLimitRps: 1 })] });
});
beforeEach(() => {
  rig.log.records = [];
  rig.gateway.takeRefused();
});
after(() => rig.close());

function open(query: string, headers: Record<string, string> = {}, type = "track"): Promise<Reply> {
  return rig.send({ method: "GET", path: `/v1/pixel/${type}?${query}`, headers });
}

function assertPicture(reply: Reply, error: string | undefined, name: string): void {
  assert.equal(reply.status, 200, name);
  assert.equal(reply.headers["content-type"], "image/gif", name);
  assert.ok(reply.text.startsWith("GIF89a"), name);
  assert.equal(reply.headers["cache-control"], "no-store, no-cache, must-revalidate", name);
  assert.deepEqual([reply.headers["pragma"], reply.headers["expires"]], ["no-cache", "0"], name);
  assert.equal(reply.headers["cross-origin-resource-policy"], "cross-origin", name);
  assert.equal(reply.headers["x-signal-error"], error, name);
  assert.equal(reply.headers["retry-after"], undefined, name);
}

test("a picture's address becomes an event", async () => {
  const query = new URLSearchParams({
    wk: KEY,
    e: "Email Opened",
    uid: "user_1",
    aid: "anon_1",
    "p.campaign": "spring & summer",
    "p.a.b": "1",
    "p.": "no name",
    "p.__proto__": "x",
    "t.email": "jane@example.com",
    ts: "1771981200000",
    mid: "open-1",
    cb: "123",
  });
  const reply = await open(query.toString(), { "user-agent": "Mail/1.0", referer: "https://mail.example.com/" });
  assertPicture(reply, undefined, "accepted");
  const [event] = rig.log.events();
  assert.deepEqual(event, {
    type: "track",
    event: "Email Opened",
    userId: "user_1",
    anonymousId: "anon_1",
    messageId: "open-1",
    properties: { campaign: "spring & summer", "a.b": "1" },
    traits: { email: "jane@example.com" },
    context: { ip: "127.0.0.1", userAgent: "Mail/1.0" },
    timestamp: "2026-02-25T01:00:00.000Z",
    originalTimestamp: "2026-02-25T01:00:00.000Z",
    receivedAt: "2026-02-25T14:30:05.000Z",
    pipelineId: "pip_shop",
    input: "pixel",
    request: { ip: "127.0.0.1", browser: false, userAgent: "Mail/1.0", referer: "https://mail.example.com/" },
  });
});

test("each type has its own fields", async () => {
  const rows: [type: string, query: string, expected: Record<string, unknown>][] = [
    ["page", "e=Home", { type: "page", name: "Home" }],
    ["page", "", { type: "page" }],
    ["identify", "uid=u&t.plan=pro", { type: "identify", userId: "u", traits: { plan: "pro" } }],
    ["identify", "aid=a", { type: "identify", anonymousId: "a" }],
    ["group", "gid=g&uid=u", { type: "group", groupId: "g", userId: "u" }],
    ["track", "e=A&e=B&p.x=1&p.x=2&ts=&mid=", { type: "track", event: "A", properties: { x: "2" } }],
  ];
  for (const [type, query, expected] of rows) {
    assertPicture(await open(`wk=${KEY}&${query}`, {}, type), undefined, `${type} ${query}`);
    const event: Record<string, unknown> = rig.log.events().at(-1) ?? {};
    for (const [field, value] of Object.entries(expected)) assert.deepEqual(event[field], value, `${type} ${field}`);
    assert.match(String(event["messageId"]), /./);
  }
});

test("whatever is wrong is answered with the picture, named in a header, and counted", async () => {
  const rows: [name: string, type: string, query: string, headers: Record<string, string>, error: string][] = [
    ["no key", "track", "e=A", {}, "missing_pipeline_key"],
    ["unknown key", "track", "wk=dk_live_nobody&e=A", {}, "invalid_pipeline_key"],
    ["two keys", "track", `wk=${KEY}&writeKey=dk_live_other&e=A`, {}, "conflicting_keys"],
    ["no event", "track", `wk=${KEY}`, {}, "invalid_event"],
    ["nobody", "identify", `wk=${KEY}`, {}, "invalid_event"],
    ["no group", "group", `wk=${KEY}`, {}, "invalid_event"],
    ["time that is none", "track", `wk=${KEY}&e=A&ts=yesterday`, {}, "invalid_event"],
    ["time in seconds' fractions", "track", `wk=${KEY}&e=A&ts=1.5`, {}, "invalid_event"],
    ["time far away", "track", `wk=${KEY}&e=A&ts=999999999999999`, {}, "invalid_event"],
    ["long id", "track", `wk=${KEY}&e=A&mid=${"x".repeat(256)}`, {}, "invalid_event"],
    ["U+0000", "track", `wk=${KEY}&e=%00`, {}, "invalid_event"],
    ["page of another site", "track", `wk=${KEY}&e=A`, { origin: "https://other.example" }, "origin_not_allowed"],
  ];
  for (const [name, type, query, headers, error] of rows) {
    assertPicture(await open(query, headers, type), error, name);
    assert.deepEqual(Object.fromEntries(rig.gateway.takeRefused()), { [error]: 1 }, name);
  }
  assert.equal(rig.log.records.length, 0);
  assert.ok(!JSON.stringify(rig.gateway.refused()).includes("dk_live"));
  const metrics = await rig.registry.metrics();
  assert.match(metrics, /^signal_gateway_in_flight_bytes 0$/m);
});

test("limits, overload and a failing log are answered with the picture, too", async () => {
  assertPicture(await open(`wk=${SLOW_KEY}&e=A`), undefined, "within the limit");
  assertPicture(await open(`wk=${SLOW_KEY}&e=A`), "rate_limited", "over the limit");
  rig.switches.accepting = false;
  assertPicture(await open(`wk=${KEY}&e=A`), "overloaded", "no disk");
  rig.switches.accepting = true;
  rig.log.failure = new Error("bug");
  assertPicture(await open(`wk=${KEY}&e=A`), "internal_error", "log");
  rig.log.failure = null;
});

test("looking whether the picture is there is not seeing it; sending events to it is refused in words", async () => {
  const head = await rig.send({ method: "HEAD", path: `/v1/pixel/track?wk=${KEY}&e=A` });
  assert.deepEqual([head.status, head.headers["content-type"], head.text], [200, "image/gif", ""]);
  const post = await rig.send({ path: `/v1/pixel/track?wk=${KEY}`, body: "{}" });
  assert.deepEqual([post.status, post.headers["allow"]], [405, "GET, HEAD, OPTIONS"]);
  assert.equal((await rig.send({ method: "OPTIONS", path: "/v1/pixel/track" })).status, 204);
  assert.equal((await open("", {}, "alias")).status, 404);
  assert.equal(rig.log.records.length, 0);
});

test("a picture in a page sets the visitor's cookie", async () => {
  const reply = await open(`wk=${KEY}&e=A`, { "sec-fetch-site": "same-site" });
  assertPicture(reply, undefined, "page");
  const [event] = rig.log.events();
  assert.match(String(reply.headers["set-cookie"]), new RegExp(`^_dfid=${String(event?.["anonymousId"])};`));
});
