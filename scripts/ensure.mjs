/**
 * Makes a checkout ready to run: installs what package-lock.json names when it is not there yet, and checks that the
 * `node` which npm's scripts will see is new enough. Runs before `npm start`, `npm test` and `npm run signal`, on any
 * Node from 20 on and without dependencies. Everything it prints goes to stderr: stdout belongs to the command after it.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const INSTALLER_NODE = 20;
const RUNTIME_NODE = 24;
const LOCK_POLL_MS = 200;
/** An install takes seconds; a lock this old was left by a process whose number has been given to another since. */
const LOCK_STALE_MS = 15 * 60_000;
/** Platforms for which package.json brings its own Node. */
const BROUGHT = new Set(["linux-x64", "linux-arm64", "win32-x64"]);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const markFile = join(modules, ".signal-installed");
const isQuiet = process.argv.includes("--quiet");

function say(text) {
  if (!isQuiet) process.stderr.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`\n${text}\n\n`);
  process.exitCode = 1;
}

const major = (version) => Number.parseInt(version, 10);

/** Changes with the lockfile, and with the platform: a folder may be mounted into a container. */
function wantedMark() {
  const lockfile = readFileSync(join(root, "package-lock.json"));
  const hash = createHash("sha256").update(lockfile).digest("hex");
  return `${hash} ${process.platform}-${process.arch}`;
}

function isInstalled(mark) {
  if (!existsSync(modules)) return false;
  if (existsSync(markFile)) {
    const found = readFileSync(markFile, "utf8");
    if (found === mark) return true;
    if (found.split(" ")[1] !== mark.split(" ")[1]) return false;
  }
  if (!isInstalledByHand()) return false;
  writeFileSync(markFile, mark);
  return true;
}

/** True after an `npm install` or `npm ci` by hand: npm's own record of the folder says the same as the lockfile. */
function isInstalledByHand() {
  try {
    const wanted = packagesOf(join(root, "package-lock.json"));
    const found = packagesOf(join(modules, ".package-lock.json"));
    const isThere = ([path, one]) =>
      found.has(path) ? found.get(path).version === one.version : one.optional === true;
    return [...wanted].every(isThere) && [...found.keys()].every((path) => wanted.has(path));
  } catch {
    return false;
  }
}

function packagesOf(file) {
  const packages = Object.entries(JSON.parse(readFileSync(file, "utf8")).packages);
  return new Map(packages.filter(([path, one]) => path.includes("node_modules/") && one.link !== true));
}

/** Outside node_modules, which `npm ci` removes; one per user, who alone may remove it from a shared folder. */
function lockPath() {
  const checkout = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return join(tmpdir(), `signal-install-${process.getuid?.() ?? "user"}-${checkout}.lock`);
}

