import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { defineSimulator } from "./simulator.ts";
import { startSimulators } from "./simulator-server.ts";
import { createWorld } from "./world.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

function echoing(key: string, hosts: string[]) {
  const fault = (status: number) => () => ({ status, body: key });
  return defineSimulator({
    key,
    hosts,
    newWorld: (now) => createWorld(now),
    answer: (request) => ({
      status: 201,
      body: { key, url: request.url.href, at: request.receivedAt, text: request.text() },
    }),
    faults: { error: fault(500), unavailable: fault(503), throttled: fault(429) },
  });
}

const one = echoing("one", ["api.one.example", "*.one.example"]);
const two = echoing("two", ["api.two.example"]);

interface Got {
  status: number;
  body: string;
}

function post(url: string, host?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: "POST", headers: host === undefined ? {} : { host } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.on("error", reject);
    sent.end("body");
  });
}

test("a vendor is found by its path or by its host", async (t) => {
  const server = await startSimulators([one, two], () => NOW);
  t.after(() => server.close());
  const cases: [string, string | undefined, string][] = [
    ["/one/v1/events?a=b", undefined, "https://api.one.example/v1/events?a=b"],
    ["/one/eu.one.example/v1", undefined, "https://eu.one.example/v1"],
    ["/one", undefined, "https://api.one.example/"],
    ["/v1", "api.two.example", "https://api.two.example/v1"],
    ["/v1", "eu.one.example:443", "https://eu.one.example/v1"],
  ];
  for (const [path, host, url] of cases) {
    const { status, body } = await post(`${server.url}${path}`, host);
    assert.equal(status, 201);
    const { key: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
    assert.deepEqual(rest, { url, at: NOW, text: "body" });
  }
  assert.equal((await post(`${server.url}/v1`)).status, 404);
  assert.deepEqual([server.world("one").requests.length, server.world("two").requests.length], [4, 1]);
  assert.throws(() => server.world("three"));
});

test("the only vendor answers whatever the host; silence ends without an answer", async (t) => {
  const server = await startSimulators([two], () => NOW);
  t.after(() => server.close());
  assert.equal((await post(`${server.url}/v1`)).status, 201);
  server.world("two").next("reset", "error", "timeout");
  await assert.rejects(post(`${server.url}/v1`));
  assert.deepEqual(await post(`${server.url}/v1`), { status: 500, body: "two" });
  const silent = post(`${server.url}/v1`);
  const winner = await Promise.race([
    silent.catch(() => "closed"),
    reached(() => server.world("two").requests.length === 4),
  ]);
  assert.equal(winner, "reached");
  await server.close();
  assert.equal(await silent.catch(() => "closed"), "closed");
});

async function reached(isReached: () => boolean): Promise<string> {
  while (!isReached()) await new Promise((resolve) => setImmediate(resolve));
  return "reached";
}
