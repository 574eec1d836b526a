/** Watches a process's memory from outside, for as long as a test runs. */
import { readFileSync } from "node:fs";

interface MemoryWatch {
  /** Now, in MiB: what the process holds of its own, without mapped files. */
  now(): number;
  /** The most that was seen. */
  peak(): number;
  stop(): void;
}

const EVERY_MS = 50;

/** Anonymous memory of `pid` (`RssAnon` of /proc): mapped pages of the log are the system's to take back and not counted. */
export function watchMemory(pid: number): MemoryWatch {
  let peak = 0;
  const look = (): number => {
    const mebibytes = anonymousMiB(pid);
    peak = Math.max(peak, mebibytes);
    return mebibytes;
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return { now: look, peak: () => peak, stop: () => clearInterval(timer) };
}

function anonymousMiB(pid: number): number {
  try {
    const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    // It has ended: whoever asks finds out by other means.
    return 0;
  }
}
