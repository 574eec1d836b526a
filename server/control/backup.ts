/** Writes a backup of the whole data folder while the server runs. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { copyFile, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Clock } from "@datafly-signal/core";
import { type LmdbLog, openDiskReserve } from "@datafly-signal/ports/log/lmdb";
import { copySqlite } from "@datafly-signal/ports/store/sqlite";
import { bytesText } from "../budgets/describe.ts";
import { FORMAT_VERSION } from "../data-folder/folder-mark.ts";
import { DATABASE_FILE } from "../database.ts";
import { CONFIGURATION, type Manifest, MANIFEST, sealFile } from "./backup-manifest.ts";
import { ControlError } from "./control-server.ts";

export interface BackupParts {
  dataDir: string;
  log: Pick<LmdbLog, "backup" | "usedBytes">;
  /** Files of the configuration, as the server reads them. */
  configurationFiles(): string[];
  snapshot(): number;
  /** PostgreSQL is backed up by its own tools. */
  database: NonNullable<Manifest["database"]>;
  /** Where the key is that seals; a file of that name that is not used does not make it so. */
  encryptionKey: Manifest["encryption_key"];
  /** The operator's `DISK_RESERVE`; null is the usual one. */
  reserveBytes: number | null;
  clock: Clock;
}

export interface BackupResult {
  path: string;
  bytes: number;
  files: number;
  /** Milliseconds. */
  took: number;
  encryption_key: Manifest["encryption_key"];
  database: NonNullable<Manifest["database"]>;
}

/** Not the lock, nor a file on its way to its name, nor the socket: they belong to the process. */
const OWN_TO_PROCESS = /^lock\.json|\.sock$|\.\d+-[0-9a-f]{12}$/;
/** Copied by the database itself: its last changes stand in its log. */
const OF_DATABASE = new Set(["", "-wal", "-shm", "-journal"].map((ending) => DATABASE_FILE + ending));
/** What may be written while it copies, and the small files. */
const MARGIN_SHARE = 0.1;
const MARGIN_BYTES = 16_777_216;

/**
 * Everything accepted before the call is in it. It appears under its name when it is whole, with mode 0700.
 * @param target absolute path of the folder to make
 * @throws {ControlError} in words with the cure
 */
