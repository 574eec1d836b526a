/** The database port: typed queries over SQLite or PostgreSQL, migrated when it is opened. */
export type { Database, InTransaction, Queries } from "./queries.ts";
export { StoreError, isAway, isUniqueViolation } from "./store-error.ts";
export type * from "./tables.ts";
export * from "./integration-templates.ts";
export * from "./pipeline-integrations.ts";
export * from "./revisions.ts";
export * from "./api-tokens.ts";
export * from "./invitations.ts";
export * from "./refresh-tokens.ts";
export * from "./users.ts";
export * from "./organisation.ts";
export * from "./pipeline-keys.ts";
export * from "./pipelines.ts";
export * from "./audit-logs.ts";
export * from "./configuration-number.ts";
export * from "./idempotency.ts";
export * from "./sealed-secrets.ts";
export { configurationNumber, loadConfiguration, saveConfiguration, type WantedRevision } from "./configuration.ts";
