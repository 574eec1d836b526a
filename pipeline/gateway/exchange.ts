/** One request and its answer: state while it is under way, and the one place where answers are written. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { GATEWAY_ERRORS, type Clock, type GatewayErrorCode, type JsonObject, type Logger } from "@datafly-signal/core";
import { errorBody, jsonHeaders, PICTURE, pictureHeaders } from "./answer-headers.ts";
import type { InFlight } from "./in-flight.ts";
import type { KeyDirectory, PipelineGate } from "./key-directory.ts";
import type { GatewayMetrics } from "./metrics.ts";
import type { Refusals } from "./refusals.ts";
import { isRead, type Surface } from "./surface.ts";

export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  path: string;
  /** Without the question mark; empty when there is none. */
  query: string;
  origin: string | undefined;
  ip: string;
  surface: Surface;
  /** Monotonic milliseconds. */
  startedAt: number;
  /** Set once the key is known. */
  gate: PipelineGate | null;
  /** Bytes held of the in-flight bound. */
  reserved: number;
  answered: boolean;
}

interface Answer {
  status: number;
  body: string;
  /** Why it is no success. */
  code?: GatewayErrorCode;
  /** `Cache-Control`, on a path that is read. */
  cache?: string;
  retryAfter?: number;
  cookie?: string | null;
  /** Ends the connection: the rest of the request will not be read. */
  close?: boolean;
  /** `Allow`, on a 405. */
  allow?: string;
}

interface Refusal {
  /** Takes the place of the code's own sentence. Names fields, never values. */
  message?: string;
  /** Whole seconds. */
  retryAfter?: number;
  /** How many events were refused with it; 1 unless said, 0 on paths that are only read. */
  events?: number;
  /** Further fields of the body. */
  fields?: JsonObject;
  close?: boolean;
  allow?: string;
  /** False for what is no one's event and would only push out samples that matter. */
  sampled?: boolean;
}

export interface Responder {
  accept(exchange: Exchange, accepted: { body: string; cookie: string | null; events: number }): void;
  refuse(exchange: Exchange, code: GatewayErrorCode, refusal?: Refusal): void;
  /** Counts and samples a refusal that is a part of another answer: an item of a batch. */
  note(exchange: Exchange, code: GatewayErrorCode, refusal: { message: string; events: number }): void;
  /** Runs a step of a request; what it throws is answered 500 and logged. */
  guard(exchange: Exchange, step: () => void): void;
  /** An answer that neither takes nor refuses an event. */
  answer(exchange: Exchange, answer: Answer): void;
}

export function responder(options: {
  directory: KeyDirectory;
  inFlight: InFlight;
  refusals: Refusals;
  metrics: GatewayMetrics;
  clock: Clock;
  logger: Logger;
  draining: () => boolean;
}): Responder {
  const { directory, inFlight, refusals, metrics, clock, logger } = options;

  const allowOrigin = ({ origin, gate }: Exchange): string => {
    if (gate !== null) return origin !== undefined && gate.origins.allows(origin) ? origin : gate.origins.shown;
    return origin !== undefined && directory.allowsSomewhere(origin) ? origin : "*";
  };

  const headersOf = (exchange: Exchange, { status, body, cache, retryAfter, allow }: Answer): string[] => {
    const { surface, req } = exchange;
    const headers = jsonHeaders(allowOrigin(exchange), surface);
    if (status !== 204) headers.push("Content-Length", String(Buffer.byteLength(body)));
    if (surface.reads) headers.push("Cache-Control", cache ?? "no-store");
    if (retryAfter !== undefined) headers.push("Retry-After", String(retryAfter));
    if (allow !== undefined) headers.push("Allow", allow);
    if (req.method === "OPTIONS" && status === 204) headers.push("Access-Control-Max-Age", "7200");
    return headers;
  };

  const answer = (exchange: Exchange, given: Answer): void => {
    if (exchange.answered) return;
    exchange.answered = true;
    inFlight.release(exchange.reserved);
    exchange.reserved = 0;
    const { res, req, surface } = exchange;
    const picture = surface.picture && isRead(req.method);
    const status = picture ? 200 : given.status;
    const headers = picture ? pictureHeaders(given.code) : headersOf(exchange, given);
    if (typeof given.cookie === "string") headers.push("Set-Cookie", given.cookie);
    if (given.close === true || options.draining()) headers.push("Connection", "close");
    res.writeHead(status, headers);
    res.end(picture ? PICTURE : given.body);
    metrics.answered(status, clock.monotonic() - exchange.startedAt);
  };

  const note: Responder["note"] = (exchange, code, { message, events }) => {
    refusals.add(
      {
        at: new Date(clock.wall()).toISOString(),
        code,
        status: GATEWAY_ERRORS[code].status,
        message,
        method: exchange.req.method ?? "",
        path: exchange.path.slice(0, 200),
        origin: exchange.origin?.slice(0, 200) ?? null,
        ip: exchange.ip,
        pipelineId: exchange.gate?.pipelineId ?? null,
      },
      events,
    );
  };

  const refuse: Responder["refuse"] = (exchange, code, refusal = {}) => {
    if (exchange.answered) return;
    const { surface } = exchange;
    const { message = GATEWAY_ERRORS[code].message, sampled = true, fields, ...rest } = refusal;
    const { events = surface.reads && !surface.picture ? 0 : 1, ...answered } = rest;
    if (sampled) note(exchange, code, { message, events });
    answer(exchange, {
      status: GATEWAY_ERRORS[code].status,
      body: errorBody(code, message, fields),
      code,
      ...answered,
    });
  };

  return {
    answer,
    note,
    refuse,
    guard(exchange, step) {
      try {
        step();
      } catch (error) {
        logger.error({ err: error, path: exchange.path }, "a request failed unexpectedly");
        refuse(exchange, "internal_error");
      }
    },
    accept(exchange, { body, cookie, events }) {
      metrics.accepted(events);
      answer(exchange, { status: 200, body, cookie });
    },
  };
}
