/** A wall clock that the test sets, for a server started with it (libfaketime); the monotonic clock goes on as it is. */
import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = ["/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1"];

export interface FalseClock {
  /** For the server's environment. */
  env: Record<string, string>;
  /** Seconds between the server's clock and this one; the server notices within a second. */
  set(seconds: number): void;
}

/** For tests that need one: skipped, with the reason, where libfaketime is not installed; never in CI. */
export function clockOptions(): { skip?: string } {
  if (process.env["CI"] !== undefined || library() !== undefined) return {};
  return { skip: "libfaketime is not installed" };
}

export function falseClock(folder: string): FalseClock {
  const preload = library();
  if (preload === undefined) throw new Error("libfaketime is not installed: apt-get install faketime");
  const file = join(folder, "clock");
  const set = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  set(0);
  const env = {
    LD_PRELOAD: preload,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  return { env, set };
}

function library(): string | undefined {
  return LIBRARIES.flatMap((pattern) => globSync(pattern))[0];
}
