/** Writes the audit log, in the transaction of what it tells, and forgets what has passed its time. */
import { deleteAuditLogs, insertAuditLogs, type Queries } from "@datafly-signal/ports/store";
import type { AuditEntry } from "./audit-entry.ts";

/** Who did it: a caller, or the server itself and the configuration file, which have neither id nor address. */
export interface AuditAuthor {
  userId: string | null;
  /** As it was called then: an e-mail address, `signal.yaml`, `server`. */
  email: string;
  tokenId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
}

/** What no caller did. @param name who it was in the audit log: `server`, `command line`, the name of a file */
export function serverAuthor(name = "server"): AuditAuthor {
  return { userId: null, email: name, tokenId: null, ipAddress: null, userAgent: null };
}

interface AuditMoment {
  author: AuditAuthor;
  /** Epoch milliseconds. */
  now: number;
  newId(prefix: string): string;
}

const RETENTION_MS = 90 * 24 * 60 * 60 * 1000;

/** Rolled back with the transaction that `queries` are of. */
export async function insertAudit(
  queries: Queries,
  entries: readonly AuditEntry[],
  { author, now, newId }: AuditMoment,
): Promise<void> {
  await insertAuditLogs(
    queries,
    entries.map(({ action, resourceType, resourceId, changes }) => ({
      id: newId("log_"),
      action,
      user_id: author.userId,
      user_email: author.email,
      token_id: author.tokenId,
      resource_type: resourceType,
      resource_id: resourceId,
      changes: JSON.stringify(changes),
      ip_address: author.ipAddress,
      user_agent: author.userAgent,
      timestamp: now,
    })),
  );
}

/** To be run now and then. @returns how many were older than 90 days */
export function removeOldAudits(queries: Queries, now: number): Promise<number> {
  return deleteAuditLogs(queries, now - RETENTION_MS);
}
