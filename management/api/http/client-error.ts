/** Answers what is no request: broken HTTP, headers that are too large, and what did not arrive in time. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { faultAnswer, SAFE_HEADERS } from "./answers.ts";
import { fault } from "./route.ts";

const REASONS: Readonly<Record<string, { status: number; message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: "The request did not arrive in time. Send it again." },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    message: "The address and the headers are larger than 16 KB. Send less in them.",
  },
};
const BROKEN = { status: 400, message: "The request is not valid HTTP/1.1. Send it through an HTTP client library." };

/** Node's `clientError`: there is no response to answer with, and the connection ends with the answer. */
export function answerClientError({ code = "" }: Error & { code?: string }, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const { status, message } = REASONS[code] ?? BROKEN;
  const { headers, body = "" } = faultAnswer(fault("BAD_REQUEST", message));
  const fields = { ...SAFE_HEADERS, ...headers, "content-length": Buffer.byteLength(body), connection: "close" };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head, "", body].join("\r\n"), () => socket.destroy());
}

/** One that is under way, or that a complete request waits for: this would be taken for it. */
function isAnswering(socket: Duplex): boolean {
  const current = Reflect.get(socket, "_httpMessage") as Partial<ServerResponse> | null | undefined;
  return current?.headersSent === true || current?.req?.complete === true;
}
