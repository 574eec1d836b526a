import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { Client } from "pg";
import { openPostgres } from "../postgres.ts";
import type { Database, Dialect } from "../queries.ts";
import { openSqlite } from "../sqlite.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/** Where a database is: the path of SQLite's file, or PostgreSQL's URL. */
export interface Place {
  dialect: Dialect;
  address: string;
}

export interface Places {
  dialect: Dialect;
  /** An empty database, not opened yet. */
  make(): Promise<Place>;
  /** Opens one, a new one when none is named; closed after the suite. */
  open(place?: Place): Promise<Database>;
}

let server: Promise<PostgresServer> | undefined;

/**
 * Runs the tests that `tests` defines twice, on SQLite and on PostgreSQL. Each `open()` gives a new, migrated database;
 * it need not be closed. Call it at the top of a test file.
 */
export function eachDatabase(name: string, tests: (open: () => Promise<Database>) => void): void {
  eachDialect(name, ({ open }) => tests(() => open()));
}

/** For tests that also open a database twice, or in other processes. */
export function eachDialect(name: string, tests: (places: Places) => void): void {
  after(async () => {
    const stopping = server;
    server = undefined;
    await (await stopping?.catch(() => undefined))?.remove();
  });
  for (const dialect of ["sqlite", "postgres"] as const) {
    describe(`${name}: ${dialect}`, () => {
      const opened: Database[] = [];
      const folders: string[] = [];
      const make = async (): Promise<Place> => ({
        dialect,
        address: dialect === "sqlite" ? await newFile(folders) : await newDatabase(),
      });
      after(async () => {
        await Promise.all(opened.map((database) => database.close()));
        await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
      });
      tests({
        dialect,
        make,
        async open(place) {
          const database = await openPlace(place ?? (await make()));
          opened.push(database);
          return database;
        },
      });
    });
  }
}

export function openPlace({ dialect, address }: Place): Promise<Database> {
  return dialect === "sqlite" ? openSqlite({ path: address }) : openPostgres({ url: address });
}

async function newFile(folders: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signal-store-"));
  folders.push(folder);
  return join(folder, "signal.db");
}

async function newDatabase(): Promise<string> {
  server ??= startPostgres();
  const { url } = await server;
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name} strategy file_copy`);
  await client.end();
  return url.replace(/\/postgres$/, `/${name}`);
}
