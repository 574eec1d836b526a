/** Rules that every route keeps, and that its types cannot hold: one name each, bounded input, exact answers. */
import type { TSchema } from "typebox";
import type { Route } from "./route.ts";

/** What is read of a JSON schema here. */
interface SchemaParts {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: SchemaParts[];
  allOf?: SchemaParts[];
  properties?: Record<string, SchemaParts>;
  patternProperties?: Record<string, SchemaParts>;
  additionalProperties?: boolean | SchemaParts;
  items?: SchemaParts | SchemaParts[];
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

type Look = (schema: SchemaParts, path: string) => string[];

/** One sentence for each rule that is broken. */
export function brokenRules(routes: readonly Route[]): string[] {
  const operations = repeated(routes.map(({ operation }) => operation));
  const addresses = repeated(routes.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`));
  return [
    ...operations.map((operation) => `${operation} is the operation of two routes`),
    ...addresses.map((address) => `${address} is the address of two routes`),
    ...routes.flatMap((route) => rulesOf(route).map((rule) => `${route.operation}: ${rule}`)),
  ];
}

function rulesOf(route: Route): string[] {
  const { method, path, params, query, body, changes, answers } = route;
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();
  const declared = Object.keys((params as SchemaParts | undefined)?.properties ?? {}).toSorted();
  const successes = Object.keys(answers).map(Number);
  return [
    ...broken(named.join() !== declared.join(), `its path names ${named.join()}, its params ${declared.join()}`),
    ...broken(method === "GET" && (changes === true || body !== undefined), "GET changes nothing and has no body"),
    ...broken(successes.length === 0 || successes.some((status) => status < 200 || status > 299), "it answers 2xx"),
    ...broken(!/^[a-z][A-Za-z]+$/.test(route.operation), "its operation is camelCase"),
    ...broken(!/^(\/[a-z0-9-]+|\/\{\w+\})+$/.test(path), "its path is in kebab-case"),
    ...broken(route.summary.trim() === "" || route.summary.length > 120, "its summary is one line"),
    ...walked(params, "path", unbounded),
    ...walked(query, "query", unbounded),
    ...walked(body, "body", unbounded),
    ...Object.entries(answers).flatMap(([status, { schema }]) => walked(schema ?? undefined, status, inexact)),
  ];
}

/** Databases refuse what they cannot hold. What any name holds is bounded by the body. */
const unbounded: Look = (schema, path) => {
  const isOneOf = schema.enum !== undefined || schema.const !== undefined;
  const hasMinimum = schema.minimum !== undefined || schema.exclusiveMinimum !== undefined;
  const hasMaximum = schema.maximum !== undefined || schema.exclusiveMaximum !== undefined;
  const isNumber = schema.type === "integer" || schema.type === "number";
  return [
    ...broken(schema.type === "string" && !isOneOf && !isBoundedText(schema), `${path} has no maxLength`),
    ...broken(
      schema.type === "array" && !Array.isArray(schema.items) && schema.maxItems === undefined,
      `${path} has no maxItems`,
    ),
    ...broken(isNumber && !isOneOf && !(hasMinimum && hasMaximum), `${path} has no minimum and maximum`),
    ...inexact(schema, path),
  ];
};

/** What an object may hold is said: all of its names, or what any name holds. */
const inexact: Look = (schema, path) => {
  const isSaid = schema.additionalProperties !== undefined || schema.patternProperties !== undefined;
  return broken(schema.type === "object" && !isSaid, `${path} does not say additionalProperties`);
};

function isBoundedText({ maxLength, pattern }: SchemaParts): boolean {
  return maxLength !== undefined || (pattern !== undefined && /^\^[^*+]*\$$/.test(pattern));
}

function walked(schema: TSchema | undefined, path: string, look: Look): string[] {
  return schema === undefined ? [] : walk(schema as SchemaParts, path, look);
}

function walk(schema: SchemaParts, path: string, look: Look): string[] {
  const { anyOf = [], allOf = [], properties = {}, patternProperties = {}, additionalProperties, items = [] } = schema;
  const others = typeof additionalProperties === "object" ? [additionalProperties] : [];
  return [
    ...look(schema, path),
    ...[...anyOf, ...allOf].flatMap((branch) => walk(branch, path, look)),
    ...Object.entries(properties).flatMap(([name, member]) => walk(member, `${path}.${name}`, look)),
    ...[...Object.values(patternProperties), ...others].flatMap((member) => walk(member, `${path}.*`, look)),
    ...[items].flat().flatMap((item) => walk(item, `${path}[]`, look)),
  ];
}

function broken(isBroken: boolean, rule: string): string[] {
  return isBroken ? [rule] : [];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
