/** What a change of the configuration leaves in the audit log: every field with its old and new value, secrets only as set or not. */
import {
  asJson,
  canonicalJson,
  type ConfigurationState,
  type IntegrationState,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type KeyState,
  type LaneState,
  type PipelineState,
  type RevisionState,
  TELLTALE_NAME,
} from "@datafly-signal/core";
import type { AuditEntry } from "../audit/audit-entry.ts";

const SET: JsonValue = { set: true };

/** In the order: organisation, data layer, pipelines, integrations, pipeline integrations. */
export function auditEntries(before: ConfigurationState, after: ConfigurationState): AuditEntry[] {
  const organisation = { before: before.organisation, after: after.organisation };
  const layers = { before: before.dataLayer, after: after.dataLayer };
  const { id } = after.organisation;
  return [
    ...entryOf("organisation.updated", "organisation", { id, ...fieldsOfBoth(organisation, organisationFields) }),
    ...entryOf("data_layer.updated", "data_layer", { id, ...fieldsOfBoth(layers, dataLayerFields) }),
    ...collect(before.pipelines, after.pipelines, { type: "pipeline", fields: pipelineFieldsOf(before, after) }),
    ...after.integrations.flatMap((one) => integrationEntries(before, one)),
    ...collect(before.lanes, after.lanes, { type: "pipeline_integration", fields: laneFields }),
  ];
}

type Fields = Record<string, JsonValue>;

function fieldsOfBoth<T>(
  { before, after }: { before: T; after: T },
  fields: (one: T) => Fields,
): { was: Fields; is: Fields } {
  return before === after ? { was: {}, is: {} } : { was: fields(before), is: fields(after) };
}

function collect<T extends { id: string }>(
  before: readonly T[],
  after: readonly T[],
  { type, fields }: { type: string; fields(one: T): Fields },
): AuditEntry[] {
  const was = new Map(before.map((one) => [one.id, one]));
  const staying = new Set(after.map(({ id }) => id));
  const kept = after.flatMap((one) => {
    const old = was.get(one.id);
    if (old === one) return [];
    const action = old === undefined ? "created" : "updated";
    return entryOf(`${type}.${action}`, type, { id: one.id, was: old ? fields(old) : {}, is: fields(one) });
  });
  const gone = before.filter(({ id }) => !staying.has(id));
  return [
    ...kept,
    ...gone.flatMap((one) => entryOf(`${type}.deleted`, type, { id: one.id, was: fields(one), is: {} })),
  ];
}

/** None where nothing differs. */
function entryOf(action: string, resourceType: string, about: { id: string; was: Fields; is: Fields }): AuditEntry[] {
  const { id, was, is } = about;
  const changes: AuditEntry["changes"] = {};
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, now] = [was[name] ?? null, is[name] ?? null];
    if (canonicalJson(old) === canonicalJson(now)) continue;
    // What becomes a secret, or was one, is not shown as it was in clear either.
    const isSecret = isSealed(old) || isSealed(now);
    changes[name] = isSecret ? { old: shown(old), new: shown(now) } : { old, new: now };
  }
  return Object.keys(changes).length === 0 ? [] : [{ action, resourceType, resourceId: id, changes }];
}

function organisationFields({ name, settings, owner }: ConfigurationState["organisation"]): Fields {
  return { name, settings: settings === null ? null : asJson(settings), managed_by: owner };
}

/** By parts; its secrets by their own sealed text, shown as set. */
function dataLayerFields({ config, secrets, owner }: ConfigurationState["dataLayer"]): Fields {
  const parts = config === null ? {} : asJson(config);
  return { ...(isJsonObject(parts) ? parts : {}), ...secretFields(secrets), managed_by: owner };
}

/** A parameter that is a secret before or after is one in both: what it was before it was sealed is the same secret. */
function pipelineFieldsOf(before: ConfigurationState, after: ConfigurationState): (pipeline: PipelineState) => Fields {
  const both = [...before.pipelines, ...after.pipelines];
  return (pipeline) => {
    const secret = both.filter(({ id }) => id === pipeline.id).flatMap((one) => Object.keys(one.secretParameters));
    return pipelineFields(pipeline, new Set(secret));
  };
}

