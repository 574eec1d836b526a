/** The processes beside the bench's own: the product, a bare server, a receiver. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("../server/main.ts", import.meta.url).pathname;

export const KEY = "dk_test_bench_0123456789";

/** USER_HZ is 100 on Linux. */
const MS_PER_TICK = 10;

export interface Running {
  port: number;
  pid: number;
  /** The server's folder, "" for other processes. */
  folder: string;
  ask<T>(question: string): Promise<T>;
  stop(): Promise<void>;
}

/** Starts one of the bench's own processes; it tells its port and answers questions. */
export async function startHelper(
  file: string,
  args: readonly string[] = [],
  execArgv: string[] = [],
): Promise<Running> {
  const child = fork(new URL(file, import.meta.url), args, {
    execArgv,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const port = await message<{ port: number }>(child);
  return {
    port: port.port,
    pid: child.pid ?? 0,
    folder: "",
    async ask<T>(question: string) {
      child.send(question);
      return message<T>(child);
    },
    stop: () => ended(child, "SIGTERM"),
  };
}

/** Starts the product in a temporary folder with this configuration. */
export async function startProduct(config: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "signal-bench-"));
  writeFileSync(join(folder, "signal.yaml"), config);
  const child = spawn(process.execPath, [...profileFlags(), MAIN, "start"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      PATH: process.env["PATH"],
      SIGNAL_DATA_DIR: join(folder, "data"),
      GATEWAY_PORT: "0",
      MANAGEMENT_PORT: "0",
      LOG_LEVEL: "warn",
      SIGNAL_ALLOW_PRIVATE_ADDRESSES: "true",
      // Production's: while developing every event is traced, which costs more than half as much again.
      TRACE_SHARE: process.env["TRACE_SHARE"] ?? "0.01",
    },
  });
  const gateway = await announced(join(folder, "data", "lock.json"), child);
  return {
    port: Number(new URL(gateway).port),
    pid: child.pid ?? 0,
    folder,
    ask: () => Promise.reject(new TypeError("the product answers over HTTP")),
    async stop() {
      await ended(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a CPU profile of the measured process into the folder that BENCH_PROFILE names. */
export function profileFlags(): string[] {
  const folder = process.env["BENCH_PROFILE"];
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/** Resident memory of a process in MB, now and at its highest. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

/** Processor time used until now, in milliseconds, by thread name; threads of one name are added up. */
export function cpuOf(pid: number): Map<string, number> {
  const used = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    used.set(name, (used.get(name) ?? 0) + ticks * MS_PER_TICK);
  }
  return used;
}

/** Microseconds an event in all, and by thread, the dearest first. */
export function cpuPerEvent(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  events: number,
): { total: number; text: string } {
  const each = [...after]
    .map(([name, ms]): [string, number] => [name, ((ms - (before.get(name) ?? 0)) * 1000) / events])
    .filter(([, us]) => us >= 0.5)
    .toSorted((left, right) => right[1] - left[1]);
  return {
    total: each.reduce((sum, [, us]) => sum + us, 0),
    text: each.map(([name, us]) => `${name} ${us.toFixed(0)}`).join(", "),
  };
}

async function announced(lockFile: string, child: ChildProcess): Promise<string> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      const holder = JSON.parse(readFileSync(lockFile, "utf8")) as { gateway?: string };
      if (holder.gateway !== undefined) return holder.gateway;
    } catch {
      // not there yet
    }
  }
  throw new Error("the product did not start");
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once("message", (value) => resolve(value as T)));
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
