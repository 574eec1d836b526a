/** What queries run on; apart from the face, so that the files of queries can name it without a cycle. */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

/** A connection to run queries on: the database itself, or a transaction of it. */
export type Queries = Kysely<Tables>;
export type InTransaction = Transaction<Tables>;

export type Dialect = "sqlite" | "postgres";

export interface Database {
  readonly dialect: Dialect;
  /**
   * Kysely's query builder. A query fails when the database is away; the next one connects anew. Text must not hold
   * NUL, numbers come back as numbers.
   * @throws {StoreError} when the database cannot be used; else what the database says about the query
   */
  readonly queries: Queries;
  /**
   * Runs `work` in one transaction that no other write comes into; a throw rolls it back and comes out. Inside, only the
   * queries that `work` is given may be used. After a query that failed nothing of the transaction can be kept: look
   * before writing (nobody else writes meanwhile), or say `onConflict`.
   */
  transaction<T>(work: (queries: InTransaction) => Promise<T>): Promise<T>;
  /** Waits for queries under way; later ones are refused. */
  close(): Promise<void>;
}
