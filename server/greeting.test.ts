import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigSnapshot, PipelineConfig } from "@datafly-signal/core";
import type { Budgets } from "./budgets/describe.ts";
import { greeting } from "./greeting.ts";
import { readSettings } from "./settings.ts";

const BUDGETS: Budgets = {
  disk: { taken: 0, free: 2 ** 34, reserve: 2 ** 29, budget: null },
  memory: { budget: 2 ** 28, requests: 2 ** 26, processing: 2 ** 24, deliveries: 2 ** 27 },
};

function pipeline(name: string, domainAllowlist: string[]): PipelineConfig {
  const id = `pip_${name}`;
  const keys = [`dk_live_${name}`];
  return { id, name, slug: name, type: "web", enabled: true, keys, domainAllowlist, rateLimitRps: 1, parameters: {} };
}

function greet(given: {
  host?: string;
  env?: Record<string, string>;
  pipelines?: PipelineConfig[];
  demo?: boolean;
  administrator?: { email: string; password: string | null };
}): string {
  const { host = "127.0.0.1", env = {}, pipelines = [pipeline("shop", [])] } = given;
  const read = readSettings(env, { exists: (path) => path === "/etc/signal.yaml" });
  assert.ok(read.ok);
  const snapshot: ConfigSnapshot = {
    number: 1,
    environment: read.settings.environment,
    organisationId: "org_1",
    pipelines,
    integrations: [],
    lanes: [],
    removed: [],
    ...(given.demo === true && { demo: { receiveUrl: `http://${host}:8084/demo/receive` } }),
  };
  const addresses = { gateway: `http://${host}:8080`, management: `http://${host}:8084` };
  return greeting({
    settings: read.settings,
    ...addresses,
    snapshot,
    budgets: BUDGETS,
    administrator: given.administrator ?? null,
  });
}

test("on the own machine the addresses are those that it listens on, without a warning", () => {
  for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
    const text = greet({ host });
    assert.ok(text.includes(`Events     http://${host}:8080/v1/t\n`), text);
    assert.doesNotMatch(text, /Warning|all interfaces/);
  }
});

test("all interfaces: addresses that can be opened, and what is open to the network", () => {
  for (const host of ["0.0.0.0", "[::]"]) {
    const text = greet({ host });
    assert.match(text, /Events {5}http:\/\/localhost:8080\/v1\/t on all interfaces/);
    assert.match(text, /Management http:\/\/localhost:8084 on all interfaces/);
    assert.match(text, /curl http:\/\/localhost:8080\/v1\/t -H 'Authorization: Bearer dk_live_shop'/);
    assert.match(text, /\/metrics and \/health on the management port 8084 are open to the network without a password/);
    assert.ok(!text.includes(host), text);
  }
  assert.match(greet({ host: "192.0.2.7" }), /http:\/\/192\.0\.2\.7:8080[^]*open to the network/);
});

test("the demo stands first, under addresses that can be opened", () => {
  const text = greet({ demo: true });
  const [shop, receiver, events] = ["/demo/shop", "/demo/receiver", "/v1/t"].map((path) => text.indexOf(path));
  assert.ok(shop !== undefined && receiver !== undefined && events !== undefined);
  assert.ok(0 < shop && shop < receiver && receiver < events, text);
  assert.match(text, /Shop {7}http:\/\/127\.0\.0\.1:8084\/demo\/shop/);
  assert.match(text, /Configured by nothing yet: one pipeline, and the demo\./);
  assert.match(greet({ demo: true, host: "0.0.0.0" }), /http:\/\/localhost:8084\/demo\/shop.*on this machine only/);
  assert.doesNotMatch(greet({}), /demo/);
});

test("without a configuration it says how to come by one", () => {
  assert.match(greet({}), /Make \.\/signal\.yaml: it is taken up within a second/);
  const configured = greet({ env: { SIGNAL_CONFIG: "/etc/signal.yaml" } });
  assert.match(configured, /Configured by \/etc\/signal\.yaml\n/);
  assert.doesNotMatch(configured, /taken up/);
});

test("in production, pipelines that no page may send to are named", () => {
  const pipelines = [pipeline("shop", ["shop.example.com"]), pipeline("blog", []), pipeline("app", [])];
  const env = { SIGNAL_ENV: "production" };
  assert.match(greet({ env, pipelines }), /pages of no origin may send to blog, app \(servers may\)/);
  assert.doesNotMatch(greet({ env, pipelines: pipelines.slice(0, 1) }), /no origin/);
  assert.doesNotMatch(greet({ pipelines }), /no origin/);
});

test("what may be used of disk and memory, and what happens at the bound", () => {
  assert.match(greet({}), /Disk {7}0 B taken, 16 GiB free; below 512 MiB \(DISK_RESERVE\) events get 503/);
  assert.match(greet({}), /Memory {5}256 MiB for events under way \(MEMORY_BUDGET\): requests 64 MiB, then 503;/);
});

test("the first administrator is told once how to sign in; a password that was given is not repeated", () => {
  assert.doesNotMatch(greet({}), /Account/);
  const made = greet({ administrator: { email: "admin@localhost", password: "one-time-7" } });
  assert.match(made, /Account {4}admin@localhost {3}one-time password one-time-7 /);
  assert.match(
    greet({ administrator: { email: "jane@example.com", password: null } }),
    /Account {4}jane@example.com \(/,
  );
});
