/** The real server as a child process, as its users start it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

export const PROJECT = new URL("../..", import.meta.url).pathname;
const MAIN = join(PROJECT, "server/main.ts");
/** A start takes two seconds of two cores: others may use them. */
const START_MS = 60_000;

export interface SignalServer {
  gateway: string;
  management: string;
  folder: string;
  process: ChildProcess;
  /** Everything it has written until now. */
  output(): string;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  cli(...args: string[]): Promise<CommandResult>;
}

interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface StartOptions {
  /** A folder made by `workFolder`: holds `signal.yaml` and the data. */
  folder: string;
  config?: string;
  env?: Record<string, string>;
  /** Put before the command, as in strace. */
  prefix?: string[];
  /** After `start`. */
  args?: string[];
}

/** A temporary folder, and the clean-up to run after the test. */
export async function workFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "signal-test-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A port that was free a moment ago, for servers that must come back on the same one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

export function environmentOf(options: StartOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: options.folder,
    SIGNAL_DATA_DIR: join(options.folder, "data"),
    GATEWAY_PORT: "0",
    MANAGEMENT_PORT: "0",
    LOG_LEVEL: "info",
    SIGNAL_ALLOW_PRIVATE_ADDRESSES: "true",
    ...options.env,
  };
}

/** Starts the server and waits until it listens. */
export async function startSignal(options: StartOptions): Promise<SignalServer> {
  if (options.config !== undefined) await writeFile(join(options.folder, "signal.yaml"), options.config);
  const env = environmentOf(options);
  const [command, ...args] = [...(options.prefix ?? []), process.execPath, MAIN, "start", ...(options.args ?? [])];
  const child = spawn(command ?? process.execPath, args, {
    cwd: options.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const lockFile = join(env["SIGNAL_DATA_DIR"] ?? "", "lock.json");
  const traced = options.prefix !== undefined;
  const holder = await until(START_MS, () => {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}:\n${output}`);
    const found = readLock(lockFile);
    return found !== null && (traced || found.pid === child.pid) && found.gateway !== undefined ? found : null;
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw new Error(`${String(error)}\n${output}`);
  });
  return {
    gateway: holder.gateway ?? "",
    management: holder.management ?? "",
    folder: options.folder,
    process: child,
    output: () => output,
    async kill() {
      process.kill(holder.pid, "SIGKILL");
      await ended;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) process.kill(holder.pid, "SIGTERM");
      return ended;
    },
    cli: (...cliArgs) => runCli(cliArgs, { env, cwd: options.folder }),
  };
}

/** Runs a command of the command line to its end. */
export function runCli(args: string[], options: { env: NodeJS.ProcessEnv; cwd: string }): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { ...options, maxBuffer: 268_435_456 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

function readLock(file: string): { pid: number; gateway?: string; management?: string } | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { pid: number; gateway?: string };
  } catch {
    return null;
  }
}
