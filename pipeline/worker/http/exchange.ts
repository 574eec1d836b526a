/** One request on its way: collects the answer within its bounds and settles once. */
import type { VendorResponse } from "@datafly-signal/core";
import type { Dispatcher } from "undici";
import { describeFailure, type SendFailure } from "./send-failure.ts";

export type SendResult = { kind: "response"; response: VendorResponse } | SendFailure;

/** Bytes of a body that are kept. */
const BODY_LIMIT = 64 * 1024;
/** Bytes of a body that are read at all: draining a little saves the connection, draining more costs more than a new one. */
const DRAIN_LIMIT = 1024 * 1024;
/** Informational answers that are passed over; who sends them without end would keep the thread from all other vendors. */
const MAX_INFORMATIONAL = 100;

/** Ends an exchange from our side; never seen outside. */
class ExchangeEnded extends Error {
  constructor() {
    super("The exchange was ended.");
    this.name = "ExchangeEnded";
  }
}

/**
 * The dispatch handler of one request. It owns the deadline over queueing, connecting, headers and body together:
 * the connection's own timeouts start anew with every byte, so that a dripping server never meets them.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly settle: (result: SendResult) => void;
  private readonly timer: NodeJS.Timeout;
  private controller: Dispatcher.DispatchController | null = null;
  private settled = false;
  private ended = false;
  private informational = 0;
  private status = 0;
  private headers: Record<string, string> = {};
  private first: Buffer | null = null;
  private rest: Buffer[] | null = null;
  private received = 0;

  constructor(timeoutMs: number, settle: (result: SendResult) => void) {
    this.settle = settle;
    this.timer = setTimeout(expire, timeoutMs, this, timeoutMs);
  }

  /** Settles as failed, unless an answer is already there, and gives the connection up. */
  end(failure: SendFailure): void {
    this.finish(failure);
    this.abandon();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited in the queue longer than it may take: it must not be sent any more.
    if (this.ended) this.abandon();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    // Informational answers come before the real one.
    if (status < 200) return this.passOver();
    this.status = status;
    this.headers = flatHeaders(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const before = this.received;
    this.received += chunk.length;
    if (before < BODY_LIMIT) this.keep(chunk);
    if (this.received <= BODY_LIMIT) return;
    this.answer();
    if (this.received > DRAIN_LIMIT) this.abandon();
  }

  onResponseEnd(): void {
    this.answer();
    this.stop();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.finish(describeFailure(error));
    this.stop();
  }

  private passOver(): void {
    this.informational += 1;
    if (this.informational > MAX_INFORMATIONAL) this.end(TOO_MANY_INFORMATIONAL);
  }

  private keep(chunk: Buffer): void {
    if (this.first === null) this.first = chunk;
    else (this.rest ??= []).push(chunk);
  }

  private answer(): void {
    if (this.settled) return;
    this.finish({ kind: "response", response: { status: this.status, headers: this.headers, body: this.text() } });
  }

  private text(): string {
    if (this.first === null) return "";
    const whole = this.rest === null ? this.first : Buffer.concat([this.first, ...this.rest]);
    return whole.toString("utf8", 0, BODY_LIMIT);
  }

  private finish(result: SendResult): void {
    if (this.settled) return;
    this.settled = true;
    this.first = null;
    this.rest = null;
    this.settle(result);
  }

  private abandon(): void {
    this.stop();
    this.controller?.abort(new ExchangeEnded());
  }

  private stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}

const TOO_MANY_INFORMATIONAL: SendFailure = {
  kind: "failed",
  reason: "network",
  detail: `The server sent more than ${MAX_INFORMATIONAL} informational answers (1xx) and no other.`,
};

type RawHeaders = Record<string, string | string[] | undefined>;

function expire(exchange: Exchange, timeoutMs: number): void {
  exchange.end({ kind: "failed", reason: "timeout", detail: `No complete answer within ${timeoutMs} ms.` });
}

function flatHeaders(headers: RawHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}
