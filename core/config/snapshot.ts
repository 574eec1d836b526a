/** The configuration snapshot: everything the data plane works from, immutable and numbered. */
import type { DataLayerConfig, OrganisationConfig } from "../data-layer/data-layer.ts";
import type { JsonObject, JsonValue } from "../json.ts";

/** A secret at rest: `v1.<keyId>.<nonce>.<ciphertext>`, opened only where a request is built. */
export type SealedSecret = string;

/** Plain data: it crosses threads by structured clone and holds no open secret. */
export interface ConfigSnapshot {
  number: number;
  environment: "development" | "production";
  organisationId: string;
  pipelines: PipelineConfig[];
  integrations: IntegrationConfig[];
  /** The pipeline integrations. */
  lanes: LaneConfig[];
  /** Integrations that left the configuration while deliveries were waiting: those become dead letters. */
  removed: { integrationId: string }[];
  /** Lanes that left while their integration stayed and their deliveries were waiting: those become dead letters too. */
  removedLanes?: { integrationId: string; pipelineIntegrationId: string }[];
  /** What happens before any integration; its secrets are in `dataLayerSecrets`. */
  dataLayer?: DataLayerConfig;
  /** Sealed for (organisation, `data_layer`, name). */
  dataLayerSecrets?: Record<string, SealedSecret>;
  organisation?: OrganisationConfig;
  /** Only while the built-in demo is the configuration, which then holds nothing else. */
  demo?: DemoConfig;
}

/** The demo: its own integration may reach this one URL although it leads to the own machine. */
export interface DemoConfig {
  receiveUrl: string;
}

export interface PipelineConfig {
  /** `pip_…` */
  id: string;
  name: string;
  slug: string;
  type: "web" | "app" | "server";
  enabled: boolean;
  /** The keys accepted now, several while they rotate. */
  keys: string[];
  /** When those of them end that end by themselves, epoch milliseconds. */
  keyEnds?: Record<string, number>;
  /** Origins whose pages may send: `host`, `*.host`, `host:port`, full origin, `*`. */
  domainAllowlist: string[];
  /** Requests a second and key; events are limited at ten times that. */
  rateLimitRps: number;
  /** What `{{pipeline_param.KEY}}` stands for. */
  parameters: Record<string, string>;
  /** Parameters that secret settings are made of, sealed for (organisation, pipeline id, key); not in `parameters`. */
  secretParameters?: Record<string, SealedSecret>;
}

export interface IntegrationConfig {
  /** `tmpl_…`; `integration_id` in topics, dead letters and metrics. */
  id: string;
  name: string;
  vendor: string;
  vendorName: string;
  variant: string;
  deliveryMode: "server_side";
  latestRevision: number;
  /** The revisions that lanes are pinned to, by number. */
  revisions: Record<number, RevisionContent>;
  /** The consent categories of every revision that waiting deliveries may name. */
  consentByRevision: Record<number, string[]>;
}

/** What an immutable revision holds. */
export interface RevisionContent {
  parameters: JsonObject;
  secrets: Record<string, SealedSecret>;
  /** The V2 mapping as plain data; null sends the canonical event as it is. */
  mapping: JsonValue;
  consentCategories: string[];
  rateLimits: RateLimits;
  batch: Partial<BatchLimits>;
  deliverySpec: JsonObject | null;
}

/** Requests to a vendor; `daily` 0 is no limit. Null fields take the connector's. */
export interface RateLimits {
  rps: number | null;
  burst: number | null;
  daily: number | null;
}

export interface BatchLimits {
  /** Events a request. */
  size: number;
  /** Bytes of a request's body. */
  bytes: number;
  /** How long the first event of a batch waits for company, in milliseconds. */
  intervalMs: number;
}

/** A pipeline integration. */
export interface LaneConfig {
  /** `pi_…` */
  id: string;
  pipelineId: string;
  integrationId: string;
  /** The pinned revision. */
  revision: number;
  enabled: boolean;
}

/** Where a part of the data plane gets its configuration: read `current` between batches, never keep parts of it longer. */
export interface SnapshotSource {
  current(): ConfigSnapshot;
  /** Called after `current` has changed; the answer ends the subscription. */
  onChange(listener: (snapshot: ConfigSnapshot) => void): () => void;
  /** Asks for a newer snapshot than the current one; resolves when it was looked for, whether one was found or not. */
  refresh(): Promise<void>;
}
