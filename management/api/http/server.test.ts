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

test("whoever opens the port without a path is told what is here, or shown to what is made for people", async () => {
  let home: string | null = null;
  const http = await openManagementHttp({ host: "127.0.0.1", port: 0 });
  await http.serve({
    ready: () => Promise.resolve([]),
    metrics: () => Promise.resolve({ contentType: "text/plain", text: "" }),
    home: () => home,
    logger,
    routes: [],
  });
  const url = `http://127.0.0.1:${http.address.port}/`;
  const person = { headers: { accept: "text/html" }, redirect: "manual" } as const;
  const page = await (await fetch(url, person)).text();
  for (const path of ["/health", "/ready", "/metrics"]) assert.match(page, new RegExp(`href="${path}"`));
  home = "/demo";
  const moved = await fetch(url, person);
  assert.deepEqual([moved.status, moved.headers.get("location")], [302, "/demo"]);
  const { paths } = (await (await fetch(url)).json()) as { paths: Record<string, string> };
  assert.deepEqual(Object.keys(paths), ["/health", "/ready", "/metrics"], "a program is not led anywhere");
  assert.equal((await fetch(url, { ...person, method: "POST" })).status, 404);
  await http.close();
});

test("a taken port is a failure to listen", async () => {
  const first = await openManagementHttp({ host: "127.0.0.1", port: 0 });
  await assert.rejects(openManagementHttp(first.address), { code: "EADDRINUSE" });
  await first.close();
});
