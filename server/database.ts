/** The database: a file in the data folder, or PostgreSQL, which may be away when the server starts. */
import { join } from "node:path";
import type { Clock, Logger } from "@datafly-signal/core";
import { type Database, isAway, type Queries } from "@datafly-signal/ports/store";
import { openPostgres } from "@datafly-signal/ports/store/postgres";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";

/** The file in the data folder. */
export const DATABASE_FILE = "signal.db";
const AGAIN_MS = 2000;

export interface OpenedDatabase {
  database: Database;
  /** Resolves when it could be used for the first time: at once, or when a server that was away is there. */
  opened: Promise<void>;
}

/** @throws {StoreError} for what does not mend itself */
export async function openDatabase(parts: {
  dataDir: string;
  url: string | null;
  clock: Clock;
  logger: Logger;
}): Promise<OpenedDatabase> {
  const { url, dataDir, clock } = parts;
  const now = (): number => clock.wall();
  if (url === null) {
    return { database: await openSqlite({ path: join(dataDir, DATABASE_FILE), now }), opened: Promise.resolve() };
  }
  try {
    return { database: await openPostgres({ url, now }), opened: Promise.resolve() };
  } catch (error) {
    if (!isAway(error)) throw error;
    return openLater({ ...parts, url }, error);
  }
}

/** Every use fails as the first one did, until the server is there and its tables are as they must be. */
function openLater(
  { url, clock, logger }: { url: string; clock: Clock; logger: Logger },
  reason: unknown,
): OpenedDatabase {
  let database: Database | null = null;
  let failure: unknown = reason;
  let isClosed = false;
  let cancel = (): void => undefined;
  let trying: Promise<void> = Promise.resolve();
  const there = (): Database => {
    if (database === null) throw failure;
    return database;
  };
  const opened = new Promise<void>((resolve) => {
    const attempt = async (): Promise<void> => {
      try {
        const made = await openPostgres({ url, now: () => clock.wall() });
        if (isClosed) return await made.close();
        database = made;
        resolve();
      } catch (error) {
        if (!isAway(error)) logger.error({ error: String(error) }, "the database cannot be used; it is tried again");
        failure = error;
        later();
      }
    };
    const later = (): void => {
      if (!isClosed) cancel = clock.after(AGAIN_MS, () => void (trying = attempt()));
    };
    later();
  });
  return {
    opened,
    database: {
      dialect: "postgres",
      get queries(): Queries {
        return there().queries;
      },
      async transaction(work) {
        return there().transaction(work);
      },
      async close() {
        isClosed = true;
        cancel();
        await trying;
        await database?.close();
      },
    },
  };
}
