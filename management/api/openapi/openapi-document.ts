/** The OpenAPI document of the management API, made from its routes. */
import type { Route } from "../http/route.ts";
import type { OpenApiDocument, OperationObject } from "./document.ts";
import { errorComponents, SHARED_HEADERS, SHARED_RESPONSES } from "./error-answers.ts";
import { addLinks } from "./links.ts";
import { operationOf } from "./operation.ts";
import { plainSchema } from "./plain-schema.ts";
import { componentsOf, type SchemaUse } from "./schema-components.ts";

export interface DocumentFacts {
  /** Of the server, as in `0.1.0`. */
  version: string;
}

const DESCRIPTION = [
  "Configures Datafly Signal and shows what it does: pipelines, integrations and their revisions, the data layer, the team.",
  "Sign in with `login` and send the access token as `Authorization: Bearer …`, or make an API token for programs.",
  "Times are ISO 8601 in UTC. Lists come in pages: send `next_cursor` as `cursor` until `has_more` is false.",
  "Errors are `{error: {code, message, details?}}`; `code` is for programs, `message` for people, `details` names each fault and its place.",
].join("\n\n");

/**
 * The same routes give the same document, byte for byte.
 * @throws {SchemaNameTakenError} when two schemas that differ have one name
 */
export function openApiOf(routes: readonly Route[], { version }: DocumentFacts): OpenApiDocument {
  const components = componentsOf(routes.flatMap(usesOf));
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route, components);
  }
  addLinks(paths, components.schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Datafly Signal Management API",
      version,
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/v1/admin", description: "This server, on its management port" }],
    security: [{ bearer: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...components.schemas, ...errorComponents() },
      responses: SHARED_RESPONSES,
      headers: SHARED_HEADERS,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An access token of `login`, or an API token." },
      },
    },
  };
}

/** Every schema of the route. What an operation like `getPipeline` answers is a pipeline. */
function usesOf(route: Route): SchemaUse[] {
  const noun = /^get([A-Z]\w*)$/.exec(route.operation)?.[1] ?? null;
  const parameters = [route.params, route.query].filter((schema) => schema !== undefined);
  const inputs = [
    ...parameters.flatMap((schema) => Object.values(plainSchema(schema).schema.properties ?? {})),
    ...(route.body === undefined ? [] : [route.body]),
  ];
  const answers = Object.values(route.answers).flatMap(({ schema }) => (schema === null ? [] : [schema]));
  return [...inputs.map((schema) => ({ schema, hint: null })), ...answers.map((schema) => ({ schema, hint: noun }))];
}
