import { type Kysely, sql } from "kysely";
import type { Dialect } from "../queries.ts";

export interface StepContext {
  dialect: Dialect;
  /** Epoch milliseconds. */
  now: number;
}

/** A step knows the tables only as they are then, never by `Tables`, which goes on changing. */
export type Step = (queries: Kysely<unknown>, context: StepContext) => Promise<void>;

/**
 * Runs statements that are written once for both dialects: `text` compares and sorts by bytes, `integer` has 64 bits, and
 * a column takes no other type than its own.
 */
export async function define(queries: Kysely<unknown>, dialect: Dialect, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(inDialect(statement, dialect)).execute(queries);
}

function inDialect(statement: string, dialect: Dialect): string {
  if (dialect === "sqlite") return statement.startsWith("create table") ? `${statement} strict` : statement;
  return statement.replaceAll(/\btext\b/g, 'text collate "C"').replaceAll(/\binteger\b/g, "bigint");
}
