/** The servers that `scripts/storage-servers.ts` provides. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../../harness/signal-server.ts";

/** Its path; builds or installs it where that has not been done yet, which takes minutes. Fails with what to install. */
export async function providedServer(name: "minio" | "local-bigquery"): Promise<string> {
  const script = join(PROJECT, "scripts/storage-servers.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script, name], { maxBuffer: 64 << 20 });
  return stdout.trim();
}
