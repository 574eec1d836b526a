import { mkdirSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment, Environments } from "../../lmdb-environments.ts";

/** LMDB names its data file so, in the folder of an environment. */
const DATA_FILE = "data.mdb";

/**
 * Copies both environments while threads read and write them; each copy is one state, as of when its copying began.
 * First the offsets, then the events: offsets beyond the copied events would skip what comes after a restore, the other
 * way round is only read again, and known by its position. Every file is on disk when it resolves.
 * @throws what the file system or LMDB says; a part may have been written
 */
export async function copyEnvironments(environments: Environments, directory: string): Promise<void> {
  for (const name of ["work", "ingest"] as const) {
    const target = join(directory, name);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    await copyOne(environments[name], target);
    const file = await open(join(target, DATA_FILE), "r+");
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Without the free pages; LMDB refuses that for a file that has lost track of some of them, which is copied as it is. */
async function copyOne({ root }: Environment, target: string): Promise<void> {
  try {
    await root.backup(target, true);
  } catch (error) {
    if (!/MDB_INCOMPATIBLE/.test(String(error))) throw error;
    await rm(join(target, DATA_FILE), { force: true });
    await root.backup(target, false);
  }
}
