/** The keys of a pipeline: list, make with an overlap, revoke. */
import { findPipeline, findPipelineKey, keptKeysOf, listPipelineKeys } from "@datafly-signal/ports/store";
import Type from "typebox";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { limitOf, mapPage, page, pageOf, readCursor } from "../http/paging.ts";
import { defineRoute, type Fault, fault, isFault, type Route } from "../http/route.ts";
import { acceptedEntries, endingKeys, isLast, keyOf } from "./key-entries.ts";
import { type KeyServices, newKey } from "./new-key.ts";
import { editedPipeline, NO_PIPELINE } from "./pipeline-changes.ts";
import { keyParams, keysQuery, NewPipelineKey, pipelineParams } from "./pipeline-requests.ts";
import { PipelineKey, pipelineKeyOf } from "./pipeline-shape.ts";

const TAG = "Pipelines";
const BELOW = "pipelines[0].";
const PATH = "/pipelines/{id}/keys";
/** Rotating needs two; more than this are a mistake, and each is one more that may leak. */
const MOST_KEYS = 20;

const NO_KEY: Fault = fault("NOT_FOUND", "The pipeline has no key with this id.");

export function pipelineKeyRoutes(services: KeyServices): Route[] {
  return [listRoute, createRoute(services), readRoute, revokeRoute(services.changes)];
}

const cursorShape = Type.Tuple([Type.Integer(), Type.String()]);

const listRoute = defineRoute({
  method: "GET",
  path: PATH,
  operation: "listPipelineKeys",
  tag: TAG,
  summary: "List a pipeline's keys",
  description: "The newest first, revoked and expired ones included.",
  access: "pipelines:read",
  params: pipelineParams,
  query: keysQuery,
  answers: { 200: { description: "A page of keys.", schema: pageOf(PipelineKey) } },
  errors: ["NOT_FOUND"],
  async handle({ params, query, queries }) {
    const cursor = readCursor(query, cursorShape);
    if (isFault(cursor)) return cursor;
    if ((await findPipeline(queries, params.id)) === undefined) return NO_PIPELINE;
    const limit = limitOf(query);
    const after = cursor === null ? {} : { after: { created_at: cursor[0], id: cursor[1] } };
    const rows = await listPipelineKeys(queries, { pipelineId: params.id, limit: limit + 1, ...after });
    const found = page(rows, limit, ({ created_at, id }) => [created_at, id]);
    return { status: 200, body: mapPage(found, pipelineKeyOf) };
  },
});

const readRoute = defineRoute({
  method: "GET",
  path: `${PATH}/{key_id}`,
  operation: "getPipelineKey",
  tag: TAG,
  summary: "Show a key",
  access: "pipelines:read",
  params: keyParams,
  answers: { 200: { description: "The key.", schema: PipelineKey } },
  errors: ["NOT_FOUND"],
  async handle({ params, queries }) {
    const row = await findPipelineKey(queries, { pipelineId: params.id, id: params.key_id });
    return row === undefined ? NO_KEY : { status: 200, body: pipelineKeyOf(row) };
  },
});

function createRoute(services: KeyServices): Route {
  const { changes } = services;
  return defineRoute({
    method: "POST",
    path: PATH,
    operation: "createPipelineKey",
    tag: TAG,
    summary: "Make a further key",
    description: "Rotates where it also says how long the other keys are still accepted.",
    access: "pipelines:create",
    params: pipelineParams,
    body: Type.Optional(NewPipelineKey),
    answers: { 201: { description: "The new key.", schema: PipelineKey } },
    errors: ["NOT_FOUND", "CONFLICT", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, body, queries, now } = call;
      const edited = editedPipeline(changes, await changes.load(queries), params.id);
      if (isFault(edited)) return edited;
      const key = newKey(services);
      const others = endingKeys(acceptedEntries(edited, now), body.expires_previous_in_seconds, now);
      if (others.length >= MOST_KEYS) {
        return fault("CONFLICT", `The pipeline has ${others.length} keys, the most there can be. Revoke one first.`);
      }
      const document = { ...edited.document, pipeline_keys: [key, ...others] };
      const applied = await changes.apply(call, { document: { pipelines: [document] }, faultsBelow: BELOW });
      if (isFault(applied)) return applied;
      const row = (await keptKeysOf(queries, [params.id])).find((one) => one.key === key);
      return row === undefined ? NO_KEY : { status: 201, body: pipelineKeyOf(row) };
    },
  });
}

function revokeRoute(changes: ConfigurationChanges): Route {
  return defineRoute({
    method: "DELETE",
    path: `${PATH}/{key_id}`,
    operation: "revokePipelineKey",
    tag: TAG,
    summary: "Revoke a key",
    description: "It is refused within a second. One that is revoked already stays so.",
    access: "pipelines:create",
    params: keyParams,
    answers: { 204: { description: "It is revoked.", schema: null } },
    errors: ["NOT_FOUND", "MANAGED_BY_FILE", "IN_USE"],
    changes: true,
    async handle(call) {
      const { params, queries, now } = call;
      const edited = editedPipeline(changes, await changes.load(queries), params.id);
      if (isFault(edited)) return edited;
      const key = edited.pipeline.keys.find(({ id }) => id === params.key_id);
      if (key === undefined) return NO_KEY;
      if (key.revokedAt !== null) return { status: 204 };
      if (isLast(edited.pipeline, key.id, now)) {
        const cure = `Make another with POST /v1/admin/pipelines/${params.id}/keys first, or disable the pipeline.`;
        return fault("IN_USE", `It is the last key that the pipeline keeps. ${cure}`);
      }
      const pipeline_keys = acceptedEntries(edited, now).filter((entry) => keyOf(entry) !== key.key);
      const document = { ...edited.document, pipeline_keys };
      const applied = await changes.apply(call, { document: { pipelines: [document] }, faultsBelow: BELOW });
      return isFault(applied) ? applied : { status: 204 };
    },
  });
}
