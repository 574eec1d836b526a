/** The services of the mapping builder: nothing of it changes or sends anything. */
import type { Route } from "../http/route.ts";
import { blueprintRoutes } from "./blueprint-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { editRoute } from "./edit-route.ts";
import { eventSchemaRoutes } from "./event-schema-routes.ts";
import { expressionRoute } from "./expression-route.ts";
import type { MappingServices } from "./mapping-services.ts";
import { previewRoute } from "./preview-route.ts";
import { referenceRoutes } from "./reference-routes.ts";
import { vendorSchemaRoute } from "./vendor-schema-route.ts";

export function mappingRoutes(services: MappingServices): Route[] {
  return [
    ...documentRoutes(services),
    editRoute(services),
    previewRoute(services),
    expressionRoute(services),
    ...eventSchemaRoutes(services),
    vendorSchemaRoute(services),
    ...referenceRoutes(),
    ...blueprintRoutes(services),
  ];
}
