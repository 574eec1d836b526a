/** The data folder: made private, locked, and marked with the version of its format. */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEncryptionKey } from "@datafly-signal/core";
import { type FolderLock, lockFolder } from "./lock.ts";
import { errorCode, placeWholeFile } from "./whole-file.ts";

/** Grows when older programs could no longer read the folder, or this one must convert an older folder. */
export const FORMAT_VERSION = 1;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not read and write it",
  EPERM: "the file system does not allow it",
  EROFS: "the disk is mounted for reading only",
  ENOSPC: "the disk is full",
  EDQUOT: "the user's share of the disk is used up",
  ENOTDIR: "there is a file where a folder is needed",
  EEXIST: "there is a file where a folder is needed",
  EISDIR: "there is a folder where a file is needed",
};

export interface DataFolder {
  path: string;
  lock: FolderLock;
}

/** What is wrong with the data folder; the message is for the person who starts the server. */
export class DataFolderFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DataFolderFault";
  }
}

/** Opens or makes the folder. The answer's `fault` is for the person who starts the server. */
export function openDataFolder(folder: string): { folder: DataFolder } | { fault: string } {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return lockAndCheck(path);
  } catch (error) {
    return { fault: faultOf(path, error) };
  }
}

function lockAndCheck(path: string): { folder: DataFolder } | { fault: string } {
  const taken = lockFolder(path);
  if ("heldBy" in taken) {
    const { pid, since, management } = taken.heldBy;
    const where = management === undefined ? "" : ` It answers on ${management}.`;
    return {
      fault: `The data folder ${path} is in use by process ${pid} since ${since}.${where} Stop it first, or set SIGNAL_DATA_DIR to another folder.`,
    };
  }
  try {
    checkFormat(path);
    return { folder: { path, lock: taken.lock } };
  } catch (error) {
    taken.lock.release();
    throw error;
  }
}

/** In words with the cure; an error that is not the file system's is thrown on. */
function faultOf(path: string, error: unknown): string {
  if (error instanceof DataFolderFault) return error.message;
  const code = errorCode(error);
  if (!(error instanceof Error) || code === undefined) throw error;
  const at = "path" in error && typeof error.path === "string" && error.path !== path ? ` (at ${error.path})` : "";
  const reason = REASONS[code] ?? error.message;
  return `The data folder ${path} cannot be used: ${reason}${at}. Give the user that runs the server the right to read and write everything in it, or set SIGNAL_DATA_DIR to another folder.`;
}

/** @throws {DataFolderFault} */
function checkFormat(path: string): void {
  const file = join(path, "format.json");
  if (!existsSync(file)) placeWholeFile(file, `${JSON.stringify({ format: FORMAT_VERSION })}\n`);
  const found = formatOf(readFileSync(file, "utf8"));
  if (found === null)
    throw new DataFolderFault(`${file} is not readable. Restore it from a backup of the data folder.`);
  if (found > FORMAT_VERSION) {
    throw new DataFolderFault(
      `The data folder ${path} was written by a newer version (format ${found}; this program reads up to ${FORMAT_VERSION}). Start that version, or use another folder.`,
    );
  }
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

/** A secret of 32 bytes kept in the folder (mode 0600), made at first use. @throws {DataFolderFault} */
export function folderKey(path: string, name: string): Uint8Array {
  const file = join(path, name);
  const key = parseEncryptionKey(keyText(path, file));
  if (key !== undefined) return key;
  throw new DataFolderFault(
    `The key ${file} is damaged: it does not hold 32 bytes in base64. Restore it from a backup of the data folder. Without a backup, remove it together with everything else in ${path}: what was sealed with it cannot be read again, and events that still wait there are lost.`,
  );
}

function keyText(path: string, file: string): string {
  try {
    if (!existsSync(file)) placeWholeFile(file, randomBytes(32).toString("base64"));
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new DataFolderFault(faultOf(path, error));
  }
}
