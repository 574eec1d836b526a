import { statfsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Clock } from "@datafly-signal/core";

/** What `statfs` says, as far as it is needed. */
export interface FileSystemSpace {
  /** Bytes of a block. */
  bsize: number;
  blocks: number;
  /** Blocks that this user may take. */
  bavail: number;
}

export interface DiskReserveOptions {
  /** A path on the disk of the log. */
  path: string;
  clock: Clock;
  /** Bytes kept free for processor, worker and retention; default the larger of 5 % of the disk and 512 MiB. */
  reserveBytes?: number;
  /**
   * Bytes that can be written without the files growing (`LmdbLog.reusableBytes`); asked only when the disk itself has
   * too little, and once a look: it walks every database. Without it a log that once filled the disk would never accept
   * again: its files do not shrink.
   */
  reusableBytes?: () => number;
  /** Default `node:fs`. */
  statfs?: (path: string) => Promise<FileSystemSpace>;
}

export interface DiskReserve {
  /** Whether new events may be taken: more is free than the reserve. */
  accepting(): boolean;
  /** Whether traces and exports may be written: more is free than twice the reserve. */
  roomy(): boolean;
  /** As of the last look. */
  freeBytes(): number;
  reserveBytes(): number;
  /** Looks now. */
  check(): Promise<void>;
  close(): void;
}

const LEAST_RESERVE = 512 * 1_048_576;
const LEAST_SHARE = 0.05;
const EVERY_MS = 1000;

/** Looks at the free space of a disk every second, so that the log stops taking events before writing fails. */
export function openDiskReserve(options: DiskReserveOptions): DiskReserve {
  const look = options.statfs ?? statfs;
  let space: FileSystemSpace | undefined = options.statfs === undefined ? statfsSync(options.path) : undefined;
  let closed = false;
  let cancel = () => {};

  const free = (): number => (space === undefined ? Infinity : space.bavail * space.bsize);
  const reserve = (): number => {
    if (options.reserveBytes !== undefined) return options.reserveBytes;
    return Math.max(LEAST_RESERVE, space === undefined ? 0 : space.blocks * space.bsize * LEAST_SHARE);
  };

  const reusableNow = (): number => (free() > 2 * reserve() ? 0 : (options.reusableBytes?.() ?? 0));
  let reusable = reusableNow();
  const has = (bytes: number): boolean => free() + reusable > bytes;

  async function check(): Promise<void> {
    try {
      const seen = await look(options.path);
      if (closed) return;
      space = seen;
      reusable = reusableNow();
    } catch {
      // The last answer stands: a look that failed says nothing about the space.
    }
  }

  function schedule(): void {
    cancel = options.clock.after(EVERY_MS, () => {
      void check().then(() => {
        if (!closed) schedule();
      });
    });
  }

  schedule();
  return {
    accepting: () => has(reserve()),
    roomy: () => has(2 * reserve()),
    freeBytes: free,
    reserveBytes: reserve,
    check,
    close() {
      closed = true;
      cancel();
    },
  };
}
