/** The HTTP server on the management port: listens first, so that its address is known, and answers for all roles once they are there. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "@datafly-signal/core";
import type { FastifyInstance } from "fastify";
import { createApp } from "./app.ts";
import { answerClientError } from "./client-error.ts";
import { messagePage, wantsHtml } from "./message-page.ts";

export interface ManagementHttp {
  /** `host` as it was asked for. */
  address: { host: string; port: number };
  /** Answers from now on as these parts say; until then everything is told that the server is starting. */
  serve(parts: ManagementParts): Promise<void>;
  /** Ends requests under way; may be called twice. */
  close(): Promise<void>;
}

interface ManagementParts {
  /** Reasons why this process is not ready, empty when it is. */
  ready(): Promise<string[]>;
  /** The metrics of all roles, in Prometheus' text format. */
  metrics(): Promise<{ contentType: string; text: string }>;
  /** The change of the configuration that is refused at present. */
  refusedChange?(): { since: string; faults: readonly string[] } | null;
  /** What does not keep this process from working, but should be known. */
  troubles?(): string[];
  /** Where a browser goes that opens the port without a path; null when there is nothing made for people. */
  home?(): string | null;
  logger: Logger;
  /** Addresses and ranges of reverse proxies, whose word for the client's address is taken. */
  trustedProxies?: readonly string[];
  /** Adds further routes. */
  routes: readonly ((server: FastifyInstance) => void)[];
}

interface ListenOptions {
  host: string;
  port: number;
  /** How long a request may take to arrive, as a whole. */
  requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16_384;

/**
 * @param options port 0 takes any free one
 * @throws when it cannot listen: code `EADDRINUSE` and the like
 */
export async function openManagementHttp(options: ListenOptions): Promise<ManagementHttp> {
  let answer: RequestListener = answerStarting;
  let app: FastifyInstance | null = null;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => answer(request, response),
  );
  server.on("clientError", answerClientError);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: options.host, port },
    async serve(parts) {
      app = openApp(parts);
      await app.ready();
      answer = app.routing;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await app?.close();
    },
  };
}

/** A browser that came too early looks again by itself. */
const HEADERS = { "content-type": "application/json; charset=utf-8", "retry-after": "1", refresh: "1" };

const answerStarting: RequestListener = (request, response) => {
  const healthy = request.url === "/health";
  const body = healthy ? { status: "ok" } : { ready: false, reasons: ["the server is starting"] };
  response.writeHead(healthy ? 200 : 503, HEADERS);
  response.end(JSON.stringify(body));
};

function openApp(parts: ManagementParts): FastifyInstance {
  const app = createApp(parts);
  addProbes(app, parts);
  addHome(app, parts);
  for (const add of parts.routes) add(app);
  return app;
}

function addProbes(server: FastifyInstance, parts: ManagementParts): void {
  server.get("/health", () => ({ status: "ok" }));
  server.get("/ready", async (_request, reply) => {
    const reasons = await parts.ready();
    const warnings = warningsOf(parts);
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send({ ready: reasons.length === 0, reasons, ...(warnings.length > 0 ? { warnings } : {}) });
  });
  server.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await parts.metrics();
    return reply.header("content-type", contentType).send(text);
  });
}

const PATHS: readonly (readonly [path: string, what: string])[] = [
  ["/health", "whether the process runs"],
  ["/ready", "whether it can do its work, and why not"],
  ["/metrics", "the metrics of all its parts, for Prometheus"],
];

function addHome(server: FastifyInstance, parts: ManagementParts): void {
  server.get("/", (request, reply) => {
    void reply.headers({ "cache-control": "no-store", vary: "accept" });
    if (!wantsHtml(request)) return reply.send({ paths: Object.fromEntries(PATHS) });
    const home = parts.home?.() ?? null;
    if (home !== null) return reply.redirect(home, 302);
    const text = ["This port is for those who run the server. Events go to the gateway's port."];
    const { body, headers } = messagePage({ title: "Datafly Signal", text, links: PATHS });
    return reply.headers(headers).send(body);
  });
}

/** What does not keep the server from working, but should be known; without the faults, which may quote the file. */
function warningsOf(parts: ManagementParts): string[] {
  const troubles = parts.troubles?.() ?? [];
  const refused = parts.refusedChange?.() ?? null;
  if (refused === null) return troubles;
  const count = refused.faults.length === 1 ? "1 fault" : `${refused.faults.length} faults`;
  return [
    `configuration: the change is refused since ${refused.since} (${count}); the last good one stays`,
    ...troubles,
  ];
}
