/** A listening gateway for tests, with a log, a clock and a configuration that the test holds in its hands. */
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import type { Clock, ConfigSnapshot, PipelineConfig, RawEvent, SnapshotSource } from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import { Registry } from "prom-client";
import { startGateway, type Gateway, type GatewaySettings } from "./gateway.ts";

export const KEY = "dk_live_abc123";
export const OTHER_KEY = "dk_live_other9";
/** What the rig's clock says at the start. */
export const NOW = Date.parse("2026-02-25T14:30:05.000Z");

interface LogDouble {
  records: NewRecord[];
  appends: number;
  /** Thrown by the next appends while set. */
  failure: unknown;
  /** Appends wait for it while set. */
  gate: Promise<void> | null;
  append(records: readonly NewRecord[]): Promise<{ partition: number; offset: number }[]>;
  events(): RawEvent[];
}

export interface Rig {
  gateway: Gateway;
  port: number;
  log: LogDouble;
  time: { wall: number; monotonic: number };
  registry: Registry;
  snapshot: {
    current: ConfigSnapshot;
    next: ConfigSnapshot | null;
    refreshes: number;
    change(to: ConfigSnapshot): void;
  };
  switches: { accepting: boolean; reasons: string[] };
  logged: { message: string }[];
  send(options: Sending): Promise<Reply>;
  /** POSTs JSON with the rig's key. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  raw(): Promise<RawConnection>;
  close(): Promise<void>;
}

interface Sending {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: Record<string, unknown>;
}

export interface RawConnection {
  socket: Socket;
  /** Everything received so far. */
  received(): string;
  /** Resolves when what was received matches. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the other side has ended or broken the connection. */
  closed: Promise<void>;
}

export function pipeline(changes: Partial<PipelineConfig> = {}): PipelineConfig {
  return {
    id: "pip_shop",
    name: "Shop",
    slug: "shop",
    type: "web",
    enabled: true,
    keys: [KEY],
    domainAllowlist: ["shop.example.com"],
    rateLimitRps: 1_000,
    parameters: {},
    ...changes,
  };
}

export function snapshotOf(pipelines: PipelineConfig[], number = 1): ConfigSnapshot {
  return {
    number,
    environment: "production",
    organisationId: "org_1",
    pipelines,
    integrations: [],
    lanes: [],
    removed: [],
  };
}

export async function startRig(
  options: {
    settings?: Partial<GatewaySettings>;
    pipelines?: PipelineConfig[];
    collector?: { code: string; hash: string };
  } = {},
): Promise<Rig> {
  const log = logDouble();
  const time = { wall: NOW, monotonic: 1_000_000 };
  const snapshot = snapshotDouble(snapshotOf(options.pipelines ?? [pipeline()]));
  const switches = { accepting: true, reasons: [] as string[] };
  const logged: { message: string }[] = [];
  const registry = new Registry();
  const note = (_fields: object, message: string): void => void logged.push({ message });
  const gateway = await startGateway({
    log,
    snapshots: snapshot.source,
    clock: clockDouble(time),
    ids: countingIds(),
    logger: { debug: note, info: note, warn: note, error: note },
    registry,
    settings: { ...SETTINGS, ...options.settings },
    accepting: () => switches.accepting,
    ready: () => switches.reasons,
    collector: options.collector ?? null,
  });
  const { port } = gateway.address;
  const send = (sending: Sending): Promise<Reply> => sendRequest(port, sending);
  return {
    gateway,
    port,
    log,
    time,
    registry,
    snapshot: snapshot.held,
    switches,
    logged,
    send,
    post: (path, body, headers = {}) =>
      send({ path, headers: { authorization: `Bearer ${KEY}`, ...headers }, body: JSON.stringify(body) }),
    raw: () => rawConnection(port),
    close: () => gateway.close(0),
  };
}

const SETTINGS: GatewaySettings = {
  host: "127.0.0.1",
  port: 0,
  environment: "production",
  trustedProxies: [],
  cookieDomain: null,
  maxPayloadBytes: 1_048_576,
  maxInFlightBytes: 64 * 1_048_576,
  maxBatchSize: 500,
  requestTimeoutMs: 30_000,
};

function logDouble(): LogDouble {
  const double: LogDouble = {
    records: [],
    appends: 0,
    failure: null,
    gate: null,
    async append(records) {
      double.appends += 1;
      if (double.gate !== null) await double.gate;
      if (typeof double.failure === "function") double.failure(records);
      else if (double.failure !== null) throw double.failure;
      const first = double.records.length;
      double.records.push(...records);
      return records.map((_, index) => ({ partition: 0, offset: first + index }));
    },
    events: () => double.records.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as RawEvent),
  };
  return double;
}

/** The clock stands still; waits run on real time. */
function clockDouble(time: { wall: number; monotonic: number }): Clock {
  return {
    wall: () => time.wall,
    monotonic: () => time.monotonic,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

function countingIds(): { uuidV4(): string; uuidV7(): string } {
  let count = 0;
  const tail = (): string => String((count += 1)).padStart(12, "0");
  return {
    uuidV4: () => `00000000-0000-4000-8000-${tail()}`,
    uuidV7: () => `019c0000-0000-7000-8000-${tail()}`,
  };
}

function snapshotDouble(first: ConfigSnapshot): { source: SnapshotSource; held: Rig["snapshot"] } {
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  const held: Rig["snapshot"] = {
    current: first,
    next: null,
    refreshes: 0,
    change(to) {
      held.current = to;
      for (const listener of listeners) listener(to);
    },
  };
  const source: SnapshotSource = {
    current: () => held.current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async refresh() {
      held.refreshes += 1;
      if (held.next !== null) held.change(held.next);
    },
  };
  return { source, held };
}

function sendRequest(port: number, { method = "POST", path, headers = {}, body }: Sending): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", reject);
    incoming.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
    });
  });
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  const waiting = new Set<() => void>();
  const closed = Promise.withResolvers<void>();
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (const check of waiting) check();
  });
  socket.on("error", () => {});
  socket.on("close", () => closed.resolve());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return {
    socket,
    received: () => text,
    until(pattern) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const check = (): void => {
        if (!pattern.test(text)) return;
        waiting.delete(check);
        resolve(text);
      };
      waiting.add(check);
      check();
      return promise;
    },
    closed: closed.promise,
  };
}
