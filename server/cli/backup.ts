/** `signal backup <folder>`: a copy of the whole data folder, written by the running server. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bytesText } from "../budgets/describe.ts";
import type { BackupResult } from "../control/backup.ts";
import { callServer } from "../control/control-client.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function backupCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" } } });
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) throw new UsageError("backup takes one folder, which it makes.");
  const result = (await callServer(socket, "backup", { target: resolve(target) })) as BackupResult;
  output.json({
    path: result.path,
    bytes: result.bytes,
    files: result.files,
    took_ms: result.took,
    encryption_key: result.encryption_key,
    database: result.database,
  });
  const seconds = (result.took / 1000).toFixed(1);
  output.line(`Backed up to ${result.path}: ${bytesText(result.bytes)} in ${seconds} s.`);
  if (result.encryption_key === "ENCRYPTION_KEY") {
    output.line("The key that opens its secrets is not in it: keep the value of ENCRYPTION_KEY beside it.");
  } else {
    output.line("It holds the key that opens its secrets: keep it as safe as the data folder.");
  }
  if (result.database === "DATABASE_URL") {
    output.line("PostgreSQL is not in it, with configuration and accounts: back it up with pg_dump, after this.");
  }
  return 0;
}
