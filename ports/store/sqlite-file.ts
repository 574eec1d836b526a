/** The database's file as a whole: copied while it is in use, and looked at without changing it. */
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { type DatabaseCondition, stepsOf } from "./database-condition.ts";
import { sqliteFault } from "./sqlite-connection.ts";

/** In one step, so that what others write meanwhile does not make it begin again. */
const ALL_PAGES = 2_147_483_647;
const MOST_DAMAGE = 20;

/**
 * Makes `target`, for its owner alone, with everything that was committed before the call, whoever has the file open.
 * @throws {StoreError} unusable, not_a_database
 */
export async function copySqlite(path: string, target: string): Promise<void> {
  closeSync(openSync(target, "wx", 0o600));
  await usingFile(path, (file) => backup(file, target, { rate: ALL_PAGES }));
  chmodSync(target, 0o600);
}

/** Reads the whole file. @throws {StoreError} unusable, not_a_database */
export async function examineSqlite(path: string): Promise<DatabaseCondition> {
  return usingFile(path, async (file) => {
    const found = file.prepare(`pragma integrity_check(${MOST_DAMAGE})`).all();
    const said = found.map((row) => String(row["integrity_check"])).filter((text) => text !== "ok");
    const version = String(file.prepare("select sqlite_version() as version").get()?.["version"]);
    return { version, damage: said, ...stepsOf(appliedSteps(file)) };
  });
}

function appliedSteps(file: DatabaseSync): string[] | null {
  const table = file.prepare("select name from sqlite_master where type = 'table' and name = 'kysely_migration'").get();
  if (table === undefined) return null;
  return file
    .prepare("select name from kysely_migration order by name")
    .all()
    .map(({ name }) => String(name));
}

async function usingFile<T>(path: string, work: (file: DatabaseSync) => Promise<T>): Promise<T> {
  let file: DatabaseSync | null = null;
  try {
    file = new DatabaseSync(addressOf(path), { readOnly: true, timeout: 10_000 });
    return await work(file);
  } catch (error) {
    throw sqliteFault(error);
  } finally {
    file?.close();
  }
}

/** Nobody has a file open that lies there without its log: then none is made for looking at it either. */
function addressOf(path: string): URL {
  const address = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) address.searchParams.set("immutable", "1");
  return address;
}
