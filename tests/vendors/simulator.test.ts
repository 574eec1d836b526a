import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { simulatedRequest } from "./simulated-request.ts";
import { defineSimulator, readAnswer, servesHost } from "./simulator.ts";
import { createWorld } from "./world.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

const plain = defineSimulator({
  key: "plain",
  hosts: ["api.example.com", "*.region.example.com"],
  newWorld: (now) => createWorld(now),
  answer: (request) => ({ status: 200, body: { echo: request.text() } }),
  faults: {
    error: () => ({ status: 500, body: "broken" }),
    unavailable: ({ retryAfterSeconds }) => ({ status: 503, body: String(retryAfterSeconds) }),
    throttled: () => ({ status: 429, body: "slower" }),
  },
});

function request(body: string, url = "https://api.example.com/") {
  return simulatedRequest({ method: "post", url, headers: { "X-Key": "a" }, body }, NOW);
}

test("a request is read as sent and as meant", () => {
  const text = JSON.stringify({ a: "ä" });
  const sent: [string, Buffer][] = [
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["identity", Buffer.from(text)],
  ];
  for (const [encoding, body] of sent) {
    const got = simulatedRequest(
      { method: "post", url: "https://a.example/", headers: { "Content-Encoding": encoding }, body },
      NOW,
    );
    assert.deepEqual([got.method, got.text(), got.json()], ["POST", text, { a: "ä" }]);
    assert.deepEqual(got.body, body);
  }
  const broken = simulatedRequest(
    { method: "POST", url: "https://a.example/", headers: { "content-encoding": "gzip" }, body: "x" },
    NOW,
  );
  assert.throws(() => broken.text());
});

test("the queue of misbehaviour is used up in order, then the vendor works again", () => {
  const world = plain.newWorld(() => NOW);
  world.next("error", { kind: "unavailable", retryAfterSeconds: 4 });
  world.next("truncated");
  const bodies = Array.from({ length: 4 }, () => readAnswer(plain.handle(request("hello"), world)).body);
  assert.deepEqual(bodies, ["broken", "4", '{"echo":', '{"echo":"hello"}']);
  assert.throws(() => JSON.parse(bodies[2] ?? ""));
  assert.equal(world.requests.length, 4);
});

test("hosts are exact, or everything below a star", () => {
  const hosts = ["api.example.com", "*.region.example.com"];
  const cases: [string, boolean][] = [
    ["api.example.com", true],
    ["a.region.example.com", true],
    ["region.example.com", false],
    ["example.com", false],
    ["evilregion.example.com", false],
  ];
  for (const [host, isServed] of cases) assert.equal(servesHost(hosts, host), isServed, host);
});

test("copies are of one scope and key, within the window, and tests apart from the rest", () => {
  const world = createWorld(() => NOW);
  const event = { scope: "a", name: "x", dedupeKey: "1", payload: null, receivedAt: NOW, isTest: false };
  const kept = [
    event,
    event,
    { ...event, scope: "b" },
    { ...event, dedupeKey: null },
    { ...event, dedupeKey: null },
    { ...event, isTest: true },
    { ...event, receivedAt: NOW + 1001 },
  ].map((one) => world.record(one, 1000).isDuplicate);
  assert.deepEqual(kept, [false, true, false, false, false, false, false]);
  assert.equal(world.counted().length, 5);
});
