/** The disk as the data folder may use it: a budget makes it as small as the budget. */
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type DiskReserve, type LmdbLog, openDiskReserve } from "@datafly-signal/ports/log/lmdb";
import { systemClock } from "../clock.ts";
import type { Settings } from "../settings.ts";

const LEAST_RESERVE = 512 * 1_048_576;
const RESERVE_SHARE = 0.05;
/** Of a small budget: the usual reserve would leave nothing of it. */
const MOST_OF_BUDGET = 0.25;
const BLOCK_BYTES = 512;

type DiskSettings = Pick<Settings, "dataDir" | "diskBudgetBytes" | "diskReserveBytes">;

/** Looks every second whether the disk, or the budget of the data folder, has room; whoever opened it closes it. */
export function openFolderReserve(settings: DiskSettings, log: Pick<LmdbLog, "reusableBytes">): DiskReserve {
  const { dataDir, diskBudgetBytes } = settings;
  const bytes = reserveBytes(settings);
  const reserve = openDiskReserve({
    path: dataDir,
    clock: systemClock,
    reusableBytes: () => log.reusableBytes(),
    ...(bytes === null ? {} : { reserveBytes: bytes }),
    ...(diskBudgetBytes === null ? {} : { statfs: () => budgetedSpace(dataDir, diskBudgetBytes) }),
  });
  void reserve.check();
  return reserve;
}

/** Null is the rule for a whole disk. */
function reserveBytes({ diskReserveBytes, diskBudgetBytes }: DiskSettings): number | null {
  if (diskReserveBytes !== null || diskBudgetBytes === null) return diskReserveBytes;
  const usual = Math.max(LEAST_RESERVE, diskBudgetBytes * RESERVE_SHARE);
  return Math.floor(Math.min(usual, diskBudgetBytes * MOST_OF_BUDGET));
}

async function budgetedSpace(folder: string, budget: number): Promise<{ bsize: 1; blocks: number; bavail: number }> {
  const [disk, taken] = await Promise.all([statfs(folder), folderBytes(folder)]);
  return {
    bsize: 1,
    blocks: Math.min(disk.blocks * disk.bsize, budget),
    bavail: Math.min(disk.bavail * disk.bsize, Math.max(0, budget - taken)),
  };
}

/** What the files of a folder take on the disk; one that goes meanwhile takes nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) return await folderBytes(path);
      return entry.isFile() ? (await stat(path)).blocks * BLOCK_BYTES : 0;
    } catch {
      return 0;
    }
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
