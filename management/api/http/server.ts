/** The HTTP server on the management port: health, readiness and metrics for all roles of this process. */
import type { Logger } from "@datafly-signal/core";
import fastify, { type FastifyInstance } from "fastify";

export interface ManagementHttpOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** Reasons why this process is not ready, empty when it is. */
  ready(): Promise<string[]>;
  /** The metrics of all roles, in Prometheus' text format. */
  metrics(): Promise<{ contentType: string; text: string }>;
  logger: Logger;
}

/** @throws when the port is taken: code `EADDRINUSE`. */
export async function startManagementHttp(options: ManagementHttpOptions): Promise<{
  address: { host: string; port: number };
  close(): Promise<void>;
}> {
  const server = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1_048_576 });
  addProbes(server, options);
  addErrors(server, options.logger);
  await server.listen({ host: options.host, port: options.port });
  const bound = server.server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : options.port;
  return { address: { host: options.host, port }, close: () => server.close() };
}

function addProbes(server: FastifyInstance, options: ManagementHttpOptions): void {
  server.get("/health", () => ({ status: "ok" }));
  server.get("/ready", async (_request, reply) => {
    const reasons = await options.ready();
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
  server.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await options.metrics();
    return reply.header("content-type", contentType).send(text);
  });
}

function addErrors(server: FastifyInstance, logger: Logger): void {
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: { code: "NOT_FOUND", message: `There is nothing at ${request.method} ${request.url}.` } }),
  );
  server.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) logger.error({ error: error.message }, "a management request failed");
    const message = status >= 500 ? "Something went wrong on our side." : error.message;
    return reply.code(status).send({ error: { code: status >= 500 ? "INTERNAL" : "BAD_REQUEST", message } });
  });
}
