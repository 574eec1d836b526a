/** A disk that can be filled: a tmpfs of its own. Mounting needs root on Linux; CI must be able to. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  path: string;
  freeBytes(): number;
  /** Makes the disk larger or smaller. */
  resize(mebibytes: number): void;
  /** Takes everything but so many bytes; `empty` gives it back. */
  fill(leave: number): void;
  empty(): void;
  remove(): void;
}

/** For tests that need one: skipped, with the reason, where this user may not mount; never in CI. */
export function diskOptions(): { skip?: string } {
  if (process.env["CI"] !== undefined) return {};
  try {
    smallDisk(1).remove();
    return {};
  } catch (error) {
    return { skip: `no small disk: ${String(error)}` };
  }
}

export function smallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "signal-disk-"));
  try {
    run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path);
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  const ballast = join(path, "ballast");
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    resize: (size) => run("mount", "-o", `remount,size=${size}m`, path),
    fill(leave) {
      const file = openSync(ballast, "a");
      try {
        for (let left = freeBytes() - leave; left > 0; left -= 65_536)
          writeSync(file, Buffer.alloc(Math.min(left, 65_536), 1));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    remove() {
      run("umount", path);
      rmSync(path, { recursive: true });
    },
  };
}

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
