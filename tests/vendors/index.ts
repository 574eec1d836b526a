/** The simulated vendors, found by their folders: `<key>/simulator.ts` exports `simulator`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { VendorSimulator } from "./simulator.ts";

/** Folders that hold a simulator, sorted. */
export function simulatorFolders(root: string = import.meta.dirname): string[] {
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, "simulator.ts")))
    .sort();
}

/** All simulators, or those with these keys. */
export async function loadSimulators(keys: readonly string[] = simulatorFolders()): Promise<VendorSimulator[]> {
  const modules = keys.map((key) => import(`./${key}/simulator.ts`) as Promise<{ simulator: VendorSimulator }>);
  return (await Promise.all(modules)).map(({ simulator }) => simulator);
}
