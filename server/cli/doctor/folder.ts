/** The data folder: there, writable, private, of a format that this program reads, and whose it is. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FORMAT_VERSION, readMark } from "../../data-folder/folder-mark.ts";
import { folderHolder, type LockHolder } from "../../data-folder/lock.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";

const OTHERS = 0o077;

/** Who runs on the folder; null when nobody does. */
export function holderOf(folder: string): LockHolder | null {
  return existsSync(folder) ? folderHolder(resolve(folder)) : null;
}

/** The folder itself, or the nearest one above that is there. */
export function nearestFolder(folder: string): string {
  const path = resolve(folder);
  if (existsSync(path) || dirname(path) === path) return path;
  return nearestFolder(dirname(path));
}

export function folderFindings(folder: string): Finding[] {
  const path = resolve(folder);
  if (!existsSync(path)) return [missingFinding(path)];
  if (!statSync(path).isDirectory()) {
    return [fault("data folder", `${path} is a file.`, "Remove it, or set SIGNAL_DATA_DIR to a folder.")];
  }
  if (!mayUse(path)) {
    const cure = "Give the user that runs the server the right to read and write everything in it.";
    return [fault("data folder", `${path} may not be read and written by this user.`, cure)];
  }
  return [lockFinding(path), ...formatFindings(path), ...privacyFindings(path)];
}

function missingFinding(path: string): Finding {
  const above = nearestFolder(path);
  if (mayUse(above)) return fine("data folder", `${path} does not exist yet: the first start makes it.`);
  const cure = "Let the user that runs the server write there, or set SIGNAL_DATA_DIR to another folder.";
  return fault("data folder", `${path} does not exist, and this user may not write to ${above}.`, cure);
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lockFinding(path: string): Finding {
  const holder = holderOf(path);
  if (holder !== null) return fine("data folder", `${path}, in use by process ${holder.pid} since ${holder.since}.`);
  const stale = existsSync(join(path, "lock.json"))
    ? "; its last process ended without stopping, the next takes over"
    : "";
  return fine("data folder", `${path}, used by no process${stale}.`);
}

function formatFindings(path: string): Finding[] {
  const file = join(path, "format.json");
  const mark = readMark(path);
  if (mark === null) {
    const isNew = readdirSync(path).every((name) => !["ingest", "work"].includes(name));
    if (isNew) return [];
    return [warning("format", `${file} is missing.`, "Restore it from a backup; the next start makes it anew.")];
  }
  if (mark === "unreadable") {
    return [fault("format", `${file} is not readable.`, "Restore the data folder from a backup.")];
  }
  const { format } = mark;
  if (format > FORMAT_VERSION) {
    const message = `The folder has format ${format}; this program reads up to ${FORMAT_VERSION}.`;
    return [fault("format", message, "Start the newer version that wrote it, or use another folder.")];
  }
  const next = format < FORMAT_VERSION ? `; the next start upgrades it to ${FORMAT_VERSION}` : "";
  return [fine("format", `Format ${format}${next}.`)];
}

/** Keys and events belong to the server's user alone. */
function privacyFindings(path: string): Finding[] {
  if (process.platform === "win32") return [];
  const findings: Finding[] = [];
  const open = modeOf(path);
  if ((open & OTHERS) !== 0) {
    findings.push(warning("permissions", `${path} is open to other users (mode ${octal(open)}).`, `chmod 700 ${path}`));
  }
  for (const name of readdirSync(path).filter((one) => one.endsWith(".key"))) {
    const file = join(path, name);
    const mode = modeOf(file);
    if ((mode & OTHERS) === 0) continue;
    const cure = `chmod 600 ${file}; if others could read it, change the secrets that it seals.`;
    findings.push(fault("permissions", `The key ${file} is open to other users (mode ${octal(mode)}).`, cure));
  }
  return findings.length > 0 ? findings : [fine("permissions", "Folder and keys are private.")];
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
