import { type Dialect as KyselyDialect, Kysely } from "kysely";
import type { Gate } from "./gate.ts";
import type { Database, Dialect } from "./queries.ts";
import type { Tables } from "./tables.ts";

interface Connected {
  dialect: Dialect;
  kysely: KyselyDialect;
  gate: Gate;
  /** Ends the connections; nothing is under way. */
  disconnect(): Promise<void>;
}

/** What both dialects have in common: transactions one after the other, and closing. */
export function databaseOf({ dialect, kysely, gate, disconnect }: Connected): Database {
  const queries = new Kysely<Tables>({ dialect: kysely });
  let closing: Promise<void> | undefined;
  return {
    dialect,
    queries,
    transaction: (work) =>
      gate.transact((inside) => queries.transaction().execute((transaction) => inside(() => work(transaction)))),
    close: () => (closing ??= gate.close().then(disconnect)),
  };
}
