/** What the sender's tests share: senders and servers that end with the test, and readers of results. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSocketServer, type Server as SocketServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { VendorRequest, VendorResponse } from "@datafly-signal/core";
import { createSender, type Sender, type SenderOptions, type SendResult } from "./sender.ts";

export const OPEN = { timeoutMs: 5_000, guarded: false };
export const GUARDED = { timeoutMs: 5_000, guarded: true };

export function post(url: string, extra: Partial<VendorRequest> = {}): VendorRequest {
  return {
    method: "POST",
    url,
    headers: { "Content-Type": "application/json" },
    body: '{"a":1}',
    covers: [0],
    ...extra,
  };
}

export function sender(context: TestContext, options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({ allowPrivateAddresses: false, ...options });
  context.after(() => made.close());
  return made;
}

export async function listen(context: TestContext, server: Server | SocketServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

export async function serve(context: TestContext, answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(context, createServer(answer))}`;
}

/** A server that does with the raw connection what it likes. */
export async function serveRaw(context: TestContext, take: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    take(socket);
  });
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  return `http://127.0.0.1:${await listen(context, server)}`;
}

export async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function failed(result: SendResult): string {
  assert.equal(result.kind, "failed", JSON.stringify(result));
  return result.kind === "failed" ? result.reason : "";
}

export function answered(result: SendResult): VendorResponse {
  assert.equal(result.kind, "response", JSON.stringify(result));
  return result.kind === "response" ? result.response : { status: 0, headers: {}, body: "" };
}
