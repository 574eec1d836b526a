/** What the processor needs of a snapshot, made ready once: per pipeline its lanes, each with its compiled mapping. */
import {
  type CompiledMapping,
  type ConfigSnapshot,
  type IntegrationConfig,
  type LaneConfig,
  type LaneRef,
  type LaneText,
  type Logger,
  type MappingFault,
  type PipelineConfig,
  type RevisionContent,
  deadLetterTopic,
  deliveryTopic,
  laneText,
  requiredConsent,
} from "@datafly-signal/core";
import type { DataLayer } from "./data-layer.ts";

/** Compiles the mapping of a revision; faults are not expected, as configuration is checked before it is accepted. */
export type CompileMapping = (
  content: RevisionContent,
  integration: IntegrationConfig,
) => CompiledMapping | { faults: readonly MappingFault[] };

/** `none` sends the canonical event as it is, `faulty` can map nothing. */
type LaneMapping =
  | { kind: "none" }
  | { kind: "compiled"; mapping: CompiledMapping }
  | { kind: "faulty"; detail: string };

export interface LanePlan {
  /** Its place among the lanes of the snapshot. */
  index: number;
  ref: LaneRef;
  revision: number;
  enabled: boolean;
  /** What the event's `integrations` object may call it, in lower case, the most specific first. */
  names: readonly string[];
  consent: readonly string[];
  parameters: Readonly<Record<string, string>>;
  mapping: LaneMapping;
  text: LaneText;
  deliveryTopic: string;
  deadLetterTopic: string;
}

/** A snapshot as the processor sees it. */
export interface Plans {
  lanes: readonly LanePlan[];
  /** By pipeline id; a pipeline that is not here is not in the configuration. */
  pipelines: ReadonlyMap<string, readonly LanePlan[]>;
  types: ReadonlyMap<string, PipelineConfig["type"]>;
  layer: DataLayer;
}

/** Makes the plans of a snapshot, and keeps them until another one comes; mappings are kept by integration and revision. */
export function lanePlanner(
  compile: CompileMapping,
  makeLayer: (snapshot: ConfigSnapshot) => DataLayer,
  logger: Logger,
): (snapshot: ConfigSnapshot) => Plans {
  let made: { snapshot: ConfigSnapshot; plans: Plans } | undefined;
  let mappings = new Map<string, LaneMapping>();
  return (snapshot) => {
    if (made?.snapshot === snapshot) return made.plans;
    const kept = new Map<string, LaneMapping>();
    const mappingOf = (integration: IntegrationConfig, revision: number): LaneMapping => {
      const key = `${integration.id}:${revision}`;
      const known = kept.get(key) ?? mappings.get(key);
      if (known !== undefined) {
        kept.set(key, known);
        return known;
      }
      const mapping = compileOne(compile, integration, revision);
      if (mapping.kind === "faulty") {
        const fields = { integrationId: integration.id, revision, detail: mapping.detail };
        logger.error(fields, "a mapping cannot be used; deliveries of this revision become dead letters");
      }
      // A revision that is missing now may be in the next snapshot.
      if (integration.revisions[revision] !== undefined) kept.set(key, mapping);
      return mapping;
    };
    const plans = { ...planAll(snapshot, mappingOf, logger), layer: makeLayer(snapshot) };
    mappings = kept;
    made = { snapshot, plans };
    return plans;
  };
}

function planAll(
  snapshot: ConfigSnapshot,
  mappingOf: (integration: IntegrationConfig, revision: number) => LaneMapping,
  logger: Logger,
): Omit<Plans, "layer"> {
  const integrations = new Map(snapshot.integrations.map((integration) => [integration.id, integration]));
  const parameters = new Map(snapshot.pipelines.map(({ id, parameters }) => [id, parameters]));
  const pipelines = new Map<string, LanePlan[]>(snapshot.pipelines.map(({ id }) => [id, []]));
  const lanes: LanePlan[] = [];
  for (const lane of snapshot.lanes) {
    const siblings = pipelines.get(lane.pipelineId);
    if (siblings === undefined) continue;
    const integration = integrations.get(lane.integrationId);
    if (integration === undefined) {
      logger.error(
        { pipelineIntegrationId: lane.id, integrationId: lane.integrationId },
        "a lane names an integration that is not in the configuration; its events count as disabled",
      );
    }
    const usable = lane.enabled && integration !== undefined;
    const plan: LanePlan = {
      ...planLane(lane, snapshot, integration),
      index: lanes.length,
      parameters: parameters.get(lane.pipelineId) ?? {},
      mapping: usable ? mappingOf(integration, lane.revision) : { kind: "none" },
      enabled: usable,
    };
    lanes.push(plan);
    siblings.push(plan);
  }
  const types = new Map(snapshot.pipelines.map(({ id, type }) => [id, type]));
  return { lanes, pipelines, types };
}

function planLane(lane: LaneConfig, snapshot: ConfigSnapshot, integration: IntegrationConfig | undefined) {
  const ref: LaneRef = {
    pipelineId: lane.pipelineId,
    integrationId: lane.integrationId,
    pipelineIntegrationId: lane.id,
  };
  const names =
    integration === undefined ? [] : [integration.id, integration.name, integration.vendorName, integration.vendor];
  return {
    ref,
    revision: lane.revision,
    names: names.map((name) => name.toLowerCase()),
    consent: integration === undefined ? [] : requiredConsent(integration, lane.revision, lane.revision),
    text: laneText({ ...ref, revision: lane.revision, snapshot: snapshot.number }),
    deliveryTopic: deliveryTopic(lane.integrationId),
    deadLetterTopic: deadLetterTopic(lane.integrationId),
  };
}

function compileOne(compile: CompileMapping, integration: IntegrationConfig, revision: number): LaneMapping {
  const content = integration.revisions[revision];
  if (content === undefined) return { kind: "faulty", detail: "The revision is not in the configuration." };
  if (content.mapping === null) return { kind: "none" };
  try {
    const result = compile(content, integration);
    if (!("faults" in result)) return { kind: "compiled", mapping: result };
    const [first] = result.faults;
    const detail = first === undefined ? "The mapping has faults." : `${first.path}: ${first.message}`.slice(0, 500);
    return { kind: "faulty", detail };
  } catch (error) {
    // Only the kind: the message of an unexpected error may quote the configuration.
    return {
      kind: "faulty",
      detail: `The mapping could not be compiled (${error instanceof Error ? error.name : "?"}).`,
    };
  }
}
