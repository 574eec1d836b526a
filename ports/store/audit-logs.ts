/** Queries of the audit log: it is added to, read, and shortened from its old end; nothing in it ever changes. */
import type { Expression, ExpressionBuilder, Insertable, Selectable, SqlBool } from "kysely";
import { containsText } from "./contains-text.ts";
import type { Queries } from "./queries.ts";
import type { AuditLogTable, Tables } from "./tables.ts";

export type AuditLogRow = Selectable<AuditLogTable>;

export interface AuditLogFilter {
  action?: string | undefined;
  userId?: string | undefined;
  resourceType?: string | undefined;
  resourceId?: string | undefined;
  /** Epoch milliseconds, from then on. */
  since?: number | undefined;
  /** Epoch milliseconds, before then. */
  until?: number | undefined;
  /** A part of action, user, resource or changes; letters count in any case. */
  search?: string | undefined;
  /** The last one of the page before. */
  after?: { timestamp: number; id: string } | undefined;
  limit: number;
}

export async function insertAuditLogs(queries: Queries, rows: readonly Insertable<AuditLogTable>[]): Promise<void> {
  if (rows.length > 0) await queries.insertInto("audit_logs").values(rows).execute();
}

/** Newest first; those of one moment by id, backwards. */
export function listAuditLogs(queries: Queries, filter: AuditLogFilter): Promise<AuditLogRow[]> {
  return queries
    .selectFrom("audit_logs")
    .selectAll()
    .where((eb) => eb.and(conditionsOf(eb, filter)))
    .orderBy("timestamp", "desc")
    .orderBy("id", "desc")
    .limit(filter.limit)
    .execute();
}

/** Those from before `before`, epoch milliseconds. @returns how many there were */
export async function deleteAuditLogs(queries: Queries, before: number): Promise<number> {
  const { numDeletedRows } = await queries.deleteFrom("audit_logs").where("timestamp", "<", before).executeTakeFirst();
  return Number(numDeletedRows);
}

const SEARCHED = ["action", "user_email", "resource_type", "resource_id", "changes"];

type Builder = ExpressionBuilder<Tables, "audit_logs">;

function conditionsOf(eb: Builder, filter: AuditLogFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  if (filter.action !== undefined) conditions.push(eb("action", "=", filter.action));
  if (filter.userId !== undefined) conditions.push(eb("user_id", "=", filter.userId));
  if (filter.resourceType !== undefined) conditions.push(eb("resource_type", "=", filter.resourceType));
  if (filter.resourceId !== undefined) conditions.push(eb("resource_id", "=", filter.resourceId));
  if (filter.since !== undefined) conditions.push(eb("timestamp", ">=", filter.since));
  if (filter.until !== undefined) conditions.push(eb("timestamp", "<", filter.until));
  if (filter.search !== undefined) conditions.push(containsText(SEARCHED, filter.search));
  if (filter.after !== undefined) conditions.push(comesAfter(eb, filter.after));
  return conditions;
}

function comesAfter(eb: Builder, { timestamp, id }: { timestamp: number; id: string }): Expression<SqlBool> {
  return eb.or([eb("timestamp", "<", timestamp), eb.and([eb("timestamp", "=", timestamp), eb("id", "<", id)])]);
}
