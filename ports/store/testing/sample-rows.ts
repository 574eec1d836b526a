import type { IntegrationTemplateTable, PipelineTable, RevisionTable, UserTable } from "../tables.ts";

/** Rows that are fine as they are. */
export function pipelineRow(changes: Partial<PipelineTable> = {}): PipelineTable {
  return {
    id: "pip_1",
    name: "Shop",
    slug: "shop",
    type: "web",
    enabled: 1,
    domain_allowlist: "[]",
    labels: "{}",
    rate_limit_rps: 1000,
    parameters: "{}",
    secret_parameters: "{}",
    managed_by: null,
    version: 1,
    created_at: 1_795_000_000_000,
    updated_at: 1_795_000_000_000,
    ...changes,
  };
}

export function userRow(changes: Partial<UserTable> = {}): UserTable {
  return {
    id: "usr_1",
    email: "jane@example.com",
    name: "Jane",
    role: "org_admin",
    status: "active",
    password_hash: "$argon2id$secret-hash",
    must_change_password: 0,
    failed_logins: 0,
    locked_until: null,
    last_login_at: null,
    version: 1,
    created_at: 1_795_000_000_000,
    updated_at: 1_795_000_000_000,
    ...changes,
  };
}

export function templateRow(changes: Partial<IntegrationTemplateTable> = {}): IntegrationTemplateTable {
  return {
    id: "tmpl_1",
    name: "Webhook",
    vendor: "webhook",
    vendor_name: "Webhook",
    description: "",
    variant: "default",
    custom: 0,
    latest_revision: 1,
    managed_by: null,
    version: 1,
    created_at: 1_795_000_000_000,
    updated_at: 1_795_000_000_000,
    deleted_at: null,
    ...changes,
  };
}

export function revisionRow(changes: Partial<RevisionTable> = {}): RevisionTable {
  return {
    id: "rev_1",
    integration_id: "tmpl_1",
    revision_number: 1,
    vendor: "webhook",
    variant: "default",
    delivery_mode: "server_side",
    parameters: "{}",
    secrets: "{}",
    mapping: null,
    mapping_text: null,
    consent_categories: "[]",
    rate_limits: "{}",
    batch: "{}",
    delivery_spec: null,
    hash: "h",
    change_summary: "",
    created_by: null,
    created_at: 1_795_000_000_000,
    ...changes,
  };
}
