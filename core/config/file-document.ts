/** The configuration in the shape of the file: to be edited and read again, or exported. */
import type { JsonObject, JsonValue } from "../json.ts";
import { asJson } from "./canonical-json.ts";
import type {
  ConfigurationState,
  IntegrationState,
  KeyState,
  LaneState,
  PipelineState,
  RevisionState,
} from "./configuration-state.ts";
import { DATA_LAYER_SALT } from "./resolve-data-layer.ts";
import type { RevisionContent, SealedSecret } from "./snapshot.ts";

/** Where a secret stands. */
export interface SecretPlace {
  /** The id of what holds it, or `data_layer`. */
  object: string;
  field: string;
  /** The revision that it belongs to, where that is not the integration's latest. */
  revision?: number;
}

export interface DocumentParts {
  pipelines: readonly PipelineState[];
  integrations: readonly IntegrationState[];
  dataLayer: boolean;
  organisation: boolean;
}

export interface DocumentForm {
  /** What stands for a secret: its text, or a variable. */
  secret(sealed: SealedSecret, place: SecretPlace): string;
  /** A text as the file has it. */
  text(value: string): string;
  /** For an export: integrations by their names, revisions with their numbers, and those before that are pinned. */
  isExport: boolean;
}

export function fileDocument(state: ConfigurationState, parts: DocumentParts, form: DocumentForm): JsonObject {
  const { dataLayer, organisation } = state;
  const document: JsonObject = {
    version: 1,
    pipelines: parts.pipelines.map((pipeline) => pipelineDocument(state, pipeline, form)),
    integrations: parts.integrations.map((integration) => integrationDocument(state, integration, form)),
  };
  if (parts.dataLayer && dataLayer.config !== null) {
    const config = texted(asJson(dataLayer.config), form) as JsonObject;
    const salt = dataLayer.secrets[DATA_LAYER_SALT.field];
    const rules = config["pii_rules"];
    document["data_layer"] =
      salt === undefined
        ? config
        : { ...config, pii_rules: { ...(rules as JsonObject), salt: form.secret(salt, DATA_LAYER_SALT) } };
  }
  if (parts.organisation && organisation.settings !== null) {
    document["organisation"] = texted(asJson(organisation.settings), form);
  }
  return document;
}

function pipelineDocument(state: ConfigurationState, pipeline: PipelineState, form: DocumentForm): JsonObject {
  const lanes = state.lanes.filter(({ pipelineId }) => pipelineId === pipeline.id);
  const secrets = Object.entries(pipeline.secretParameters).map(([field, sealed]) => [
    field,
    form.secret(sealed, { object: pipeline.id, field }),
  ]);
  const parameters = { ...(texted(pipeline.parameters, form) as JsonObject), ...Object.fromEntries(secrets) };
  return {
    id: pipeline.id,
    name: form.text(pipeline.name),
    slug: pipeline.slug,
    type: pipeline.type,
    ...(!pipeline.enabled && { enabled: false }),
    pipeline_keys: pipeline.keys.filter(({ revokedAt }) => revokedAt === null).map((key) => keyDocument(key, form)),
    domain_allowlist: pipeline.domainAllowlist.map(form.text),
    ...(pipeline.labels.length > 0 && { labels: pipeline.labels.map(form.text) }),
    rate_limit_rps: pipeline.rateLimitRps,
    ...(Object.keys(parameters).length > 0 && { parameters }),
    // What was a secret once stays one, whatever uses it where this is applied.
    ...(form.isExport && secrets.length > 0 && { secret_parameters: Object.keys(pipeline.secretParameters).sort() }),
    integrations: lanes.map((lane) => assignmentDocument(state, lane, form)),
  };
}

function keyDocument({ key, expiresAt }: KeyState, form: DocumentForm): JsonValue {
  if (expiresAt === null) return form.text(key);
  return { key: form.text(key), expires_at: new Date(expiresAt).toISOString() };
}

function assignmentDocument(state: ConfigurationState, lane: LaneState, form: DocumentForm): JsonObject {
  const integration = state.integrations.find(({ id }) => id === lane.integrationId);
  return {
    id: lane.id,
    integration: form.isExport && integration !== undefined ? form.text(integration.name) : lane.integrationId,
    revision: lane.revision ?? "latest",
    ...(!lane.enabled && { enabled: false }),
  };
}

function integrationDocument(state: ConfigurationState, integration: IntegrationState, form: DocumentForm): JsonObject {
  const { id, revisions } = integration;
  const latest = revisions.at(-1);
  const pinned = new Set(state.lanes.flatMap((lane) => (lane.integrationId === id ? (lane.revision ?? []) : [])));
  const earlier = revisions.slice(0, -1).filter(({ number, content }) => pinned.has(number) && content !== null);
  return {
    id,
    name: form.text(integration.name),
    vendor: integration.vendor,
    ...(integration.custom && { vendor_name: form.text(integration.vendorName) }),
    ...(integration.description !== "" && { description: form.text(integration.description) }),
    ...(form.isExport && { revision: latest?.number ?? 1 }),
    ...(latest && contentDocument(id, latest, { form })),
    ...(form.isExport &&
      earlier.length > 0 && {
        earlier_revisions: earlier.map((one) => ({
          revision: one.number,
          ...contentDocument(id, one, { form, number: one.number }),
        })),
      }),
  };
}

function contentDocument(
  object: string,
  revision: RevisionState,
  { form, number }: { form: DocumentForm; number?: number },
): JsonObject {
  const { content, variant, mappingText } = revision;
  if (content === null) return { variant };
  const secrets = Object.entries(content.secrets).map(([field, sealed]) => [
    field,
    form.secret(sealed, { object, field, ...(number !== undefined && { revision: number }) }),
  ]);
  const mapping = mappingText === null ? texted(content.mapping, form) : form.text(mappingText);
  return {
    variant,
    consent_categories: content.consentCategories,
    ...limitsDocument(content),
    config: texted(content.parameters, form),
    ...(secrets.length > 0 && { secrets: Object.fromEntries(secrets) as JsonObject }),
    ...(mapping !== null && { mapping }),
    ...(content.deliverySpec !== null && { delivery_spec: texted(content.deliverySpec, form) }),
  };
}

function limitsDocument({ rateLimits, batch, parameters }: RevisionContent): JsonObject {
  const limits = {
    rate_limit_rps: rateLimits.rps,
    rate_limit_burst: rateLimits.burst,
    rate_limit_daily: rateLimits.daily,
  };
  const given = Object.entries(limits).filter(([, value]) => value !== null);
  // Where the vendor has a switch that is off, the size of 1 follows from it.
  const isOff = String(parameters["batch_enabled"] ?? "") === "false";
  const sizes = { size: batch.size, bytes: batch.bytes, interval_ms: batch.intervalMs };
  const named = isOff ? [] : Object.entries(sizes).filter(([, value]) => value !== undefined);
  return {
    ...(given.length > 0 && { rate_limits: Object.fromEntries(given) as JsonObject }),
    ...(named.length > 0 && { batch: Object.fromEntries(named) as JsonObject }),
  };
}

/** Every text in it as the file has it; in keys nothing is filled in. */
function texted(value: JsonValue, form: DocumentForm): JsonValue {
  if (typeof value === "string") return form.text(value);
  if (Array.isArray(value)) return value.map((item) => texted(item, form));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, texted(item, form)]));
}
