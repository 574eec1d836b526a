/** From a lane's pinned revision to its delivery plan: pipeline parameters filled in, secrets opened (contracts §2). */
import {
  type ConfigSnapshot,
  type Connector,
  type DeliveryPlan,
  type IntegrationConfig,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LaneConfig,
  type RevisionContent,
} from "@datafly-signal/core";

/** Opens a sealed secret; `object` is the integration's id, `field` the secret's name. Throws when it cannot. */
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
  const pipeline = snapshot.pipelines.find(({ id }) => id === lane.pipelineId);
  return JSON.stringify([lane.integrationId, lane.revision, snapshot.environment, pipeline?.parameters ?? {}]);
}

/** The lane's plan, or in one sentence why it has none. */
export function planLane(sources: PlanSources, tools: PlanTools): { plan: LanePlan } | { fault: string } {
  const { snapshot, integration, lane } = sources;
  const connector = tools.connectors.get(integration.vendor);
  if (connector === undefined) return { fault: `There is no connector "${integration.vendor}".` };
  const revision = integration.revisions[lane.revision];
  if (revision === undefined) return { fault: `Revision ${lane.revision} is not in the configuration.` };
  try {
    const parameters = snapshot.pipelines.find(({ id }) => id === lane.pipelineId)?.parameters ?? {};
    const secrets = openSecrets(revision, integration.id, tools.openSecret, parameters);
    const made = connector.plan({
      parameters: resolve(revision.parameters, parameters) as JsonObject,
      secrets,
      batch: revision.batch,
      environment: snapshot.environment,
    });
    if (Array.isArray(made)) return { fault: made.map(({ field, message }) => `${field}: ${message}`).join(" ") };
    return { plan: lanePlan({ made, connector, key: planKey(sources), secrets, maxRetries: tools.maxRetries }) };
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
  secrets: Record<string, string>;
  maxRetries: number;
}): LanePlan {
  const { made, connector, key, secrets, maxRetries } = parts;
  return {
    key,
    plan: made,
    concurrency: Math.max(1, connector.limits.concurrency),
    maxRetries: Math.max(0, Math.min(made.maxRetries, maxRetries)),
    maxEventAgeMs: connector.maxEventAgeMs,
    secrets: Object.values(secrets),
  };
}

function openSecrets(
  revision: RevisionContent,
  integrationId: string,
  openSecret: OpenSecret,
  parameters: Record<string, string>,
): Record<string, string> {
  const opened = Object.entries(revision.secrets).map(([field, sealed]): [string, string] => [
    field,
    fill(openSecret(sealed, integrationId, field), parameters),
  ]);
  return Object.fromEntries(opened);
}

function resolve(value: JsonValue, parameters: Record<string, string>): JsonValue {
  if (typeof value === "string") return fill(value, parameters);
  if (Array.isArray(value)) return value.map((item) => resolve(item, parameters));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, parameters)]));
}

function fill(text: string, parameters: Record<string, string>): string {
  return text.replace(/\{\{\s*pipeline_param\.([\w.-]+)\s*\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value === undefined) throw new MissingParameter(name);
    return value;
  });
}
