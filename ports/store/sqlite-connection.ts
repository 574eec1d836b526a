import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import { StoreError, codesOf, failedBefore } from "./store-error.ts";
import { refuseUnstorable } from "./storable-values.ts";

const LONGEST_PAUSE_MS = 20;

/** The one connection of a file. SQLite works in this thread; waiting for other processes does not hold it up. */
export class SqliteConnection implements DatabaseConnection {
  readonly #file: DatabaseSync;
  readonly #busyMs: number;
  /** As on PostgreSQL, nothing more of a transaction counts once one of its queries failed. */
  #hasFailed = false;

  constructor(file: DatabaseSync, busyMs: number) {
    this.#file = file;
    this.#busyMs = busyMs;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#hasFailed) throw failedBefore();
    refuseUnstorable(parameters, "sqlite");
    try {
      return await this.#patiently(() => run<R>(this.#file.prepare(sql), parameters));
    } catch (error) {
      this.#hasFailed = this.#file.isTransaction;
      throw error;
    }
  }

  /** Takes the right to write at once: taken at the first write, it could be refused after reading what has changed since. */
  async begin(): Promise<void> {
    await this.#patiently(() => this.#file.exec("begin immediate"));
  }

  async commit(): Promise<void> {
    if (this.#hasFailed) throw failedBefore();
    await this.#patiently(() => this.#file.exec("commit"));
  }

  /** Some failures, like a full disk, have rolled back before. */
  async rollback(): Promise<void> {
    this.#hasFailed = false;
    if (this.#file.isTransaction) this.#file.exec("rollback");
  }

  /** Statements that belong to savepoints and pragmas. */
  async execute(sql: string): Promise<void> {
    await this.#patiently(() => this.#file.exec(sql));
  }

  /** Undoes what follows the savepoint, a failure included. */
  async rollbackTo(sql: string): Promise<void> {
    await this.execute(sql);
    this.#hasFailed = false;
  }

  // oxlint-disable-next-line require-yield -- the driver's face asks for a generator
  async *streamQuery<R>(): AsyncGenerator<QueryResult<R>> {
    throw new StoreError("Rows are not streamed.", { fault: "misuse", cure: "Ask for pages." });
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const end = performance.now() + this.#busyMs;
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= end) throw sqliteFault(error);
      }
      await wait(pause);
    }
  }
}

function run<R>(statement: StatementSync, parameters: readonly unknown[]): QueryResult<R> {
  const values = parameters.map(bindable);
  // Rows come without a prototype, which tells them from every other object.
  if (statement.columns().length > 0) return { rows: statement.all(...values).map((row) => ({ ...row }) as R) };
  const { changes, lastInsertRowid } = statement.run(...values);
  return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
}

/** A number would be bound as a float, which divides and is shown as one. */
function bindable(value: unknown): SQLInputValue {
  return Number.isSafeInteger(value) ? BigInt(value as number) : (value as SQLInputValue);
}

const BUSY = 5;
const READONLY = 8;
const IO = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

function primaryCode(error: unknown): number | undefined {
  const { code, errcode } = codesOf(error);
  return code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? errcode & 0xff : undefined;
}

function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

const FAULTS = new Map<number | undefined, { message: string; fault: StoreError["fault"]; cure: string }>([
  [
    BUSY,
    {
      message: "Another process holds the database's file.",
      fault: "away",
      cure: "Try again; if it stays so, end what has it open.",
    },
  ],
  [
    READONLY,
    {
      message: "The database's file is read-only.",
      fault: "unusable",
      cure: "Let the server's user write to it and its folder.",
    },
  ],
  [
    IO,
    {
      message: "The database's file cannot be read or written.",
      fault: "unusable",
      cure: "Look at the disk and the system's log.",
    },
  ],
  [CORRUPT, { message: "The database's file is damaged.", fault: "unusable", cure: "Restore a backup." }],
  [FULL, { message: "The disk of the database's file is full.", fault: "unusable", cure: "Make room on it." }],
  [
    CANNOT_OPEN,
    {
      message: "The database's file cannot be opened.",
      fault: "unusable",
      cure: "Look whether its folder exists and the server's user may write to it.",
    },
  ],
  [
    NOT_A_DATABASE,
    {
      message: "The file is not a database of SQLite.",
      fault: "not_a_database",
      cure: "Name another file, or move this one away: a new one is made then.",
    },
  ],
]);

/** What concerns the file as a whole, in our words; anything else as it is: it concerns the query. */
export function sqliteFault(error: unknown): unknown {
  const known = FAULTS.get(primaryCode(error));
  return known === undefined
    ? error
    : new StoreError(known.message, { fault: known.fault, cure: known.cure, cause: error });
}