/** Waits for the lock and returns how to give it back. */
async function takeLock() {
  const path = lockPath();
  const own = JSON.stringify({ pid: process.pid, token: randomUUID() });
  for (let isFirst = true; ; isFirst = false) {
    try {
      writeFileSync(path, own, { flag: "wx", mode: 0o600 });
      return () => {
        if (readLock(path) === own) rmSync(path, { force: true });
      };
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = readLock(path);
    if (holder !== undefined && isStale(path, holder)) {
      removeStale(path, holder);
      continue;
    }
    if (isFirst) say(`Another run is installing the dependencies (${path}): waiting for it.`);
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

function readLock(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isStale(path, holder) {
  const age = ageOf(path);
  if (age > LOCK_STALE_MS) return true;
  try {
    process.kill(JSON.parse(holder).pid, 0);
    return false;
  } catch (error) {
    if (error.code === "ESRCH") return true;
    // Half-written content belongs to a run that is just taking the lock, unless it stays so.
    return error.code !== "EPERM" && age > 10 * LOCK_POLL_MS;
  }
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** Moves the lock away before looking again, so that of two runs only one removes it and neither removes a new one. */
function removeStale(path, holder) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readLock(aside) !== holder) linkSync(aside, path);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Runs `npm ci` with all its output on stderr; resolves with its exit code. */
function install() {
  const flags = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  return new Promise((resolve) => {
    // npm is a `.cmd` file on Windows, which only a shell starts.
    const options = {
      cwd: root,
      stdio: ["ignore", isQuiet ? "pipe" : 2, isQuiet ? "pipe" : 2],
      shell: process.platform === "win32",
    };
    const npm = spawn("npm", flags, options);
    const printed = [];
    npm.stdout?.on("data", (chunk) => printed.push(chunk));
    npm.stderr?.on("data", (chunk) => printed.push(chunk));
    const pass = (signal) => npm.kill(signal);
    process.once("SIGINT", pass).once("SIGTERM", pass);
    npm.once("error", (error) => resolve(`npm could not be started: ${error.message}`));
    npm.once("close", (code, signal) => {
      process.off("SIGINT", pass).off("SIGTERM", pass);
      if (code !== 0) process.stderr.write(Buffer.concat(printed));
      resolve(code === 0 ? undefined : `npm ci ended with ${signal ?? `code ${code}`}`);
    });
  });
}

async function ensureInstalled() {
  const mark = wantedMark();
  if (isInstalled(mark)) return true;
  const giveBack = await takeLock();
  try {
    if (isInstalled(mark)) return true;
    say("Installing the dependencies (npm ci). This happens once, and again when package-lock.json changes.");
    const began = Date.now();
    const fault = await install();
    if (fault !== undefined) {
      fail(
        `The dependencies could not be installed: ${fault}. What npm printed stands above; mend that and run the command again.`,
      );
      return false;
    }
    writeFileSync(markFile, mark);
    say(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`);
    return true;
  } finally {
    giveBack();
  }
}

/** npm puts node_modules/.bin first in the PATH of a script: the `node` found there is the one that will run. */
function checkRuntime() {
  const path = join(modules, ".bin") + delimiter + (process.env.PATH ?? "");
  const options = {
    encoding: "utf8",
    env: { ...process.env, PATH: path, NODE_OPTIONS: "" },
    shell: process.platform === "win32",
  };
  const run = spawnSync("node", ["--version"], options);
  const version = run.status === 0 ? run.stdout.trim().replace(/^v/, "") : undefined;
  if (version !== undefined && major(version) >= RUNTIME_NODE) return;
  fail(runtimeCure(version));
}

function runtimeCure(version) {
  const platform = `${process.platform}-${process.arch}`;
  const found = version === undefined ? "no `node` that starts was found" : `the \`node\` found is ${version}`;
  const head = `Datafly Signal needs Node ${RUNTIME_NODE} or newer; ${found}.`;
  if (BROUGHT.has(platform)) {
    return `${head}\nOn ${platform} it comes with the dependencies. Remove node_modules and run the command again; if it stays so (an npm
configuration that omits optional packages, or a system without glibc), install Node ${RUNTIME_NODE} yourself: https://nodejs.org/en/download`;
  }
  const brew =
    process.platform === "darwin"
      ? `  brew install node@${RUNTIME_NODE} && brew link --overwrite node@${RUNTIME_NODE}\n`
      : "";
  return `${head}\nThere is no Node package for ${platform} to install from here. Install it in one of these ways and run the command again:
${brew}  nvm install ${RUNTIME_NODE} && nvm alias default ${RUNTIME_NODE}\n  https://nodejs.org/en/download`;
}

if (major(process.versions.node) < INSTALLER_NODE) {
  fail(`Datafly Signal needs Node ${INSTALLER_NODE} or newer to install itself (it then runs on Node ${RUNTIME_NODE}, which it brings along on
Linux and Windows); this is ${process.versions.node}. Install a current one: https://nodejs.org/en/download`);
} else if (await ensureInstalled()) {
  checkRuntime();
}
