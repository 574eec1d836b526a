CREATE TABLE api_tokens (
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
) strict;

CREATE INDEX api_tokens_expiry on api_tokens (expires_at);

CREATE UNIQUE INDEX api_tokens_token on api_tokens (token_hash);

CREATE INDEX api_tokens_user on api_tokens (user_id);

CREATE TABLE audit_logs (
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
) strict;

CREATE INDEX audit_logs_action on audit_logs (action, "timestamp", id);

CREATE INDEX audit_logs_resource on audit_logs (resource_type, resource_id, "timestamp", id);

CREATE INDEX audit_logs_time on audit_logs ("timestamp", id);

CREATE INDEX audit_logs_user on audit_logs (user_id, "timestamp", id);

CREATE TABLE configuration (
  id text not null primary key check (id = 'current'),
  number integer not null check (number >= 0),
  changed_at integer not null
) strict;

CREATE TABLE data_layers (
  organisation_id text not null primary key references organisations (id),
  config text,
  secrets text not null,
  managed_by text check (managed_by in ('file', 'demo')),
  version integer not null,
  updated_at integer not null,
  updated_by text
) strict;

CREATE TABLE departures (
  integration_id text not null,
  pipeline_integration_id text not null,
  departed_at integer not null,
  primary key (integration_id, pipeline_integration_id)
) strict;

CREATE INDEX departures_time on departures (departed_at);

CREATE TABLE idempotency_keys (
  owner text not null,
  idempotency_key text not null,
  request_hash text not null,
  status integer not null,
  answer text not null,
  created_at integer not null,
  primary key (owner, idempotency_key)
) strict;

CREATE INDEX idempotency_keys_age on idempotency_keys (created_at);

CREATE TABLE integration_templates (
  id text not null primary key,
  name text not null,
  vendor text not null,
  vendor_name text not null,
  description text not null,
  variant text not null,
  custom integer not null check (custom in (0, 1)),
  latest_revision integer not null,
  managed_by text check (managed_by in ('file', 'demo')),
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  deleted_at integer
) strict;

CREATE UNIQUE INDEX integration_templates_name on integration_templates (name) where deleted_at is null;

CREATE TABLE invitations (
  id text not null primary key,
  email text not null,
  role text not null,
  token_hash text not null,
  invited_by text,
  created_at integer not null,
  expires_at integer not null,
  accepted_at integer,
  revoked_at integer
) strict;

CREATE INDEX invitations_email on invitations (email);

CREATE INDEX invitations_expiry on invitations (expires_at);

CREATE UNIQUE INDEX invitations_token on invitations (token_hash);

CREATE TABLE organisations (
  id text not null primary key,
  name text not null,
  settings text,
  managed_by text check (managed_by in ('file', 'demo')),
  version integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;

CREATE TABLE pipeline_integrations (
  id text not null primary key,
  pipeline_id text not null references pipelines (id) on delete cascade,
  integration_id text not null references integration_templates (id),
  revision_number integer,
  enabled integer not null check (enabled in (0, 1)),
  managed_by text check (managed_by in ('file', 'demo')),
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  foreign key (integration_id, revision_number) references revisions (integration_id, revision_number)
) strict;

CREATE UNIQUE INDEX pipeline_integrations_once on pipeline_integrations (pipeline_id, integration_id);

CREATE INDEX pipeline_integrations_revision on pipeline_integrations (integration_id, revision_number);

CREATE TABLE pipeline_keys (
  id text not null primary key,
  pipeline_id text not null references pipelines (id) on delete cascade,
  "key" text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer
) strict;

CREATE UNIQUE INDEX pipeline_keys_key on pipeline_keys ("key");

CREATE INDEX pipeline_keys_pipeline on pipeline_keys (pipeline_id);

CREATE TABLE pipelines (
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
  managed_by text check (managed_by in ('file', 'demo')),
  version integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;

CREATE UNIQUE INDEX pipelines_name on pipelines (name);

CREATE UNIQUE INDEX pipelines_slug on pipelines (slug);

CREATE TABLE refresh_tokens (
  id text not null primary key,
  family text not null,
  user_id text not null references users (id) on delete cascade,
  token_hash text not null,
  created_at integer not null,
  expires_at integer not null,
  used_at integer,
  revoked_at integer
) strict;

CREATE INDEX refresh_tokens_expiry on refresh_tokens (expires_at);

CREATE INDEX refresh_tokens_family on refresh_tokens (family);

CREATE UNIQUE INDEX refresh_tokens_token on refresh_tokens (token_hash);

CREATE INDEX refresh_tokens_user on refresh_tokens (user_id);

CREATE TABLE revisions (
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
) strict;

CREATE UNIQUE INDEX revisions_number on revisions (integration_id, revision_number);

CREATE TABLE users (
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
) strict;

CREATE UNIQUE INDEX users_email on users (email);
