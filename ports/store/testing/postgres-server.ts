import { type ChildProcess, type SpawnOptions, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { POSTGRES_MISSING, findPostgresPrograms } from "./postgres-programs.ts";

/** A PostgreSQL server of its own, in a temporary folder, on a free port of 127.0.0.1. */
export interface PostgresServer {
  /** With user and password, of the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly dataFolder: string;
  /** Disconnects everybody and ends it in order; `start` brings it back with what it had. */
  stop(): Promise<void>;
  /** Kills it without a word. */
  kill(): Promise<void>;
  /** After `stop` or `kill`: on the same port. */
  start(): Promise<void>;
  /** Ends it and removes the folder. */
  remove(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Lines of `postgresql.conf` beside ours. */
  settings?: Readonly<Record<string, string>>;
}

const START_MS = 60_000;
const USER = "signal";
/** Nothing here must survive a power cut. */
const SETTINGS = { fsync: "off", full_page_writes: "off", max_connections: "100", listen_addresses: "127.0.0.1" };

/** Who the server runs as: it refuses to run as root. */
interface Account {
  uid?: number;
  gid?: number;
}

/**
 * Ends with the process that started it, however that ends.
 * @throws {Error} that says what to install, where there is no PostgreSQL
 */
export async function startPostgres({ settings = {} }: PostgresServerOptions = {}): Promise<PostgresServer> {
  const programs = await findPostgresPrograms();
  if (programs === null) throw new Error(POSTGRES_MISSING);
  const folder = await mkdtemp(join(tmpdir(), "signal-postgres-"));
  const account = await accountFor(folder);
  const password = randomBytes(16).toString("hex");
  const dataFolder = join(folder, "data");
  await initialise({ programs, folder, dataFolder, account, password });
  const watchdog = watchOver(folder);
  const port = await freePort();
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  const args = Object.entries({ ...SETTINGS, unix_socket_directories: folder, port: String(port), ...settings });
  let running = await run();

  async function run(): Promise<ChildProcess> {
    const flags = args.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const options: SpawnOptions = { ...account, cwd: folder, stdio: ["ignore", "ignore", "pipe"] };
    return untilReady(url, () => spawn(join(programs ?? "", "postgres"), ["-D", dataFolder, ...flags], options));
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.ref();
    running.kill(signal);
    await ended;
  }

  return {
    url,
    port,
    dataFolder,
    get pid() {
      return running.pid ?? 0;
    },
    stop: () => end("SIGINT"),
    async kill() {
      const children = await childrenOf(running.pid);
      await end("SIGKILL");
      for (const pid of children) killQuietly(pid);
    },
    async start() {
      running = await run();
    },
    async remove() {
      await end("SIGQUIT");
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
      watchdog.stdin?.end();
    },
  };
}

/** Left alone, the processes of connections would go on until they miss their parent, and might commit meanwhile. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return listed.split(" ").map(Number).filter(Boolean);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** The user `postgres` of the package, else `nobody`. */
async function accountFor(folder: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const fields = ["postgres", "nobody"].map((name) => lines.find(([login]) => login === name)).find(Boolean);
  const account = { uid: Number(fields?.[2] ?? 65_534), gid: Number(fields?.[3] ?? 65_534) };
  await chown(folder, account.uid, account.gid);
  return account;
}

interface Installation {
  programs: string;
  folder: string;
  dataFolder: string;
  account: Account;
  password: string;
}

async function initialise({ programs, folder, dataFolder, account, password }: Installation): Promise<void> {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password);
  if (account.uid !== undefined) await chown(passwordFile, account.uid, account.gid ?? account.uid);
  const flags = [
    "--auth=scram-sha-256",
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    "--no-sync",
    "--no-instructions",
  ];
  const args = ["-D", dataFolder, "--encoding=UTF8", "--no-locale", ...flags];
  await promisify(execFile)(join(programs, "initdb"), args, { ...account, cwd: folder });
  await rm(passwordFile);
}

const WATCHDOG = `cat >/dev/null
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
for try in $(seq 100); do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done
rm -rf -- "$1"`;

/** Ends the server and removes its folder once this process is gone and the pipe to it closes. */
function watchOver(folder: string): ChildProcess {
  const watchdog = spawn("/bin/sh", ["-c", WATCHDOG, "sh", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.unref();
  unref(watchdog.stdin);
  return watchdog;
}

/** A pipe is a socket, which keeps this process running. */
function unref(pipe: unknown): void {
  if (pipe instanceof Socket) pipe.unref();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Right after it was killed its last processes may still hold the memory: it is started again until they are gone. */
async function untilReady(url: string, start: () => ChildProcess): Promise<ChildProcess> {
  const end = Date.now() + START_MS;
  let said = "";
  let server: ChildProcess | undefined;
  while (Date.now() < end) {
    if (server === undefined || server.exitCode !== null) {
      server = start();
      server.unref();
      said = "";
      server.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
      unref(server.stderr);
    }
    if (await answers(url)) return server;
    await wait(50);
  }
  server?.kill("SIGQUIT");
  throw new Error(`PostgreSQL did not start. It said: ${said}`);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
