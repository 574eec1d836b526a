/**
 * Provides the servers that the tests of storage vendors write to. `node scripts/storage-servers.ts minio` prints the path
 * of MinIO's executable, `… local-bigquery` the folder of local-bigquery, alone on stdout; without a name both are
 * provided. They are made once and kept in `~/.cache/datafly-signal` (`XDG_CACHE_HOME`).
 */
import { findLocalBigQuery } from "./storage-servers/local-bigquery.ts";
import { findMinio } from "./storage-servers/minio.ts";

const servers: Record<string, () => string> = { minio: findMinio, "local-bigquery": findLocalBigQuery };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(servers);

try {
  for (const name of wanted) {
    const find = servers[name];
    if (find === undefined) throw new Error(`${name} is none of ${Object.keys(servers).join(", ")}`);
    console.log(find());
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
