/**
 * Finds the programs of PostgreSQL for the tests, and installs Debian's package where there are none. `node
 * scripts/postgres.ts` prints their folder, alone on stdout; what it does meanwhile goes to stderr.
 */
import { spawn } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { POSTGRES_MISSING, findPostgresPrograms } from "@datafly-signal/ports/store/testing";

/** Asked by Debian's packages before they start a service. */
const POLICY = "/usr/sbin/policy-rc.d";
const START_NOTHING = "#!/bin/sh\nexit 101\n";

/** @throws {Error} that says what to install, when there is none and it cannot be installed */
async function providePostgres(): Promise<string> {
  const found = (await findPostgresPrograms()) ?? (await installByApt());
  if (found === null) throw new Error(POSTGRES_MISSING);
  return found;
}

async function installByApt(): Promise<string | null> {
  if (process.getuid?.() !== 0 || !(await succeeds("apt-get", ["--version"]))) return null;
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, START_NOTHING, { mode: 0o755 });
  try {
    await succeeds("apt-get", ["update", "-qq"]);
    await succeeds("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
  return findPostgresPrograms();
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ["ignore", 2, 2] });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

try {
  console.log(await providePostgres());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
