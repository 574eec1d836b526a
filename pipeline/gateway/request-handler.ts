/** From a request's path to the step that answers it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuseOrigin } from "./admission.ts";
import { readBody, type BodyLimits } from "./body.ts";
import type { ClientAddress } from "./client-address.ts";
import { collect, type CollectParts } from "./collect.ts";
import type { Exchange, Responder } from "./exchange.ts";
import type { RequestHandler } from "./http-server.ts";
import { keptAddress } from "./ip-policy.ts";
import type { KeyDirectory } from "./key-directory.ts";
import type { Operations } from "./operations.ts";
import { tidyPath, type Route } from "./routes.ts";
import { SETTINGS_PATH, settingsKey } from "./sdk-settings.ts";
import { isRead, preflightSurface, READ_SURFACE, SDK_SURFACE, type Surface } from "./surface.ts";

export interface HandlerParts extends CollectParts {
  limits: BodyLimits;
  routes: ReadonlyMap<string, Route>;
  /** Answers for a key that stands in the path. */
  sdkSettings: (exchange: Exchange, key: string) => void;
  answerOperations: Operations;
  directory: KeyDirectory;
  address: ClientAddress;
  /** Monotonic milliseconds. */
  now: () => number;
}

export function requestHandler(parts: HandlerParts): RequestHandler {
  const { respond, directory, answerOperations } = parts;
  const open = exchangeOpener(parts);
  return (req, res, awaitsContinue) => {
    const { path, query, route } = find(parts, req.url ?? "/");
    if (route === undefined && answerOperations(path, req, res)) return;
    if (route?.kind === "file") return route.serve(req, res, query);
    const exchange = open(req, res, { path, query, surface: route?.surface ?? SDK_SURFACE });
    if (req.method === "OPTIONS") return answerPreflight(exchange, directory, respond);
    if (route === undefined) return respond.refuse(exchange, "not_found", { sampled: false, close: awaitsContinue });
    if (route.kind === "read" ? !isRead(req.method) : req.method !== "POST") {
      return refuseMethod(exchange, respond, awaitsContinue);
    }
    respond.guard(exchange, () => run(exchange, route, { parts, awaitsContinue }));
  };
}

interface Found {
  path: string;
  query: string;
  route: Route | undefined;
}

function find({ routes, sdkSettings }: HandlerParts, url: string): Found {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  const route = routes.get(path);
  if (route !== undefined) return { path, query, route };
  const tidy = tidyPath(path);
  const key = settingsKey(tidy);
  if (key === null) return { path: tidy, query, route: routes.get(tidy) };
  const read = (exchange: Exchange): void => sdkSettings(exchange, key);
  return { path: SETTINGS_PATH, query, route: { kind: "read", surface: READ_SURFACE, read } };
}

type OpenExchange = (
  req: IncomingMessage,
  res: ServerResponse,
  asked: { path: string; query: string; surface: Surface },
) => Exchange;

function exchangeOpener({ address, now }: Pick<HandlerParts, "address" | "now">): OpenExchange {
  return (req, res, asked) => {
    const { headers } = req;
    const forwardedFor = headers["x-forwarded-for"];
    const ip = address(
      req.socket.remoteAddress ?? "",
      typeof forwardedFor === "string" ? forwardedFor : forwardedFor?.join(","),
      headers.forwarded,
    );
    const policy = headers["x-ip-policy"];
    return {
      req,
      res,
      path: asked.path,
      query: asked.query,
      origin: headers.origin,
      ip: policy === undefined ? ip : keptAddress(ip, policy),
      surface: asked.surface,
      startedAt: now(),
      gate: null,
      reserved: 0,
      answered: false,
    };
  };
}

/** A preflight carries no key: it passes when any pipeline takes events of the page's origin. */
function answerPreflight(exchange: Exchange, directory: KeyDirectory, respond: Responder): void {
  const { origin, req } = exchange;
  exchange.surface = preflightSurface(exchange.surface, req.headers["access-control-request-headers"]);
  if (origin !== undefined && !directory.allowsSomewhere(origin)) {
    return refuseOrigin(exchange, respond, { events: 0 });
  }
  respond.answer(exchange, { status: 204, body: "" });
}

function refuseMethod(exchange: Exchange, respond: Responder, close: boolean): void {
  const { allowMethods, reads } = exchange.surface;
  respond.refuse(exchange, "method_not_allowed", {
    ...(reads ? { message: "This path takes GET." } : {}),
    sampled: false,
    allow: allowMethods,
    close,
  });
}

function run(
  exchange: Exchange,
  route: Exclude<Route, { kind: "file" }>,
  { parts, awaitsContinue }: { parts: HandlerParts; awaitsContinue: boolean },
): void {
  if (route.kind === "ignored") {
    return parts.respond.answer(exchange, { status: 200, body: '{"success":true}', close: awaitsContinue });
  }
  if (route.kind === "read") {
    // A body that was promised but not asked for may still come, or not: only a new connection is unambiguous.
    if (awaitsContinue) exchange.res.shouldKeepAlive = false;
    return route.read(exchange);
  }
  const { take } = route;
  const done = (bytes: Buffer): void => parts.respond.guard(exchange, () => collect(exchange, bytes, { take, parts }));
  readBody(exchange, parts.limits, { awaitsContinue, done });
}
