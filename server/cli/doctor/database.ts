/** The database: reachable, of this program's version, sound, and private. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "@datafly-signal/ports/store";
import { examinePostgres } from "@datafly-signal/ports/store/postgres";
import { type DatabaseCondition, examineSqlite } from "@datafly-signal/ports/store/sqlite";
import { DATABASE_FILE } from "../../database.ts";
import type { Settings } from "../../settings.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { isOwnMachine } from "./own-machine.ts";

const OTHERS = 0o077;
const LEAST_POSTGRES = 15;

export async function databaseFindings({
  dataDir,
  databaseUrl,
}: Pick<Settings, "dataDir" | "databaseUrl">): Promise<Finding[]> {
  const path = join(resolve(dataDir), DATABASE_FILE);
  if (databaseUrl !== null) return postgresFindings(databaseUrl, existsSync(path) ? path : null);
  if (!existsSync(path)) return [fine("database", `${path} does not exist yet: the first start makes it.`)];
  return [...permissionFindings(path), ...(await examined(path, () => examineSqlite(path)))];
}

async function postgresFindings(url: string, unused: string | null): Promise<Finding[]> {
  const { host, pathname, searchParams, hostname } = new URL(url);
  const place = `PostgreSQL at ${host}${pathname}`;
  const findings = await examined(place, () => examinePostgres({ url }));
  if (!isOwnMachine(hostname) && !searchParams.has("sslmode")) {
    const message = `DATABASE_URL has no sslmode: passwords and data go to ${host} in clear.`;
    findings.push(
      warning("database", message, "Add ?sslmode=verify-full, with sslrootcert where its authority is your own."),
    );
  }
  if (unused !== null) {
    const message = `${unused} is there too, and not used.`;
    findings.push(warning("database", message, "Move it away when everything in it is in PostgreSQL."));
  }
  return findings;
}

async function examined(place: string, examine: () => Promise<DatabaseCondition>): Promise<Finding[]> {
  try {
    return conditionFindings(place, await examine());
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { fault: kind, cure, message } = error;
    const said = `${place}: ${message.endsWith(cure) ? message.slice(0, -cure.length).trim() : message}`;
    return [
      fault(
        "database",
        said,
        kind === "away" ? `${cure} Until it is there, the server runs on with the configuration it has.` : cure,
      ),
    ];
  }
}

export function conditionFindings(place: string, condition: DatabaseCondition): Finding[] {
  const { version, pending, unknown, damage } = condition;
  const findings: Finding[] = [];
  if (damage.length > 0) {
    const message = `${place} is damaged: ${damage.slice(0, 3).join("; ")}.`;
    findings.push(fault("database", message, "Stop the server, and restore a backup into another folder."));
  }
  if (unknown.length > 0) {
    const message = `${place} is of a newer version of the program: it has ${unknown.join(", ")}.`;
    findings.push(fault("database", message, "Start that version, or restore a backup that was made before."));
  }
  if (place.startsWith("PostgreSQL") && Number.parseInt(version, 10) < LEAST_POSTGRES) {
    const message = `${place} has version ${version}, and ${LEAST_POSTGRES} or newer is needed.`;
    findings.push(fault("database", message, `Upgrade it to ${LEAST_POSTGRES} or newer.`));
  }
  if (findings.length > 0) return findings;
  const next = pending.length === 0 ? "as this program has them" : `the next start takes ${pending.join(", ")}`;
  return [fine("database", `${place}, version ${version}; tables: ${next}.`)];
}

/** It holds hashes of passwords and sealed secrets. */
function permissionFindings(path: string): Finding[] {
  if (process.platform === "win32") return [];
  const open = [path, `${path}-wal`, `${path}-shm`].filter((file) => {
    const found = statSync(file, { throwIfNoEntry: false });
    return found !== undefined && (found.mode & OTHERS) !== 0;
  });
  if (open.length === 0) return [];
  const modes = open.map((file) => `${file} (mode 0${(statSync(file).mode & 0o777).toString(8)})`);
  return [fault("permissions", `Open to other users: ${modes.join(", ")}.`, `chmod 600 ${open.join(" ")}`)];
}
