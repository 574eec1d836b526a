/** Schemathesis against a running server: what it may do, and what came of it. */
import { execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../harness/signal-server.ts";

export interface SchemathesisOptions {
  /** An empty folder, for its configuration and its report. */
  folder: string;
  /** Of the management port. */
  url: string;
  token: string;
  /** Examples for each operation and phase. */
  examples: number;
  phases: readonly ("examples" | "coverage" | "fuzzing" | "stateful")[];
  /** `positive`: only what the document allows. */
  mode?: "positive" | "all";
  /** By path: ids of what is there, to be used instead of made up ones. */
  parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Further arguments, as `--include-tag`. */
  filters?: readonly string[];
}

export interface SchemathesisResult {
  exitCode: number | null;
  operations: { total: number; selected: number; tested: number };
  generated: number;
  failures: unknown[];
  errors: unknown[];
  /** What it printed. */
  output: string;
}

interface Report {
  operations: SchemathesisResult["operations"];
  test_cases: { generated: number };
  failures: unknown[];
  errors: unknown[];
}

const SEED = 20_261_121;

/** The Python that has it: `scripts/schemathesis.ts` installs it where it is not yet. */
export async function schemathesisPython(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(PROJECT, "scripts/schemathesis.ts")]);
  return stdout.trim();
}

export async function runSchemathesis(python: string, options: SchemathesisOptions): Promise<SchemathesisResult> {
  const { folder, url, token, examples, phases, mode = "all", filters = [] } = options;
  const [config, report] = [join(folder, "schemathesis.toml"), join(folder, "report.json")];
  await writeFile(config, configuration(options));
  const args = [
    ...["-m", "schemathesis.cli", "--config-file", config, "run", `${url}/openapi.json`],
    ...["--header", `Authorization: Bearer ${token}`, "--phases", phases.join(","), "--mode", mode],
    ...["--max-examples", String(examples), "--seed", String(SEED), "--generation-database", "none"],
    ...["--continue-on-failure", "--no-color", "--report", "json", "--report-json-path", report, ...filters],
  ];
  const { exitCode, output } = await run(python, args, folder);
  const text = await readFile(report, "utf8").catch(() => {
    throw new Error(`Schemathesis wrote no report:\n${output}`);
  });
  const { operations, test_cases, failures, errors } = JSON.parse(text) as Report;
  return { exitCode, operations, generated: test_cases.generated, failures, errors, output };
}

/** All checks, but one: what the document allows may still be refused, as a name that is taken. */
function configuration({ parameters = {} }: SchemathesisOptions): string {
  const operations = Object.entries(parameters).map(([path, values]) => {
    const pairs = Object.entries(values).map(([name, value]) => `"path.${name}" = ${JSON.stringify(value)}`);
    return `[[operations]]\ninclude-path = ${JSON.stringify(path)}\nparameters = { ${pairs.join(", ")} }\n`;
  });
  return [
    "[checks]",
    "positive_data_acceptance.enabled = false",
    'negative_data_rejection.expected-statuses = ["4xx"]',
    "",
    ...operations,
  ].join("\n");
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, output }));
  });
}
