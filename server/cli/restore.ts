/** `signal restore <backup>`: makes a data folder from a backup, without a server. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { copyFile, open, rename, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bytesText } from "../budgets/describe.ts";
import { CONFIGURATION, faultsOf, type Manifest, readManifest, sealFile } from "../control/backup-manifest.ts";
import { folderHolder } from "../data-folder/lock.ts";
import { errorCode } from "../data-folder/whole-file.ts";
import { dataFolderOf } from "../settings.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

const FORMAT = "format.json";
/** Made by the file system itself on a disk of its own. */
const NOT_CONTENT = new Set(["lost+found"]);

export async function restoreCommand(args: string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" }, "data-dir": { type: "string" } },
  });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0)
    throw new UsageError("restore takes one backup: the folder that backup wrote.");
  const [backup, target] = [resolve(given), resolve(values["data-dir"] ?? dataFolderOf(env))];
  const done = await restore(backup, target);
  if ("fault" in done) {
    output.json({ ok: false, fault: done.fault });
    output.fault(done.fault);
    return 1;
  }
  const { manifest, bytes } = done;
  const hasConfiguration = manifest.files.some(({ path }) => path.startsWith(`${CONFIGURATION}/`));
  output.json({
    ok: true,
    data_dir: target,
    bytes,
    created_at: manifest.created_at,
    snapshot: manifest.snapshot,
    encryption_key: manifest.encryption_key,
    database: manifest.database ?? null,
    configuration: hasConfiguration ? join(backup, CONFIGURATION) : null,
  });
  output.line(`Restored to ${target}: ${bytesText(bytes)}, as of ${manifest.created_at}.`);
  if (manifest.encryption_key === "ENCRYPTION_KEY") {
    output.line("Start it with the ENCRYPTION_KEY of the server that was backed up.");
  }
  if (manifest.database === "DATABASE_URL") {
    output.line("PostgreSQL is not part of it: restore its dump of that time, and start with its DATABASE_URL.");
  } else if (manifest.database !== undefined && (env["DATABASE_URL"] ?? "").trim() !== "") {
    output.line("DATABASE_URL is set: unset it to use the database of the backup.");
  }
  if (hasConfiguration) {
    output.line(
      `The configuration of that time is in ${join(backup, CONFIGURATION)}: put it where SIGNAL_CONFIG leads.`,
    );
  }
  output.line("Stop the server that was backed up before you start this one: both would deliver what waits.");
  return 0;
}

type Restored = { manifest: Manifest; bytes: number } | { fault: string };

/** Looks at everything before it touches anything; the folder appears whole or not at all. */
async function restore(backup: string, target: string): Promise<Restored> {
  const taken = targetFault(target);
  if (taken !== null) return { fault: taken };
  const manifest = await readManifest(backup);
  if ("fault" in manifest) return manifest;
  const faults = await faultsOf(backup, manifest);
  if (faults.length > 0) return { fault: `The backup ${backup} is not whole: ${faults.join("; ")}. Use another one.` };
  const content = manifest.files.filter(({ path }) => !path.startsWith(`${CONFIGURATION}/`));
  const bytes = content.reduce((sum, file) => sum + file.bytes, 0);
  try {
    const parent = dirname(target);
    mkdirSync(parent, { recursive: true });
    const { bavail, bsize } = await statfs(existsSync(target) ? target : parent);
    if (bavail * bsize < bytes) {
      return {
        fault: `The data folder needs ${bytesText(bytes)}, and ${bytesText(bavail * bsize)} are free at ${parent}.`,
      };
    }
    await place(backup, target, content);
    return { manifest, bytes };
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { fault: `The data folder ${target} could not be made: ${error instanceof Error ? error.message : ""}.` };
  }
}

function targetFault(target: string): string | null {
  if (!existsSync(target)) return null;
  if (!statSync(target).isDirectory()) return `${target} is a file. Name a folder with --data-dir.`;
  const holder = folderHolder(target);
  if (holder !== null) {
    return `The data folder ${target} is in use by process ${holder.pid}. Stop it, and restore into a folder that is empty or does not exist.`;
  }
  const found = readdirSync(target).filter((name) => !NOT_CONTENT.has(name));
  if (found.length === 0) return null;
  return `The data folder ${target} is not empty (${found.slice(0, 3).join(", ")}…); nothing is overwritten. Name another with --data-dir, or move this one away.`;
}

/** An empty folder makes way; one that cannot, as the root of a disk, is filled where it is. */
async function place(backup: string, target: string, content: Manifest["files"]): Promise<void> {
  if (existsSync(target)) await rmdir(target).catch(() => undefined);
  if (existsSync(target)) return placeInside(backup, target, content);
  const draft = `${target}.restoring-${randomBytes(6).toString("hex")}`;
  try {
    await copyAll(backup, draft, content);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Into a folder that must stay: until the last step its format cannot be read, so that no server starts on a part of it. */
export async function placeInside(backup: string, target: string, content: Manifest["files"]): Promise<void> {
  await writeFile(join(target, FORMAT), "being restored\n", { mode: 0o600, flag: "wx" });
  await sealFile(target, FORMAT);
  await syncFolder(target);
  const format = content.filter(({ path }) => path === FORMAT);
  const rest = content.filter(({ path }) => path !== FORMAT);
  await copyAll(backup, target, rest);
  const last = join(target, ".restoring");
  await copyAll(backup, last, format);
  await rename(join(last, FORMAT), join(target, FORMAT));
  await rmdir(last);
  await syncFolder(target);
}

/** Private copies, each on disk and as it was in the backup. */
async function copyAll(backup: string, folder: string, content: Manifest["files"]): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { path, sha256 } of content) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    await copyFile(join(backup, path), file);
    if ((await sealFile(folder, path)).sha256 !== sha256) throw new ChangedWhileReadError(path);
  }
  for (const inside of new Set(["", ...content.map(({ path }) => dirname(path))]))
    await syncFolder(join(folder, inside));
}

/** A file of the backup was changed while it was read. */
class ChangedWhileReadError extends Error {
  readonly code = "ECHANGED";
  constructor(path: string) {
    super(`${path} of the backup was changed while it was read`);
    this.name = "ChangedWhileReadError";
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
