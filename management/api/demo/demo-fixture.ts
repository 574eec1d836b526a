/** The demo behind a real management port, with traces and a configuration that the test holds in its hands. */
import { request } from "node:http";
import { performance } from "node:perf_hooks";
import type { Clock, ConfigSnapshot, SnapshotSource, TraceRecord } from "@datafly-signal/core";
import { type ManagementHttp, openManagementHttp } from "../http/server.ts";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import { demoRoutes } from "./demo-routes.ts";

export const KEY = "dk_test_0123456789";

export interface DemoFixture {
  http: ManagementHttp;
  url: string;
  /** Null takes the demo away. */
  setDemo(demo: ConfigSnapshot["demo"] | null): void;
  setGatewayPort(port: number | null): void;
  recent: TraceRecord[];
  emit(record: TraceRecord): void;
  followers(): number;
}

const clock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const NO_DEAD_LETTERS: Pick<DeadLetters, "list" | "replay"> = {
  list: () => Promise.resolve({ data: [], nextCursor: null }),
  replay: () => Promise.resolve({ replayed: 0, discarded: 0, skipped: {} }),
};

export async function startDemo(host = "127.0.0.1", deadLetters = NO_DEAD_LETTERS): Promise<DemoFixture> {
  let gatewayPort: number | null = 8080;
  let snapshot = snapshotWith({ receiveUrl: "http://127.0.0.1:1/demo/receive" });
  const listeners = new Set<(record: TraceRecord) => void>();
  const recent: TraceRecord[] = [];
  const http = await openManagementHttp({ host, port: 0 });
  const traces = {
    recent: (limit: number) => Promise.resolve(recent.slice(-limit)),
    find: () => Promise.resolve([]),
    follow(listener: (record: TraceRecord) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => Promise.resolve(),
  };
  const changed = new Set<(snapshot: ConfigSnapshot) => void>();
  const snapshots: SnapshotSource = {
    current: () => snapshot,
    onChange(listener) {
      changed.add(listener);
      return () => changed.delete(listener);
    },
    refresh: () => Promise.resolve(),
  };
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const demo = demoRoutes({ snapshots, traces, deadLetters, clock, host, gatewayPort: () => gatewayPort });
  await http.serve({
    home: () => (snapshot.demo === undefined ? null : "/demo"),
    ready: () => Promise.resolve([]),
    refusedChange: () => null,
    metrics: () => Promise.resolve({ contentType: "text/plain", text: "" }),
    logger,
    routes: [demo],
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    http,
    url: `http://${name}:${http.address.port}`,
    setDemo(demo) {
      snapshot = snapshotWith(demo ?? undefined);
      for (const listener of changed) listener(snapshot);
    },
    setGatewayPort: (port) => (gatewayPort = port),
    recent,
    emit: (record) => listeners.forEach((listener) => listener(record)),
    followers: () => listeners.size,
  };
}

function snapshotWith(demo: ConfigSnapshot["demo"]): ConfigSnapshot {
  return {
    number: 1,
    environment: "development",
    organisationId: "org_1",
    pipelines: [
      {
        id: "pip_1",
        name: "My site",
        slug: "my-site",
        type: "web",
        enabled: true,
        keys: [KEY],
        domainAllowlist: [],
        rateLimitRps: 1000,
        parameters: {},
      },
    ],
    integrations:
      demo === undefined
        ? []
        : [
            {
              id: "tmpl_1",
              name: "Demo receiver",
              vendor: "webhook",
              vendorName: "Custom Webhook",
              variant: "default",
              deliveryMode: "server_side",
              latestRevision: 1,
              revisions: {},
              consentByRevision: {},
            },
          ],
    lanes: [],
    removed: [],
    ...(demo && { demo }),
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A request with any `Host`, which fetch does not allow. */
export function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: options.method ?? "GET", headers: options.headers ?? {} }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(options.body);
  });
}

export function sentTrace(messageId: string, more: { body?: string; integrationId?: string } = {}): TraceRecord {
  return {
    v: 1,
    stage: "sent",
    at: "2026-11-21T09:00:00.000Z",
    messageId,
    pipelineId: "pip_1",
    anonymousId: null,
    userId: null,
    eventName: "purchase",
    lane: { pipelineId: "pip_1", integrationId: more.integrationId ?? "tmpl_1", pipelineIntegrationId: "pi_1" },
    deliveryId: `pi_1:${messageId}`,
    attempt: 1,
    events: 1,
    request: { method: "POST", url: "http://127.0.0.1:1/demo/receive", headers: {}, body: more.body ?? "{}" },
    response: { status: 200, headers: {}, body: "" },
    outcome: "delivered",
    reason: null,
    durationMs: 3,
  };
}
