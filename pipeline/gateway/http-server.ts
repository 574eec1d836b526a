/** The listening server with its limits on connections, headers and time, and its orderly end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "@datafly-signal/core";
import { answerClientError, answerConnect } from "./client-error.ts";
import type { GatewaySettings } from "./settings.ts";

/** `awaitsContinue`: the client sends its body when told to (`Expect: 100-continue`). */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean) => void;

export interface HttpServer {
  address: { host: string; port: number };
  connections(): number;
  draining(): boolean;
  /** Stops accepting, finishes what is under way, and breaks off what is not done after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

const MAX_HEADER_BYTES = 16_384;
/** Longer than load balancers keep idle connections, so that it is never us who closes under a request. */
const KEEP_ALIVE_MS = 75_000;
const IDLE_SOCKET_MS = 120_000;
const MAX_CONNECTIONS = 10_000;
/** Requests of one connection whose answers are not sent yet: who asks on and does not read is let go before memory grows. */
const MAX_UNANSWERED = 256;

/** @throws {Error} of the system when the address cannot be listened on. */
export async function listen(
  settings: GatewaySettings,
  { clock, handle }: { clock: Clock; handle: RequestHandler },
): Promise<HttpServer> {
  const { requestTimeoutMs } = settings;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, Math.max(20, Math.floor(requestTimeoutMs / 4))),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false,
  });
  // A client that has said all and ends its side still hears the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = settings.maxConnections ?? MAX_CONNECTIONS;
  server.setTimeout(IDLE_SOCKET_MS + requestTimeoutMs);
  let connections = 0;
  let draining = false;
  /** Connections that have not brought a request yet: Node does not count them as idle when it closes. */
  const silent = new Set<Socket>();
  server.on("connection", (socket) => {
    connections += 1;
    silent.add(socket);
    socket.once("close", () => {
      connections -= 1;
      silent.delete(socket);
    });
  });
  const unanswered = new WeakMap<Socket, number>();
  const heard = (req: IncomingMessage, res: ServerResponse, awaitsContinue: boolean): void => {
    const { socket } = req;
    silent.delete(socket);
    const waiting = unanswered.get(socket) ?? 0;
    if (waiting === MAX_UNANSWERED) return void socket.destroy();
    unanswered.set(socket, waiting + 1);
    res.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    handle(req, res, awaitsContinue);
  };
  server.on("request", (req, res) => heard(req, res, false));
  server.on("checkContinue", (req, res) => heard(req, res, true));
  // What else a client may expect is not ours to promise, and no reason to refuse its events.
  server.on("checkExpectation", (req, res) => heard(req, res, false));
  server.on("clientError", (error, socket) => answerClientError(error, socket, clock.after));
  server.on("connect", (_req, socket) => answerConnect(socket, clock.after));
  const address = await opened(server, settings);
  return {
    address,
    connections: () => connections,
    draining: () => draining,
    close(deadlineMs) {
      draining = true;
      for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
      return closed(server, clock, deadlineMs);
    },
  };
}

function opened(server: Server, { host, port }: GatewaySettings): Promise<{ host: string; port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ host: string; port: number }>();
  server.once("error", reject);
  server.listen({ host, port, backlog: 1_024 }, () => {
    server.off("error", reject);
    const { address, port: bound } = server.address() as AddressInfo;
    resolve({ host: address, port: bound });
  });
  return promise;
}

function closed(server: Server, clock: Clock, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (!server.listening) return Promise.resolve();
  const cancel = clock.after(deadlineMs, () => server.closeAllConnections());
  server.close(() => {
    cancel();
    resolve();
  });
  return promise;
}
