/** What requests say about a pipeline, in the shape in which the configuration changes. */
import { type ConfigurationState, parameterReferences, type PipelineState, slugOf } from "@datafly-signal/core";
import type { Static } from "typebox";
import type { ConfigurationChanges, PipelineDocument } from "../configuration/configuration-changes.ts";
import { type Fault, fault, type FaultDetail } from "../http/route.ts";
import type { NewPipeline, PipelinePatch } from "./pipeline-requests.ts";

export const NO_PIPELINE: Fault = fault("NOT_FOUND", "There is no pipeline with this id.");

export function noKey(id: string): Fault {
  const cure = `Make one with POST /v1/admin/pipelines/${id}/keys.`;
  return fault("CONFLICT", `The pipeline has no key that is accepted now. ${cure}`);
}

const LONGEST_SLUG = 64;

/** The pipeline as it is kept and as it is edited; a fault where there is none, or only the file changes it. */
export function editedPipeline(
  changes: ConfigurationChanges,
  state: ConfigurationState,
  id: string,
): { pipeline: PipelineState; document: PipelineDocument } | Fault {
  const pipeline = state.pipelines.find((one) => one.id === id);
  if (pipeline === undefined) return NO_PIPELINE;
  if (pipeline.owner === "file") return fault("MANAGED_BY_FILE");
  const [document] = changes.document(state, { pipelines: [id] }).pipelines ?? [];
  return document === undefined ? NO_PIPELINE : { pipeline, document };
}

export function newPipeline(
  body: Static<typeof NewPipeline>,
  given: { id: string; key: string; state: ConfigurationState },
): PipelineDocument {
  const slug = body.slug ?? freeSlug(body.name, given.state);
  return { ...body, id: given.id, slug, pipeline_keys: [given.key] };
}

/** The name's own, with a number where another pipeline has it: two names may make one slug. */
function freeSlug(name: string, { pipelines }: ConfigurationState): string {
  const taken = new Set(pipelines.map(({ slug }) => slug));
  const slug = slugOf(name);
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : `-${number}`;
    const candidate = slug.slice(0, LONGEST_SLUG - ending.length).replace(/-+$/, "") + ending;
    if (!taken.has(candidate)) return candidate;
  }
}

/** The document with what the request names laid over it. */
export function patchedPipeline(
  { pipeline, document }: { pipeline: PipelineState; document: PipelineDocument },
  patch: Static<typeof PipelinePatch>,
): PipelineDocument | Fault {
  // No pipeline is kept without one: only keys that all ended lead here.
  if (document.pipeline_keys.length === 0) return noKey(pipeline.id);
  const { version: _, parameters, ...named } = patch;
  const merged = mergedParameters(document.parameters ?? {}, parameters ?? {}, pipeline);
  return "fault" in merged ? merged.fault : { ...document, ...named, parameters: merged.parameters };
}

type Patch = NonNullable<Static<typeof PipelinePatch>["parameters"]>;

function mergedParameters(
  before: Record<string, string>,
  patch: Patch,
  { secretParameters }: PipelineState,
): { parameters: Record<string, string> } | { fault: Fault } {
  const merged = new Map(Object.entries(before));
  const details: FaultDetail[] = [];
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (typeof value === "string") merged.set(key, value);
    else if (!Object.hasOwn(secretParameters, key)) {
      details.push({ path: `parameters.${key}`, message: "is no secret that is set: give its value" });
    }
  }
  if (details.length > 0) return { fault: fault("VALIDATION_FAILED", undefined, details) };
  return { parameters: Object.fromEntries(merged) };
}

/**
 * Parameters of the patch that connections of live integrations are made of: whoever changes those decides where events
 * and credentials go.
 */
export function connectionParameters(
  { lanes, integrations }: ConfigurationState,
  pipeline: PipelineState,
  { parameters = {} }: Static<typeof PipelinePatch>,
): string[] {
  const used = new Set(Object.keys(pipeline.secretParameters));
  for (const lane of lanes.filter(({ pipelineId }) => pipelineId === pipeline.id)) {
    const revisions = integrations.find(({ id }) => id === lane.integrationId)?.revisions ?? [];
    const pinned = lane.revision === null ? revisions.at(-1) : revisions.find(({ number }) => number === lane.revision);
    const { content } = pinned ?? {};
    for (const key of parameterReferences([content?.parameters ?? null, content?.deliverySpec ?? null])) used.add(key);
  }
  return Object.entries(parameters)
    .filter(([key, value]) => used.has(key) && value !== pipeline.parameters[key] && !isKept(value))
    .map(([key]) => key);
}

function isKept(value: Patch[string]): boolean {
  return typeof value === "object" && value !== null;
}

/** What an integration misses after parameters have changed is said of them: of integrations the request says nothing. */
export function saidOfParameters(refused: Fault, patch: Static<typeof PipelinePatch>): Fault {
  if (patch.parameters === undefined || refused.details === undefined) return refused;
  const details = refused.details.map((detail) => {
    return detail.path.startsWith("integrations[") ? { ...detail, path: "parameters" } : detail;
  });
  return { ...refused, details };
}
