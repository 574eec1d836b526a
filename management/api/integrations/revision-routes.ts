/** Revisions of an integration: listed, shown, made. */
import { findIntegrationTemplate, findRevision, listRevisions } from "@datafly-signal/ports/store";
import Type from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, fault, isFault, type Route } from "../http/route.ts";
import { newRevisionRoute } from "./new-revision-route.ts";
import { noSuchIntegration } from "./no-such-integration.ts";
import * as request from "./request-shapes.ts";
import { Revision, revisionOf, RevisionSummary, revisionSummaryOf } from "./revision-shape.ts";
import type { IntegrationServices } from "./template-routes.ts";

const TAG = "Revisions";
const STRICT = { additionalProperties: false } as const;
const number = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

export function revisionRoutes(services: IntegrationServices): Route[] {
  return [listRoute(), newRevisionRoute(services), getRoute()];
}

function listRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-templates/{id}/revisions",
    operation: "listRevisions",
    tag: TAG,
    summary: "List an integration's revisions, the newest first",
    access: "integrations:read",
    params: Type.Object({ id: request.id("tmpl_…") }, STRICT),
    query: Type.Object(pagingQuery, STRICT),
    answers: { 200: { description: "A page of revisions.", schema: pageOf(RevisionSummary) } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params, query, queries }) {
      const below = readCursor(query, number);
      if (isFault(below)) return below;
      const template = await findIntegrationTemplate(queries, params.id);
      if (template === undefined) return noSuchIntegration();
      const limit = limitOf(query);
      const rows = await listRevisions(queries, {
        integrationId: template.id,
        ...(below !== null && { below }),
        limit: limit + 1,
      });
      const shown = page(rows, limit, (row) => row.revision_number);
      return { status: 200, body: mapPage(shown, (row) => revisionSummaryOf(row, template.org_id)) };
    },
  });
}

function getRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-templates/{id}/revisions/{n}",
    operation: "getRevision",
    tag: TAG,
    summary: "Show a revision",
    access: "integrations:read",
    params: Type.Object({ id: request.id("tmpl_…"), n: number }, STRICT),
    answers: { 200: { description: "The revision.", schema: Revision } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params, queries }) {
      const template = await findIntegrationTemplate(queries, params.id);
      if (template === undefined) return noSuchIntegration();
      const row = await findRevision(queries, template.id, params.n);
      if (row === undefined) {
        return fault("NOT_FOUND", `There is no revision ${params.n}: the latest is ${template.latest_revision}.`);
      }
      return { status: 200, body: revisionOf(row, template.org_id) };
    },
  });
}
