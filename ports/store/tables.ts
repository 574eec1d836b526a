/** The tables of the database, in the subset of SQL that SQLite and PostgreSQL share: text ids, JSON as text, times as epoch milliseconds, truth as 0 or 1. */

/** JSON as text. */
export type JsonText = string;
/** Epoch milliseconds. */
export type Milliseconds = number;
/** 0 or 1. */
export type Flag = number;
/** Who an object belongs to: null the API, `file` the configuration file, `demo` the built-in demo. */
export type ManagedBy = "file" | "demo" | null;

export interface Tables {
  configuration: ConfigurationTable;
  organisations: OrganisationTable;
  data_layers: DataLayerTable;
  pipelines: PipelineTable;
  pipeline_keys: PipelineKeyTable;
  integration_templates: IntegrationTemplateTable;
  revisions: RevisionTable;
  pipeline_integrations: PipelineIntegrationTable;
  departures: DepartureTable;
  users: UserTable;
  invitations: InvitationTable;
  refresh_tokens: RefreshTokenTable;
  api_tokens: ApiTokenTable;
  audit_logs: AuditLogTable;
  idempotency_keys: IdempotencyKeyTable;
}

/** One row: what a snapshot's number counts. Every change of the configuration adds one, in its own transaction. */
export interface ConfigurationTable {
  /** Always `current`. */
  id: string;
  number: number;
  changed_at: Milliseconds;
}

