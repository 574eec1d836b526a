/** Reads a request's body within its limits: the size of one, and the bytes of all that are under way. */
import type { Exchange, Responder } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";

export interface BodyLimits {
  maxPayloadBytes: number;
  inFlight: InFlight;
  respond: Responder;
  /** False while the disk reserve is used up. */
  accepting: () => boolean;
}

/** Seconds until a shed request may come again. */
const RETRY_AFTER_BUSY = 1;
const RETRY_AFTER_DISK = 5;

const EMPTY = Buffer.alloc(0);

/** `awaitsContinue`: the client sends the body only when told to. Calls `done` unless it refused the request. */
export function readBody(
  exchange: Exchange,
  limits: BodyLimits,
  { awaitsContinue, done }: { awaitsContinue: boolean; done: (bytes: Buffer) => void },
): void {
  const { respond, maxPayloadBytes } = limits;
  // A body that was promised but not asked for may still come, or not: only a new connection is unambiguous.
  const close = awaitsContinue;
  if (!limits.accepting()) return respond.refuse(exchange, "overloaded", { retryAfter: RETRY_AFTER_DISK, close });
  const declared = declaredLength(exchange);
  if (!limits.inFlight.hasRoom(Math.min(declared ?? 0, maxPayloadBytes))) {
    return respond.refuse(exchange, "overloaded", { retryAfter: RETRY_AFTER_BUSY, close });
  }
  if (declared !== null && declared > maxPayloadBytes) return respond.refuse(exchange, "payload_too_large", { close });
  if (awaitsContinue) exchange.res.writeContinue();
  collectChunks(exchange, limits, done);
}

/** Null for a body whose length shows only when it has come. */
function declaredLength({ req }: Exchange): number | null {
  if (req.headers["transfer-encoding"] !== undefined) return null;
  return Number(req.headers["content-length"] ?? 0);
}

function hold(exchange: Exchange, { inFlight }: BodyLimits, bytes: number): boolean {
  if (!inFlight.reserve(bytes)) return false;
  exchange.reserved += bytes;
  return true;
}

/** Holds what has come and not what was promised: who promises much and sends nothing must not keep others out. */
function collectChunks(exchange: Exchange, limits: BodyLimits, done: (bytes: Buffer) => void): void {
  const { req } = exchange;
  let first: Buffer | null = null;
  let chunks: Buffer[] | null = null;
  let total = 0;

  const onData = (chunk: Buffer): void => {
    // Once refused, the rest is read and thrown away, so that the client sees the answer and not a reset.
    if (exchange.answered) return;
    total += chunk.length;
    if (overLimit(exchange, limits, { total, added: chunk.length })) {
      first = null;
      chunks = null;
      return;
    }
    if (first === null) first = chunk;
    else if (chunks === null) chunks = [first, chunk];
    else chunks.push(chunk);
  };

  req.on("data", onData);
  req.on("end", () => {
    if (!exchange.answered) done(chunks === null ? (first ?? EMPTY) : Buffer.concat(chunks, total));
  });
  req.on("close", () => {
    if (req.complete) return;
    limits.inFlight.release(exchange.reserved);
    exchange.reserved = 0;
    exchange.answered = true;
  });
  // The close tells what is needed; without a listener a broken connection would be an uncaught error.
  req.on("error", () => {});
}

/** True when the request was refused for what has come of it. */
function overLimit(exchange: Exchange, limits: BodyLimits, size: { total: number; added: number }): boolean {
  if (size.total > limits.maxPayloadBytes) {
    limits.respond.refuse(exchange, "payload_too_large");
    return true;
  }
  if (hold(exchange, limits, size.added)) return false;
  limits.respond.refuse(exchange, "overloaded", { retryAfter: RETRY_AFTER_BUSY });
  return true;
}
