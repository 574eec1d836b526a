/** What `signal.yaml` says once it is read: ids and defaults filled in, secrets open, so never logged and never stored. */
import type { DataLayerConfig, OrganisationConfig } from "../data-layer/data-layer.ts";
import type { JsonValue } from "../json.ts";
import type { Place } from "./fault.ts";
import type { DemoConfig, PipelineConfig, RevisionContent } from "./snapshot.ts";

export interface SignalFile {
  version: 1;
  pipelines: FilePipeline[];
  integrations: FileIntegration[];
  dataLayer?: DataLayerConfig;
  organisation?: OrganisationConfig;
  /** The sections of other parts, as plain data. */
  sections: Record<string, JsonValue>;
  /** Set by the built-in configuration alone: see the snapshot. */
  demo?: DemoConfig;
}

export interface FilePipeline {
  id: string;
  name: string;
  slug: string;
  type: PipelineConfig["type"];
  enabled: boolean;
  keys: FileKey[];
  labels: string[];
  domainAllowlist: string[];
  rateLimitRps: number;
  /** All parameters, the secret ones included. */
  parameters: Record<string, string>;
  /** The keys of parameters that a secret setting of one of its integrations is made of. */
  secretParameters: string[];
  assignments: FileAssignment[];
  place: Place;
}

export interface FileKey {
  key: string;
  /** Epoch milliseconds; null for one that stays. */
  expiresAt: number | null;
}

export interface FileAssignment {
  id: string;
  integrationId: string;
  revision: "latest" | number;
  enabled: boolean;
  place: Place;
}

export interface FileIntegration {
  id: string;
  name: string;
  vendor: string;
  vendorName: string;
  /** True where the vendor's name is the author's own. */
  custom: boolean;
  description: string;
  variant: string;
  deliveryMode: "server_side";
  content: OpenContent;
  /** The mapping as its author wrote it, comments included, where it is a text or a file of its own. */
  mappingText: string | null;
  /** The number to begin with; null takes the next. */
  revision: number | null;
  /** Upwards. */
  earlier: FileRevision[];
  place: Place;
}

export interface FileRevision {
  number: number;
  variant: string;
  content: OpenContent;
  mappingText: string | null;
}

/** A revision's content with its secrets in clear. */
export type OpenContent = Omit<RevisionContent, "secrets"> & { secrets: Record<string, string> };

/** Requests a second and key, where neither the pipeline nor the operator says otherwise. */
export const DEFAULT_RATE_LIMIT_RPS = 1000;
