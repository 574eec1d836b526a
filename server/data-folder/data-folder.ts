/** The data folder: made private, locked, and marked with the version of its format. */
import { randomBytes, randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEncryptionKey } from "@datafly-signal/core";
import {
  FORMAT_VERSION,
  type FolderMark,
  type Stamp,
  type StoredMark,
  readMark,
  removeDrafts,
  writeMark,
} from "./folder-mark.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { type UpgradeStep, upgradeFolder } from "./upgrade.ts";
import { errorCode, placeWholeFile } from "./whole-file.ts";

export { FORMAT_VERSION } from "./folder-mark.ts";

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

/** What it takes to be able to use the folder, where that is not the user's right to. */
const CURES: Readonly<Record<string, string>> = {
  ENOSPC: "Make room on it",
  EDQUOT: "Make room, or raise the share",
};
const CURE = "Give the user that runs the server the right to read and write everything in it";

export interface DataFolder {
  path: string;
  lock: FolderLock;
  mark: FolderMark;
}

/** Who opens it. */
export interface Opener {
  /** The program's version. */
  version: string;
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** Told what is done to an older folder. */
  notice(text: string): void;
}

/** What is wrong with the data folder; the message is for the person who starts the server. */
export class DataFolderFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DataFolderFault";
  }
}

/** Opens or makes the folder; an older one is upgraded. The answer's `fault` is for the person who starts the server. */
export function openDataFolder(folder: string, opener: Opener): { folder: DataFolder } | { fault: string } {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return lockAndCheck(path, opener);
  } catch (error) {
    return { fault: faultOf(path, error) };
  }
}

function lockAndCheck(path: string, opener: Opener): { folder: DataFolder } | { fault: string } {
  const taken = lockFolder(path);
  if ("heldBy" in taken) {
    const { pid, since, management } = taken.heldBy;
    const where = management === undefined ? "" : ` It answers on ${management}.`;
    return {
      fault: `The data folder ${path} is in use by process ${pid} since ${since}.${where} Stop it first, or set SIGNAL_DATA_DIR to another folder.`,
    };
  }
  try {
    removeDrafts(path);
    return { folder: { path, lock: taken.lock, mark: currentMark(path, opener) } };
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
  const [reason, cure] = [REASONS[code] ?? error.message, CURES[code] ?? CURE];
  return `The data folder ${path} cannot be used: ${reason}${at}. ${cure}, or set SIGNAL_DATA_DIR to another folder.`;
}

/** @throws {DataFolderFault} */
function currentMark(path: string, opener: Opener): FolderMark {
  const stamp = { at: new Date(opener.now()).toISOString(), by: opener.version };
  const found = readMark(path);
  if (found === "unreadable") {
    throw new DataFolderFault(
      `${join(path, "format.json")} is not readable. Restore it from a backup of the data folder.`,
    );
  }
  if (found === null) {
    const mark = { format: FORMAT_VERSION, deployment: randomUUID(), created: stamp, upgrades: [] };
    writeMark(path, mark);
    return mark;
  }
  if (found.format > FORMAT_VERSION) {
    throw new DataFolderFault(
      `The data folder ${path} was written by a newer version (format ${found.format}; this program reads up to ${FORMAT_VERSION}). Start that version, or use another folder.`,
    );
  }
  return wholeMark(found.format === FORMAT_VERSION ? found : upgraded(path, found, { opener, stamp }));
}

/** @throws {DataFolderFault} */
function upgraded(path: string, found: StoredMark, { opener, stamp }: { opener: Opener; stamp: Stamp }): StoredMark {
  opener.notice(
    `The data folder is of format ${found.format} and is upgraded to ${FORMAT_VERSION}. Versions before this one cannot use it afterwards; to go back, restore a backup that one of them made.`,
  );
  const onStep = ({ to, describe }: UpgradeStep): void => opener.notice(`Format ${to}: ${describe}.`);
  const mark = upgradeFolder(path, found, { target: FORMAT_VERSION, stamp, onStep });
  if (mark !== null) return mark;
  throw new DataFolderFault(
    `The data folder ${path} has format ${found.format}, which this program cannot upgrade to ${FORMAT_VERSION}. Start a version in between first.`,
  );
}

function wholeMark({ format, deployment = "", created = null, upgrades = [] }: StoredMark): FolderMark {
  return { format, deployment, created, upgrades };
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
