/** From a lane's pinned revision to its delivery plan: pipeline parameters filled in, secrets opened. */
import {
  type ConfigSnapshot,
  type Connector,
  type DeliveryPlan,
  fillParameters,
  type IntegrationConfig,
  type JsonValue,
  type LaneConfig,
  openParameters,
  parameterReferences,
  type PipelineConfig,
  type RevisionContent,
} from "@datafly-signal/core";

/** Opens a sealed secret of an integration or a pipeline, `object`; `field` is its name. Throws when it cannot. */
export type OpenSecret = (sealed: string, object: string, field: string) => string;

/** How a lane sends now. Holds opened secrets: never logged, never stored. */
export interface LanePlan {
  /** Changes whenever the plan would. */
  key: string;
  plan: DeliveryPlan;
  concurrency: number;
  maxRetries: number;
  maxEventAgeMs: number | undefined;
  /** What must not be seen in details and excerpts. */
  secrets: readonly string[];
}

export interface PlanSources {
  snapshot: ConfigSnapshot;
  integration: IntegrationConfig;
  lane: LaneConfig;
}

export interface PlanTools {
  connectors: ReadonlyMap<string, Connector>;
  openSecret: OpenSecret;
  /** The operator's bound on tries after the first. */
  maxRetries: number;
}

class MissingParameter extends Error {
  constructor(parameter: string) {
    super(`The pipeline has no parameter "${parameter}", which the connection settings use.`);
    this.name = "MissingParameter";
  }
}

/** What a lane's plan depends on, as text: equal keys make equal plans. */
export function planKey({ snapshot, lane }: PlanSources): string {
  const { parameters = {}, secretParameters = {} } = pipelineOf(snapshot, lane) ?? {};
  return JSON.stringify([lane.integrationId, lane.revision, snapshot.environment, parameters, secretParameters]);
}

/** The lane's plan, or in one sentence why it has none. */
export function planLane(sources: PlanSources, tools: PlanTools): { plan: LanePlan } | { fault: string } {
  const { snapshot, integration, lane } = sources;
  const connector = tools.connectors.get(integration.vendor);
  if (connector === undefined) return { fault: `There is no connector "${integration.vendor}".` };
  const revision = integration.revisions[lane.revision];
  if (revision === undefined) return { fault: `Revision ${lane.revision} is not in the configuration.` };
  try {
    const pipeline = pipelineOf(snapshot, lane);
    const parameters = pipeline === undefined ? {} : openParameters(pipeline, tools.openSecret);
    const secrets = fill(openSecrets(revision, integration.id, tools.openSecret), parameters);
    const made = connector.plan({
      parameters: fill(revision.parameters, parameters),
      secrets,
      batch: revision.batch,
      deliverySpec: fill(revision.deliverySpec, parameters),
      environment: snapshot.environment,
    });
    if (Array.isArray(made)) return { fault: made.map(({ field, message }) => `${field}: ${message}`).join(" ") };
    const inParameters = Object.keys(pipeline?.secretParameters ?? {}).flatMap((key) => parameters[key] ?? []);
    // Connectors send them without spaces around them.
    const hidden = [...new Set([...Object.values(secrets), ...inParameters].flatMap((one) => [one, one.trim()]))];
    return { plan: lanePlan({ made, connector, key: planKey(sources), hidden, maxRetries: tools.maxRetries }) };
  } catch (error) {
    // Only its own words: the message of another error may hold a setting.
    return {
      fault: error instanceof MissingParameter ? error.message : "The connection settings could not be opened.",
    };
  }
}

function lanePlan(parts: {
  made: DeliveryPlan;
  connector: Connector;
  key: string;
  hidden: readonly string[];
  maxRetries: number;
}): LanePlan {
  const { made, connector, key, hidden, maxRetries } = parts;
  return {
    key,
    plan: made,
    concurrency: Math.max(1, connector.limits.concurrency),
    maxRetries: Math.max(0, Math.min(made.maxRetries, maxRetries)),
    maxEventAgeMs: made.maxEventAgeMs ?? connector.maxEventAgeMs,
    secrets: hidden,
  };
}

function pipelineOf(snapshot: ConfigSnapshot, lane: LaneConfig): PipelineConfig | undefined {
  return snapshot.pipelines.find(({ id }) => id === lane.pipelineId);
}

function openSecrets(revision: RevisionContent, integrationId: string, open: OpenSecret): Record<string, string> {
  const opened = Object.entries(revision.secrets).map(([field, sealed]) => [field, open(sealed, integrationId, field)]);
  return Object.fromEntries(opened);
}

function fill<T extends JsonValue>(value: T, parameters: Readonly<Record<string, string>>): T {
  const missing = parameterReferences(value).find((key) => !Object.hasOwn(parameters, key));
  if (missing !== undefined) throw new MissingParameter(missing);
  return fillParameters(value, parameters);
}
