/** The integrations of a pipeline: listed, assigned, pinned, enabled, taken off. */
import {
  findIntegrationTemplate,
  findPipeline,
  findPipelineIntegration,
  listPipelineIntegrations,
  type Queries,
} from "@datafly-signal/ports/store";
import Type from "typebox";
import type { AssignmentDocument, ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, type Fault, fault, isFault, type Route } from "../http/route.ts";
import * as request from "../integrations/request-shapes.ts";
import { assign } from "./assign.ts";
import { PipelineIntegration, pipelineIntegrationOf } from "./pipeline-integration-shape.ts";

interface PipelineIntegrationServices {
  changes: ConfigurationChanges;
}

const TAG = "Pipeline integrations";
const STRICT = { additionalProperties: false } as const;
const pipelineParams = Type.Object({ id: request.id("pip_…") }, STRICT);
const laneParams = Type.Object({ id: request.id("pip_…"), pi: request.id("pi_…") }, STRICT);
const ONE = { description: "The integration on the pipeline.", schema: PipelineIntegration };
const revision = Type.Union([Type.Literal("latest"), Type.Integer({ minimum: 1, maximum: 2_147_483_647 })], {
  description: "A number to stay at, or latest to follow: new revisions then go live at once.",
});

export function pipelineIntegrationRoutes(services: PipelineIntegrationServices): Route[] {
  return [listRoute(), assignRoute(services), getRoute(), updateRoute(services), removeRoute(services)];
}

function listRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/pipelines/{id}/integrations",
    operation: "listPipelineIntegrations",
    tag: TAG,
    summary: "List the integrations of a pipeline, in the order in which they were assigned",
    access: "integrations:read",
    params: pipelineParams,
    query: Type.Object(pagingQuery, STRICT),
    answers: { 200: { description: "A page of integrations.", schema: pageOf(PipelineIntegration) } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params, query, queries }) {
      const after = readCursor(query, Type.Tuple([Type.Integer({ minimum: 0 }), Type.String()]));
      if (isFault(after)) return after;
      if ((await findPipeline(queries, params.id)) === undefined) return noSuchPipeline();
      const limit = limitOf(query);
      const rows = await listPipelineIntegrations(queries, {
        pipelineId: params.id,
        ...(after !== null && { after: { createdAt: after[0], id: after[1] } }),
        limit: limit + 1,
      });
      const shown = page(rows, limit, (row) => [row.created_at, row.id]);
      return { status: 200, body: mapPage(shown, pipelineIntegrationOf) };
    },
  });
}

function assignRoute({ changes }: PipelineIntegrationServices): Route {
  return defineRoute({
    method: "POST",
    path: "/pipelines/{id}/integrations",
    operation: "assignIntegration",
    tag: TAG,
    summary: "Assign an integration to a pipeline, at its latest revision unless another one is named",
    access: "integrations:publish",
    params: pipelineParams,
    body: Type.Object(
      {
        integration_id: request.id("tmpl_…"),
        revision: Type.Optional(revision),
        enabled: Type.Optional(Type.Boolean({ default: true })),
      },
      STRICT,
    ),
    answers: { 201: ONE },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "CONFLICT", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, body, queries } = call;
      if ((await findPipeline(queries, params.id)) === undefined) return noSuchPipeline();
      const template = await findIntegrationTemplate(queries, body.integration_id);
      if (template === undefined) {
        const message = "There is no integration with this id.";
        return fault("VALIDATION_FAILED", undefined, [{ path: "integration_id", message }]);
      }
      const assignment: AssignmentDocument = {
        id: call.newId("pi_"),
        integration: template.id,
        revision: body.revision ?? template.latest_revision,
        enabled: body.enabled ?? true,
      };
      const refused = await assign(call, { changes, pipelineId: params.id, template, assignment });
      return refused ?? answerLane(queries, { id: params.id, pi: assignment.id ?? "" }, 201);
    },
  });
}

function getRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/pipelines/{id}/integrations/{pi}",
    operation: "getPipelineIntegration",
    tag: TAG,
    summary: "Show an integration on a pipeline",
    access: "integrations:read",
    params: laneParams,
    answers: { 200: ONE },
    errors: ["NOT_FOUND"],
    handle: ({ params, queries }) => answerLane(queries, params, 200),
  });
}

function updateRoute({ changes }: PipelineIntegrationServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/pipelines/{id}/integrations/{pi}",
    operation: "updatePipelineIntegration",
    tag: TAG,
    summary: "Pin an integration on a pipeline to a revision, upgrade it, roll it back, enable or disable it",
    description:
      "What waits for a disabled one stays and is not sent; new events are counted as filtered. An older revision rolls back.",
    access: "integrations:publish",
    params: laneParams,
    body: Type.Object(
      {
        revision: Type.Optional(revision),
        enabled: Type.Optional(Type.Boolean()),
        version: Type.Optional(request.version),
      },
      STRICT,
    ),
    answers: { 200: ONE },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "VERSION_CONFLICT", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, body, queries } = call;
      const lane = await findPipelineIntegration(queries, params.id, params.pi);
      if (lane === undefined) return noSuchLane();
      if ((body.version ?? lane.version) !== lane.version) return fault("VERSION_CONFLICT");
      const template = await findIntegrationTemplate(queries, lane.integration_id);
      if (template === undefined) return noSuchLane();
      const assignment: AssignmentDocument = {
        id: lane.id,
        integration: lane.integration_id,
        revision: body.revision ?? lane.revision_number ?? "latest",
        enabled: body.enabled ?? lane.enabled === 1,
      };
      const refused = await assign(call, { changes, pipelineId: params.id, template, assignment });
      return refused ?? answerLane(queries, params, 200);
    },
  });
}

function removeRoute({ changes }: PipelineIntegrationServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/pipelines/{id}/integrations/{pi}",
    operation: "removePipelineIntegration",
    tag: TAG,
    summary: "Take an integration off a pipeline",
    description: "One with waiting deliveries is refused, unless discard_waiting=true gives them up.",
    access: "integrations:publish",
    params: laneParams,
    query: Type.Object({ discard_waiting: Type.Optional(request.discardWaiting) }, STRICT),
    answers: { 204: { description: "It is taken off.", schema: null } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "HAS_WAITING_DELIVERIES", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, query, queries } = call;
      const lane = await findPipelineIntegration(queries, params.id, params.pi);
      if (lane === undefined) return noSuchLane();
      const applied = await changes.apply(call, {
        remove: { lanes: [lane.id] },
        ...(query.discard_waiting === true && { discardWaiting: true }),
      });
      return isFault(applied) ? applied : { status: 204 };
    },
  });
}

async function answerLane(
  queries: Queries,
  { id, pi }: { id: string; pi: string },
  status: 200 | 201,
): Promise<{ status: number; body: unknown } | Fault> {
  const row = await findPipelineIntegration(queries, id, pi);
  return row === undefined ? noSuchLane() : { status, body: pipelineIntegrationOf(row) };
}

function noSuchPipeline(): Fault {
  return fault("NOT_FOUND", "There is no pipeline with this id.");
}

function noSuchLane(): Fault {
  return fault("NOT_FOUND", "This pipeline has no integration with this id.");
}
