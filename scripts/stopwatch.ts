/**
 * `npm run stopwatch`: how long a newcomer waits. Clones what is committed into a temporary folder with an empty home,
 * runs `npm start` there on free ports, sends one event with the key that is printed, and waits until the demo's vendor
 * has taken it. Prints the seconds of each phase; `--from=PATH` clones another repository. Ends everything it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FROM_FLAG = "--from=";
/** Longer than this, something is wrong. */
const GIVE_UP_MS = 10 * 60_000;
const STOP_MS = 15_000;

interface Greeting {
  events: string;
  management: string;
  key: string;
}

/** What `npm start` runs in, and all it has printed. */
interface Run {
  process: ChildProcess;
  output(): string;
  /** Resolves when it has printed what the pattern says. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

const started = performance.now();
let last = started;

function lap(phase: string): void {
  const now = performance.now();
  console.log(`${phase.padEnd(34)}${seconds(now - last)}${seconds(now - started)}`);
  last = now;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(10);
}

/** In a group of its own, so that what it starts ends with it. */
function run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Run {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const listeners = new Set<() => void>();
  const add = (chunk: Buffer): void => {
    output += String(chunk);
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with code ${code}:\n${output}`)));
  });
  ended.catch(() => undefined);
  const found = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const look = (): void => {
        const match = pattern.exec(output);
        if (match === null) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
    });
  return { process: child, output: () => output, printed: (pattern) => Promise.race([found(pattern), ended]) };
}

async function finish(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  const { process: child, output } = run(command, args, options);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with code ${String(code)}:\n${output()}`);
}

async function greetingOf(server: Run): Promise<Greeting> {
  await server.printed(/Send a first event/);
  const one = async (pattern: RegExp): Promise<string> => (await server.printed(pattern))[1] ?? "";
  return {
    events: await one(/Events +(http:\/\/\S+)/),
    management: await one(/Management +(http:\/\/\S+)/),
    key: await one(/key (dk_\w+)/),
  };
}

async function sendFirst({ events, key }: Greeting, messageId: string): Promise<void> {
  const event = { type: "track", event: "Order Completed", messageId, properties: { revenue: 79.99, currency: "EUR" } };
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(events, { method: "POST", headers, body: JSON.stringify(event) });
  if (response.status !== 200) throw new Error(`the event was answered ${response.status}: ${await response.text()}`);
}

/** As the receiver page hears of it. */
async function delivered({ management }: Greeting, messageId: string): Promise<void> {
  const response = await fetch(`${management}/demo/traces`);
  if (response.status !== 200) throw new Error(`the demo answered ${response.status}: ${await response.text()}`);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const records = text.split("\n\n");
    text = records.pop() ?? "";
    if (records.some((record) => record.includes(messageId) && record.includes('"outcome":"delivered"'))) return;
  }
  throw new Error("the stream of traces ended before the event was delivered");
}

async function stop({ process: child }: Run): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const group = -child.pid;
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(group, "SIGTERM");
  const timer = setTimeout(() => process.kill(group, "SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** Only what a newcomer has: PATH, and a home without settings. */
function environment(home: string): NodeJS.ProcessEnv {
  const keep = [
    "PATH",
    "LANG",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
  ];
  const kept = Object.fromEntries(keep.map((name) => [name, process.env[name]]));
  // `npm run` puts this checkout's own programs first.
  const path = (process.env["PATH"] ?? "").split(":").filter((part) => !part.includes("node_modules"));
  return { ...kept, PATH: path.join(":"), HOME: home, GATEWAY_PORT: "0", MANAGEMENT_PORT: "0" };
}

/** @param started is told of the server, so that it ends whatever happens */
async function measure(folder: string, started: (server: Run) => void): Promise<void> {
  const flag = process.argv.slice(2).find((argument) => argument.startsWith(FROM_FLAG));
  const from = flag?.slice(FROM_FLAG.length) ?? join(import.meta.dirname, "..");
  const home = join(folder, "home");
  const clone = join(folder, "signal");
  await mkdir(home);
  const env = environment(home);
  console.log(`${"phase".padEnd(34)}${"took".padStart(10)}${"in all".padStart(10)}`);
  await finish("git", ["clone", "--quiet", "--no-hardlinks", from, clone], { cwd: folder, env });
  lap("git clone");
  const server = run("npm", ["start"], { cwd: clone, env });
  started(server);
  await server.printed(/^> \S+ start$/m);
  lap("npm start: packages installed");
  const greeting = await greetingOf(server);
  lap("npm start: running");
  const messageId = `stopwatch-${process.pid}`;
  const arrival = delivered(greeting, messageId);
  arrival.catch(() => undefined);
  await sendFirst(greeting, messageId);
  lap("first event accepted");
  await arrival;
  lap("first event delivered");
}

/** Fails when it is interrupted, or takes too long. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    const late = new Error(`It took more than ${GIVE_UP_MS / 60_000} minutes.`);
    setTimeout(() => reject(late), GIVE_UP_MS).unref();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => reject(new Error(signal)));
  });
}

const folder = await mkdtemp(join(tmpdir(), "signal-stopwatch-"));
let server: Run | null = null;
try {
  await Promise.race([measure(folder, (run) => (server = run)), interruption()]);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  if (server !== null) await stop(server);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
