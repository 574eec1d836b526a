/** The configuration as it is kept: every object with its history, secrets sealed. The snapshot and the exported file are made from it. */
import type { DataLayerConfig, OrganisationConfig } from "../data-layer/data-layer.ts";
import type { PipelineConfig, RevisionContent, SealedSecret } from "./snapshot.ts";

/** Who an object belongs to: null the API, `file` the configuration file, `demo` the built-in demo. */
export type Owner = "file" | "demo" | null;

export interface ConfigurationState {
  /** Counts changes; it is the snapshot's number. */
  number: number;
  organisation: OrganisationState;
  dataLayer: DataLayerState;
  pipelines: PipelineState[];
  /** Those that were deleted too: one that comes back goes on counting. */
  integrations: IntegrationState[];
  lanes: LaneState[];
  departures: Departure[];
}

/** Kept with every object. Times are epoch milliseconds. */
interface Kept {
  owner: Owner;
  /** Rises with every change, for those who edit together. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

export interface OrganisationState extends Kept {
  /** `org_…` */
  id: string;
  name: string;
  settings: OrganisationConfig | null;
}

export interface DataLayerState extends Omit<Kept, "createdAt"> {
  /** Without its secrets. */
  config: DataLayerConfig | null;
  /** Sealed for (organisation, `data_layer`, name). */
  secrets: Record<string, SealedSecret>;
  updatedBy: string | null;
}

export interface PipelineState extends Kept {
  /** `pip_…` */
  id: string;
  name: string;
  slug: string;
  type: PipelineConfig["type"];
  enabled: boolean;
  keys: KeyState[];
  domainAllowlist: string[];
  /** `prefix:value`, or plain words. */
  labels: string[];
  rateLimitRps: number;
  parameters: Record<string, string>;
  /** Sealed for (organisation, pipeline id, key). */
  secretParameters: Record<string, SealedSecret>;
}

export interface KeyState {
  /** `key_…` */
  id: string;
  key: string;
  createdAt: number;
  /** From then on it is refused. */
  expiresAt: number | null;
  revokedAt: number | null;
}

export interface IntegrationState extends Kept {
  /** `tmpl_…` */
  id: string;
  name: string;
  vendor: string;
  vendorName: string;
  description: string;
  variant: string;
  custom: boolean;
  /** Upwards by their numbers; there are gaps only where the first ones were taken from another installation. */
  revisions: RevisionState[];
  deletedAt: number | null;
}

export interface RevisionState {
  /** `rev_…` */
  id: string;
  number: number;
  vendor: string;
  variant: string;
  /** A keyed fingerprint of the open content: tells whether it changed without keeping secrets in clear. */
  hash: string;
  consentCategories: string[];
  changeSummary: string;
  createdBy: string | null;
  createdAt: number;
  /** Null where it was not read: of revisions that nothing is pinned to. */
  content: RevisionContent | null;
  /** The mapping as its author wrote it. */
  mappingText: string | null;
}

/** A pipeline integration. */
export interface LaneState extends Kept {
  /** `pi_…` */
  id: string;
  pipelineId: string;
  integrationId: string;
  /** Null follows the latest. */
  revision: number | null;
  enabled: boolean;
}

/** What left while deliveries were waiting for it. */
export interface Departure {
  integrationId: string;
  /** Null where the whole integration left. */
  pipelineIntegrationId: string | null;
}

/** The configuration of a new installation: nothing, and no number yet. */
export function emptyConfiguration(organisation: { id: string; name: string; now: number }): ConfigurationState {
  const { id, name, now } = organisation;
  const kept: Kept = { owner: null, version: 1, createdAt: now, updatedAt: now };
  return {
    number: 0,
    organisation: { ...kept, id, name, settings: null },
    dataLayer: { config: null, secrets: {}, owner: null, version: 1, updatedAt: now, updatedBy: null },
    pipelines: [],
    integrations: [],
    lanes: [],
    departures: [],
  };
}
