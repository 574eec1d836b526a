/** Runs the tools that build and install; what they print goes to stderr, so that stdout is the answer alone. */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";

/** Has it ended with 0? No, too, where there is no such program. */
export function succeeds(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  const options: SpawnSyncOptions = { env, stdio: ["ignore", 2, 2] };
  return spawnSync(command, args, options).status === 0;
}

/** What it prints, null where it fails. */
export function printed(command: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : null;
}
