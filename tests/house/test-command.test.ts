import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";

const script = join(import.meta.dirname, "../../scripts/test.ts");

const CHECKS = ["types", "lint", "format:check", "dead", "licences"];
const FINE = `import { test } from "node:test";\ntest("one", () => {});\ntest("two", async (t) => {\n  await t.test("inside", () => {});\n});\n`;
const FAILING = `import { test } from "node:test";\ntest("fails", () => {\n  throw new Error("planted failure");\n});\ntest("passes", () => {});\n`;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lastLine: string;
}

/** A house with two workspaces and tests/, whose checks and test files are given. */
function runIn(context: TestContext, house: { files: Record<string, string>; broken?: string; args?: string[] }): Run {
  const folder = mkdtempSync(join(tmpdir(), "npm-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const scripts = Object.fromEntries(
    CHECKS.map((name) => [
      name,
      `node -e "console.log('ran ${name}'); process.exit(${name === house.broken ? 3 : 0})"`,
    ]),
  );
  const files = {
    "package.json": JSON.stringify({ type: "module", workspaces: ["low", "high/er", "tests"], scripts }),
    ...house.files,
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  mkdirSync(join(folder, "scripts"));
  cpSync(script, join(folder, "scripts/test.ts"));
  // Without this node believes it is a test file of the run around it, and runs nothing.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const run = spawnSync(process.execPath, ["scripts/test.ts", ...(house.args ?? [])], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  return {
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr,
    lastLine: run.stdout.trimEnd().split("\n").at(-1) ?? "",
  };
}

test("runs checks, then workspaces in floor order, then tests/, and adds up what node counted", (context) => {
  const run = runIn(context, {
    files: { "low/a.test.ts": FINE, "high/er/deep/b.test.ts": FINE, "tests/across/c.test.ts": FINE },
  });
  assert.equal(run.status, 0, run.stdout);
  assert.equal(run.lastLine, "9 passed, 0 failed");
  const table = run.stdout.slice(run.stdout.indexOf("suite "));
  assert.deepEqual(
    [...table.matchAll(/^(\S+) .*ok/gm)].map(([, name]) => name),
    ["types", "lint", "format", "dead", "licences", "low", "high/er", "tests/across"],
  );
  assert.match(table, /^low +ok +3 +0 +0 /m);
  assert.doesNotMatch(run.stdout, /ran types/);
});

test("a failing suite does not hide the later ones, and the run fails", (context) => {
  const run = runIn(context, { files: { "low/a.test.ts": FAILING, "high/er/b.test.ts": FINE }, broken: "lint" });
  assert.equal(run.status, 1);
  assert.equal(run.lastLine, "4 passed, 1 failed");
  assert.match(run.stdout, /ran lint/);
  assert.match(run.stdout, /planted failure/);
  assert.match(run.stdout, /^lint +FAILED/m);
  assert.match(run.stdout, /^low +FAILED +1 +1 +0 /m);
  assert.match(run.stdout, /^high\/er +ok +3 +0 +0 /m);
});

test("a broken check alone fails the run", (context) => {
  const run = runIn(context, { files: { "low/a.test.ts": FINE }, broken: "types" });
  assert.deepEqual([run.status, run.lastLine], [1, "3 passed, 0 failed"]);
});

const notRunning = {
  "does not parse": "const = ;\n",
  "throws while it loads": `throw new Error("on load");\n`,
  "ends its process": `import { test } from "node:test";\ntest("never", async () => process.exit(0));\n`,
  "never ends a test": `import { test } from "node:test";\ntest("waits", () => new Promise(() => {}));\n`,
  "holds no test": "export {};\n",
  "fails in a hook": `import { after, test } from "node:test";\ntest("fine", () => {});\nafter(() => {\n  throw new Error("hook");\n});\n`,
};
for (const [what, text] of Object.entries(notRunning)) {
  test(`a file that ${what} is a failure`, (context) => {
    const run = runIn(context, {
      files: { "low/a.test.ts": text, "low/b.test.ts": FINE },
      args: ["low", "--file-timeout=2000"],
    });
    assert.equal(run.status, 1, run.stdout);
    assert.match(run.lastLine, /^[34] passed, [1-9] failed$/);
  });
}

test("arguments choose suites, by path, last word or folder", (context) => {
  const files = {
    "low/a.test.ts": FINE,
    "high/er/b.test.ts": FAILING,
    "tests/across/c.test.ts": FINE,
    "tests/house/d.test.ts": FINE,
  };
  assert.equal(runIn(context, { files, args: ["low", "across"] }).lastLine, "6 passed, 0 failed");
  assert.equal(runIn(context, { files, args: ["tests/"] }).lastLine, "6 passed, 0 failed");
  assert.equal(runIn(context, { files, args: ["er"] }).lastLine, "1 passed, 1 failed");
  assert.equal(runIn(context, { files, args: ["high/er", "types"] }).lastLine, "1 passed, 1 failed");
});

test("an unknown suite is wrong usage, and names those that there are", (context) => {
  const run = runIn(context, { files: { "low/a.test.ts": FINE }, args: ["lwo"] });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /No suite is called lwo\. There are: types, lint, .*low, high\/er/);
});
