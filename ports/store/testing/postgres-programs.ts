import { execFile } from "node:child_process";
import { accessSync, constants, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** The oldest that the database port is for. */
const OLDEST = 15;
export const POSTGRES_MISSING =
  `PostgreSQL ${OLDEST} or later was not found. Install it (Debian: apt-get install postgresql), or put its folder with ` +
  "the programs initdb and postgres on PATH; node scripts/postgres.ts does so where it can.";

/** The folder of `initdb` and `postgres`: the newest of Debian's packages, else what PATH has; null without one. */
export async function findPostgresPrograms(): Promise<string | null> {
  const packaged = globSync("/usr/lib/postgresql/*/bin").toSorted((a, b) => versionIn(b) - versionIn(a));
  for (const folder of [...packaged, ...(await onPath())]) {
    if (isWhole(folder) && (await isNewEnough(folder))) return folder;
  }
  return null;
}

function versionIn(path: string): number {
  return Number(/\/postgresql\/(\d+)/.exec(path)?.[1] ?? 0);
}

async function onPath(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", "command -v initdb"]);
    return [dirname(stdout.trim())];
  } catch {
    return [];
  }
}

function isWhole(folder: string): boolean {
  try {
    for (const name of ["initdb", "postgres"]) accessSync(join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function isNewEnough(folder: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(join(folder, "postgres"), ["--version"], { timeout: 30_000 });
    return Number(/(\d+)/.exec(stdout)?.[1]) >= OLDEST;
  } catch {
    return false;
  }
}
