import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { type Database, type RootDatabase, open } from "lmdb";

/** Keys and values are bytes; what they mean is said by the file that writes them. */
export type Bytes = Database<Buffer, Uint8Array>;
type Root = RootDatabase<Buffer, Uint8Array>;

/** Writes that wait in memory for the next transaction, so that they share its flush. */
interface Staged {
  /** Inside the transaction: writes everything that waits. */
  apply(): void;
  /** It is durable: nothing waits any more. */
  applied(): void;
}

/** One LMDB environment: a folder with one writer at a time and any number of readers. */
export interface Environment {
  root: Root;
  /**
   * One synchronous, durable transaction: what was staged in this thread goes first, all of it or nothing.
   * @throws the library's error, or what `work` throws; nothing was kept, what was staged stays staged
   */
  transact<T>(work: () => T): T;
  /** What is held in memory until the next transaction of this thread; the answer ends that. */
  stage(staged: Staged): () => void;
  /** Opens one of its databases, once a thread. */
  database(name: string): Bytes;
  /** Bytes of its file that hold nothing now and are written again before the file grows: it never shrinks. */
  reusableBytes(): number;
  /** Bytes of its file that hold something. */
  usedBytes(): number;
}

/** The two environments of a data folder. */
export interface Environments {
  /** raw-events; written by the gateway's thread alone. */
  ingest: Environment;
  /** Everything else; written by several threads, one transaction at a time. */
  work: Environment;
  /** Closes them when every user of this thread has released them. */
  release(): Promise<void>;
}

/**
 * Address space, not disk: the files grow with what they hold. Windows reserves the file at this size, so there the
 * library's own growing is used.
 */
const MAP_BYTES = 512 * 2 ** 30;
/** Below this LZ4 saves no page worth its time. */
const COMPRESSED_FROM = 256;

/** Databases that the hourly buckets of first sights use in turn. */
export const DEDUPE_SLOTS = 53;

const DATABASES = {
  ingest: ["blocks", "heads", "writer"],
  work: [
    "blocks",
    "heads",
    "topics",
    "tables",
    "table-index",
    "commits",
    "members",
    "states",
    "records",
    "counters",
    "dedupe",
    "dedupe-filters",
    ...Array.from({ length: DEDUPE_SLOTS }, (_, slot) => `dedupe-${slot}`),
  ],
};
/** LZ4 for values of at least `COMPRESSED_FROM` bytes; fixed when the database is made, and the same in every thread. */
const COMPRESSED = new Set(["blocks", "tables", "records"]);
/** Entries carry a number that `ifVersion` compares. */
const VERSIONED = new Set(["writer"]);

interface Opened {
  environments: Omit<Environments, "release">;
  users: number;
}

/** By folder: a thread opens an environment once, whoever uses it. */
const opened = new Map<string, Opened>();

/** Opens `<directory>/ingest` and `<directory>/work`, made when missing. Each thread calls it for itself. */
export function openEnvironments(directory: string): Environments {
  const folder = resolve(directory);
  const entry = opened.get(folder) ?? openFolder(folder);
  opened.set(folder, entry);
  entry.users += 1;
  let released = false;
  return {
    ...entry.environments,
    async release() {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      opened.delete(folder);
      await Promise.all([entry.environments.ingest.root.close(), entry.environments.work.root.close()]);
    },
  };
}

function openFolder(folder: string): Opened {
  const ingest = openEnvironment(join(folder, "ingest"), DATABASES.ingest);
  const work = openEnvironment(join(folder, "work"), DATABASES.work);
  return { environments: { ingest, work }, users: 0 };
}

function openEnvironment(path: string, names: readonly string[]): Environment {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const root: Root = open<Buffer, Uint8Array>({
    path,
    noSubdir: false,
    maxDbs: names.length + 8,
    // A promise must mean "on disk": without this it means "visible" and the flush follows later.
    overlappingSync: false,
    encoding: "binary",
    keyEncoding: "binary",
    ...(process.platform === "win32" ? {} : { mapSize: MAP_BYTES }),
  });
  const databases = new Map<string, Bytes>();
  function database(name: string): Bytes {
    const known = databases.get(name) ?? openDatabase(root, name);
    databases.set(name, known);
    return known;
  }
  const all = (): Bytes[] => names.map(database);
  return {
    root,
    database,
    ...stagedTransactions(root),
    reusableBytes: () => pageBytes(root, all()).reusable,
    usedBytes: () => pageBytes(root, all()).used,
  };
}

function stagedTransactions(root: Root): Pick<Environment, "transact" | "stage"> {
  const staged = new Set<Staged>();
  return {
    transact(work) {
      const result = root.transactionSync(() => {
        for (const one of staged) one.apply();
        return work();
      });
      for (const one of staged) one.applied();
      return result;
    },
    stage(one) {
      staged.add(one);
      return () => void staged.delete(one);
    },
  };
}

function openDatabase(root: Root, name: string): Bytes {
  return root.openDB<Buffer, Uint8Array>(name, {
    encoding: "binary",
    keyEncoding: "binary",
    // Without a dictionary: the library's own is a file that a later version may change under stored values.
    ...(COMPRESSED.has(name) ? { compression: { threshold: COMPRESSED_FROM, dictionary: Buffer.alloc(0) } } : {}),
    ...(VERSIONED.has(name) ? { useVersions: true } : {}),
  });
}

/** Pages of one tree, as the library counts them. */
interface TreeStats {
  pageSize: number;
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
}

interface EnvironmentStats extends TreeStats {
  /** Of the tree that names the databases. */
  root: TreeStats;
  /** Of the tree that lists free pages. */
  free: TreeStats;
  lastPageNumber: number;
}

/** The library lists free pages but does not count them: they are what no tree uses. */
function pageBytes(root: Root, databases: readonly Bytes[]): { used: number; reusable: number } {
  root.resetReadTxn();
  const own = root.getStats() as EnvironmentStats;
  const trees = [own.root, own.free, ...databases.map((database) => database.getStats() as TreeStats)];
  const metaPages = 2;
  const used = trees.reduce((sum, tree) => sum + pagesOf(tree), metaPages);
  const { pageSize } = own.root;
  return { used: used * pageSize, reusable: Math.max(0, own.lastPageNumber + 1 - used) * pageSize };
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

const EIO = 5;
const MDB_MAP_FULL = -30_792;
const FULL_CODES = new Set<unknown>([EIO, constants.errno.ENOSPC, constants.errno.EDQUOT, MDB_MAP_FULL]);

/**
 * Whether the code of an LMDB error means a full disk, or a used up share of it: it says EIO where a write came back
 * short (measured).
 */
export function isFullCode(code: unknown): boolean {
  return FULL_CODES.has(code);
}
