/** The lock on the data folder: one process at a time; it says who holds it and is taken over after a crash. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processStart } from "./process-start.ts";
import { errorCode, placeWholeFile } from "./whole-file.ts";

export interface LockHolder {
  pid: number;
  /** When that process started, as the system tells it: a reused pid has another. */
  processStart: string;
  since: string;
  /** Tells this lock from every other one. */
  id: string;
  gateway?: string;
  management?: string;
}

export interface FolderLock {
  /** Adds the addresses that the process listens on. */
  announce(addresses: { gateway: string; management: string }): void;
  release(): void;
}

type Taken = { lock: FolderLock } | { heldBy: LockHolder };

/** Takes the lock, or says who holds it. @throws what the file system says */
export function lockFolder(folder: string): Taken {
  return takeLock(join(folder, "lock.json"));
}

/** Who holds the folder now; null when nobody does, or the lock cannot be read. */
export function folderHolder(folder: string): LockHolder | null {
  try {
    const text = readLock(join(folder, "lock.json"));
    return text === null ? null : livingHolder(text);
  } catch {
    return null;
  }
}

function takeLock(path: string): Taken {
  const mine: LockHolder = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    since: new Date().toISOString(),
    id: randomBytes(12).toString("hex"),
  };
  for (;;) {
    if (placeWholeFile(path, JSON.stringify(mine))) return { lock: heldLock(path, mine) };
    const found = readLock(path);
    if (found === null) continue;
    const holder = livingHolder(found);
    if (holder !== null) return { heldBy: holder };
    const removing = removeStale(path, found);
    if (removing !== null) return { heldBy: removing };
  }
}

function heldLock(path: string, mine: LockHolder): FolderLock {
  return {
    announce(addresses) {
      const next = `${path}.${process.pid}`;
      writeFileSync(next, JSON.stringify({ ...mine, ...addresses }), { mode: 0o600 });
      renameSync(next, path);
    },
    release() {
      const found = readLock(path);
      if (found !== null && parseHolder(found)?.id === mine.id) rmSync(path, { force: true });
    },
  };
}

/**
 * Removes exactly the lock that was found stale. Its content names a second lock, and only who holds that one may remove
 * the first: as no two locks have the same content, a fresh one cannot be meant. Answers who is about to remove it, if
 * that is another process; one that died doing so is taken over in the same way.
 */
function removeStale(path: string, stale: string): LockHolder | null {
  const name = createHash("sha256").update(stale).digest("hex").slice(0, 16);
  const right = takeLock(`${path}.${name}`);
  if ("heldBy" in right) return right.heldBy;
  try {
    if (readLock(path) === stale) unlinkSync(path);
  } finally {
    right.lock.release();
  }
  return null;
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Null also for text that no server wrote: locks appear whole. */
function livingHolder(text: string): LockHolder | null {
  const holder = parseHolder(text);
  return holder !== null && isAlive(holder) ? holder : null;
}

function parseHolder(text: string): LockHolder | null {
  try {
    const value: unknown = JSON.parse(text);
    const pid = typeof value === "object" && value !== null && "pid" in value ? value.pid : undefined;
    return typeof pid === "number" && Number.isInteger(pid) && pid > 0 ? (value as LockHolder) : null;
  } catch {
    return null;
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  const start = processStart(holder.pid);
  return start === null || holder.processStart === "" || start === holder.processStart;
}
