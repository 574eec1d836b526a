/** Keeps what takes minutes to make in the user's cache, for all checkouts of this machine. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The folder of this name in the cache; `make` fills it where it is not there. It appears whole or not at all: a run that
 * is cut off leaves nothing that another takes for complete, and of two runs at once the first one's stays.
 * @param name with the version and what else decides about the content
 * @throws {Error} what `make` throws
 */
export function provideOnce(name: string, make: (folder: string) => void): string {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "datafly-signal");
  const final = join(cache, name);
  if (existsSync(final)) return final;
  const working = join(cache, `${name}.${process.pid}`);
  rmSync(working, { recursive: true, force: true });
  mkdirSync(working, { recursive: true });
  try {
    make(working);
    renameSync(working, final);
  } catch (error) {
    rmSync(working, { recursive: true, force: true });
    if (!existsSync(final)) throw error;
  }
  return final;
}
