/** Changes of the configuration that no request makes: the server's own, its file's, the command line's. */
import { type Database, raiseConfigurationNumber } from "@datafly-signal/ports/store";
import { permissionsOf } from "../access/permissions.ts";
import { type AuditAuthor, insertAudit } from "../audit/audit.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";
import type { ChangeCall } from "./configuration-changes.ts";

export interface UnaskedServices {
  database: Database;
  now(): number;
  newId(prefix: string): string;
}

/**
 * Does the work in one transaction with its audit records and the configuration's next number; a result with faults leaves
 * neither. `touched` says whether the configuration is another one now.
 */
export async function changeUnasked<Result extends object>(
  { database, now, newId }: UnaskedServices,
  author: AuditAuthor,
  work: (call: ChangeCall) => Promise<Result>,
): Promise<{ result: Result; touched: boolean }> {
  const role = "org_admin" as const;
  const moment = now();
  return database.transaction(async (queries) => {
    const audits: AuditEntry[] = [];
    let touched = false;
    const result = await work({
      queries,
      caller: { ...author, ipAddress: "", role, permissions: permissionsOf(role) },
      now: moment,
      newId,
      audit: (entry) => void audits.push(entry),
      touchConfiguration: () => void (touched = true),
    });
    if ("faults" in result) return { result, touched: false };
    if (touched) await raiseConfigurationNumber(queries, moment);
    await insertAudit(queries, audits, { author, now: moment, newId });
    return { result, touched };
  });
}
