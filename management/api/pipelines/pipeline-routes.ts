/** Pipelines: list, make, read, change, delete. */
import { findPipeline, keptKeysOf, listPipelines, type Queries } from "@datafly-signal/ports/store";
import Type from "typebox";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { limitOf, mapPage, page, pageOf, readCursor } from "../http/paging.ts";
import { defineRoute, fault, isFault, type Route, type Success } from "../http/route.ts";
import { type KeyServices, newKey } from "./new-key.ts";
import {
  connectionParameters,
  editedPipeline,
  newPipeline,
  NO_PIPELINE,
  patchedPipeline,
  saidOfParameters,
} from "./pipeline-changes.ts";
import { deleteQuery, NewPipeline, pipelineParams, PipelinePatch, pipelinesQuery } from "./pipeline-requests.ts";
import { Pipeline, pipelineOf } from "./pipeline-shape.ts";

const TAG = "Pipelines";
const BELOW = "pipelines[0].";

export function pipelineRoutes(services: KeyServices): Route[] {
  const { changes } = services;
  return [listRoute, createRoute(services), readRoute, changeRoute(changes), deleteRoute(changes)];
}

const cursorShape = Type.Tuple([Type.String(), Type.Union([Type.String(), Type.Integer()]), Type.String()]);

const listRoute = defineRoute({
  method: "GET",
  path: "/pipelines",
  operation: "listPipelines",
  tag: TAG,
  summary: "List pipelines",
  access: "pipelines:read",
  query: pipelinesQuery,
  answers: { 200: { description: "A page of pipelines.", schema: pageOf(Pipeline) } },
  errors: [],
  async handle({ query, queries, now }) {
    const { search, type, enabled, label, sort = "name" } = query;
    const cursor = readCursor(query, cursorShape);
    if (isFault(cursor)) return cursor;
    const isByName = sort.endsWith("name");
    if (cursor !== null && (cursor[0] !== sort || (typeof cursor[1] === "string") !== isByName)) {
      const message = "is of a list in another order: begin again without it";
      return fault("VALIDATION_FAILED", undefined, [{ path: "query.cursor", message }]);
    }
    const limit = limitOf(query);
    const after = cursor === null ? undefined : { value: cursor[1], id: cursor[2] };
    const rows = await listPipelines(queries, { search, type, enabled, label, sort, after, limit: limit + 1 });
    const found = page(rows, limit, (row) => [sort, isByName ? row.sort_name : row.created_at, row.id]);
    const keys = await keptKeysOf(
      queries,
      found.data.map(({ id }) => id),
    );
    return { status: 200, body: mapPage(found, (row) => pipelineOf(row, keys, now)) };
  },
});

const readRoute = defineRoute({
  method: "GET",
  path: "/pipelines/{id}",
  operation: "getPipeline",
  tag: TAG,
  summary: "Show a pipeline",
  access: "pipelines:read",
  params: pipelineParams,
  answers: { 200: { description: "The pipeline.", schema: Pipeline } },
  errors: ["NOT_FOUND"],
  async handle({ params, queries, now }) {
    const body = await shown(queries, params.id, now);
    return body === undefined ? NO_PIPELINE : { status: 200, body };
  },
});

function createRoute(services: KeyServices): Route {
  const { changes } = services;
  return defineRoute({
    method: "POST",
    path: "/pipelines",
    operation: "createPipeline",
    tag: TAG,
    summary: "Make a pipeline with a key",
    access: "pipelines:create",
    body: NewPipeline,
    answers: { 201: { description: "The pipeline.", schema: Pipeline } },
    errors: ["CONFLICT", "VALIDATION_FAILED"],
    changes: true,
    async handle(call) {
      const state = await changes.load(call.queries);
      const id = call.newId("pip_");
      const document = newPipeline(call.body, { id, key: newKey(services), state });
      const applied = await changes.apply(call, { document: { pipelines: [document] }, faultsBelow: BELOW });
      if (isFault(applied)) return applied;
      return answered(201, await shown(call.queries, id, call.now));
    },
  });
}

function changeRoute(changes: ConfigurationChanges): Route {
  return defineRoute({
    method: "PATCH",
    path: "/pipelines/{id}",
    operation: "updatePipeline",
    tag: TAG,
    summary: "Change a pipeline",
    description:
      "What is left out stays. Lists are replaced, parameters are merged. Parameters that the connection of an assigned integration is made of need integrations:publish too.",
    access: "pipelines:write",
    params: pipelineParams,
    body: PipelinePatch,
    answers: { 200: { description: "The pipeline as it is now.", schema: Pipeline } },
    errors: ["NOT_FOUND", "CONFLICT", "VERSION_CONFLICT", "MANAGED_BY_FILE", "VALIDATION_FAILED"],
    changes: true,
    async handle(call) {
      const { params, body, queries, caller } = call;
      const state = await changes.load(queries);
      const edited = editedPipeline(changes, state, params.id);
      if (isFault(edited)) return edited;
      if (body.version !== undefined && body.version !== edited.pipeline.version) return fault("VERSION_CONFLICT");
      const [connected] = connectionParameters(state, edited.pipeline, body);
      if (connected !== undefined && !caller.permissions.has("integrations:publish")) {
        return fault(
          "FORBIDDEN",
          `The connection of an assigned integration is made of the parameter ${connected}: changing it needs integrations:publish.`,
        );
      }
      const document = patchedPipeline(edited, body);
      if (isFault(document)) return document;
      const applied = await changes.apply(call, { document: { pipelines: [document] }, faultsBelow: BELOW });
      if (isFault(applied)) return saidOfParameters(applied, body);
      return answered(200, await shown(queries, params.id, call.now));
    },
  });
}

function deleteRoute(changes: ConfigurationChanges): Route {
  return defineRoute({
    method: "DELETE",
    path: "/pipelines/{id}",
    operation: "deletePipeline",
    tag: TAG,
    summary: "Delete a pipeline",
    description: "Its keys are refused at once. The integrations stay, without this pipeline.",
    access: "pipelines:create",
    params: pipelineParams,
    query: deleteQuery,
    answers: { 204: { description: "It is gone.", schema: null } },
    errors: ["NOT_FOUND", "MANAGED_BY_FILE", "HAS_WAITING_DELIVERIES"],
    changes: true,
    async handle(call) {
      const { params, query, queries } = call;
      const edited = editedPipeline(changes, await changes.load(queries), params.id);
      if (isFault(edited)) return edited;
      const discardWaiting = query.discard_waiting ?? false;
      const applied = await changes.apply(call, { remove: { pipelines: [params.id] }, discardWaiting });
      return isFault(applied) ? applied : { status: 204 };
    },
  });
}

async function shown(queries: Queries, id: string, now: number) {
  const row = await findPipeline(queries, id);
  return row && pipelineOf(row, await keptKeysOf(queries, [id]), now);
}

function answered(status: number, body: object | undefined): Success | typeof NO_PIPELINE {
  return body === undefined ? NO_PIPELINE : { status, body };
}
