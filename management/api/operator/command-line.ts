/** Who it was, in the audit log, where somebody has used the command line: it asks for no account. */
import { serverAuthor } from "../audit/audit.ts";

export const COMMAND_LINE = serverAuthor("command line");