export async function writeBackup(parts: BackupParts, target: string): Promise<BackupResult> {
  const started = parts.clock.monotonic();
  checkTarget(parts, target);
  checkSpace(parts, dirname(target));
  await removeDrafts(target);
  const draft = `${target}.partial-${randomBytes(6).toString("hex")}`;
  underWay.add(draft);
  try {
    const manifest = await fill(parts, draft);
    if (existsSync(target)) throw refused(`${target} has been made meanwhile. Name another folder.`);
    await rename(draft, target);
    await syncFolder(dirname(target));
    return {
      path: target,
      bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
      files: manifest.files.length,
      took: Math.round(parts.clock.monotonic() - started),
      encryption_key: manifest.encryption_key,
      database: parts.database,
    };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (error instanceof ControlError) throw error;
    throw refused(`The backup could not be written: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    underWay.delete(draft);
  }
}

const underWay = new Set<string>();

/** A server that was killed while it copied has left its draft behind, and with it perhaps a key. */
async function removeDrafts(target: string): Promise<void> {
  const name = `${basename(target)}.partial-`;
  for (const entry of await readdir(dirname(target))) {
    const draft = join(dirname(target), entry);
    const isDraft = entry.startsWith(name) && /^[0-9a-f]{12}$/.test(entry.slice(name.length));
    if (isDraft && !underWay.has(draft)) await rm(draft, { recursive: true, force: true });
  }
}

function checkTarget({ dataDir }: BackupParts, target: string): void {
  if (!isAbsolute(target)) throw new ControlError("bad_request", "Name the folder by its whole path.");
  if (existsSync(target))
    throw refused(`${target} exists; nothing is overwritten. Name a folder that does not exist yet.`);
  const parent = dirname(target);
  if (!existsSync(parent) || !statSync(parent).isDirectory()) {
    throw refused(`There is no folder ${parent}. Make it, or name another place.`);
  }
  if (`${target}${sep}`.startsWith(`${resolve(dataDir)}${sep}`)) {
    throw refused(`${target} is inside the data folder. Name a place outside, best on another disk.`);
  }
}

/** On the disk of the data folder a backup stops, as exports do, at twice the reserve that the server lives on. */
function checkSpace(parts: BackupParts, parent: string): void {
  const needed = (parts.log.usedBytes() + databaseBytes(parts)) * (1 + MARGIN_SHARE) + MARGIN_BYTES;
  const disk = openDiskReserve({
    path: parent,
    clock: parts.clock,
    ...(parts.reserveBytes === null ? {} : { reserveBytes: parts.reserveBytes }),
  });
  disk.close();
  const sameDisk = statSync(parent).dev === statSync(parts.dataDir).dev;
  const available = disk.freeBytes() - (sameDisk ? 2 * disk.reserveBytes() : 0);
  if (available >= needed) return;
  const kept = sameDisk ? " beyond twice the reserve of the data folder's disk" : "";
  throw refused(
    `The backup needs about ${bytesText(needed)}, and ${bytesText(Math.max(0, available))} are free at ${parent}${kept}. Make room, or name a place on another disk.`,
  );
}

function databaseBytes({ dataDir, database }: BackupParts): number {
  if (database !== DATABASE_FILE) return 0;
  const sizes = [...OF_DATABASE].map((name) => statSync(join(dataDir, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function fill(parts: BackupParts, draft: string): Promise<Manifest> {
  const createdAt = new Date(parts.clock.wall()).toISOString();
  const snapshot = parts.snapshot();
  mkdirSync(draft, { mode: 0o700 });
  await parts.log.backup(draft);
  const paths = ["work/data.mdb", "ingest/data.mdb"];
  for (const entry of await readdir(parts.dataDir, { withFileTypes: true })) {
    if (!entry.isFile() || OWN_TO_PROCESS.test(entry.name) || OF_DATABASE.has(entry.name)) continue;
    await copyFile(join(parts.dataDir, entry.name), join(draft, entry.name));
    paths.push(entry.name);
  }
  // After the events: what they belong to must be in it, and what left meanwhile may be.
  if (parts.database === DATABASE_FILE) {
    await copySqlite(join(parts.dataDir, DATABASE_FILE), join(draft, DATABASE_FILE));
    paths.push(DATABASE_FILE);
  }
  paths.push(...(await copyConfiguration(parts.configurationFiles(), draft)));
  const files = [];
  for (const path of paths) files.push(await sealFile(draft, path));
  const manifest: Manifest = {
    v: 1,
    format: FORMAT_VERSION,
    created_at: createdAt,
    snapshot,
    encryption_key: parts.encryptionKey,
    database: parts.database,
    files,
  };
  await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await sealFile(draft, MANIFEST);
  for (const folder of new Set(["", ...paths.map(dirname)])) await syncFolder(join(draft, folder));
  return manifest;
}

/** Beside one another as they are read: relative to the first of them, `signal.yaml`. */
async function copyConfiguration(files: readonly string[], draft: string): Promise<string[]> {
  const root = dirname(resolve(files[0] ?? "."));
  const paths: string[] = [];
  for (const [index, file] of files.entries()) {
    const inside = relative(root, resolve(file));
    const name =
      inside.startsWith("..") || isAbsolute(inside) ? join("elsewhere", `${index}-${basename(file)}`) : inside;
    const path = join(CONFIGURATION, name);
    mkdirSync(dirname(join(draft, path)), { recursive: true, mode: 0o700 });
    await copyFile(file, join(draft, path));
    paths.push(path.split(sep).join("/"));
  }
  return paths;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(message: string): ControlError {
  return new ControlError("refused", message);
}
