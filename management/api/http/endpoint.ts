/** A route made ready to be called: its schemas compiled, its request read and checked against them. */
import type { FastifyRequest } from "fastify";
import { type TSchema, IsOptional } from "typebox";
import { readParams, readQuery } from "./read-query.ts";
import { type Fault, type FaultDetail, fault, isFault, type Route } from "./route.ts";
import { openSchemaChecks, type SchemaCheck } from "./schema-check.ts";
import { textFaults } from "./text-faults.ts";

export interface Endpoint {
  route: Route;
  params: SchemaCheck;
  query: SchemaCheck;
  /** Null for one that takes no body. */
  body: SchemaCheck | null;
  /** By status; null where nothing is answered. */
  answers: ReadonlyMap<number, SchemaCheck | null>;
}

/** What a request says, checked. */
export interface Input {
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  body: unknown;
}

const NOTHING: TSchema = { type: "object", properties: {}, additionalProperties: false };

/** @throws {Error} of Ajv where a schema is none */
export function prepareEndpoints(routes: readonly Route[]): Endpoint[] {
  const compile = openSchemaChecks();
  return routes.map((route) => ({
    route,
    params: route.params === undefined ? () => [] : compile(route.params),
    query: compile(route.query ?? NOTHING),
    body: route.body === undefined ? null : compile(route.body),
    answers: new Map(
      Object.entries(route.answers).map(([status, { schema }]) => [
        Number(status),
        schema && later(() => compile(schema)),
      ]),
    ),
  }));
}

/** Most of them are never looked at outside of tests. */
function later(make: () => SchemaCheck): SchemaCheck {
  let made: SchemaCheck | undefined;
  return (value, path) => (made ??= make())(value, path);
}

/** Every fault of parameters, query and body at once: `path.id`, `query.limit`, `config.url`. */
export function readInput(endpoint: Endpoint, request: FastifyRequest): Input | Fault {
  const { route } = endpoint;
  const query = readQuery(request.url.split("?").slice(1).join("?"), route.query);
  if (isFault(query)) return query;
  const params = readParams(request.params as Record<string, string>, route.params);
  const body = bodyOf(endpoint, request.body);
  if (isFault(body)) return body;
  const faults = [
    ...faultsOf(endpoint.params, params, "path"),
    ...faultsOf(endpoint.query, query.value, "query"),
    ...(endpoint.body === null ? [] : faultsOf(endpoint.body, body.value, "")),
  ];
  if (faults.length > 0) return fault("VALIDATION_FAILED", undefined, faults);
  return { params, query: query.value, body: body.value };
}

/** One that may be left out counts as empty then; where none is taken, an empty one does no harm. */
function bodyOf({ route, body }: Endpoint, value: unknown): { value: unknown } | Fault {
  if (body === null) {
    if (value === undefined || isEmptyObject(value)) return { value: undefined };
    return fault("VALIDATION_FAILED", undefined, [{ path: "", message: "takes no body: leave it out" }]);
  }
  if (value !== undefined) return { value };
  if (route.body !== undefined && IsOptional(route.body)) return { value: {} };
  return fault("BAD_REQUEST", "The request has no body. Send a JSON object with Content-Type: application/json.");
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0 && !Array.isArray(value);
}

/** What is no text at all is said alone: what the schema says of it would be about the wrong thing. */
function faultsOf(check: SchemaCheck, value: unknown, path: string): FaultDetail[] {
  const faults = textFaults(value, path);
  return faults.length > 0 ? faults : check(value, path);
}
