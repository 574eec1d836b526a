import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

const root = join(import.meta.dirname, "../..");
const KEY = "acme_trial";

/** The sources as they are now, in a repository of their own, with the packages of this one. */
function copyHouse(): string {
  const house = mkdtempSync(join(tmpdir(), "signal-house-"));
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, maxBuffer: 1e8 });
  const wanted = /^(core|connectors|scripts|docs)\/|^[^/]+$|(^|\/)package\.json$/;
  for (const file of list
    .toString()
    .split("\0")
    .filter((name) => wanted.test(name) && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    cpSync(join(root, file), join(house, file));
  }
  linkPackages(house);
  const git = (...args: string[]): unknown => execFileSync("git", args, { cwd: house });
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=Jane", "-c", "user.email=jane@example.com", "commit", "-qm", "the house");
  return house;
}

/** Packages from here; the house's own workspaces from the copy. */
function linkPackages(house: string): void {
  const packages = join(house, "node_modules");
  mkdirSync(join(packages, "@datafly-signal"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@datafly-signal") symlinkSync(join(root, "node_modules", name), join(packages, name));
  }
  for (const workspace of ["core", "connectors"]) {
    symlinkSync(join(house, workspace), join(packages, "@datafly-signal", workspace));
    const own = join(root, workspace, "node_modules");
    if (existsSync(own)) symlinkSync(own, join(house, workspace, "node_modules"));
  }
}

describe("npm run new-connector", () => {
  let house = "";
  const run = (args: string[], env: Record<string, string> = {}): { status: number | null; output: string } => {
    const ran = spawnSync(process.execPath, args, {
      cwd: house,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    });
    return { status: ran.status, output: `${ran.stdout}${ran.stderr}` };
  };
  before(() => {
    house = copyHouse();
  });
  after(() => rmSync(house, { recursive: true, force: true }));

  test("makes one folder and nothing else", () => {
    const { status, output } = run(["scripts/new-connector.ts", KEY, "Acme Trial"]);
    assert.equal(status, 0, output);
    const changes = execFileSync("git", ["status", "--porcelain"], { cwd: house, encoding: "utf8" });
    assert.equal(changes, `?? connectors/${KEY}/\n`);
    const files = execFileSync("git", ["ls-files", "-o", "--exclude-standard"], { cwd: house, encoding: "utf8" });
    assert.doesNotMatch(files, /TODO/);
    for (const file of files.trim().split("\n"))
      assert.doesNotMatch(readFileSync(join(house, file), "utf8"), /TODO|FIXME/);
  });

  test("that holds to the contract as it is", () => {
    const { status, output } = run(["--test", "connectors/contract-suite.test.ts", "connectors/index.test.ts"], {
      VENDOR: KEY,
    });
    assert.equal(status, 0, output);
    assert.match(output, /acme_trial: blueprints/);
  });

  test("whose README is up to date", () => {
    const file = join(house, "connectors", KEY, "README.md");
    const before = readFileSync(file, "utf8");
    const { status, output } = run(["scripts/connectors-doc.ts", KEY]);
    assert.equal(status, 0, output);
    assert.equal(readFileSync(file, "utf8"), before);
    assert.match(before, /\| `purchase` +\| `order_completed` +\|/);
  });

  test("that is formatted, linted and typed", () => {
    const tool = (name: string): string => join(house, "node_modules/.bin", name);
    const formatted = spawnSync(tool("oxfmt"), ["--check", `connectors/${KEY}`], { cwd: house, encoding: "utf8" });
    assert.equal(formatted.status, 0, formatted.stdout);
    const linted = run([tool("oxlint"), "--max-warnings=0", `connectors/${KEY}`]);
    assert.equal(linted.status, 0, linted.output);
    const project = { extends: "./tsconfig.json", include: [`connectors/${KEY}/**/*.ts`] };
    writeFileSync(join(house, "tsconfig.trial.json"), JSON.stringify(project));
    const typed = run([tool("tsc"), "--noEmit", "-p", "tsconfig.trial.json"]);
    assert.equal(typed.status, 0, typed.output);
  });

  const refused: [name: string, args: string[], message: RegExp][] = [
    ["a key of another form", ["Acme-Ads"], /snake_case/],
    ["no key", [], /Usage: npm run new-connector/],
    ["a key that is taken", ["webhook"], /is there already/],
  ];
  for (const [name, args, message] of refused) {
    test(`refuses ${name}`, () => {
      const { status, output } = run(["scripts/new-connector.ts", ...args]);
      assert.equal(status, 2);
      assert.match(output, message);
    });
  }
});
