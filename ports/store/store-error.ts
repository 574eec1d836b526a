/** What a database's refusal means, said the same way for SQLite and PostgreSQL. */

/**
 * `away`: not to be reached or not in time, later it may be; `closed`: by this process; `newer`: migrated by a later
 * version of the program; `migration`: one failed, nothing of it was kept; `not_a_database` and `unusable`: the file or
 * the address; `misuse`: a fault of the caller.
 */
type StoreFault = "away" | "closed" | "newer" | "migration" | "not_a_database" | "unusable" | "misuse";

interface StoreErrorOptions {
  fault: StoreFault;
  /** What to do about it. */
  cure: string;
  cause?: unknown;
}

/** A failure of the database as a whole; its message has no values and no password, and ends with the cure. */
export class StoreError extends Error {
  readonly fault: StoreFault;
  readonly cure: string;

  constructor(message: string, { fault, cure, cause }: StoreErrorOptions) {
    super(`${message} ${cure}`, cause === undefined ? {} : { cause });
    this.name = "StoreError";
    this.fault = fault;
    this.cure = cure;
  }
}

/** SQLite's extended codes of a UNIQUE constraint, a PRIMARY KEY and a row's number. */
const SQLITE_UNIQUE = new Set<unknown>([2067, 1555, 2579]);
const POSTGRES_UNIQUE = "23505";

/** Whether a row was refused because another one has the same value where each value may be once. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = codesOf(error);
  return code === POSTGRES_UNIQUE || (code === "ERR_SQLITE_ERROR" && SQLITE_UNIQUE.has(errcode));
}

/** Whether the database could not be reached, went away or took too long: nothing is wrong with the query, try later. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreError && error.fault === "away";
}

/** `code`: Node's, or PostgreSQL's SQLSTATE; `errcode`: SQLite's extended one. */
export function codesOf(error: unknown): { code?: unknown; errcode?: unknown } {
  return error instanceof Error ? (error as { code?: unknown; errcode?: unknown }) : {};
}

/** What follows a failed query in its transaction. */
export function failedBefore(): StoreError {
  return new StoreError("A query of this transaction failed before: nothing of it can be kept.", {
    fault: "misuse",
    cure: "Let the failure come out of the transaction.",
  });
}
