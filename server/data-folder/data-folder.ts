/** The data folder: made private, locked, and marked with the version of its format. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type FolderLock, lockFolder } from "./lock.ts";

/** Grows when older programs could no longer read the folder, or this one must convert an older folder. */
export const FORMAT_VERSION = 1;

export interface DataFolder {
  path: string;
  lock: FolderLock;
}

/** Opens or makes the folder. The answer's `fault` is for the person who starts the server. */
export function openDataFolder(folder: string): { folder: DataFolder } | { fault: string } {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    return {
      fault: `The data folder ${path} cannot be made: ${String(error)}. Set SIGNAL_DATA_DIR to a folder you may write to.`,
    };
  }
  const taken = lockFolder(path);
  if ("heldBy" in taken) {
    const { pid, since, management } = taken.heldBy;
    const where = management === undefined ? "" : ` It answers on ${management}.`;
    return {
      fault: `The data folder ${path} is in use by process ${pid} since ${since}.${where} Stop it first, or set SIGNAL_DATA_DIR to another folder.`,
    };
  }
  const fault = checkFormat(path);
  if (fault !== null) {
    taken.lock.release();
    return { fault };
  }
  return { folder: { path, lock: taken.lock } };
}

function checkFormat(path: string): string | null {
  const file = join(path, "format.json");
  if (!existsSync(file)) {
    writeFileSync(file, `${JSON.stringify({ format: FORMAT_VERSION })}\n`, { mode: 0o600 });
    return null;
  }
  const found = formatOf(readFileSync(file, "utf8"));
  if (found === null) return `${file} is not readable. Restore it from a backup of the data folder.`;
  if (found > FORMAT_VERSION) {
    return `The data folder ${path} was written by a newer version (format ${found}; this program reads up to ${FORMAT_VERSION}). Start that version, or use another folder.`;
  }
  return null;
}

function formatOf(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text);
    const format = typeof value === "object" && value !== null && "format" in value ? value.format : null;
    return typeof format === "number" && Number.isInteger(format) && format > 0 ? format : null;
  } catch {
    return null;
  }
}

/** A secret of 32 bytes kept in the folder (mode 0600), made at first use. */
export function folderKey(path: string, name: string): Uint8Array {
  const file = join(path, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600, flag: "wx" });
  return Buffer.from(readFileSync(file, "utf8").trim(), "base64");
}
