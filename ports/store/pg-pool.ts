import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import { Client, type ClientBase, DatabaseError, Pool, type PoolClient, type PoolConfig, types } from "pg";
import type { Gate } from "./gate.ts";
import { StoreError, codesOf, failedBefore } from "./store-error.ts";
import { refuseUnstorable } from "./storable-values.ts";

export interface PoolOptions {
  url: string;
  size: number;
  connectMs: number;
  statementMs: number;
}

/** How much longer than the server's own limit an answer may take, before the connection counts as dead. */
const ANSWER_MS = 2000;
/** A process that stopped in the midst of a transaction would keep all others from writing. */
const IDLE_IN_TRANSACTION_MS = 60_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Connections as Kysely takes them. One that fails is not used again, and a failure says in our words what it means.
 * @throws {StoreError} unusable, when the URL is none
 */
export function openPool(options: PoolOptions, gate: Gate): PostgresPool {
  const config = configOf(options);
  refuseBadUrl(config);
  const pool = new Pool(config);
  pool.on("error", ignore);
  // The pool listens only while a connection is idle; nobody else would when one breaks between two queries.
  pool.on("connect", (client: ClientBase) => client.on("error", ignore));
  return {
    options: pool.options,
    async connect() {
      gate.enter();
      try {
        return lend(await pool.connect(), gate);
      } catch (error) {
        gate.leave();
        throw connectFault(error);
      }
    },
    end: () => pool.end(),
  };
}

function ignore(): void {}

function configOf({ url, size, connectMs, statementMs }: PoolOptions): PoolConfig {
  return {
    connectionString: verified(url),
    application_name: "datafly-signal",
    max: size,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser: parserOf },
  };
}

/** The library checks the certificate in all these modes, and warns that it may not do so for ever: said by name. */
function verified(url: string): string {
  if (/[?&]uselibpqcompat=true/.test(url)) return url;
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, "$1verify-full");
}

/** The library reads the URL, and the files it names, when it connects first. Its own words may repeat the password. */
function refuseBadUrl(config: PoolConfig): void {
  const isUrl = /^postgres(?:ql)?:\/\//.test(config.connectionString ?? "");
  try {
    if (isUrl) new Client(config);
  } catch (error) {
    const { code } = codesOf(error);
    const files = code === "ENOENT" || code === "EACCES" ? "; a file of certificates that it names cannot be read" : "";
    throw badUrl(files);
  }
  if (!isUrl) throw badUrl("");
}

function badUrl(reason: string): StoreError {
  return new StoreError(`The database's URL cannot be used${reason}.`, {
    fault: "unusable",
    cure: "It has the form postgres://user:password@host:5432/database?sslmode=verify-full, special characters in percent encoding.",
  });
}

const INT8 = 20;
const NUMERIC = 1700;
const BOOL = 16;

/** Numbers as numbers, sums of them too, and truth as 0 or 1: as SQLite says them. */
function parserOf(type: number, format?: "text" | "binary"): unknown {
  if (type === INT8 || type === NUMERIC) return numberOf;
  if (type === BOOL) return (text: string): number => (text === "t" ? 1 : 0);
  return format === undefined ? types.getTypeParser(type) : types.getTypeParser(type, format as "text");
}

function numberOf(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && !Number.isSafeInteger(number))
    throw new RangeError("A number has more than 53 bits.");
  return number;
}

function lend(client: PoolClient, gate: Gate): PostgresPoolClient {
  let isBroken = false;

  async function query(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<unknown>> {
    refuseUnstorable(parameters, "postgres");
    if (isBroken) throw away(undefined);
    try {
      const result = await client.query(sql, [...parameters]);
      // Committing what failed is answered so.
      if (sql === "commit" && result.command === "ROLLBACK") throw failedBefore();
      return result as PostgresQueryResult<unknown>;
    } catch (error) {
      const fault = queryFault(error);
      // Its answer may still come, and would be taken for the next one's.
      isBroken ||= fault instanceof StoreError && fault.fault === "away" && !(error instanceof DatabaseError);
      throw fault;
    }
  }

  return {
    query: query as PostgresPoolClient["query"],
    release(destroy) {
      gate.leave();
      client.release(destroy === true || isBroken);
    },
  };
}

/**
 * Of SQLSTATE: lost connections, no resources, an operator's intervention (shutdown, start, cancelled for time), locks
 * that were waited for in vain, a transaction that was idle too long.
 */
const AWAY = /^(?:08|53|57|55P03$|25P03$)/;
const FAILED_BEFORE = "25P02";

function connectFault(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const isRefusal = error instanceof DatabaseError ? !AWAY.test(error.code ?? "") : isTlsRefusal(error);
  if (!isRefusal) return away(error);
  return new StoreError(`PostgreSQL does not let us in: ${(error as Error).message}.`, {
    fault: "unusable",
    cure: "Look at user, password, database and sslmode of its URL.",
  });
}

/** Certificates that do not fit, a server without TLS, a way to log in that is not known. */
function isTlsRefusal(error: unknown): boolean {
  const { code } = codesOf(error);
  const message = error instanceof Error ? error.message : "";
  return /CERT|_TLS_|SSL|SELF_SIGNED|UNABLE_TO_/.test(String(code ?? "")) || /SSL|SASL|authentication/i.test(message);
}

function queryFault(error: unknown): unknown {
  if (error instanceof StoreError || error instanceof TypeError || error instanceof RangeError) return error;
  if (!(error instanceof DatabaseError)) return away(error);
  if (error.code === FAILED_BEFORE) return failedBefore();
  if (AWAY.test(error.code ?? "")) return away(error);
  // These repeat whole rows, with all that is in them.
  return Object.assign(error, { detail: undefined, where: undefined, internalQuery: undefined });
}

function away(error: unknown): StoreError {
  const reason = reasonOf(error);
  return new StoreError(`PostgreSQL cannot be reached${reason === "" ? "" : `: ${reason}`}.`, {
    fault: "away",
    cure: "What waits is tried again; look whether it runs and the way to it is open.",
  });
}

/** Refused on several addresses of a name, Node says nothing but their number. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : "";
}
