/** The lock on the data folder: one process at a time; it says who holds it and is taken over after a crash. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

export interface LockHolder {
  pid: number;
  /** When that process started, as the system tells it: a reused pid has another. */
  processStart: string;
  since: string;
  gateway?: string;
  management?: string;
}

export interface FolderLock {
  /** Adds the addresses that the process listens on. */
  announce(addresses: { gateway: string; management: string }): void;
  release(): void;
}

/** Takes the lock, or says who holds it. */
export function lockFolder(folder: string): { lock: FolderLock } | { heldBy: LockHolder } {
  const path = join(folder, "lock.json");
  const mine: LockHolder = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    since: new Date().toISOString(),
  };
  for (;;) {
    if (createExclusively(path, mine)) return { lock: heldLock(path, mine) };
    const holder = readHolder(path);
    if (holder !== null && isAlive(holder)) return { heldBy: holder };
    removeStale(path, holder);
  }
}

/** Who holds the folder now; null when nobody does. */
export function folderHolder(folder: string): LockHolder | null {
  const holder = readHolder(join(folder, "lock.json"));
  return holder !== null && isAlive(holder) ? holder : null;
}

function createExclusively(path: string, holder: LockHolder): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, JSON.stringify(holder));
    closeSync(file);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
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
      if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}

/** Moves the stale lock away first: of two processes that find it, one moves it, and what was moved by mistake is put back. */
function removeStale(path: string, stale: LockHolder | null): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved !== null && moved.since !== stale?.since) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
  unlinkSync(aside);
}

function readHolder(path: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as LockHolder;
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

/** From /proc on Linux (field 22 of stat and the boot id), from `ps` elsewhere; null when it cannot be told. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return startFromPs(pid);
  }
}

function startFromPs(pid: number): string | null {
  try {
    const answer = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { stdio: ["ignore", "pipe", "ignore"] });
    return answer.toString("utf8").trim() || null;
  } catch {
    return null;
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
