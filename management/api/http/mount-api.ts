/** Mounts routes below `/v1/admin`: each request is admitted, read, checked and carried out in the same order. */
import type { Logger } from "@datafly-signal/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Answer, faultAnswer, SAFE_HEADERS } from "./answers.ts";
import { type Authenticate, type Limit, nobody, type RequestFacts } from "./authenticate.ts";
import { carryOut, type Services } from "./carry-out.ts";
import { type Endpoint, prepareEndpoints, readInput } from "./endpoint.ts";
import { answerFailure } from "./failures.ts";
import { type OnceOnly, readIdempotencyKey } from "./idempotency.ts";
import { nowhere, otherMethods } from "./other-methods.ts";
import { refuseForbidden } from "./permission.ts";
import { parseBodies, refusalOf } from "./request-body.ts";
import { type Caller, type Fault, isFault, type Route } from "./route.ts";

export interface ApiOptions extends Omit<Services, "checkAnswers"> {
  routes: readonly Route[];
  authenticate: Authenticate;
  limit: Limit;
  /** Wall clock, epoch milliseconds. */
  now(): number;
  logger: Logger;
  /** Answers that are not as their route says become INTERNAL: in development and tests. */
  checkAnswers?: boolean;
}

const PREFIX = "/v1/admin";
const BODY_LIMIT = 1_048_576;
const USER_AGENT_LENGTH = 512;

/** What is known of a request from the first hook on. */
interface Context {
  requestId: string;
  /** Nobody until it is admitted. */
  caller: Caller;
  now: number;
}

interface Api {
  options: ApiOptions;
  contexts: WeakMap<FastifyRequest, Context>;
}

/** @throws {Error} where a schema of a route is none; when the server gets ready, where two routes have one address */
export function mountApi(server: FastifyInstance, options: ApiOptions): void {
  const endpoints = prepareEndpoints(options.routes);
  const api: Api = { options, contexts: new WeakMap() };
  server.register(
    async (scope) => {
      scope.addHook("onRequest", async (request, reply) => {
        void reply.headers({ ...SAFE_HEADERS, "x-request-id": contextOf(request, api).requestId });
        const isNowhere = request.is404 || Object.values(request.params as object).includes("");
        return isNowhere ? send(reply, faultAnswer(nowhere(options.routes, request))) : undefined;
      });
      scope.setNotFoundHandler((request, reply) => send(reply, faultAnswer(nowhere(options.routes, request))));
      scope.setErrorHandler((error, request, reply) => send(reply, errorAnswer(error, request, api)));
      parseBodies(scope);
      for (const endpoint of endpoints) addEndpoint(scope, endpoint, api);
      for (const { path, methods, answer } of otherMethods(options.routes, scope)) {
        const url = pattern(path);
        const onRequest = async (request: FastifyRequest, reply: FastifyReply) => send(reply, answer(request.method));
        scope.route({ method: methods, url, onRequest, handler: async () => undefined });
      }
    },
    { prefix: PREFIX },
  );
}

function addEndpoint(scope: FastifyInstance, endpoint: Endpoint, api: Api): void {
  const { route } = endpoint;
  scope.route({
    method: route.method,
    url: pattern(route.path),
    bodyLimit: route.bodyLimit ?? BODY_LIMIT,
    onRequest: async (request, reply) => {
      const refusal = await admit(endpoint, request, api);
      return refusal === null ? undefined : send(reply, faultAnswer(refusal));
    },
    handler: async (request, reply) => send(reply, await respond(endpoint, request, api)),
  });
}

async function admit({ route }: Endpoint, request: FastifyRequest, api: Api): Promise<Fault | null> {
  const { authenticate, limit } = api.options;
  const facts = factsOf(request, route.operation);
  const caller = route.access === "public" ? nobody(facts) : await authenticate(facts);
  // Those who are refused are counted too: guessing must not be free.
  if (isFault(caller)) return limit(nobody(facts), facts) ?? caller;
  contextOf(request, api).caller = caller;
  return limit(caller, facts) ?? refuseForbidden(route, caller);
}

async function respond(endpoint: Endpoint, request: FastifyRequest, api: Api): Promise<Answer> {
  const { options } = api;
  const { caller, now } = contextOf(request, api);
  const input = readInput(endpoint, request);
  if (isFault(input)) return faultAnswer(input);
  const once = onceOnly(endpoint, request, caller);
  if (isFault(once)) return faultAnswer(once);
  const call = { endpoint, input, headers: headersOf(request), caller, now, once };
  return carryOut(call, { ...options, checkAnswers: options.checkAnswers ?? false });
}

function onceOnly({ route }: Endpoint, request: FastifyRequest, caller: Caller): OnceOnly | null | Fault {
  if (route.method !== "POST" || route.changes !== true || route.showsSecret === true) return null;
  const named = readIdempotencyKey(headersOf(request)["idempotency-key"], caller);
  if (named === null || isFault(named)) return named;
  return { ...named, request: `${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}` };
}

/** What was thrown: by the framework over a request it cannot read, or by ours. */
function errorAnswer(error: unknown, request: FastifyRequest, api: Api): Answer {
  const { bodyLimit = BODY_LIMIT, url = "" } = request.routeOptions;
  const refusal = refusalOf(error, bodyLimit);
  if (refusal !== null) return faultAnswer(refusal);
  const { requestId } = contextOf(request, api);
  return faultAnswer(
    answerFailure(error, { logger: api.options.logger, requestId, route: `${request.method} ${url}` }),
  );
}

function contextOf(request: FastifyRequest, { options, contexts }: Api): Context {
  const known = contexts.get(request);
  if (known !== undefined) return known;
  const made = { requestId: options.newId("req_"), caller: nobody(factsOf(request, "")), now: options.now() };
  contexts.set(request, made);
  return made;
}

/** `/pipelines/{id}` in the router's words. */
function pattern(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

function factsOf(request: FastifyRequest, operation: string): RequestFacts {
  const { authorization, "user-agent": userAgent } = request.headers;
  return {
    method: request.method,
    path: request.url.split("?")[0] ?? "",
    operation,
    authorization,
    // As one that came over IPv4 is written, also where the port listens on both.
    ipAddress: request.ip.replace(/^::ffff:(?=[\d.]+$)/i, ""),
    userAgent: userAgent?.slice(0, USER_AGENT_LENGTH) ?? null,
  };
}

function headersOf({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
