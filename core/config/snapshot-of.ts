/** The snapshot of a configuration: what the data plane works from. The same configuration makes the same snapshot, with its number. */
import type { ConfigurationState, IntegrationState, LaneState, PipelineState } from "./configuration-state.ts";
import type { ConfigSnapshot, IntegrationConfig, LaneConfig, PipelineConfig, RevisionContent } from "./snapshot.ts";

/** @param state with the content of every revision that is pinned */
export function snapshotOf(state: ConfigurationState, environment: ConfigSnapshot["environment"]): ConfigSnapshot {
  const integrations = state.integrations.filter(({ deletedAt }) => deletedAt === null);
  const byId = new Map(integrations.map((one) => [one.id, one]));
  const lanes = state.lanes.flatMap((lane) => laneOf(lane, byId.get(lane.integrationId)));
  const { dataLayer, organisation } = state;
  const removed = state.departures.filter((one) => one.pipelineIntegrationId === null);
  const removedLanes = state.departures.flatMap(({ integrationId, pipelineIntegrationId }) =>
    pipelineIntegrationId === null ? [] : [{ integrationId, pipelineIntegrationId }],
  );
  const demo = demoOf(integrations);
  return {
    number: state.number,
    environment,
    organisationId: organisation.id,
    pipelines: state.pipelines.map(pipelineOf),
    integrations: integrations.map((one) => integrationOf(one, lanes)),
    lanes,
    removed: removed.map(({ integrationId }) => ({ integrationId })),
    ...(removedLanes.length > 0 && { removedLanes }),
    ...(dataLayer.config && { dataLayer: dataLayer.config }),
    ...(Object.keys(dataLayer.secrets).length > 0 && { dataLayerSecrets: dataLayer.secrets }),
    ...(organisation.settings && { organisation: organisation.settings }),
    ...(demo && { demo }),
  };
}

function pipelineOf(pipeline: PipelineState): PipelineConfig {
  const live = pipeline.keys.filter(({ revokedAt }) => revokedAt === null);
  const ends = live.flatMap(({ key, expiresAt }) => (expiresAt === null ? [] : [[key, expiresAt] as const]));
  return {
    id: pipeline.id,
    name: pipeline.name,
    slug: pipeline.slug,
    type: pipeline.type,
    enabled: pipeline.enabled,
    keys: live.map(({ key }) => key),
    ...(ends.length > 0 && { keyEnds: Object.fromEntries(ends) }),
    domainAllowlist: pipeline.domainAllowlist,
    rateLimitRps: pipeline.rateLimitRps,
    parameters: pipeline.parameters,
    ...(Object.keys(pipeline.secretParameters).length > 0 && { secretParameters: pipeline.secretParameters }),
  };
}

function laneOf(lane: LaneState, integration: IntegrationState | undefined): LaneConfig[] {
  if (integration === undefined) return [];
  const { id, pipelineId, integrationId, enabled } = lane;
  return [{ id, pipelineId, integrationId, revision: lane.revision ?? latestNumber(integration), enabled }];
}

function latestNumber({ revisions }: IntegrationState): number {
  return revisions.at(-1)?.number ?? 1;
}

function integrationOf(integration: IntegrationState, lanes: readonly LaneConfig[]): IntegrationConfig {
  const { revisions } = integration;
  const pinned = new Set(lanes.filter((lane) => lane.integrationId === integration.id).map((lane) => lane.revision));
  const contents = revisions.flatMap(({ number, content }): [number, RevisionContent][] =>
    content === null || !pinned.has(number) ? [] : [[number, content]],
  );
  return {
    id: integration.id,
    name: integration.name,
    vendor: integration.vendor,
    vendorName: integration.vendorName,
    variant: integration.variant,
    deliveryMode: "server_side",
    latestRevision: latestNumber(integration),
    revisions: Object.fromEntries(contents),
    consentByRevision: Object.fromEntries(
      revisions.map(({ number, consentCategories }) => [number, consentCategories]),
    ),
  };
}

/** The demo is there as long as its receiver is. */
function demoOf(integrations: readonly IntegrationState[]): ConfigSnapshot["demo"] {
  const url = integrations.find(({ owner }) => owner === "demo")?.revisions.at(-1)?.content?.parameters["url"];
  return typeof url === "string" ? { receiveUrl: url } : undefined;
}
