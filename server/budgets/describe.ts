/** The budgets of memory and disk in words: what is set, and what happens at the bound. */
import type { DiskReserve } from "@datafly-signal/ports/log/lmdb";
import type { Settings } from "../settings.ts";
import { folderBytes } from "./disk-space.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** All in bytes. */
export interface Budgets {
  disk: { taken: number; free: number; reserve: number; budget: number | null };
  memory: { budget: number; requests: number; processing: number; deliveries: number };
}

/** @throws what the file system says */
export async function budgetsOf(settings: Settings, reserve: DiskReserve): Promise<Budgets> {
  await reserve.check();
  const { requestBytes, batchBytes, outputBytes, deliveryBytes } = settings.memory;
  return {
    disk: {
      taken: await folderBytes(settings.dataDir),
      free: reserve.freeBytes(),
      reserve: Math.floor(reserve.reserveBytes()),
      budget: settings.diskBudgetBytes,
    },
    memory: {
      budget: settings.memoryBudgetBytes,
      requests: requestBytes,
      processing: batchBytes + outputBytes,
      deliveries: deliveryBytes,
    },
  };
}

/** For the greeting. */
export function budgetLines({ disk, memory }: Budgets): string[] {
  const whole = disk.budget === null ? "" : ` of DISK_BUDGET ${bytesText(disk.budget)}`;
  return [
    `  Disk       ${bytesText(disk.taken)} taken, ${bytesText(disk.free)} free${whole}; below ${bytesText(disk.reserve)} (DISK_RESERVE) events get 503`,
    `  Memory     ${bytesText(memory.budget)} for events under way (MEMORY_BUDGET): requests ${bytesText(memory.requests)}, then 503;`,
    `             processing ${bytesText(memory.processing)}, deliveries ${bytesText(memory.deliveries)}, then reading waits`,
  ];
}

/** Why no events are taken, with the cure. */
export function diskFault(settings: Pick<Settings, "diskBudgetBytes">, reserve: DiskReserve): string {
  const free = `${bytesText(reserve.freeBytes())} free, ${bytesText(reserve.reserveBytes())} kept in reserve`;
  const [what, cure] =
    settings.diskBudgetBytes === null
      ? ["the disk of the data folder is nearly full", "Make room on it"]
      : ["the data folder has nearly used up DISK_BUDGET, or its disk is full", "Raise the budget or make room"];
  return `${what} (${free}): events are answered with 503 until there is space again. ${cure}.`;
}

/** As in `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${value < 10 && step > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[step]}`;
}
