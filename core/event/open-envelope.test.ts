import assert from "node:assert/strict";
import { test } from "node:test";
import { openEnvelope } from "./open-envelope.ts";

const raw = {
  type: "track",
  event: "Product Added",
  anonymousId: "anon-1",
  messageId: "m1",
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:01.000Z",
  context: { locale: "en-US" },
  colour: "blue",
  pipelineId: "pip_shop",
  input: "browser",
  request: { ip: "203.0.113.7", browser: true, userAgent: "Mozilla/5.0" },
};

test("the envelope comes off, the client's own fields stay", () => {
  const opened = openEnvelope(structuredClone(raw));
  const { pipelineId, input: _input, request: _request, ...event } = raw;
  assert.deepEqual(opened, {
    pipelineId,
    event: { ...event, context: { locale: "en-US", ip: "203.0.113.7", userAgent: "Mozilla/5.0" } },
    test: false,
    browser: true,
    input: "browser",
  });
  const own = openEnvelope({ ...structuredClone(raw), input: "test" });
  assert.ok("event" in own && own.test);
});

const requests: [string, object, object, object][] = [
  ["a page lends its address", { ip: "1.2.3.4", browser: true }, {}, { ip: "1.2.3.4" }],
  ["an address that is not to be kept", { ip: "", browser: true }, {}, {}],
  ["a server does not", { ip: "1.2.3.4", browser: false, userAgent: "curl" }, {}, {}],
  ["nor anything but boolean true", { ip: "1.2.3.4", browser: "true" }, {}, {}],
  [
    "what the client said stays",
    { ip: "1.2.3.4", browser: true, userAgent: "UA" },
    { ip: "9.9.9.9", userAgent: "own" },
    { ip: "9.9.9.9", userAgent: "own" },
  ],
  [
    "empty counts as absent",
    { ip: "1.2.3.4", browser: true, userAgent: "UA" },
    { ip: "", userAgent: null },
    { ip: "1.2.3.4", userAgent: "UA" },
  ],
];
for (const [name, request, context, expected] of requests) {
  test(`request facts: ${name}`, () => {
    const opened = openEnvelope({ ...raw, request, context });
    assert.ok("event" in opened);
    assert.deepEqual(opened.event.context, expected);
  });
}

test("a missing or null context becomes an empty one", () => {
  const { context: _context, ...without } = raw;
  for (const value of [without, { ...raw, context: null }]) {
    const opened = openEnvelope({ ...value, request: { ip: "", browser: false } });
    assert.ok("event" in opened);
    assert.deepEqual(opened.event.context, {});
  }
});

const faults: [string, unknown][] = [
  ["", null],
  ["", []],
  ["", "text"],
  ["messageId", { ...raw, messageId: "" }],
  ["messageId", { ...raw, messageId: 7 }],
  ["timestamp", { ...raw, timestamp: undefined }],
  ["receivedAt", { ...raw, receivedAt: 1 }],
  ["pipelineId", { ...raw, pipelineId: null }],
  ["type", { ...raw, type: "screen" }],
  ["type", { ...raw, type: ["track"] }],
  ["event", { ...raw, event: { toString: "x" } }],
  ["request", { ...raw, request: "x" }],
  ["context", { ...raw, context: "x" }],
];
for (const [index, [field, value]] of faults.entries()) {
  test(`no envelope ${index}: ${field === "" ? "not an object" : field}`, () => {
    assert.deepEqual(openEnvelope(value), { field });
  });
}

test("keys named __proto__ stay data", () => {
  const value: unknown = JSON.parse(JSON.stringify(raw).replace("{", '{"__proto__":{"admin":true},'));
  const opened = openEnvelope(value);
  assert.ok("event" in opened);
  assert.equal(opened.event["admin"], undefined);
  assert.match(JSON.stringify(opened.event), /"__proto__":\{"admin":true\}/);
});
