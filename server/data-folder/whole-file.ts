/** Files that appear whole or not at all, and stay after a power failure. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a file (mode 0600) with its content already in it; false when there is one of that name, which stays as it is.
 * @throws what the file system says
 */
export function placeWholeFile(path: string, content: string): boolean {
  const draft = draftOf(path);
  try {
    writeDraft(draft, content);
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(path));
  return true;
}

/** The same, in the place of one that may be there. @throws what the file system says; the one before stays */
export function replaceWholeFile(path: string, content: string): void {
  const draft = draftOf(path);
  try {
    writeDraft(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function draftOf(path: string): string {
  return `${path}.${process.pid}-${randomBytes(6).toString("hex")}`;
}

function writeDraft(draft: string, content: string): void {
  const file = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name of a file is kept by its folder: that one must reach the disk too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
