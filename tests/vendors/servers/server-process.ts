/** A server of someone else's as a child process, on a free port and with a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../harness/signal-server.ts";
import { until } from "../../harness/until.ts";

export interface ServerProcess {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  pid: number;
  /** Everything it has written until now. */
  output(): string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  command: string;
  args(place: { port: number; folder: string }): string[];
  /** Beside PATH; HOME is the folder unless it is named. */
  env: Record<string, string>;
  /** Answers 200 when it is ready. */
  readyPath: string;
}

const START_MS = 60_000;
const STOP_MS = 10_000;

/** Starts it and waits until it is ready. @throws {Error} with what it has written, when it does not come up */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "signal-storage-"));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { PATH: process.env["PATH"], HOME: folder, ...server.env };
  const args = server.args({ port, folder });
  const child = spawn(server.command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  child.once("error", (error) => (output += String(error)));
  const stop = endOf(child);
  try {
    await until(START_MS, async () => {
      if (child.pid === undefined || child.exitCode !== null) throw new Error(`${server.command} ended`);
      return isReady(url + server.readyPath);
    });
  } catch (error) {
    await stop();
    await remove();
    throw new Error(`${String(error)}\n${output}`, { cause: error });
  }
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    async stop() {
      await stop();
      await remove();
    },
  };
}

/** Ends the child by its own handle; also when the tests' process ends before they have stopped it. */
function endOf(child: ChildProcess): () => Promise<void> {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return async () => {
    const deadline = setTimeout(kill, STOP_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(deadline);
    process.removeListener("exit", kill);
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
