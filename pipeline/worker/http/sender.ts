/** The HTTP sender: puts a vendor request on the wire once, within its time, and says what came back as a value. */
import type { VendorRequest } from "@datafly-signal/core";
import { Agent, type buildConnector, type Dispatcher } from "undici";
import { guardedConnector, type ResolveName } from "./address-guard.ts";
import { Exchange, type SendResult } from "./exchange.ts";
import { describeFailure, type SendFailure } from "./send-failure.ts";

export type { SendResult } from "./exchange.ts";

interface SendOptions {
  /** Over everything together: waiting for a connection, connecting, sending, headers and body. */
  timeoutMs: number;
  /** The URL was given by a user: refused addresses are not connected to. */
  guarded: boolean;
}

export interface Sender {
  /**
   * Sends one request, once. Never rejects. Redirects are not followed, compressed answers are not asked for,
   * at most 64 KiB of the body are kept.
   */
  send(request: VendorRequest, options: SendOptions): Promise<SendResult>;
  /** Ends what is under way as `network`, gives all connections up and refuses what comes later. */
  close(): Promise<void>;
}

export interface SenderOptions {
  /** The operator's switch: guarded requests may go to any address, metadata services included. */
  allowPrivateAddresses: boolean;
  /** Connections to one origin at once; lanes to the same origin share them. */
  connectionsPerOrigin?: number;
  connectTimeoutMs?: number;
  /** How long an idle connection is kept, unless the server names a shorter time. */
  keepAliveMs?: number;
  /** PEM certificates to trust instead of the built-in ones. */
  ca?: string;
  /** Name resolution of guarded requests; the system's when left out. */
  resolve?: ResolveName;
}

/** Parsed URLs kept: lanes send to few, and parsing one costs more than finding it. */
const TARGET_CACHE_SIZE = 1000;

interface Target {
  origin: string;
  path: string;
}

/** A sender with its own connection pools: one for guarded requests, one for the rest. */
export function createSender(options: SenderOptions): Sender {
  const open = new Agent(agentOptions(options));
  const guarded = options.allowPrivateAddresses
    ? open
    : new Agent({ ...agentOptions(options), connect: connector(options) });
  const targetOf = targetReader();
  const underWay = new Set<Exchange>();
  let closed = false;

  function send(request: VendorRequest, { timeoutMs, guarded: byUser }: SendOptions): Promise<SendResult> {
    if (closed) return Promise.resolve(SENDER_CLOSED);
    const target = targetOf(request.url);
    if (target === null) return Promise.resolve(NOT_HTTP);
    const agent = byUser ? guarded : open;
    return new Promise((resolve) => {
      const exchange = new Exchange(timeoutMs, (result) => {
        underWay.delete(exchange);
        resolve(result);
      });
      underWay.add(exchange);
      dispatch({ agent, request, target, exchange });
    });
  }

  async function close(): Promise<void> {
    closed = true;
    for (const exchange of underWay) exchange.end(SENDER_CLOSED);
    await Promise.all(guarded === open ? [open.destroy()] : [open.destroy(), guarded.destroy()]);
  }

  return { send, close };
}

const SENDER_CLOSED: SendFailure = { kind: "failed", reason: "network", detail: "The sender was closed." };
const NOT_HTTP: SendFailure = {
  kind: "failed",
  reason: "blocked_address",
  detail: "The URL is not an absolute http or https URL without credentials.",
};

interface Dispatch {
  agent: Agent;
  request: VendorRequest;
  target: Target;
  exchange: Exchange;
}

function dispatch({ agent, request, target, exchange }: Dispatch): void {
  const options: Dispatcher.DispatchOptions = {
    origin: target.origin,
    path: target.path,
    method: request.method,
    headers: request.headers,
    body: request.body,
  };
  try {
    agent.dispatch(options, exchange);
  } catch (error) {
    // undici throws for what it cannot even queue, such as a header with a line break.
    exchange.end(describeFailure(error instanceof Error ? error : new TypeError(String(error))));
  }
}

function agentOptions(options: SenderOptions): Agent.Options {
  return {
    connections: options.connectionsPerOrigin ?? 256,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: options.keepAliveMs ?? 4_000,
    // The exchange holds the one deadline there is.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectOptions(options),
  };
}

function connectOptions(options: SenderOptions): buildConnector.BuildOptions {
  return {
    allowH2: false,
    timeout: options.connectTimeoutMs ?? 10_000,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
}

function connector(options: SenderOptions): buildConnector.connector {
  return guardedConnector(connectOptions(options), options.resolve);
}

function targetReader(): (url: string) => Target | null {
  const cache = new Map<string, Target | null>();
  return (url) => {
    const known = cache.get(url);
    if (known !== undefined) return known;
    const target = readTarget(url);
    if (cache.size >= TARGET_CACHE_SIZE) cache.clear();
    cache.set(url, target);
    return target;
  };
}

function readTarget(url: string): Target | null {
  const parsed = URL.parse(url);
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) return null;
  if (parsed.username !== "" || parsed.password !== "") return null;
  return { origin: parsed.origin, path: parsed.pathname + parsed.search };
}
