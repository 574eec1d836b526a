/** What a backup says of itself: its files with sizes and digests, so that a restore knows it is whole. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FORMAT_VERSION } from "../data-folder/folder-mark.ts";
import { errorCode } from "../data-folder/whole-file.ts";

export const MANIFEST = "manifest.json";
/** Copies of `signal.yaml` and the mapping files it names stand here; a restore leaves them to the person. */
export const CONFIGURATION = "configuration";

interface BackupFile {
  /** Relative, with `/`. */
  path: string;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

export interface Manifest {
  v: 1;
  /** Of the data folder. */
  format: number;
  /** ISO time: everything accepted before is in it. */
  created_at: string;
  /** The configuration's number. */
  snapshot: number;
  /** What opens the sealed secrets: the file in the backup, or the variable, whose value is not in it. */
  encryption_key: "encryption.key" | "ENCRYPTION_KEY";
  /** Where configuration and accounts are: in the backup, or in PostgreSQL, which is not part of it. Formats 1 and 2 had none. */
  database?: "signal.db" | "DATABASE_URL";
  files: BackupFile[];
}

/** A path that stays inside the backup. */
const SOUND_PATH = /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0\\]{1,1000}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Size and digest of a file of the backup; it is made private and is on disk afterwards. */
export async function sealFile(folder: string, path: string): Promise<BackupFile> {
  const file = join(folder, path);
  await chmod(file, 0o600);
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { path, ...(await digestOf(file)) };
}

async function digestOf(file: string): Promise<{ bytes: number; sha256: string }> {
  const digest = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) {
    const part = chunk as Buffer;
    bytes += part.length;
    digest.update(part);
  }
  return { bytes, sha256: digest.digest("hex") };
}

/** The manifest of a backup, or what is wrong with it, with the cure. */
export async function readManifest(folder: string): Promise<Manifest | { fault: string }> {
  const file = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const missing = errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR";
    const what = missing ? `${folder} is not a backup: there is no ${MANIFEST} in it` : `${file} cannot be read`;
    return { fault: `${what}. Name the folder that the command backup has written.` };
  }
  const manifest = parseManifest(text);
  if (manifest === null) return { fault: `${file} is damaged. Use another backup.` };
  if (manifest.format > FORMAT_VERSION) {
    return {
      fault: `The backup was written by a newer version (format ${manifest.format}; this program reads up to ${FORMAT_VERSION}). Restore it with that version.`,
    };
  }
  return manifest;
}

/** What of a backup is not as its manifest says; empty when it is whole. */
export async function faultsOf(folder: string, manifest: Manifest): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found === null || !found.isFile()) faults.push(`${path} is missing`);
    else if (found.size !== bytes) faults.push(`${path} has ${found.size} bytes, not ${bytes}`);
    else if ((await digestOf(join(folder, path))).sha256 !== sha256) faults.push(`${path} was changed or is damaged`);
  }
  return faults;
}

function parseManifest(text: string): Manifest | null {
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null;
    const sound =
      value?.v === 1 && isCount(value.format) && Array.isArray(value.files) && value.files.every(isBackupFile);
    if (!sound) return null;
    const needed = value.database === "signal.db" ? [...NEEDED, value.database] : NEEDED;
    return needed.every((path) => value.files?.some((file) => file.path === path)) ? (value as Manifest) : null;
  } catch {
    return null;
  }
}

/** Without these there is nothing to start on. */
const NEEDED = ["format.json", "work/data.mdb", "ingest/data.mdb"];

function isBackupFile(value: Partial<BackupFile> | null): boolean {
  return (
    typeof value?.path === "string" &&
    SOUND_PATH.test(value.path) &&
    isCount(value.bytes) &&
    typeof value.sha256 === "string" &&
    SHA256.test(value.sha256)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
