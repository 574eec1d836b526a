/** Writes the schema of a new database of each kind to `ports/store/schema/`; the test beside that fails when it differs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "@datafly-signal/ports/store/postgres";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { dumpSchema, startPostgres } from "@datafly-signal/ports/store/testing";

const schemas = new URL("../ports/store/schema/", import.meta.url);

type Opened = Awaited<ReturnType<typeof openSqlite>>;

async function write(database: Opened): Promise<void> {
  await writeFile(new URL(`${database.dialect}.sql`, schemas), await dumpSchema(database));
  await database.close();
}

const server = await startPostgres();
const folder = await mkdtemp(join(tmpdir(), "signal-schema-"));
try {
  await write(await openSqlite({ path: join(folder, "signal.db") }));
  await write(await openPostgres({ url: server.url }));
} finally {
  await rm(folder, { recursive: true, force: true });
  await server.remove();
}
