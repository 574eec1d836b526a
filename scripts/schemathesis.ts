/**
 * Provides Schemathesis, which tries an API against its OpenAPI document, in a virtual environment of Python below
 * `node_modules/.cache`. `node scripts/schemathesis.ts` prints the path of that environment's Python, alone on stdout.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
/** Every package with its version, as `pip freeze` names them: two runs a year apart try the same. */
const REQUIREMENTS = join(import.meta.dirname, "schemathesis/requirements.txt");

/**
 * The Python that has Schemathesis and the validator of OpenAPI documents; installs them where they are not yet.
 * @throws {Error} that says what to install, when there is no Python or a package cannot be had
 */
export function findSchemathesis(): string {
  const version = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(root, "node_modules/.cache", `schemathesis-${version}`);
  const python = join(folder, "bin/python");
  /** Written last: an installation that was cut off is begun anew. */
  const mark = join(folder, "complete");
  if (existsSync(mark) && succeeds(python, ["-c", ""])) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeEnvironment(folder);
  const install = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement", REQUIREMENTS];
  if (!succeeds(python, install)) {
    throw new Error(`Schemathesis could not be installed from PyPI (${REQUIREMENTS}). Look above for what pip said.`);
  }
  writeFileSync(mark, "");
  return python;
}

function makeEnvironment(folder: string): void {
  const make = ["-m", "venv", "--clear", folder];
  if (succeeds("python3", make)) return;
  if (installByApt() && succeeds("python3", make)) return;
  throw new Error(
    "No virtual environment of Python could be made. Install Python 3.10 or newer with venv (Debian: apt-get install python3-venv).",
  );
}

function installByApt(): boolean {
  if (process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  succeeds("apt-get", ["update", "-qq"], env);
  return succeeds("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "python3", "python3-venv"], env);
}

/** What it prints goes to stderr, so that stdout is the answer alone. */
function succeeds(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  const options: SpawnSyncOptions = { env, stdio: ["ignore", 2, 2] };
  return spawnSync(command, args, options).status === 0;
}

if (import.meta.main) {
  try {
    console.log(findSchemathesis());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
