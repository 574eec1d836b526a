/** The gateway: takes events over HTTP, and answers 200 only when they are in the log for good. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewayErrorCode } from "@datafly-signal/core";
import { admission } from "./admission.ts";
import { appendQueue } from "./append-queue.ts";
import { takeBatch } from "./batch.ts";
import { readBody, type BodyLimits } from "./body.ts";
import { clientAddress, type ClientAddress } from "./client-address.ts";
import { collect, type CollectParts } from "./collect.ts";
import { takeOne } from "./one-event.ts";
import { responder, type Exchange, type Responder } from "./exchange.ts";
import { listen, type HttpServer } from "./http-server.ts";
import { inFlight } from "./in-flight.ts";
import { keyDirectory, type KeyDirectory } from "./key-directory.ts";
import { gatewayMetrics } from "./metrics.ts";
import { operations } from "./operations.ts";
import { receiptTimes } from "./receipt-time.ts";
import { refusals, type RefusedRequest } from "./refusals.ts";
import { OTHER_HEADERS, routeTable, tidyPath, type Route } from "./routes.ts";
import type { GatewayOptions } from "./settings.ts";
import { snapshotRefresh } from "./snapshot-refresh.ts";
import { visitorCookieWriter } from "./visitor-cookie.ts";

export { GatewaySettingsError, type GatewayOptions, type GatewaySettings } from "./settings.ts";
export type { RefusedRequest } from "./refusals.ts";

export interface Gateway {
  address: { host: string; port: number };
  /** The last refused requests, at most 100, oldest first. */
  refused(): RefusedRequest[];
  /** Refused events by error code since the last call. */
  takeRefused(): Map<GatewayErrorCode, number>;
  /** Stops accepting, finishes what is under way, and breaks off what is not done after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Starts listening.
 * @throws {GatewaySettingsError} for a setting it cannot work with; the system's error when the address is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, snapshots, clock, ids, logger, registry, settings } = options;
  const directory = keyDirectory({ environment: settings.environment, clock });
  directory.load(snapshots.current());
  const bytes = inFlight(settings.maxInFlightBytes);
  const refused = refusals();
  let server: HttpServer | null = null;
  const draining = (): boolean => server?.draining() ?? false;
  const metrics = gatewayMetrics(registry, {
    inFlightBytes: bytes.bytes,
    connections: () => server?.connections() ?? 0,
    refusedTotals: refused.totals,
  });
  const respond = responder({ directory, inFlight: bytes, refusals: refused, metrics, clock, logger, draining });
  const entry = admission({ directory, refresh: snapshotRefresh(snapshots, clock, logger), respond, clock });
  const limits = { maxPayloadBytes: settings.maxPayloadBytes, inFlight: bytes, respond, accepting: options.accepting };
  const steps = {
    admission: entry,
    respond,
    appends: appendQueue(log),
    inFlight: bytes,
    received: receiptTimes(clock),
    ids,
    logger,
    visitorCookie: visitorCookieWriter(settings.cookieDomain),
    limits: settings,
  };
  const routes = routeTable({ one: (path) => takeOne(steps, path), batch: takeBatch(steps) });
  const parts: CollectParts = { admission: entry, respond, limits };
  const answerOperations = operations({
    registry,
    ready: () => (draining() ? ["shutting down", ...options.ready()] : options.ready()),
  });
  const open = exchangeOpener(clientAddress(settings.trustedProxies), () => clock.monotonic());
  const unsubscribe = snapshots.onChange((snapshot) => directory.load(snapshot));

  const handle = (req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean): void => {
    const { path, query, route } = find(routes, req.url ?? "/");
    if (route === undefined && answerOperations(path, req, res)) return;
    const exchange = open(req, res, { path, query, allowHeaders: route?.allowHeaders ?? OTHER_HEADERS });
    if (req.method === "OPTIONS") return answerPreflight(exchange, directory, respond);
    if (route === undefined) return respond.refuse(exchange, "not_found", { sampled: false, close: awaitsContinue });
    if (req.method !== "POST") {
      return respond.refuse(exchange, "method_not_allowed", {
        sampled: false,
        allow: "POST, OPTIONS",
        close: awaitsContinue,
      });
    }
    respond.guard(exchange, () => run(exchange, route, { parts, limits, awaitsContinue }));
  };
  server = await listen(settings, { clock, handle });

  return {
    address: server.address,
    refused: refused.recent,
    takeRefused: refused.take,
    async close(deadlineMs) {
      unsubscribe();
      await server.close(deadlineMs);
    },
  };
}

function find(routes: Map<string, Route>, url: string): { path: string; query: string; route: Route | undefined } {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  const route = routes.get(path);
  if (route !== undefined) return { path, query, route };
  const tidy = tidyPath(path);
  return { path: tidy, query, route: routes.get(tidy) };
}

type OpenExchange = (
  req: IncomingMessage,
  res: ServerResponse,
  asked: { path: string; query: string; allowHeaders: string },
) => Exchange;

function exchangeOpener(address: ClientAddress, now: () => number): OpenExchange {
  return (req, res, asked) => {
    const forwardedFor = req.headers["x-forwarded-for"];
    return {
      req,
      res,
      path: asked.path,
      query: asked.query,
      origin: req.headers.origin,
      ip: address(
        req.socket.remoteAddress ?? "",
        typeof forwardedFor === "string" ? forwardedFor : forwardedFor?.join(","),
        req.headers.forwarded,
      ),
      allowHeaders: asked.allowHeaders,
      startedAt: now(),
      gate: null,
      reserved: 0,
      answered: false,
    };
  };
}

/** A preflight carries no key: it passes when any pipeline takes events of the page's origin. */
function answerPreflight(exchange: Exchange, directory: KeyDirectory, respond: Responder): void {
  const { origin } = exchange;
  if (origin !== undefined && !directory.allowsSomewhere(origin)) {
    return respond.refuse(exchange, "origin_not_allowed", { events: 0 });
  }
  respond.answer(exchange, { status: 204, body: "" });
}

function run(
  exchange: Exchange,
  route: Route,
  { parts, limits, awaitsContinue }: { parts: CollectParts; limits: BodyLimits; awaitsContinue: boolean },
): void {
  if (route.kind === "ignored") {
    return parts.respond.answer(exchange, { status: 200, body: '{"success":true}', close: awaitsContinue });
  }
  const { take } = route;
  const done = (bytes: Buffer): void => parts.respond.guard(exchange, () => collect(exchange, bytes, { take, parts }));
  readBody(exchange, limits, { awaitsContinue, done });
}
