/** What tools and tests outside make of the API's routes: its document, who may call what, and the routes as data. */
export { permissionsOf, ROLES } from "../access/permissions.ts";
export type { Role } from "../http/route.ts";
export { describedDocument, describedRoutes } from "./described-routes.ts";
export type { OpenApiDocument, OperationObject, ParameterObject, SchemaObject } from "./document.ts";
