/** From what the file says and what was stored: the snapshot to work from, and what to store. */
import { canonicalJson, asJson } from "./canonical-json.ts";
import { checkWaiting, type Leaving, type Waiting } from "./check-waiting.ts";
import { resealChanged, type ConfigSeal } from "./content-seal.ts";
import { describeChanges } from "./describe-changes.ts";
import type { ConfigFault } from "./fault.ts";
import { numberRevision, type Numbered } from "./number-revisions.ts";
import { resolveDataLayer } from "./resolve-data-layer.ts";
import type { FileAssignment, FileIntegration, FilePipeline, SignalFile } from "./signal-file.ts";
import type { ConfigSnapshot, IntegrationConfig, LaneConfig, PipelineConfig } from "./snapshot.ts";
import type { StoredConfiguration, StoredIntegration } from "./stored-configuration.ts";

export interface ResolveOptions {
  file: SignalFile;
  /** What was stored last; null at the first start. */
  stored: StoredConfiguration | null;
  seal: ConfigSeal;
  environment: "development" | "production";
  /** Deliveries under way; asked only for what leaves. */
  waiting: Waiting;
  /** Gives up the deliveries of what leaves. */
  discardWaiting?: boolean;
  /** The file's name as it stands in faults. */
  fileName?: string;
}

export type ResolveResult =
  | { ok: true; snapshot: ConfigSnapshot; stored: StoredConfiguration; changes: string[] }
  | { ok: false; faults: ConfigFault[] };

/** Pure: the same file and the same stored configuration make the same snapshot, with the same number. */
export function resolveConfiguration(options: ResolveOptions): ResolveResult {
  const { file, stored } = options;
  const before = stored?.snapshot ?? null;
  const numbered = new Map(
    file.integrations.map((one) => [one.id, numberRevision(options.seal, one, stored?.integrations[one.id])]),
  );
  const { discardWaiting = false, fileName = "signal.yaml" } = options;
  const leaving = checkWaiting(before, file, { waiting: options.waiting, discardWaiting, fileName });
  const faults = [...checkPins(file, numbered), ...leaving.faults];
  if (faults.length > 0) return { ok: false, faults };
  const draft = makeSnapshot(options, numbered, leaving);
  const same = before !== null && canonicalJson(asJson(draft)) === canonicalJson(asJson({ ...before, number: 0 }));
  const number = (stored?.snapshotNumber ?? 0) + (same ? 0 : 1);
  const snapshot = { ...draft, number };
  const integrations = { ...stored?.integrations };
  for (const [id, one] of numbered) integrations[id] = one.stored;
  const changes = same ? [] : describeChanges({ before, after: snapshot, numbered, leaving });
  return { ok: true, snapshot, stored: { snapshotNumber: number, snapshot, integrations }, changes };
}

function checkPins(file: SignalFile, numbered: ReadonlyMap<string, Numbered>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const assignment of file.pipelines.flatMap((pipeline) => pipeline.assignments)) {
    const integration = numbered.get(assignment.integrationId);
    if (integration === undefined || assignment.revision === "latest") continue;
    const { latest, stored } = integration;
    const pinned = stored.revisions.find((revision) => revision.number === assignment.revision);
    if (pinned?.vendor === latest.vendor) continue;
    const message =
      pinned === undefined
        ? `revision ${assignment.revision} of "${stored.name}" does not exist`
        : `revision ${assignment.revision} of "${stored.name}" was made for the vendor ${pinned.vendor}`;
    const cure = latest.number === 1 ? "Write latest or 1." : `Write latest, or a number up to ${latest.number}.`;
    faults.push({ ...assignment.place, message, cure });
  }
  return faults;
}

/** With the number 0: it is counted once it is known whether anything changed. */
function makeSnapshot(
  options: ResolveOptions,
  numbered: ReadonlyMap<string, Numbered>,
  leaving: Leaving,
): ConfigSnapshot {
  const { file, stored, seal, environment } = options;
  const before = new Map(stored?.snapshot.pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const lanes = file.pipelines.flatMap((pipeline) =>
    pipeline.assignments.map((assignment) => toLane(pipeline, assignment, numbered)),
  );
  return {
    number: 0,
    environment,
    organisationId: seal.organisationId,
    pipelines: file.pipelines.map((pipeline) => toPipeline(seal, pipeline, before.get(pipeline.id))),
    integrations: file.integrations.flatMap((integration) =>
      toIntegration(integration, numbered.get(integration.id), lanes),
    ),
    lanes,
    removed: leaving.removed,
    ...(leaving.removedLanes.length > 0 && { removedLanes: leaving.removedLanes }),
    ...resolveDataLayer(seal, file, stored?.snapshot ?? null),
    ...(file.demo && { demo: file.demo }),
  };
}

function toPipeline(seal: ConfigSeal, pipeline: FilePipeline, before: PipelineConfig | undefined): PipelineConfig {
  const secret = new Set(pipeline.secretParameters);
  const split = Object.groupBy(Object.entries(pipeline.parameters), ([key]) => (secret.has(key) ? "secret" : "open"));
  const sealed = resealChanged(seal, pipeline.id, {
    open: Object.fromEntries(split.secret ?? []),
    sealed: before?.secretParameters ?? {},
  });
  return {
    id: pipeline.id,
    name: pipeline.name,
    slug: pipeline.slug,
    type: pipeline.type,
    enabled: true,
    keys: pipeline.keys,
    domainAllowlist: pipeline.domainAllowlist,
    rateLimitRps: pipeline.rateLimitRps,
    parameters: Object.fromEntries(split.open ?? []),
    ...(secret.size > 0 && { secretParameters: sealed }),
  };
}

function toIntegration(
  integration: FileIntegration,
  numbered: Numbered | undefined,
  lanes: readonly LaneConfig[],
): IntegrationConfig[] {
  if (numbered === undefined) return [];
  const { revisions } = numbered.stored;
  const pinned = new Set(lanes.filter((lane) => lane.integrationId === integration.id).map((lane) => lane.revision));
  const content = revisions.filter((revision) => pinned.has(revision.number));
  return [
    {
      id: integration.id,
      name: integration.name,
      vendor: integration.vendor,
      vendorName: integration.vendorName,
      variant: integration.variant,
      deliveryMode: integration.deliveryMode,
      latestRevision: numbered.latest.number,
      revisions: Object.fromEntries(content.map((revision) => [revision.number, revision.content])),
      consentByRevision: consentOf(revisions),
    },
  ];
}

function consentOf(revisions: StoredIntegration["revisions"]): Record<number, string[]> {
  return Object.fromEntries(revisions.map((revision) => [revision.number, revision.content.consentCategories]));
}

function toLane(
  pipeline: FilePipeline,
  assignment: FileAssignment,
  numbered: ReadonlyMap<string, Numbered>,
): LaneConfig {
  const latest = numbered.get(assignment.integrationId)?.latest.number ?? 1;
  return {
    id: assignment.id,
    pipelineId: pipeline.id,
    integrationId: assignment.integrationId,
    revision: assignment.revision === "latest" ? latest : assignment.revision,
    enabled: assignment.enabled,
  };
}
