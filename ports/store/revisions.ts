/** Queries of revisions: the immutable, numbered contents of integrations. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { RevisionTable } from "./tables.ts";

/** What a list shows of a revision: all but its mapping, its delivery specification and what seals it. */
export type RevisionSummaryRow = Omit<Selectable<RevisionTable>, "mapping" | "mapping_text" | "delivery_spec" | "hash">;

const SUMMARY = [
  "id",
  "integration_id",
  "revision_number",
  "vendor",
  "variant",
  "delivery_mode",
  "parameters",
  "secrets",
  "consent_categories",
  "rate_limits",
  "batch",
  "change_summary",
  "created_by",
  "created_at",
] as const;

/** The newest first. */
export function listRevisions(
  queries: Queries,
  { integrationId, below, limit }: { integrationId: string; below?: number | undefined; limit: number },
): Promise<RevisionSummaryRow[]> {
  return queries
    .selectFrom("revisions")
    .select(SUMMARY)
    .where("integration_id", "=", integrationId)
    .$if(below !== undefined, (query) => query.where("revision_number", "<", below ?? 0))
    .orderBy("revision_number", "desc")
    .limit(limit)
    .execute();
}

/** Also of an integration that was deleted. */
export function findRevision(
  queries: Queries,
  integrationId: string,
  number: number,
): Promise<Selectable<RevisionTable> | undefined> {
  return queries
    .selectFrom("revisions")
    .selectAll()
    .where("integration_id", "=", integrationId)
    .where("revision_number", "=", number)
    .executeTakeFirst();
}
