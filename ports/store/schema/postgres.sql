create table api_tokens (
  id text collate "C" not null,
  name text collate "C" not null,
  user_id text collate "C" not null,
  scopes text collate "C" not null,
  token_hash text collate "C" not null,
  prefix text collate "C" not null,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint,
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE INDEX api_tokens_expiry ON api_tokens USING btree (expires_at);

CREATE UNIQUE INDEX api_tokens_token ON api_tokens USING btree (token_hash);

CREATE INDEX api_tokens_user ON api_tokens USING btree (user_id);

create table audit_logs (
  id text collate "C" not null,
  action text collate "C" not null,
  user_id text collate "C",
  user_email text collate "C" not null,
  token_id text collate "C",
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  changes text collate "C" not null,
  ip_address text collate "C",
  user_agent text collate "C",
  "timestamp" bigint not null,
  constraint audit_logs_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_logs_action ON audit_logs USING btree (action, "timestamp", id);

CREATE INDEX audit_logs_resource ON audit_logs USING btree (resource_type, resource_id, "timestamp", id);

CREATE INDEX audit_logs_time ON audit_logs USING btree ("timestamp", id);

CREATE INDEX audit_logs_user ON audit_logs USING btree (user_id, "timestamp", id);

create table configuration (
  id text collate "C" not null,
  number bigint not null,
  changed_at bigint not null,
  constraint configuration_pkey PRIMARY KEY (id),
  constraint configuration_id_check CHECK ((id = 'current'::text)),
  constraint configuration_number_check CHECK ((number >= 0))
);

create table data_layers (
  organisation_id text collate "C" not null,
  config text collate "C",
  secrets text collate "C" not null,
  managed_by text collate "C",
  version bigint not null,
  updated_at bigint not null,
  updated_by text collate "C",
  constraint data_layers_pkey PRIMARY KEY (organisation_id),
  constraint data_layers_managed_by_check CHECK ((managed_by = ANY (ARRAY['file'::text, 'demo'::text]))),
  constraint data_layers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id)
);

create table departures (
  integration_id text collate "C" not null,
  pipeline_integration_id text collate "C" not null,
  departed_at bigint not null,
  constraint departures_pkey PRIMARY KEY (integration_id, pipeline_integration_id)
);

CREATE INDEX departures_time ON departures USING btree (departed_at);

create table idempotency_keys (
  owner text collate "C" not null,
  idempotency_key text collate "C" not null,
  request_hash text collate "C" not null,
  status bigint not null,
  answer text collate "C" not null,
  created_at bigint not null,
  constraint idempotency_keys_pkey PRIMARY KEY (owner, idempotency_key)
);

CREATE INDEX idempotency_keys_age ON idempotency_keys USING btree (created_at);

create table integration_templates (
  id text collate "C" not null,
  name text collate "C" not null,
  vendor text collate "C" not null,
  vendor_name text collate "C" not null,
  description text collate "C" not null,
  variant text collate "C" not null,
  custom bigint not null,
  latest_revision bigint not null,
  managed_by text collate "C",
  version bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  deleted_at bigint,
  constraint integration_templates_pkey PRIMARY KEY (id),
  constraint integration_templates_custom_check CHECK ((custom = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
  constraint integration_templates_managed_by_check CHECK ((managed_by = ANY (ARRAY['file'::text, 'demo'::text])))
);

CREATE UNIQUE INDEX integration_templates_name ON integration_templates USING btree (name) WHERE (deleted_at IS NULL);

create table invitations (
  id text collate "C" not null,
  email text collate "C" not null,
  role text collate "C" not null,
  token_hash text collate "C" not null,
  invited_by text collate "C",
  created_at bigint not null,
  expires_at bigint not null,
  accepted_at bigint,
  revoked_at bigint,
  constraint invitations_pkey PRIMARY KEY (id)
);

CREATE INDEX invitations_email ON invitations USING btree (email);

CREATE INDEX invitations_expiry ON invitations USING btree (expires_at);

CREATE UNIQUE INDEX invitations_token ON invitations USING btree (token_hash);

create table organisations (
  id text collate "C" not null,
  name text collate "C" not null,
  settings text collate "C",
  managed_by text collate "C",
  version bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint organisations_pkey PRIMARY KEY (id),
  constraint organisations_managed_by_check CHECK ((managed_by = ANY (ARRAY['file'::text, 'demo'::text])))
);

create table pipeline_integrations (
  id text collate "C" not null,
  pipeline_id text collate "C" not null,
  integration_id text collate "C" not null,
  revision_number bigint,
  enabled bigint not null,
  managed_by text collate "C",
  version bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint pipeline_integrations_pkey PRIMARY KEY (id),
  constraint pipeline_integrations_enabled_check CHECK ((enabled = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
  constraint pipeline_integrations_managed_by_check CHECK ((managed_by = ANY (ARRAY['file'::text, 'demo'::text]))),
  constraint pipeline_integrations_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES integration_templates(id),
  constraint pipeline_integrations_integration_id_revision_number_fkey FOREIGN KEY (integration_id, revision_number) REFERENCES revisions(integration_id, revision_number),
  constraint pipeline_integrations_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX pipeline_integrations_once ON pipeline_integrations USING btree (pipeline_id, integration_id);

CREATE INDEX pipeline_integrations_revision ON pipeline_integrations USING btree (integration_id, revision_number);

create table pipeline_keys (
  id text collate "C" not null,
  pipeline_id text collate "C" not null,
  key text collate "C" not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  constraint pipeline_keys_pkey PRIMARY KEY (id),
  constraint pipeline_keys_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX pipeline_keys_key ON pipeline_keys USING btree (key);

CREATE INDEX pipeline_keys_pipeline ON pipeline_keys USING btree (pipeline_id);

create table pipelines (
  id text collate "C" not null,
  name text collate "C" not null,
  slug text collate "C" not null,
  type text collate "C" not null,
  enabled bigint not null,
  domain_allowlist text collate "C" not null,
  labels text collate "C" not null,
  rate_limit_rps bigint not null,
  parameters text collate "C" not null,
  secret_parameters text collate "C" not null,
  managed_by text collate "C",
  version bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint pipelines_pkey PRIMARY KEY (id),
  constraint pipelines_enabled_check CHECK ((enabled = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
  constraint pipelines_managed_by_check CHECK ((managed_by = ANY (ARRAY['file'::text, 'demo'::text]))),
  constraint pipelines_type_check CHECK ((type = ANY (ARRAY['web'::text, 'app'::text, 'server'::text])))
);

CREATE UNIQUE INDEX pipelines_name ON pipelines USING btree (name);

CREATE UNIQUE INDEX pipelines_slug ON pipelines USING btree (slug);

create table refresh_tokens (
  id text collate "C" not null,
  family text collate "C" not null,
  user_id text collate "C" not null,
  token_hash text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  revoked_at bigint,
  constraint refresh_tokens_pkey PRIMARY KEY (id),
  constraint refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE INDEX refresh_tokens_expiry ON refresh_tokens USING btree (expires_at);

CREATE INDEX refresh_tokens_family ON refresh_tokens USING btree (family);

CREATE UNIQUE INDEX refresh_tokens_token ON refresh_tokens USING btree (token_hash);

CREATE INDEX refresh_tokens_user ON refresh_tokens USING btree (user_id);

create table revisions (
  id text collate "C" not null,
  integration_id text collate "C" not null,
  revision_number bigint not null,
  vendor text collate "C" not null,
  variant text collate "C" not null,
  delivery_mode text collate "C" not null,
  parameters text collate "C" not null,
  secrets text collate "C" not null,
  mapping text collate "C",
  mapping_text text collate "C",
  consent_categories text collate "C" not null,
  rate_limits text collate "C" not null,
  batch text collate "C" not null,
  delivery_spec text collate "C",
  hash text collate "C" not null,
  change_summary text collate "C" not null,
  created_by text collate "C",
  created_at bigint not null,
  constraint revisions_pkey PRIMARY KEY (id),
  constraint revisions_delivery_mode_check CHECK ((delivery_mode = 'server_side'::text)),
  constraint revisions_revision_number_check CHECK ((revision_number > 0)),
  constraint revisions_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES integration_templates(id)
);

CREATE UNIQUE INDEX revisions_number ON revisions USING btree (integration_id, revision_number);

create table users (
  id text collate "C" not null,
  email text collate "C" not null,
  name text collate "C" not null,
  role text collate "C" not null,
  status text collate "C" not null,
  password_hash text collate "C" not null,
  must_change_password bigint not null,
  failed_logins bigint not null,
  locked_until bigint,
  last_login_at bigint,
  version bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_check CHECK ((email = lower(email))),
  constraint users_must_change_password_check CHECK ((must_change_password = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
  constraint users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text])))
);

CREATE UNIQUE INDEX users_email ON users USING btree (email);
