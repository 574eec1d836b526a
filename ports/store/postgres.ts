/** The database on a PostgreSQL server, from version 15. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  type PostgresPool,
  PostgresQueryCompiler,
  sql,
} from "kysely";
import { type DatabaseCondition, stepsOf } from "./database-condition.ts";
import { openGate } from "./gate.ts";
import { databaseOf } from "./kysely-database.ts";
import { migrate } from "./migrate.ts";
import { type PoolOptions, openPool } from "./pg-pool.ts";
import type { Database } from "./queries.ts";

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:5432/database?sslmode=verify-full`. Without `sslmode` nothing is encrypted;
   * `prefer`, `require`, `verify-ca` and `verify-full` all encrypt and check certificate and name, with `sslrootcert`
   * against that authority; `no-verify` only encrypts.
   */
  url: string;
  now?: () => number;
  /** How many connections at most. */
  size?: number;
  /** How long to wait for a connection. */
  connectMs?: number;
  /** How long one query may take, waiting for other transactions included. */
  statementMs?: number;
}

/** Of a step over large tables, and of the others that wait for it meanwhile. */
const MIGRATION_MS = 15 * 60_000;
/** Any number: what all processes of a deployment agree on. */
const WRITERS = "7161923118843264";

/**
 * Opens and migrates it. A server that goes away makes queries fail with an error that `isAway` knows; when it is back,
 * later ones connect anew. A transaction whose commit got no answer may have been kept.
 * @throws {StoreError} away, unusable, newer, migration; the password is in none of them
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, now = Date.now, size = 10, connectMs = 5000, statementMs = 30_000 } = options;
  const migrating = connect({ url, size: 1, connectMs, statementMs: MIGRATION_MS });
  await migrate(migrating, { now });
  await migrating.close();
  const database = connect({ url, size, connectMs, statementMs });
  // Kysely sets its driver up in the first query, which closing could overtake.
  try {
    await sql`select 1`.execute(database.queries);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Says how it is, and migrates nothing. @throws {StoreError} away, unusable */
export async function examinePostgres({
  url,
  connectMs = 5000,
  statementMs = 10_000,
}: Pick<PostgresOptions, "url" | "connectMs" | "statementMs">): Promise<DatabaseCondition> {
  const database = connect({ url, size: 1, connectMs, statementMs });
  try {
    const { rows } = await sql<{ version: string; migrated: boolean }>`
      select current_setting('server_version') as version, to_regclass('kysely_migration') is not null as migrated
    `.execute(database.queries);
    const { version = "", migrated = false } = rows[0] ?? {};
    return {
      version: version.split(" ")[0] ?? "",
      damage: [],
      ...stepsOf(migrated ? await appliedSteps(database) : null),
    };
  } finally {
    await database.close();
  }
}

async function appliedSteps(database: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
    database.queries,
  );
  return rows.map(({ name }) => name);
}

function connect(options: PoolOptions): Database {
  const gate = openGate();
  const pool = openPool(options, gate);
  return databaseOf({ dialect: "postgres", kysely: dialectOf(pool), gate, disconnect: () => pool.end() });
}

function dialectOf(pool: PostgresPool): Dialect {
  return {
    createAdapter: () => new MigrationsInTurnAdapter(),
    createDriver: () => oneWriter(pool),
    createIntrospector: (queries) => new PostgresIntrospector(queries),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/** One transaction at a time over all processes, as on SQLite: what it has read stays true until it commits. */
function oneWriter(pool: PostgresPool): Driver {
  const driver: Driver = new PostgresDriver({ pool });
  /** When it fails, the connection is given up and the server rolls back: what led to it is what the caller must know. */
  const rollback = (connection: DatabaseConnection): Promise<void> =>
    driver.rollbackTransaction(connection).catch(() => undefined);
  return {
    init: (options) => driver.init(options),
    acquireConnection: (options) => driver.acquireConnection(options),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    async beginTransaction(connection, settings) {
      // A stricter level would see the tables as of before the lock was given.
      await driver.beginTransaction(connection, { ...settings, isolationLevel: "read committed" });
      try {
        await connection.executeQuery(CompiledQuery.raw(`select pg_advisory_xact_lock(${WRITERS})`));
      } catch (error) {
        await rollback(connection);
        throw error;
      }
    },
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: rollback,
    savepoint: async (connection, name, compile) => driver.savepoint?.(connection, name, compile),
    rollbackToSavepoint: async (connection, name, compile) => driver.rollbackToSavepoint?.(connection, name, compile),
    releaseSavepoint: async (connection, name, compile) => driver.releaseSavepoint?.(connection, name, compile),
    destroy: (options) => driver.destroy(options),
  };
}

/** The transaction they run in is alone already. Unlocking in one that failed would fail too, and hide the reason. */
class MigrationsInTurnAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
