/** Who it was, in the audit log, where somebody has used the command line: it asks for no account. */
import type { AuditAuthor } from "../audit/audit.ts";

export const COMMAND_LINE: AuditAuthor = {
  userId: null,
  email: "command line",
  tokenId: null,
  ipAddress: null,
  userAgent: null,
};
