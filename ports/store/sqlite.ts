/** The database in one file, by node:sqlite. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Dialect, type Driver, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { type Gate, openGate } from "./gate.ts";
import { databaseOf } from "./kysely-database.ts";
import { migrate } from "./migrate.ts";
import type { Database } from "./queries.ts";
import { SqliteConnection, sqliteFault } from "./sqlite-connection.ts";
import { StoreError } from "./store-error.ts";

export type { DatabaseCondition } from "./database-condition.ts";
export { copySqlite, examineSqlite } from "./sqlite-file.ts";

export interface SqliteOptions {
  /** The file, made when it is missing; `:memory:` for tests. */
  path: string;
  now?: () => number;
  /** How long a query waits while another process writes. */
  busyMs?: number;
}

const IN_MEMORY = ":memory:";
/** What a file has beside it: its log and the index of that. */
const FILES = ["", "-wal", "-shm"];

/**
 * Opens and migrates it. Every commit is on disk when it is acknowledged. Several processes may have it open; a write
 * waits for another one's, without holding up the thread.
 * @throws {StoreError} not_a_database, unusable, newer, migration; away when others hold it all the time
 */
export async function openSqlite({ path, now = Date.now, busyMs = 10_000 }: SqliteOptions): Promise<Database> {
  const file = openFile(path);
  const connection = new SqliteConnection(file, busyMs);
  const gate = openGate();
  try {
    await setUp(connection);
    if (path !== IN_MEMORY) keepPrivate(path);
  } catch (error) {
    file.close();
    throw error;
  }
  const disconnect = async (): Promise<void> => file.close();
  const database = databaseOf({ dialect: "sqlite", kysely: dialectOf(connection, gate), gate, disconnect });
  await migrate(database, { now });
  return database;
}

function openFile(path: string): DatabaseSync {
  if (path !== IN_MEMORY) makeFile(path);
  try {
    // Waiting is done without holding up the thread, see `SqliteConnection`. Relative, a name could be taken for a URI.
    return new DatabaseSync(path === IN_MEMORY ? path : resolve(path), { timeout: 0 });
  } catch (error) {
    throw sqliteFault(error);
  }
}

/** For its owner alone before anything is in it; its name in the folder is as durable as what it holds. */
function makeFile(path: string): void {
  const folder = dirname(resolve(path));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isNew = !existsSync(path);
    closeSync(openSync(path, "a", 0o600));
    if (isNew && process.platform !== "win32") syncFolder(folder);
    keepPrivate(path);
  } catch (error) {
    throw new StoreError(`The database's file ${path} cannot be made or written.`, {
      fault: "unusable",
      cure: "Let the server's user write to it and its folder, or name another file.",
      cause: error,
    });
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function keepPrivate(path: string): void {
  for (const file of FILES.map((ending) => path + ending)) {
    if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}

async function setUp(connection: SqliteConnection): Promise<void> {
  for (const pragma of [
    "trusted_schema = off",
    "journal_mode = wal",
    // A commit that was acknowledged survives a power cut, not only a crash.
    "synchronous = full",
    "foreign_keys = on",
    // As on PostgreSQL.
    "case_sensitive_like = on",
  ]) {
    await connection.execute(`pragma ${pragma}`);
  }
}

class OneConnectionAdapter extends SqliteAdapter {
  /** The driver below lets one in after the other; Kysely's own queue cannot tell who would wait for himself. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** It is: Kysely's own says no, for drivers that commit before such a statement. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function dialectOf(connection: SqliteConnection, gate: Gate): Dialect {
  return {
    createAdapter: () => new OneConnectionAdapter(),
    createDriver: () => driverOf(connection, gate),
    createIntrospector: (queries) => new SqliteIntrospector(queries),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function driverOf(connection: SqliteConnection, gate: Gate): Driver {
  let release = (): void => undefined;
  let last = Promise.resolve();
  return {
    init: async () => undefined,
    async acquireConnection() {
      gate.enter();
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      release = resolve;
      return connection;
    },
    async releaseConnection() {
      gate.leave();
      release();
    },
    beginTransaction: () => connection.begin(),
    commitTransaction: () => connection.commit(),
    rollbackTransaction: () => connection.rollback(),
    savepoint: (_, name) => connection.execute(`savepoint ${quoted(name)}`),
    rollbackToSavepoint: (_, name) => connection.rollbackTo(`rollback to ${quoted(name)}`),
    releaseSavepoint: (_, name) => connection.execute(`release ${quoted(name)}`),
    destroy: async () => undefined,
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
