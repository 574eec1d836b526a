/** The one way in which the configuration changes: objects in the shape of the file are checked as the file is, and written with their audit records. */
import type { ConfigurationState, JsonObject, JsonValue } from "@datafly-signal/core";
import type { Queries, WantedRevision } from "@datafly-signal/ports/store";
import type { Call, Fault } from "../http/route.ts";

/** A call of a route that changes something, whatever it takes. */
export type ChangeCall = Pick<
  Call<unknown, unknown, unknown>,
  "queries" | "caller" | "now" | "newId" | "audit" | "touchConfiguration"
>;

export interface ConfigurationChanges {
  /** What is configured now, seen from this transaction. @param wanted revisions to read with their content */
  load(queries: Queries, wanted?: readonly WantedRevision[]): Promise<ConfigurationState>;
  /**
   * Objects of the state in the file's shape, with ids and with secrets in clear: to be edited and applied again, never
   * answered, logged or stored. A pipeline lists all its integrations, an integration holds the content of its latest revision.
   */
  document(
    state: ConfigurationState,
    ids: { pipelines?: readonly string[]; integrations?: readonly string[]; dataLayer?: true; organisation?: true },
  ): ConfigurationDocument;
  /** Checks and writes. Objects are told by their ids; what the document does not name stays as it is. */
  apply(call: ChangeCall, change: ConfigurationChange): Promise<Applied | Fault>;
}

/** As `signal.yaml`: see `core/config/file-schema.ts`. */
export interface ConfigurationDocument {
  pipelines?: PipelineDocument[];
  integrations?: IntegrationDocument[];
  data_layer?: JsonObject;
  organisation?: JsonObject;
}

export interface PipelineDocument {
  id: string;
  name: string;
  slug?: string;
  type?: string;
  enabled?: boolean;
  labels?: string[];
  /** `expires_at` is an ISO time. */
  pipeline_keys: (string | { key: string; expires_at: string })[];
  domain_allowlist?: string[];
  rate_limit_rps?: number;
  parameters?: Record<string, string>;
  integrations?: AssignmentDocument[];
}

export interface AssignmentDocument {
  id?: string;
  /** The integration's id or name. */
  integration: string;
  /** A number that there is, or `latest` to follow it. */
  revision?: number | "latest";
  enabled?: boolean;
}

export interface IntegrationDocument {
  id: string;
  name: string;
  vendor: string;
  /** Of a custom integration: its vendor as people call it. */
  vendor_name?: string;
  description?: string;
  /** The number of this content, where it is taken up for the first time. */
  revision?: number;
  variant?: string;
  consent_categories?: string[];
  rate_limits?: JsonObject;
  batch?: JsonObject;
  /** The vendor's settings; secret fields may stand here or in `secrets`. */
  config?: JsonObject;
  secrets?: Record<string, string>;
  /** Plain data, or YAML text, which is kept with its comments. */
  mapping?: JsonValue;
  delivery_spec?: JsonObject;
}

export interface ConfigurationChange {
  document?: ConfigurationDocument;
  remove?: { pipelines?: readonly string[]; integrations?: readonly string[]; lanes?: readonly string[] };
  /** Gives up the deliveries that wait for what leaves; without it, that is a fault. */
  discardWaiting?: boolean;
  /** What the author says of the new revision. */
  changeSummary?: string;
  /** Makes a next revision also where the content is as before. */
  alwaysRevise?: true;
  /** Strips this from the beginning of the paths of faults: `integrations[0].`, where the body is that one object. */
  faultsBelow?: string;
}

export interface Applied {
  /** As it is after the change. */
  state: ConfigurationState;
  /** Sentences for people. */
  changes: string[];
  /** Faults that do not keep it from being taken: path and message. */
  warnings: { path: string; message: string }[];
}
