/** All routes of the management API. */
import type { Connector } from "@datafly-signal/core";
import { auditRoutes } from "./audit/audit-routes.ts";
import { catalogueRoutes } from "./catalogue/catalogue-routes.ts";
import { installRoute } from "./catalogue/install-route.ts";
import { configAsCodeRoutes } from "./config-as-code/config-routes.ts";
import { dataLayerRoutes } from "./data-layer/data-layer-routes.ts";
import type { ChangeServices } from "./configuration/open-configuration-changes.ts";
import type { ConfigurationChanges } from "./configuration/configuration-changes.ts";
import type { Route } from "./http/route.ts";
import { revisionDiffRoute } from "./integrations/diff-route.ts";
import { revisionRoutes } from "./integrations/revision-routes.ts";
import { connectionTestRoutes, type ConnectionTestServices } from "./integrations/test-route.ts";
import { templateRoutes } from "./integrations/template-routes.ts";
import { mappingRoutes } from "./mapping/mapping-routes.ts";
import type { MappingServices } from "./mapping/mapping-services.ts";
import { organisationRoutes } from "./organisation/organisation-routes.ts";
import { pipelineIntegrationRoutes } from "./pipeline-integrations/pipeline-integration-routes.ts";
import { pipelineKeyRoutes } from "./pipelines/key-routes.ts";
import { pipelineRoutes } from "./pipelines/pipeline-routes.ts";
import { snippetRoutes } from "./pipelines/snippet-routes.ts";

export interface ApiServices
  extends
    ChangeServices,
    Pick<MappingServices, "workbench" | "ids">,
    Pick<ConnectionTestServices, "keyring" | "sendOnce" | "clock"> {
  changes: ConfigurationChanges;
  connectors: ReadonlyMap<string, Connector>;
  /** `logo.svg` of the vendors that have one, by key. */
  logos: ReadonlyMap<string, string>;
  /** So many fresh random bytes. */
  random(bytes: number): Uint8Array;
  /** The gateway's origin as browsers reach it: `https://data.example.com`. */
  collectorOrigin(): string;
}

/** Those of accounts come from `createAccess`. */
export function apiRoutes(services: ApiServices): Route[] {
  return [
    ...organisationRoutes(services),
    ...pipelineRoutes(services),
    ...pipelineKeyRoutes(services),
    ...snippetRoutes(services),
    ...pipelineIntegrationRoutes(services),
    ...catalogueRoutes(services),
    installRoute(services),
    ...templateRoutes(services),
    ...revisionRoutes(services),
    revisionDiffRoute(services),
    ...connectionTestRoutes(services),
    ...dataLayerRoutes(services),
    ...mappingRoutes(services),
    ...configAsCodeRoutes(services),
    ...auditRoutes(),
  ];
}
