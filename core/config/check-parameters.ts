/** Pipelines and their integrations against each other, as they will be: what the reader of one text cannot see. */
import type { ApplyDraft } from "./apply-draft.ts";
import { revisionOf, secretsOfLanes } from "./apply-pipeline.ts";
import type { IntegrationState, LaneState, PipelineState, RevisionState } from "./configuration-state.ts";
import { secretReferences } from "./content-seal.ts";
import type { Place } from "./fault.ts";
import { parameterReferences } from "./pipeline-parameters.ts";
import type { SignalFile } from "./signal-file.ts";
import type { RevisionContent } from "./snapshot.ts";

/** A parameter that a secret setting of an integration is made of from now on is a secret from now on. */
export function sealUsedParameters(draft: ApplyDraft, file: SignalFile): void {
  const named = new Set(file.pipelines.map(({ id }) => id));
  const changed = new Set(file.integrations.map(({ id }) => id));
  for (const pipeline of draft.pipelines()) {
    if (named.has(pipeline.id)) continue;
    const lanes = draft.lanes().filter((lane) => lane.pipelineId === pipeline.id && changed.has(lane.integrationId));
    const keys = secretsOfLanes(draft, lanes).filter((key) => Object.hasOwn(pipeline.parameters, key));
    if (keys.length > 0) draft.sealParameters(pipeline, keys);
  }
}

/** What this application makes wrong between a pipeline and an integration that it does not name both. */
export function checkParameters(draft: ApplyDraft, file: SignalFile): void {
  const pipelines = new Map(draft.pipelines().map((pipeline) => [pipeline.id, pipeline]));
  for (const lane of draft.lanes()) {
    const pipeline = pipelines.get(lane.pipelineId);
    const integration = draft.integration(lane.integrationId);
    if (pipeline === undefined || integration === undefined) continue;
    if (![pipeline, integration, lane].some((one) => draft.isTouched(one))) continue;
    // What was added beside a file does not keep it from being taken.
    if (draft.options.owner !== null && lane.owner !== draft.options.owner) continue;
    const revision = revisionOf(draft, lane);
    if (revision !== undefined) checkLane(draft, { pipeline, integration, lane, revision, file });
  }
}

interface Checked {
  pipeline: PipelineState;
  integration: IntegrationState;
  lane: LaneState;
  revision: RevisionState;
  file: SignalFile;
}

function checkLane(draft: ApplyDraft, checked: Checked): void {
  const { pipeline, integration, lane, revision, file } = checked;
  const place = placeOf(draft, checked);
  // Of an assignment that is named it was said where that was applied.
  const isNamed = file.pipelines.some(({ assignments }) => assignments.some(({ id }) => id === lane.id));
  if (revision.vendor !== integration.vendor && !isNamed) {
    const message = `"${pipeline.name}" stays at revision ${revision.number} of "${integration.name}", which was made for the vendor ${revision.vendor}`;
    draft.fault(place, "invalid", message, "Let the pipeline follow the latest, or take the integration away from it.");
  }
  if (revision.content === null) return;
  for (const key of missingParameters(draft, checked, revision.content)) {
    const message = `revision ${revision.number} of "${integration.name}" needs the pipeline parameter ${key}, which "${pipeline.name}" has not`;
    draft.fault(place, "invalid", message, `Add parameters: { ${key}: … } to the pipeline.`);
  }
  const mapped = parameterReferences(revision.content.mapping);
  for (const key of mapped.filter((one) => Object.hasOwn(pipeline.secretParameters, one))) {
    const message = `the mapping of "${integration.name}" uses ${key}, which is a secret parameter of "${pipeline.name}"`;
    const cure = "Use another parameter in the mapping: what it makes is stored and shown in clear.";
    draft.fault(place, "invalid", message, cure);
  }
}

function missingParameters(
  { options }: ApplyDraft,
  { pipeline, integration }: Checked,
  content: RevisionContent,
): string[] {
  const used = new Set([
    ...parameterReferences([content.parameters, content.deliverySpec]),
    ...secretReferences(options.seal, integration.id, content),
  ]);
  const has = (key: string): boolean =>
    Object.hasOwn(pipeline.parameters, key) || Object.hasOwn(pipeline.secretParameters, key);
  return [...used].filter((key) => !has(key));
}

/** Where the text names what is at fault: the assignment, the integration, or another one that the pipeline follows. */
function placeOf(draft: ApplyDraft, { pipeline, integration, lane, file }: Checked): Place {
  const named = file.pipelines.find(({ id }) => id === pipeline.id);
  const assignment = named?.assignments.find(({ id }) => id === lane.id);
  const followed = new Set(draft.lanes().flatMap((one) => (one.pipelineId === pipeline.id ? one.integrationId : [])));
  const own = file.integrations.find(({ id }) => id === integration.id);
  const other = file.integrations.find(({ id }) => followed.has(id));
  const nowhere = { file: draft.options.fileName, line: 1, column: 1, path: "" };
  return (assignment ?? named ?? own ?? other)?.place ?? nowhere;
}
