/**
 * `npm test`: the checks over the whole house, then each workspace's unit tests, then the tests across processes.
 * Goes on after a fault, so that one run shows all of them. `npm test -- lint core pipeline/gateway` runs only these;
 * `--verbose` names every test and not only the failing ones; `--file-timeout=MS` is how long one file may take.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";
import { finished } from "node:stream/promises";
import { run as runTests } from "node:test";
import { type TestEvent, spec } from "node:test/reporters";

const root = join(import.meta.dirname, "..");
/** Files at a time: the machine this must suit has two cores. */
const UNIT_CONCURRENCY = 2;
/** A file that takes longer hangs. */
const FILE_TIMEOUT_MS = 10 * 60_000;
const TIMEOUT_FLAG = "--file-timeout=";

interface Suite {
  readonly name: string;
  run(): Promise<Result>;
}

interface Result {
  readonly isFine: boolean;
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
}

interface Manifest {
  readonly workspaces: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
}

// As in server/main.ts: every test file would strip and compile the same code again.
process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules/.cache/datafly-signal");

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const flags = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const isVerbose = flags.includes("--verbose");
const timeoutFlag = flags.find((flag) => flag.startsWith(TIMEOUT_FLAG));
const timeout = timeoutFlag === undefined ? FILE_TIMEOUT_MS : Number(timeoutFlag.slice(TIMEOUT_FLAG.length));

/** A check is one of the root's npm scripts; what it prints is shown only when it fails. */
function check(name: string, script = name): Suite {
  const path = [join(root, "node_modules/.bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  return {
    name,
    async run() {
      const options = { cwd: root, shell: true, encoding: "utf8", env: { ...process.env, PATH: path } } as const;
      const { status, stdout, stderr } = spawnSync(manifest.scripts[script] ?? "", { ...options, maxBuffer: 64 << 20 });
      if (status !== 0) process.stdout.write(`${stdout}${stderr}`);
      return { isFine: status === 0 };
    },
  };
}

function tests(name: string, concurrency: number, depth: "whole" | "own" = "whole"): Suite {
  return {
    name,
    async run() {
      const files = testFiles(name, depth);
      if (files.length === 0) return { isFine: true, passed: 0, failed: 0, skipped: 0 };
      return countTests(files, concurrency);
    },
  };
}

/** @param depth `whole`: of the folders below too */
function testFiles(folder: string, depth: "whole" | "own" = "whole"): string[] {
  const files = globSync(`${folder}/${depth === "whole" ? "**/" : ""}*.test.ts`, {
    cwd: root,
    exclude: (path) => path.includes("node_modules"),
  });
  return files.map((file) => join(root, file)).toSorted();
}

async function countTests(files: string[], concurrency: number): Promise<Result> {
  const stream = runTests({ files, concurrency, cwd: root, timeout });
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  stream.on("test:summary", ({ file, counts }) => {
    if (file !== undefined) return;
    passed = counts.passed;
    failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    skipped = counts.skipped + counts.todo;
  });
  const reporter = new spec();
  reporter.pipe(process.stdout, { end: false });
  const silent: string[] = [];
  for await (const event of stream as AsyncIterable<TestEvent>) {
    if (isShown(event)) reporter.write(event);
    if (event.type === "test:pass" && files.includes(event.data.name)) silent.push(event.data.name);
  }
  await finished(reporter.end());
  // node counts a file without a test of its own as one that passed, also when it ended its process before them.
  for (const file of silent) console.log(`✖ ${file} ran no test`);
  passed -= silent.length;
  failed += silent.length;
  return { isFine: failed === 0, passed, failed, skipped };
}

function isShown({ type }: TestEvent): boolean {
  return isVerbose || type === "test:fail" || type === "test:stderr";
}

/** The folders of tests/ that hold tests: each is a suite of its own. */
function acrossProcesses(): string[] {
  const folders = testFiles("tests").map((file) =>
    file
      .slice(root.length + 1)
      .split(sep)
      .slice(0, -1)
      .join("/"),
  );
  return [...new Set(folders)];
}

const suites: readonly Suite[] = [
  check("types"),
  check("lint"),
  check("format", "format:check"),
  check("dead"),
  check("licences"),
  ...manifest.workspaces.filter((folder) => folder !== "tests").map((folder) => tests(folder, UNIT_CONCURRENCY)),
  ...(testFiles("scripts").length > 0 ? [tests("scripts", UNIT_CONCURRENCY)] : []),
  ...acrossProcesses().map((folder) => tests(folder, 1, "own")),
];

/** `pipeline/gateway` is meant by its path, by its last word, and by the folder above it. */
function isMeant(name: string, word: string): boolean {
  const path = word.replace(/\/+$/, "");
  return name === path || name.endsWith(`/${path}`) || name.startsWith(`${path}/`);
}

function row(name: string, result: Result, seconds: number): string {
  const { passed = "", failed = "", skipped = "" } = result;
  const counts = [passed, failed, skipped].map((count) => String(count).padStart(8)).join("");
  return `${name.padEnd(36)}${(result.isFine ? "ok" : "FAILED").padEnd(8)}${counts}${`${seconds.toFixed(1)} s`.padStart(10)}`;
}

async function main(): Promise<void> {
  const unknown = wanted.filter((word) => !suites.some(({ name }) => isMeant(name, word)));
  if (unknown.length > 0) {
    console.error(`No suite is called ${unknown.join(", ")}. There are: ${suites.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.some((word) => isMeant(name, word)));
  const rows: string[] = [];
  const results: Result[] = [];
  for (const suite of chosen) {
    const began = performance.now();
    const result = await suite.run();
    const line = row(suite.name, result, (performance.now() - began) / 1000);
    console.log(line);
    rows.push(line);
    results.push(result);
  }
  const sum = (field: "passed" | "failed"): number =>
    results.reduce((total, result) => total + (result[field] ?? 0), 0);
  const head = `${"suite".padEnd(44)}${["passed", "failed", "skipped"].map((word) => word.padStart(8)).join("")}${"time".padStart(10)}`;
  console.log(`\n${head}\n${rows.join("\n")}\n\n${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = results.every(({ isFine }) => isFine) ? 0 : 1;
}

await main();
