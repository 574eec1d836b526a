/** Answers what is no request: broken HTTP, headers that are too large, and what did not arrive in time. */
import { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "@datafly-signal/core";
import { corsHeaders, errorBody } from "./exchange.ts";

const STATUS_TEXT: Partial<Record<GatewayErrorCode, string>> = {
  bad_request: "Bad Request",
  request_timeout: "Request Timeout",
  headers_too_large: "Request Header Fields Too Large",
};

/** Node's `clientError`: there is no request or response to answer with, and the connection ends with the answer. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex, allowHeaders: string): void {
  if (error.code === "ECONNRESET" || !socket.writable || owesAnswer(socket)) {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(codeOf(error.code), allowHeaders), () => socket.destroy());
}

/** Whether the answer to an earlier, complete request is still to come: another one must not take its place. */
function owesAnswer(socket: Duplex): boolean {
  const first = Reflect.get(socket, "_httpMessage") as unknown;
  return first instanceof ServerResponse && (first.headersSent || first.req.complete);
}

function codeOf(nodeCode: string | undefined): GatewayErrorCode {
  if (nodeCode === "ERR_HTTP_REQUEST_TIMEOUT") return "request_timeout";
  if (nodeCode === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  return "bad_request";
}

function rawAnswer(code: GatewayErrorCode, allowHeaders: string): string {
  const body = errorBody(code);
  const fields = corsHeaders("*", allowHeaders);
  const lines: string[] = [];
  for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
  const head = `HTTP/1.1 ${GATEWAY_ERRORS[code].status} ${STATUS_TEXT[code] ?? ""}`;
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [head, ...lines, length, "Connection: close", "", body].join("\r\n");
}