/** One row: a deployment is one organisation. */
export interface OrganisationTable {
  /** `org_…` */
  id: string;
  name: string;
  /** What holds for all pipelines, as `organisation` in the file; null without any. */
  settings: JsonText | null;
  managed_by: ManagedBy;
  version: number;
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

/** One row. */
export interface DataLayerTable {
  organisation_id: string;
  /** Without its secrets; null before there is any. */
  config: JsonText | null;
  /** Sealed, by name. */
  secrets: JsonText;
  managed_by: ManagedBy;
  version: number;
  updated_at: Milliseconds;
  /** A user's id; null for the file and the server itself. */
  updated_by: string | null;
}

export interface PipelineTable {
  /** `pip_…` */
  id: string;
  name: string;
  slug: string;
  type: "web" | "app" | "server";
  enabled: Flag;
  domain_allowlist: JsonText;
  labels: JsonText;
  rate_limit_rps: number;
  /** Text by key, the open ones. */
  parameters: JsonText;
  /** Sealed, by key. */
  secret_parameters: JsonText;
  managed_by: ManagedBy;
  version: number;
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

export interface PipelineKeyTable {
  /** `key_…` */
  id: string;
  pipeline_id: string;
  /** What clients send; stands in pages, so it is no secret. */
  key: string;
  created_at: Milliseconds;
  /** From then on it is refused; null for one that stays. */
  expires_at: Milliseconds | null;
  revoked_at: Milliseconds | null;
}

/** An integration; the API calls it template. */
export interface IntegrationTemplateTable {
  /** `tmpl_…` */
  id: string;
  /** Once among those that are not deleted. */
  name: string;
  /** The connector's key. */
  vendor: string;
  /** What people see as its vendor: of a custom integration, freely chosen. */
  vendor_name: string;
  description: string;
  variant: string;
  /** 1 for one that was not installed from the catalogue. */
  custom: Flag;
  /** The highest number in `revisions`. */
  latest_revision: number;
  managed_by: ManagedBy;
  version: number;
  created_at: Milliseconds;
  updated_at: Milliseconds;
  /** Its revisions stay, so that one that comes back goes on counting. */
  deleted_at: Milliseconds | null;
}

/** Immutable, but for secrets that are sealed anew under another key. */
export interface RevisionTable {
  /** `rev_…` */
  id: string;
  integration_id: string;
  revision_number: number;
  vendor: string;
  variant: string;
  delivery_mode: "server_side";
  parameters: JsonText;
  /** Sealed, by field. */
  secrets: JsonText;
  /** The mapping as plain data; null sends the canonical event as it is. */
  mapping: JsonText | null;
  /** The mapping as its author wrote it, comments included; null where it came as data. */
  mapping_text: string | null;
  consent_categories: JsonText;
  rate_limits: JsonText;
  batch: JsonText;
  delivery_spec: JsonText | null;
  /** A keyed fingerprint of the open content. */
  hash: string;
  change_summary: string;
  /** A user's id; null for the file and the server itself. */
  created_by: string | null;
  created_at: Milliseconds;
}

/** An integration at a revision, assigned to a pipeline: a lane. */
export interface PipelineIntegrationTable {
  /** `pi_…` */
  id: string;
  pipeline_id: string;
  integration_id: string;
  /** Null follows the latest. */
  revision_number: number | null;
  enabled: Flag;
  managed_by: ManagedBy;
  version: number;
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

/** What left while deliveries were waiting for it: those are given up. */
export interface DepartureTable {
  integration_id: string;
  /** Empty where the whole integration left. */
  pipeline_integration_id: string;
  departed_at: Milliseconds;
}

export interface UserTable {
  /** `usr_…` */
  id: string;
  /** In lower case; once. */
  email: string;
  name: string;
  role: string;
  status: "active" | "disabled";
  /** Argon2id, in its own text form. */
  password_hash: string;
  /** 1 while the password is one that somebody else has seen. */
  must_change_password: Flag;
  failed_logins: number;
  locked_until: Milliseconds | null;
  last_login_at: Milliseconds | null;
  version: number;
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

export interface InvitationTable {
  /** `inv_…` */
  id: string;
  email: string;
  role: string;
  /** SHA-256 of the token, in hexadecimal. */
  token_hash: string;
  invited_by: string | null;
  created_at: Milliseconds;
  expires_at: Milliseconds;
  accepted_at: Milliseconds | null;
  revoked_at: Milliseconds | null;
}

/** Refresh tokens that were given out; those of one login are a family. */
export interface RefreshTokenTable {
  id: string;
  family: string;
  user_id: string;
  /** SHA-256 of the token, in hexadecimal. */
  token_hash: string;
  created_at: Milliseconds;
  expires_at: Milliseconds;
  used_at: Milliseconds | null;
  revoked_at: Milliseconds | null;
}

export interface ApiTokenTable {
  /** `tok_…` */
  id: string;
  name: string;
  user_id: string;
  /** The permissions it has at most. */
  scopes: JsonText;
  /** SHA-256 of the token, in hexadecimal. */
  token_hash: string;
  /** Its first characters, to tell it by. */
  prefix: string;
  created_at: Milliseconds;
  expires_at: Milliseconds | null;
  last_used_at: Milliseconds | null;
  revoked_at: Milliseconds | null;
}

export interface AuditLogTable {
  /** `log_…`; sorts by time. */
  id: string;
  /** `pipeline.created`, `auth.login_failed`, … */
  action: string;
  /** Null for the file and the server itself. */
  user_id: string | null;
  /** Who it was, as it was called then: an address, `signal.yaml`, `server`. */
  user_email: string;
  /** The API token it was done with. */
  token_id: string | null;
  resource_type: string;
  resource_id: string;
  /** `{field: {old, new}}`, never a secret's value. */
  changes: JsonText;
  ip_address: string | null;
  user_agent: string | null;
  timestamp: Milliseconds;
}

/** Answers to POST requests that named an Idempotency-Key. */
export interface IdempotencyKeyTable {
  /** Who asked, and the key as it was given: together once. */
  owner: string;
  idempotency_key: string;
  /** SHA-256 of method, path and body, in hexadecimal. */
  request_hash: string;
  status: number;
  /** Sealed: an answer may hold what is shown only once. */
  answer: string;
  created_at: Milliseconds;
}
