import { type Kysely, sql } from "kysely";
import { type Step, define } from "./step.ts";

const owned = "managed_by text check (managed_by in ('file', 'demo'))";

const configuration = [
  `create table configuration (
  id text not null primary key check (id = 'current'),
  number integer not null check (number >= 0),
  changed_at integer not null
)`,
  `create table organisations (
  id text not null primary key,
  name text not null,
  settings text,
  ${owned},
  version integer not null,
  created_at integer not null,
  updated_at integer not null
)`,
  `create table data_layers (
  organisation_id text not null primary key references organisations (id),
  config text,
  secrets text not null,
  ${owned},
  version integer not null,
  updated_at integer not null,
  updated_by text
)`,
];

const pipelines = [
  `create table pipelines (
  id text not null primary key,
  name text not null,
  slug text not null,
  type text not null check (type in ('web', 'app', 'server')),
  enabled integer not null check (enabled in (0, 1)),
  domain_allowlist text not null,
  labels text not null,
  rate_limit_rps integer not null,
  parameters text not null,
  secret_parameters text not null,
  ${owned},
  version integer not null,
  created_at integer not null,
  updated_at integer not null
)`,
  "create unique index pipelines_name on pipelines (name)",
  "create unique index pipelines_slug on pipelines (slug)",
  `create table pipeline_keys (
  id text not null primary key,
  pipeline_id text not null references pipelines (id) on delete cascade,
  "key" text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer
)`,
  'create unique index pipeline_keys_key on pipeline_keys ("key")',
  "create index pipeline_keys_pipeline on pipeline_keys (pipeline_id)",
];

const integrations = [
  `create table integration_templates (
  id text not null primary key,
  name text not null,
  vendor text not null,
  vendor_name text not null,
  description text not null,
  variant text not null,
  custom integer not null check (custom in (0, 1)),
  latest_revision integer not null,
  ${owned},
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  deleted_at integer
)`,
  "create unique index integration_templates_name on integration_templates (name) where deleted_at is null",
  `create table revisions (
  id text not null primary key,
  integration_id text not null references integration_templates (id),
  revision_number integer not null check (revision_number > 0),
  vendor text not null,
  variant text not null,
  delivery_mode text not null check (delivery_mode in ('server_side')),
  parameters text not null,
  secrets text not null,
  mapping text,
  mapping_text text,
  consent_categories text not null,
  rate_limits text not null,
  batch text not null,
  delivery_spec text,
  hash text not null,
  change_summary text not null,
  created_by text,
  created_at integer not null
)`,
  "create unique index revisions_number on revisions (integration_id, revision_number)",
  `create table pipeline_integrations (
  id text not null primary key,
  pipeline_id text not null references pipelines (id) on delete cascade,
  integration_id text not null references integration_templates (id),
  revision_number integer,
  enabled integer not null check (enabled in (0, 1)),
  ${owned},
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  foreign key (integration_id, revision_number) references revisions (integration_id, revision_number)
)`,
  "create unique index pipeline_integrations_once on pipeline_integrations (pipeline_id, integration_id)",
  "create index pipeline_integrations_revision on pipeline_integrations (integration_id, revision_number)",
  `create table departures (
  integration_id text not null,
  pipeline_integration_id text not null,
  departed_at integer not null,
  primary key (integration_id, pipeline_integration_id)
)`,
  "create index departures_time on departures (departed_at)",
];

const users = [
  `create table users (
  id text not null primary key,
  email text not null check (email = lower(email)),
  name text not null,
  role text not null,
  status text not null check (status in ('active', 'disabled')),
  password_hash text not null,
  must_change_password integer not null check (must_change_password in (0, 1)),
  failed_logins integer not null,
  locked_until integer,
  last_login_at integer,
  version integer not null,
  created_at integer not null,
  updated_at integer not null
)`,
  "create unique index users_email on users (email)",
  `create table invitations (
  id text not null primary key,
  email text not null,
  role text not null,
  token_hash text not null,
  invited_by text,
  created_at integer not null,
  expires_at integer not null,
  accepted_at integer,
  revoked_at integer
)`,
  "create unique index invitations_token on invitations (token_hash)",
  "create index invitations_email on invitations (email)",
  "create index invitations_expiry on invitations (expires_at)",
  `create table refresh_tokens (
  id text not null primary key,
  family text not null,
  user_id text not null references users (id) on delete cascade,
  token_hash text not null,
  created_at integer not null,
  expires_at integer not null,
  used_at integer,
  revoked_at integer
)`,
  "create unique index refresh_tokens_token on refresh_tokens (token_hash)",
  "create index refresh_tokens_family on refresh_tokens (family)",
  "create index refresh_tokens_user on refresh_tokens (user_id)",
  "create index refresh_tokens_expiry on refresh_tokens (expires_at)",
  `create table api_tokens (
  id text not null primary key,
  name text not null,
  user_id text not null references users (id) on delete cascade,
  scopes text not null,
  token_hash text not null,
  prefix text not null,
  created_at integer not null,
  expires_at integer,
  last_used_at integer,
  revoked_at integer
)`,
  "create unique index api_tokens_token on api_tokens (token_hash)",
  "create index api_tokens_user on api_tokens (user_id)",
  "create index api_tokens_expiry on api_tokens (expires_at)",
];

const records = [
  `create table audit_logs (
  id text not null primary key,
  action text not null,
  user_id text,
  user_email text not null,
  token_id text,
  resource_type text not null,
  resource_id text not null,
  changes text not null,
  ip_address text,
  user_agent text,
  "timestamp" integer not null
)`,
  'create index audit_logs_time on audit_logs ("timestamp", id)',
  'create index audit_logs_action on audit_logs (action, "timestamp", id)',
  'create index audit_logs_resource on audit_logs (resource_type, resource_id, "timestamp", id)',
  'create index audit_logs_user on audit_logs (user_id, "timestamp", id)',
  `create table idempotency_keys (
  owner text not null,
  idempotency_key text not null,
  request_hash text not null,
  status integer not null,
  answer text not null,
  created_at integer not null,
  primary key (owner, idempotency_key)
)`,
  "create index idempotency_keys_age on idempotency_keys (created_at)",
];

export const firstTables: Step = async (queries, { dialect, now }) => {
  await define(queries, dialect, [...configuration, ...pipelines, ...integrations, ...users, ...records]);
  await seedConfiguration(queries, now);
};

/** Snapshots count from here. */
async function seedConfiguration(queries: Kysely<unknown>, now: number): Promise<void> {
  await sql`insert into configuration (id, number, changed_at) values ('current', 0, ${now})`.execute(queries);
}
