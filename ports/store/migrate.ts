import { sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from "kysely/migration";
import { migrations } from "./migrations.ts";
import type { Step, StepContext } from "./migrations/step.ts";
import type { Database, Dialect, InTransaction } from "./queries.ts";
import { StoreError, codesOf, isAway } from "./store-error.ts";

interface MigrateOptions {
  now: () => number;
  steps?: Readonly<Record<string, Step>>;
}

/**
 * Brings the tables to this program's state, all steps in one transaction: processes that start together come one after
 * the other, and a step that fails leaves nothing behind. Closes the database when it throws.
 * @throws {StoreError} newer, migration, unusable, away
 */
export async function migrate(database: Database, { now, steps = migrations }: MigrateOptions): Promise<void> {
  try {
    await database.transaction(async (queries) => {
      const schema = await currentSchema(queries, database.dialect);
      await refuseNewer(queries, { schema, steps });
      await takeSteps(queries, { schema, steps }, { dialect: database.dialect, now: now() });
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Target {
  /** Of PostgreSQL: the one that tables are made in; others of the same database may have tables of the same names. */
  schema: string | undefined;
  steps: Readonly<Record<string, Step>>;
}

async function currentSchema(queries: InTransaction, dialect: Dialect): Promise<string | undefined> {
  if (dialect === "sqlite") return undefined;
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(queries);
  const name = rows[0]?.name;
  if (typeof name === "string") return name;
  throw new StoreError("The search_path of the database's user names no schema that exists.", {
    fault: "unusable",
    cure: "Make the schema, or name another one.",
  });
}

async function takeSteps(queries: InTransaction, { schema, steps }: Target, context: StepContext): Promise<void> {
  const provided = Object.entries(steps).map(([name, step]): [string, Migration] => [
    name,
    { up: (transaction) => step(transaction, context) },
  ]);
  const provider = { getMigrations: async () => Object.fromEntries(provided) };
  const inSchema = schema === undefined ? {} : { migrationTableSchema: schema };
  const { error, results } = await new Migrator({ db: queries, provider, ...inSchema }).migrateToLatest();
  if (error === undefined) return;
  if (isAway(error)) throw error;
  const failed = results?.find(({ status }) => status === "Error")?.migrationName;
  throw new StoreError(`The migration ${failed ?? "of the database"} failed: ${messageOf(error)}.`, {
    fault: "migration",
    cure: "Nothing was changed. Mend what it says, or go back to the version that ran before.",
    cause: error,
  });
}

/** Tables of a later version may hold what this one would misread or lose. */
async function refuseNewer(queries: InTransaction, { schema, steps }: Target): Promise<void> {
  const tables = await queries.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE && table.schema === schema)) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(queries);
  const unknown = rows.map(({ name }) => name).filter((name) => !Object.hasOwn(steps, name));
  if (unknown.length === 0) return;
  throw new StoreError(`The database is of a newer version of the program: it has ${unknown.join(", ")}.`, {
    fault: "newer",
    cure: "Start that version, or restore a backup that was made before.",
  });
}

function messageOf(error: unknown): string {
  const { code } = codesOf(error);
  const text = error instanceof Error ? error.message : String(error);
  return typeof code === "string" ? `${text} (${code})` : text;
}
