/** What a data folder says of itself in `format.json`: the version of its format, which deployment it is, who made it. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorCode, replaceWholeFile } from "./whole-file.ts";

/** Grows when older programs could no longer read the folder, or this one must convert an older folder. */
export const FORMAT_VERSION = 3;

export interface FolderMark {
  format: number;
  /** Stays the same for the life of the folder, also in its backups: tells deployments apart. */
  deployment: string;
  /** Null where it was made before this was written down. */
  created: Stamp | null;
  /** The oldest first. */
  upgrades: ({ from: number; to: number } & Stamp)[];
}

export interface Stamp {
  /** ISO 8601. */
  at: string;
  /** The program's version. */
  by: string;
}

/** As it is stored: an older format has less. */
export type StoredMark = Pick<FolderMark, "format"> & Partial<FolderMark>;

const NAME = "format.json";
const DRAFT = /^(format|lock)\.json\.\d+-[0-9a-f]{12}$/;

/** Null when there is none; `unreadable` when no program wrote it. @throws what the file system says */
export function readMark(folder: string): StoredMark | "unreadable" | null {
  try {
    return markOf(readFileSync(join(folder, NAME), "utf8")) ?? "unreadable";
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Takes the place of the one before in one step, and is on disk afterwards. */
export function writeMark(folder: string, mark: StoredMark): void {
  replaceWholeFile(join(folder, NAME), `${JSON.stringify(mark)}\n`);
}

/** What a process that died had begun to write. The folder's lock must be held. */
export function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) if (DRAFT.test(name)) rmSync(join(folder, name), { force: true });
}

function markOf(text: string): StoredMark | null {
  try {
    const value: unknown = JSON.parse(text);
    const format = typeof value === "object" && value !== null && "format" in value ? value.format : null;
    return typeof format === "number" && Number.isInteger(format) && format > 0 ? (value as StoredMark) : null;
  } catch {
    return null;
  }
}
