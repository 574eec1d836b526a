import assert from "node:assert/strict";
import { test } from "node:test";
import { openManagementHttp } from "./server.ts";

const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

test("it listens before it can answer, and says so", async () => {
  const http = await openManagementHttp({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${http.address.port}`;
  assert.ok(http.address.port > 0);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  for (const path of ["/ready", "/metrics", "/demo/shop"]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 503, path);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.deepEqual(await response.json(), { ready: false, reasons: ["the server is starting"] });
  }
  let reasons = ["the disk is full"];
  await http.serve({
    ready: () => Promise.resolve(reasons),
    refusedChange: () => null,
    metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", text: "signal_up 1\n" }),
    logger,
    routes: [(server) => void server.get("/more", () => ({ more: true }))],
  });
  assert.deepEqual(await (await fetch(`${url}/ready`)).json(), { ready: false, reasons });
  reasons = [];
  assert.equal((await fetch(`${url}/ready`)).status, 200);
  assert.equal(await (await fetch(`${url}/metrics`)).text(), "signal_up 1\n");
  assert.deepEqual(await (await fetch(`${url}/more`)).json(), { more: true });
  assert.equal((await fetch(`${url}/none`)).status, 404);
  await http.close();
  await http.close();
  await assert.rejects(fetch(`${url}/health`));
});

test("a taken port is a failure to listen", async () => {
  const first = await openManagementHttp({ host: "127.0.0.1", port: 0 });
  await assert.rejects(openManagementHttp(first.address), { code: "EADDRINUSE" });
  await first.close();
});
