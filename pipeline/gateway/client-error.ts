/** Answers what is no request: broken HTTP, headers that are too large, and what did not arrive in time. */
import { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { GATEWAY_ERRORS, type Clock, type GatewayErrorCode } from "@datafly-signal/core";
import { errorBody, jsonHeaders } from "./answer-headers.ts";
import { SDK_SURFACE } from "./surface.ts";

const STATUS_TEXT: Partial<Record<GatewayErrorCode, string>> = {
  bad_request: "Bad Request",
  request_timeout: "Request Timeout",
  headers_too_large: "Request Header Fields Too Large",
  method_not_allowed: "Method Not Allowed",
};

/** How long what a client goes on sending is read and thrown away: closed at once, it would see a reset and no answer. */
const LINGER_MS = 1_000;
/** Connections whose last answer is under way or waiting. */
const ending = new WeakSet<Duplex>();

type After = Clock["after"];

/** Node's `clientError`: there is no request or response to answer with, and the connection ends with the answer. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex, after: After): void {
  if (error.code === "ECONNRESET") socket.destroy();
  else endWith(socket, codeOf(error.code), after);
}

/** Node's `connect`: nobody is let through, and from here on the connection is nobody's but ours. */
export function answerConnect(socket: Duplex, after: After): void {
  socket.on("error", () => socket.destroy());
  endWith(socket, "method_not_allowed", after);
}

/** Broken bytes go on failing as they come; the first failure alone is answered. */
function endWith(socket: Duplex, code: GatewayErrorCode, after: After): void {
  if (ending.has(socket)) return;
  ending.add(socket);
  socket.pause();
  endInTurn(socket, code, after);
}

/** After the answers to earlier, complete requests: their events may be stored, and their clients wait to hear it. */
function endInTurn(socket: Duplex, code: GatewayErrorCode, after: After): void {
  const first = Reflect.get(socket, "_httpMessage") as unknown;
  if (!socket.writable) socket.destroy();
  else if (first instanceof ServerResponse && (first.headersSent || first.req.complete)) {
    first.once("close", () => endInTurn(socket, code, after));
  } else {
    // Who was too slow sends nothing that is worth waiting for.
    if (code === "request_timeout") socket.end(rawAnswer(code), () => socket.destroy());
    else linger(socket.end(rawAnswer(code)), after);
  }
}

function linger(socket: Duplex, after: After): void {
  const cancel = after(LINGER_MS, () => socket.destroy());
  socket.once("close", cancel);
  socket.resume();
}

function codeOf(nodeCode: string | undefined): GatewayErrorCode {
  if (nodeCode === "ERR_HTTP_REQUEST_TIMEOUT") return "request_timeout";
  if (nodeCode === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  return "bad_request";
}

function rawAnswer(code: GatewayErrorCode): string {
  const body = errorBody(code);
  const fields = jsonHeaders("*", SDK_SURFACE);
  const lines: string[] = [];
  for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
  const head = `HTTP/1.1 ${GATEWAY_ERRORS[code].status} ${STATUS_TEXT[code] ?? ""}`;
  if (code === "method_not_allowed") lines.push(`Allow: ${SDK_SURFACE.allowMethods}`);
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [head, ...lines, length, "Connection: close", "", body].join("\r\n");
}
