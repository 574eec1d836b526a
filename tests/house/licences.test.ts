import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";

const script = join(import.meta.dirname, "../../scripts/licences.ts");

type Packages = Record<string, Record<string, unknown>>;

/** A house with one shipped workspace that needs `needs`, and the packages given. */
function check(
  context: TestContext,
  packages: Packages,
  installed: Packages = {},
): { status: number | null; faults: string[]; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), "licences-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const house: Packages = {
    "": { optionalDependencies: { runtime: "1" }, devDependencies: { tool: "1" } },
    core: { dependencies: { shipped: "1" } },
    tests: { dependencies: { harness: "1" } },
  };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: { ...house, ...packages } }));
  for (const [path, manifest] of Object.entries(installed)) {
    mkdirSync(dirname(join(folder, path, "package.json")), { recursive: true });
    writeFileSync(join(folder, path, "package.json"), JSON.stringify(manifest));
  }
  const run = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return { status: run.status, faults: run.stderr.split("\n").filter(Boolean), stdout: run.stdout };
}

const shippedCases: [license: unknown, isFine: boolean][] = [
  ["MIT", true],
  ["ISC", true],
  ["BSD-3-Clause", true],
  ["Apache-2.0", true],
  ["Apache-2.0 WITH LLVM-exception", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["(GPL-3.0-only OR (AGPL-3.0-only OR ISC))", true],
  ["(MIT AND Python-2.0)", true],
  [{ type: "MIT" }, true],
  ["GPL-3.0-only", false],
  ["AGPL-3.0-or-later", false],
  ["MPL-2.0", false],
  ["CC-BY-4.0", false],
  ["(MIT AND GPL-3.0-only)", false],
  ["(MIT AND MPL-2.0)", false],
  ["SSPL-1.0", false],
  ["UNLICENSED", false],
  ["SEE LICENSE IN LICENSE.txt", false],
  ["", false],
  [undefined, false],
];

for (const [license, isFine] of shippedCases) {
  test(`what ships: ${JSON.stringify(license)} is ${isFine ? "fine" : "refused"}`, (context) => {
    const { status, faults } = check(context, { "node_modules/shipped": { version: "1.2.3", license } });
    assert.equal(status, isFine ? 0 : 1);
    assert.equal(faults.length, isFine ? 0 : 1);
    if (!isFine) assert.match(faults[0] ?? "", /^shipped 1\.2\.3: /);
  });
}

test("tools and what only tests load may be MPL-2.0 or CC-BY, and no more", (context) => {
  const fine = { "node_modules/tool": { license: "MPL-2.0" }, "node_modules/harness": { license: "CC-BY-3.0" } };
  assert.equal(check(context, fine).status, 0);
  assert.equal(check(context, { "node_modules/tool": { license: "GPL-2.0-only" } }).status, 1);
});

test("what a shipped package needs ships too, found where Node would find it", (context) => {
  const packages = {
    "node_modules/shipped": { license: "MIT", dependencies: { deep: "1" }, peerDependencies: { beside: "1" } },
    "node_modules/shipped/node_modules/deep": { license: "MPL-2.0" },
    "node_modules/deep": { license: "MPL-2.0" },
    "node_modules/beside": { license: "MPL-2.0" },
    "node_modules/runtime": { license: "MPL-2.0" },
  };
  const { faults } = check(context, packages);
  assert.deepEqual(faults.map((fault) => fault.split(" ")[0]).toSorted(), ["beside", "deep", "runtime"]);
});

test("the installed manifest counts beside the lockfile: either may reveal a licence", (context) => {
  const lock = { "node_modules/shipped": { version: "1.0.0" } };
  assert.equal(check(context, lock, { "node_modules/shipped": { license: "MIT" } }).status, 0);
  assert.equal(
    check(context, lock, { "node_modules/shipped": { licenses: [{ type: "MIT" }, { type: "GPL-2.0-only" }] } }).status,
    0,
  );
  const both = check(
    context,
    { "node_modules/shipped": { license: "MIT" } },
    { "node_modules/shipped": { license: "GPL-2.0-only" } },
  );
  assert.match(both.faults.join("\n"), /"GPL-2\.0-only" is not allowed in what ships/);
});

test("all faults are named at once, given-up packages too", (context) => {
  const { status, faults, stdout } = check(context, {
    "node_modules/shipped": { version: "1.0.0", license: "GPL-3.0-only", deprecated: "no longer maintained" },
    "node_modules/tool": { version: "2.0.0", license: "AGPL-3.0-only" },
    "node_modules/linked": { link: true, resolved: "core" },
  });
  assert.equal(status, 1);
  assert.equal(faults.length, 3);
  assert.match(faults.join("\n"), /was given up by its authors: no longer maintained/);
  assert.match(stdout, /2 packages, 1 of them ship: 3 faults/);
});