function pipelineFields(pipeline: PipelineState, secret: ReadonlySet<string>): Fields {
  const parameters = Object.entries(pipeline.parameters).map(([key, value]): [string, JsonValue] => {
    // Not written whether or not anything secret is made of it yet.
    const isHidden = secret.has(key) || TELLTALE_NAME.test(key);
    return [key, isHidden ? { set: true, sealed: value } : value];
  });
  return {
    name: pipeline.name,
    slug: pipeline.slug,
    type: pipeline.type,
    enabled: pipeline.enabled,
    domain_allowlist: pipeline.domainAllowlist,
    labels: pipeline.labels,
    rate_limit_rps: pipeline.rateLimitRps,
    ...prefixed("parameters.", Object.fromEntries(parameters)),
    ...secretFields(pipeline.secretParameters, "parameters."),
    ...Object.fromEntries(pipeline.keys.map((key) => [`pipeline_keys.${key.id}`, keyField(key)])),
    managed_by: pipeline.owner,
  };
}

/** Enough of the key to tell it by. */
function keyField({ key, expiresAt, revokedAt }: KeyState): JsonObject {
  return {
    key: `…${key.slice(-4)}`,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    revoked: revokedAt !== null,
  };
}

function laneFields(lane: LaneState): Fields {
  return {
    pipeline_id: lane.pipelineId,
    integration_id: lane.integrationId,
    revision: lane.revision ?? "latest",
    enabled: lane.enabled,
    managed_by: lane.owner,
  };
}

function integrationEntries(before: ConfigurationState, after: IntegrationState): AuditEntry[] {
  const old = before.integrations.find(({ id }) => id === after.id);
  if (old === after) return [];
  const { id } = after;
  const wasThere = old !== undefined && old.deletedAt === null;
  const entries =
    after.deletedAt !== null
      ? entryOf("integration.deleted", "integration", { id, was: integrationFields(old ?? after), is: {} })
      : entryOf(wasThere ? "integration.updated" : "integration.created", "integration", {
          id,
          was: wasThere ? integrationFields(old) : {},
          is: integrationFields(after),
        });
  const known = new Set((old?.revisions ?? []).map(({ number }) => number));
  const added = after.revisions.filter(({ number }) => !known.has(number));
  return [...entries, ...added.flatMap((revision, index) => revisionEntry(after, old, { revision, index, added }))];
}

function integrationFields(integration: IntegrationState): Fields {
  return {
    name: integration.name,
    vendor: integration.vendor,
    vendor_name: integration.vendorName,
    description: integration.description,
    variant: integration.variant,
    managed_by: integration.owner,
  };
}

/** Its mapping stands in the revisions themselves, so the record only says between which it differs. */
function revisionEntry(
  { id }: IntegrationState,
  old: IntegrationState | undefined,
  { revision, index, added }: { revision: RevisionState; index: number; added: readonly RevisionState[] },
): AuditEntry[] {
  const last = index === 0 ? old?.revisions.at(-1) : added[index - 1];
  const was = last === undefined ? {} : revisionFields(last);
  const is = revisionFields(revision);
  if (last !== undefined && hasSameMapping(last, revision)) delete is["mapping"];
  if (!("mapping" in is)) delete was["mapping"];
  return entryOf("integration.revised", "integration", { id, was, is });
}

function hasSameMapping(a: RevisionState, b: RevisionState): boolean {
  const textOf = ({ content, mappingText }: RevisionState): string =>
    canonicalJson([content?.mapping ?? null, mappingText]);
  return textOf(a) === textOf(b);
}

function revisionFields({ number, content, changeSummary }: RevisionState): Fields {
  const base: Fields = { revision_number: number, change_summary: changeSummary };
  if (content === null) return base;
  const isMapped = content.mapping !== null;
  return {
    ...base,
    ...prefixed("config.", content.parameters),
    ...secretFields(content.secrets, "config."),
    mapping: isMapped ? { revision_number: number } : null,
    consent_categories: content.consentCategories,
    rate_limits: asJson(content.rateLimits),
    batch: asJson(content.batch),
    delivery_spec: content.deliverySpec,
  };
}

function prefixed(prefix: string, values: JsonObject): Fields {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** Sealed texts while they are compared: who sees the record sees only that they are set. */
function secretFields(sealed: Readonly<Record<string, string>>, prefix = ""): Fields {
  return Object.fromEntries(
    Object.entries(sealed).map(([field, text]) => [`${prefix}${field}`, { set: true, sealed: text }]),
  );
}

/** What tells two secrets apart stays out of the record. */
function shown(value: JsonValue): JsonValue {
  return value === null ? null : SET;
}

function isSealed(value: JsonValue): boolean {
  return isJsonObject(value) && value["set"] === true && "sealed" in value;
}
