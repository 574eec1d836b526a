/** All routes as data, for what is made of them without a server: nothing that they need is there, so none may be called. */
import type { Database } from "@datafly-signal/ports/store";
import { createAccess } from "../access/access.ts";
import { type ApiServices, apiRoutes } from "../api-routes.ts";
import type { Route } from "../http/route.ts";
import type { OpenApiDocument } from "./document.ts";
import { type DocumentFacts, openApiOf } from "./openapi-document.ts";

const SECRET_BYTES = 32;

export function describedRoutes(): Route[] {
  const access = createAccess({
    database: {} as Database,
    organisationId: "",
    jwtSecret: new Uint8Array(SECRET_BYTES),
    random: (bytes) => new Uint8Array(bytes),
    clock: { wall: () => 0, monotonic: () => 0 },
  });
  return [...access.routes, ...apiRoutes({} as ApiServices)];
}

/** The same document that a server answers. */
export function describedDocument(facts: DocumentFacts): OpenApiDocument {
  return openApiOf(describedRoutes(), facts);
}
