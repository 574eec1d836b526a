/** Rows of the configuration's tables as the state that rules work on. */
import type {
  ConfigurationState,
  DataLayerState,
  IntegrationState,
  LaneState,
  OrganisationState,
  PipelineState,
  RevisionContent,
  RevisionState,
} from "@datafly-signal/core";
import type {
  DataLayerTable,
  IntegrationTemplateTable,
  ManagedBy,
  OrganisationTable,
  PipelineIntegrationTable,
  PipelineKeyTable,
  PipelineTable,
  RevisionTable,
} from "./tables.ts";

/** JSON that this program wrote. */
function read<T>(text: string): T {
  return JSON.parse(text) as T;
}

interface KeptRow {
  managed_by: ManagedBy;
  version: number;
  created_at: number;
  updated_at: number;
}

function keptOf(row: KeptRow): Pick<PipelineState, "owner" | "version" | "createdAt" | "updatedAt"> {
  return { owner: row.managed_by, version: row.version, createdAt: row.created_at, updatedAt: row.updated_at };
}

export function organisationOf(row: OrganisationTable): OrganisationState {
  return { ...keptOf(row), id: row.id, name: row.name, settings: row.settings === null ? null : read(row.settings) };
}

/** @param createdAt of the organisation, where there is no data layer yet */
export function dataLayerOf(row: DataLayerTable | undefined, createdAt: number): DataLayerState {
  if (row === undefined) {
    return { config: null, secrets: {}, owner: null, version: 1, updatedAt: createdAt, updatedBy: null };
  }
  return {
    config: row.config === null ? null : read(row.config),
    secrets: read(row.secrets),
    owner: row.managed_by,
    version: row.version,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

export function pipelineOf(row: PipelineTable, keys: readonly PipelineKeyTable[]): PipelineState {
  return {
    ...keptOf(row),
    id: row.id,
    name: row.name,
    slug: row.slug,
    type: row.type,
    enabled: row.enabled === 1,
    keys: keys.map((key) => ({
      id: key.id,
      key: key.key,
      createdAt: key.created_at,
      expiresAt: key.expires_at,
      revokedAt: key.revoked_at,
    })),
    domainAllowlist: read(row.domain_allowlist),
    labels: read(row.labels),
    rateLimitRps: row.rate_limit_rps,
    parameters: read(row.parameters),
    secretParameters: read(row.secret_parameters),
  };
}

export type RevisionFacts = Pick<
  RevisionTable,
  | "id"
  | "revision_number"
  | "vendor"
  | "variant"
  | "hash"
  | "consent_categories"
  | "change_summary"
  | "created_by"
  | "created_at"
> & {
  content: Pick<
    RevisionTable,
    "parameters" | "secrets" | "mapping" | "mapping_text" | "rate_limits" | "batch" | "delivery_spec"
  > | null;
};

export function integrationOf(row: IntegrationTemplateTable, revisions: readonly RevisionFacts[]): IntegrationState {
  return {
    ...keptOf(row),
    id: row.id,
    name: row.name,
    vendor: row.vendor,
    vendorName: row.vendor_name,
    description: row.description,
    variant: row.variant,
    custom: row.custom === 1,
    revisions: revisions.map(revisionOf),
    deletedAt: row.deleted_at,
  };
}

function revisionOf(row: RevisionFacts): RevisionState {
  const consentCategories: string[] = read(row.consent_categories);
  const { content } = row;
  return {
    id: row.id,
    number: row.revision_number,
    vendor: row.vendor,
    variant: row.variant,
    hash: row.hash,
    consentCategories,
    changeSummary: row.change_summary,
    createdBy: row.created_by,
    createdAt: row.created_at,
    content: content === null ? null : contentOf(content, consentCategories),
    mappingText: content?.mapping_text ?? null,
  };
}

export function contentOf(row: NonNullable<RevisionFacts["content"]>, consentCategories: string[]): RevisionContent {
  return {
    parameters: read(row.parameters),
    secrets: read(row.secrets),
    mapping: row.mapping === null ? null : read(row.mapping),
    consentCategories,
    rateLimits: read(row.rate_limits),
    batch: read(row.batch),
    deliverySpec: row.delivery_spec === null ? null : read(row.delivery_spec),
  };
}

export function laneOf(row: PipelineIntegrationTable): LaneState {
  return {
    ...keptOf(row),
    id: row.id,
    pipelineId: row.pipeline_id,
    integrationId: row.integration_id,
    revision: row.revision_number,
    enabled: row.enabled === 1,
  };
}

type Flagged = 0 | 1;

function flag(value: boolean): Flagged {
  return value ? 1 : 0;
}

function keptRow(state: Pick<PipelineState, "owner" | "version" | "createdAt" | "updatedAt">): KeptRow {
  return {
    managed_by: state.owner,
    version: state.version,
    created_at: state.createdAt,
    updated_at: state.updatedAt,
  };
}

export function organisationRow(state: OrganisationState): OrganisationTable {
  const settings = state.settings === null ? null : JSON.stringify(state.settings);
  return { id: state.id, name: state.name, settings, ...keptRow(state) };
}

export function dataLayerRow({ organisation, dataLayer }: ConfigurationState): DataLayerTable {
  return {
    organisation_id: organisation.id,
    config: dataLayer.config === null ? null : JSON.stringify(dataLayer.config),
    secrets: JSON.stringify(dataLayer.secrets),
    managed_by: dataLayer.owner,
    version: dataLayer.version,
    updated_at: dataLayer.updatedAt,
    updated_by: dataLayer.updatedBy,
  };
}

export function pipelineRow(state: PipelineState): PipelineTable {
  return {
    id: state.id,
    name: state.name,
    slug: state.slug,
    type: state.type,
    enabled: flag(state.enabled),
    domain_allowlist: JSON.stringify(state.domainAllowlist),
    labels: JSON.stringify(state.labels),
    rate_limit_rps: state.rateLimitRps,
    parameters: JSON.stringify(state.parameters),
    secret_parameters: JSON.stringify(state.secretParameters),
    ...keptRow(state),
  };
}

export function pipelineKeyRows({ id, keys }: PipelineState): PipelineKeyTable[] {
  return keys.map((key) => ({
    id: key.id,
    pipeline_id: id,
    key: key.key,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  }));
}

export function integrationRow(state: IntegrationState): IntegrationTemplateTable {
  return {
    id: state.id,
    name: state.name,
    vendor: state.vendor,
    vendor_name: state.vendorName,
    description: state.description,
    variant: state.variant,
    custom: flag(state.custom),
    latest_revision: state.revisions.at(-1)?.number ?? 0,
    deleted_at: state.deletedAt,
    ...keptRow(state),
  };
}

/** Only of a revision whose content is there. */
export function revisionRow(integrationId: string, state: RevisionState & { content: RevisionContent }): RevisionTable {
  const { content } = state;
  return {
    id: state.id,
    integration_id: integrationId,
    revision_number: state.number,
    vendor: state.vendor,
    variant: state.variant,
    delivery_mode: "server_side",
    parameters: JSON.stringify(content.parameters),
    secrets: JSON.stringify(content.secrets),
    mapping: content.mapping === null ? null : JSON.stringify(content.mapping),
    mapping_text: state.mappingText,
    consent_categories: JSON.stringify(content.consentCategories),
    rate_limits: JSON.stringify(content.rateLimits),
    batch: JSON.stringify(content.batch),
    delivery_spec: content.deliverySpec === null ? null : JSON.stringify(content.deliverySpec),
    hash: state.hash,
    change_summary: state.changeSummary,
    created_by: state.createdBy,
    created_at: state.createdAt,
  };
}

export function laneRow(state: LaneState): PipelineIntegrationTable {
  return {
    id: state.id,
    pipeline_id: state.pipelineId,
    integration_id: state.integrationId,
    revision_number: state.revision,
    enabled: flag(state.enabled),
    ...keptRow(state),
  };
}
