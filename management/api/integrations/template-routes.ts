/** Integrations, which the API calls templates: listed, made, described, deleted. */
import type { Connector } from "@datafly-signal/core";
import {
  findIntegrationTemplate,
  type IntegrationTemplateRow,
  listIntegrationTemplates,
  listTemplateUses,
  type Queries,
} from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { CATEGORIES } from "../catalogue/catalogue-entry.ts";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { limitOf, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, type Fault, fault, isFault, type Route } from "../http/route.ts";
import { documentsAt } from "./base-document.ts";
import { carryOver } from "./carry-over.ts";
import { deleteTemplateRoute } from "./delete-template-route.ts";
import { makeIntegration, NewIntegration, newIntegrationBody } from "./new-integration.ts";
import { noSuchIntegration } from "./no-such-integration.ts";
import * as request from "./request-shapes.ts";
import { Template, templateOf } from "./template-shape.ts";

export interface IntegrationServices {
  changes: ConfigurationChanges;
  /** The vendors, by key. */
  connectors: ReadonlyMap<string, Connector>;
}

/** The connector of integrations that were not installed from the catalogue. */
const CUSTOM = "webhook";
const TAG = "Integrations";
const STRICT = { additionalProperties: false } as const;
const templateParams = Type.Object({ id: request.id("tmpl_…") }, STRICT);
const vendorName = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^\\S(.*\\S)?$",
  description: "What people call the vendor, or the API of your own.",
});

export function templateRoutes(services: IntegrationServices): Route[] {
  return [listRoute(services), createRoute(services), getRoute(), updateRoute(services), deleteTemplateRoute(services)];
}

function listRoute({ connectors }: IntegrationServices): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-templates",
    operation: "listIntegrations",
    tag: TAG,
    summary: "List the integrations, by name",
    access: "integrations:read",
    query: Type.Object(
      {
        ...pagingQuery,
        search: Type.Optional(
          Type.String({ minLength: 1, maxLength: 200, description: "A part of name, description or vendor." }),
        ),
        vendor: Type.Optional(request.id("A vendor's key.")),
        category: Type.Optional(Type.Enum([...CATEGORIES])),
        enabled_on: Type.Optional(request.id("A pipeline's id: those that deliver for it now.")),
      },
      STRICT,
    ),
    answers: { 200: { description: "A page of integrations.", schema: pageOf(Template) } },
    errors: ["VALIDATION_FAILED"],
    async handle({ query, queries }) {
      const after = readCursor(query, Type.Tuple([Type.String(), Type.String()]));
      if (isFault(after)) return after;
      const limit = limitOf(query);
      const rows = await listIntegrationTemplates(queries, {
        search: query.search,
        vendors: vendorsOf(connectors, query),
        enabledOn: query.enabled_on,
        ...(after !== null && { after: { sortName: after[0], id: after[1] } }),
        limit: limit + 1,
      });
      const { data, ...rest } = page(rows, limit, (row) => [row.sort_name, row.id]);
      return { status: 200, body: { data: await shown(queries, data), ...rest } };
    },
  });
}

/** Undefined for all. */
function vendorsOf(
  connectors: IntegrationServices["connectors"],
  { vendor, category }: { vendor?: string; category?: string },
): string[] | undefined {
  if (category === undefined) return vendor === undefined ? undefined : [vendor];
  const ofCategory = [...connectors.values()].filter((one) => one.category === category).map(({ key }) => key);
  return ofCategory.filter((key) => vendor === undefined || key === vendor);
}

async function shown(queries: Queries, rows: readonly IntegrationTemplateRow[]): Promise<Static<typeof Template>[]> {
  const uses = await listTemplateUses(
    queries,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => templateOf(row, uses));
}

function createRoute({ changes, connectors }: IntegrationServices): Route {
  return defineRoute({
    method: "POST",
    path: "/integration-templates",
    operation: "createCustomIntegration",
    tag: TAG,
    summary: "Make a custom integration: a vendor of your own, delivered to by webhook",
    description: "Its config is the webhook's. Vendors of the catalogue are installed from there.",
    access: "integrations:write",
    body: Type.Object({ ...newIntegrationBody, vendor_name: vendorName }, STRICT),
    answers: { 201: { description: "The integration and its first revision.", schema: NewIntegration } },
    errors: ["VALIDATION_FAILED", "CONFLICT"],
    changes: true,
    async handle(call) {
      const connector = connectors.get(CUSTOM);
      if (connector === undefined) return fault("INTERNAL");
      const { vendor_name, ...body } = call.body;
      return makeIntegration(call, { changes, connector, body, vendorName: vendor_name });
    },
  });
}

function getRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-templates/{id}",
    operation: "getIntegration",
    tag: TAG,
    summary: "Show an integration and where it is used",
    access: "integrations:read",
    params: templateParams,
    answers: { 200: { description: "The integration.", schema: Template } },
    errors: ["NOT_FOUND"],
    handle: ({ params, queries }) => answerTemplate(queries, params.id),
  });
}

async function answerTemplate(queries: Queries, id: string): Promise<{ status: number; body: unknown } | Fault> {
  const row = await findIntegrationTemplate(queries, id);
  if (row === undefined) return noSuchIntegration();
  const [body] = await shown(queries, [row]);
  return { status: 200, body };
}

function updateRoute({ changes, connectors }: IntegrationServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/integration-templates/{id}",
    operation: "updateIntegration",
    tag: TAG,
    summary: "Rename or describe an integration; what it does is changed by a new revision",
    access: "integrations:write",
    params: templateParams,
    body: Type.Object(
      {
        name: Type.Optional(request.name),
        description: Type.Optional(request.description),
        vendor_name: Type.Optional(vendorName),
        version: Type.Optional(request.version),
      },
      STRICT,
    ),
    answers: { 200: { description: "The integration as it is now.", schema: Template } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "CONFLICT", "VERSION_CONFLICT", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, body, queries } = call;
      const row = await findIntegrationTemplate(queries, params.id);
      if (row === undefined) return noSuchIntegration();
      const { version = row.version, ...renamed } = body;
      if (version !== row.version) return fault("VERSION_CONFLICT");
      if (renamed.vendor_name !== undefined && row.custom === 0) {
        const message = "Only a custom integration has a vendor's name of its own.";
        return fault("VALIDATION_FAILED", undefined, [{ path: "vendor_name", message }]);
      }
      const numbers = [row.latest_revision];
      const [base] = await documentsAt(changes, queries, { integrationId: row.id, numbers });
      if (base === undefined) return noSuchIntegration();
      const kept = carryOver(base, {}, connectors.get(row.vendor) ?? { config_fields: [], variants: [] });
      const applied = await changes.apply(call, {
        document: { integrations: [{ ...kept, ...renamed }] },
        faultsBelow: "integrations[0].",
      });
      return isFault(applied) ? applied : answerTemplate(queries, row.id);
    },
  });
}
