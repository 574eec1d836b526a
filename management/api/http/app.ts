/** The framework as it is used on the management port: every failure it has of its own is answered in the API's shape. */
import type { Logger } from "@datafly-signal/core";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { type Answer, faultAnswer, SAFE_HEADERS } from "./answers.ts";
import { fault } from "./route.ts";

const BODY_LIMIT = 1_048_576;
/** Longer than any id or name that stands in a path. */
const MAX_PARAM_LENGTH = 500;

interface AppOptions {
  logger: Logger;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[];
}

export function createApp({ logger, trustedProxies = [] }: AppOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: ({ code }, _request, reply: FastifyReply) => {
      const { status, headers, body } = addressAnswer(code);
      return reply
        .code(status)
        .headers({ ...SAFE_HEADERS, ...headers })
        .send(body);
    },
  });
  addErrors(server, logger);
  return server;
}

function addressAnswer(code: string): Answer {
  if (code === "FST_ERR_MAX_PARAM_LENGTH") return faultAnswer(fault("NOT_FOUND"));
  return faultAnswer(fault("BAD_REQUEST", "The address is not valid percent-encoded UTF-8."));
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
