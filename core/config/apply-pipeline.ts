/** A pipeline of the file, and its assignments, in the configuration as it is kept. */
import type { ApplyDraft } from "./apply-draft.ts";
import type { KeyState, LaneState, PipelineState, RevisionState } from "./configuration-state.ts";
import { resealChanged, secretReferences } from "./content-seal.ts";
import type { FileAssignment, FilePipeline } from "./signal-file.ts";

const NEW = { owner: null, version: 0, createdAt: 0, updatedAt: 0 } as const;

export function applyPipeline(draft: ApplyDraft, file: FilePipeline): void {
  const before = draft.pipeline(file.id);
  const used = secretsOfLanes(draft, lanesToBe(draft, file));
  const secret = new Set([...file.secretParameters, ...used, ...stillSecret(draft, file, before)]);
  const split = Object.groupBy(Object.entries(file.parameters), ([key]) => (secret.has(key) ? "secret" : "open"));
  const sealed = resealChanged(draft.options.seal, file.id, {
    open: Object.fromEntries(split.secret ?? []),
    sealed: before?.secretParameters ?? {},
  });
  const next: PipelineState = {
    ...(before ?? NEW),
    id: file.id,
    name: file.name,
    slug: file.slug,
    type: file.type,
    enabled: file.enabled,
    keys: keysOf(draft, file, before?.keys ?? []),
    domainAllowlist: file.domainAllowlist,
    labels: file.labels,
    rateLimitRps: file.rateLimitRps,
    parameters: Object.fromEntries(split.open ?? []),
    secretParameters: sealed,
  };
  draft.putPipeline(next, `pipeline "${file.name}"`, file.place);
}

/** What was a secret stays one as long as it is there: losing what uses it must not show it. A file's author has it anyway. */
function stillSecret({ options }: ApplyDraft, file: FilePipeline, before: PipelineState | undefined): string[] {
  if (before === undefined || options.owner === "file") return [];
  return Object.keys(before.secretParameters).filter((key) => Object.hasOwn(file.parameters, key));
}

/** Keys that are not named any more are revoked and kept: nobody else may have them. */
function keysOf(draft: ApplyDraft, file: FilePipeline, before: readonly KeyState[]): KeyState[] {
  const { now } = draft.options;
  const named = new Map(file.keys.map(({ key, expiresAt }) => [key, expiresAt]));
  const kept = before.map((one): KeyState => {
    const expiresAt = named.get(one.key);
    if (expiresAt === undefined) return one.revokedAt === null ? { ...one, revokedAt: now } : one;
    // One that ended by itself is not revived by being named with the same end.
    return { ...one, expiresAt, revokedAt: isOver(expiresAt, now) ? (one.revokedAt ?? now) : null };
  });
  const known = new Set(before.map(({ key }) => key));
  const added = file.keys
    .filter(({ key }) => !known.has(key))
    .map(({ key, expiresAt }): KeyState => {
      const revokedAt = isOver(expiresAt, now) ? now : null;
      return { id: draft.options.newId("key_"), key, createdAt: now, expiresAt, revokedAt };
    });
  return [...kept, ...added];
}

function isOver(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

type LaneToBe = Pick<LaneState, "integrationId" | "revision">;

/** What the pipeline sends to once the file is applied. */
function lanesToBe(draft: ApplyDraft, file: FilePipeline): LaneToBe[] {
  const named = file.assignments.map(({ integrationId, revision }) => {
    return { integrationId, revision: revision === "latest" ? null : revision };
  });
  return [...named, ...draft.lanes().filter((lane) => lane.pipelineId === file.id && staysBeside(draft, file, lane))];
}

/** Keys of parameters that secret settings of the lanes' integrations are made of. */
export function secretsOfLanes(draft: ApplyDraft, lanes: readonly LaneToBe[]): string[] {
  return lanes.flatMap((lane) => {
    const content = revisionOf(draft, lane)?.content ?? null;
    return content === null ? [] : secretReferences(draft.options.seal, lane.integrationId, content);
  });
}

/** The revision that a lane is at. */
export function revisionOf(draft: ApplyDraft, { integrationId, revision }: LaneToBe): RevisionState | undefined {
  const { revisions = [] } = draft.integration(integrationId) ?? {};
  return revision === null ? revisions.at(-1) : revisions.find(({ number }) => number === revision);
}

/** A file, and the demo, leave alone what was added beside them; an export does not name what the demo brought. */
function staysBeside({ options }: ApplyDraft, { assignments }: FilePipeline, lane: LaneState): boolean {
  const beside = options.owner === null ? "demo" : null;
  return lane.owner === beside && assignments.every(({ id }) => id !== lane.id);
}

/** The lanes of a pipeline: those that the file names, and of the rest those that are somebody else's. */
export function applyLanes(draft: ApplyDraft, file: FilePipeline): void {
  const named = new Set(file.assignments.map(({ id }) => id));
  for (const lane of draft.lanes()) {
    if (lane.pipelineId !== file.id || named.has(lane.id) || staysBeside(draft, file, lane)) continue;
    draft.removeLane(lane);
  }
  for (const assignment of file.assignments) applyLane(draft, file, assignment);
}

function applyLane(draft: ApplyDraft, pipeline: FilePipeline, assignment: FileAssignment): void {
  const integration = draft.integration(assignment.integrationId);
  if (integration === undefined || integration.deletedAt !== null) {
    draft.fault(assignment.place, "invalid", `there is no integration ${assignment.integrationId}`, "Correct its id.");
    return;
  }
  const { revisions, name, vendor } = integration;
  const pinned = revisions.find((revision) => revision.number === assignment.revision);
  if (assignment.revision !== "latest" && pinned?.vendor !== vendor) {
    const message =
      pinned === undefined
        ? `revision ${assignment.revision} of "${name}" does not exist`
        : `revision ${assignment.revision} of "${name}" was made for the vendor ${pinned.vendor}`;
    const latest = revisions.at(-1)?.number ?? 1;
    const cure = latest === 1 ? "Write latest or 1." : `Write latest, or a number up to ${latest}.`;
    draft.fault(assignment.place, "invalid", message, cure);
    return;
  }
  const known = draft.laneBefore(assignment.id);
  // What waits for it was made for its own pipeline and integration.
  if (known !== undefined && (known.pipelineId !== pipeline.id || known.integrationId !== integration.id)) {
    const message = `${assignment.id} is another assignment's id`;
    draft.fault(assignment.place, "taken", message, "Leave the id out, or give another.");
    return;
  }
  const same = draft.lanes().find((lane) => lane.pipelineId === pipeline.id && lane.integrationId === integration.id);
  // One that was assigned before keeps its id, and with it what waits for it.
  if (same !== undefined && same.id !== assignment.id) {
    const cure = `Give the assignment id: ${same.id}, or remove the other first.`;
    draft.fault(assignment.place, "taken", `"${pipeline.name}" has the integration "${name}" already`, cure);
    return;
  }
  const next: LaneState = {
    ...(draft.lane(assignment.id) ?? NEW),
    id: assignment.id,
    pipelineId: pipeline.id,
    integrationId: integration.id,
    revision: assignment.revision === "latest" ? null : assignment.revision,
    enabled: assignment.enabled,
  };
  draft.putLane(next, `integration "${name}" of pipeline "${pipeline.name}"`, assignment.place);
}
