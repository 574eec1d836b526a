/**
 * Finds a Chromium for the browser tests, and installs one where there is none. `node scripts/chromium.ts` prints the
 * path of the executable, alone on stdout; what it does meanwhile goes to stderr.
 */
import { execFile, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** A dependency of tests/ alone: it is looked up there. */
const PLAYWRIGHT = "playwright-core";
const root = join(import.meta.dirname, "..");

/**
 * The executable: `CHROMIUM_PATH`, else what PATH has, else what apt-get can install for root, else what Playwright
 * downloads. @throws {Error} that says what to install, when none of them gives one that runs.
 */
export async function findChromium(): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined && given !== "") {
    if (await runs(given)) return given;
    throw new Error(`CHROMIUM_PATH is ${given}, which does not run. Set it to the executable of Chromium or Chrome.`);
  }
  const found = (await firstThatRuns(NAMES)) ?? (await installByApt()) ?? (await installByPlaywright());
  if (found !== null) return found;
  throw new Error(
    "No Chromium was found, and none could be installed. Install the package chromium (Debian: apt-get install chromium) " +
      "or Google Chrome, or set CHROMIUM_PATH to an executable.",
  );
}

async function firstThatRuns(names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const path = await which(name);
    if (path !== null && (await runs(path))) return path;
  }
  return null;
}

async function which(name: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", 'command -v -- "$1"', "sh", name]);
    return stdout.trim() === "" ? null : stdout.trim();
  } catch {
    return null;
  }
}

/** A name alone proves nothing: some systems have a script in its place that asks to install something else. */
async function runs(path: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 30_000 });
    return /\d+\.\d+/.test(stdout);
  } catch {
    return false;
  }
}

async function installByApt(): Promise<string | null> {
  if (process.getuid?.() !== 0 || (await which("apt-get")) === null) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await succeeds("apt-get", ["update", "-qq"], env);
  await succeeds("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], env);
  return firstThatRuns(NAMES);
}

async function installByPlaywright(): Promise<string | null> {
  const require = createRequire(join(root, "tests/package.json"));
  try {
    const folder = dirname(require.resolve(`${PLAYWRIGHT}/package.json`));
    if (!(await succeeds(process.execPath, [join(folder, "cli.js"), "install", "chromium"], process.env))) return null;
    const { chromium } = require(PLAYWRIGHT) as { chromium: { executablePath(): string } };
    return (await runs(chromium.executablePath())) ? chromium.executablePath() : null;
  } catch {
    return null;
  }
}

function succeeds(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ["ignore", 2, 2] });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

if (import.meta.main) {
  try {
    console.log(await findChromium());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
