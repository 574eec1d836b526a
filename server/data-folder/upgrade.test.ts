import assert from "node:assert/strict";
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { FORMAT_VERSION, openDataFolder, type Opener } from "./data-folder.ts";
import { type UpgradeStep, UPGRADES, upgradeFolder } from "./upgrade.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "signal-upgrade-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const STAMP = { at: "2026-01-02T00:00:00.000Z", by: "1.2.3" };
const notices: string[] = [];
const OPENER: Opener = {
  version: STAMP.by,
  now: () => Date.parse(STAMP.at),
  notice: (text) => void notices.push(text),
};

/** What a folder of format 1 had beside its databases. */
function writeFormat1(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "format.json"), '{"format":1}\n');
  writeFileSync(join(folder, "encryption.key"), Buffer.alloc(32, 1).toString("base64"));
}

function markIn(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, "format.json"), "utf8")) as Record<string, unknown>;
}

test("there is a way from every format to this one", () => {
  assert.deepEqual(
    UPGRADES.map(({ from, to }) => [from, to]),
    Array.from({ length: FORMAT_VERSION - 1 }, (_, index) => [index + 1, index + 2]),
  );
});

test("a folder of format 1 is upgraded once, and what is done is told before", () => {
  writeFormat1(root);
  notices.length = 0;
  const first = openDataFolder(root, OPENER);
  assert.ok("folder" in first);
  first.folder.lock.release();
  assert.match(
    notices[0] ?? "",
    /format 1 and is upgraded to 3\. Versions before this one cannot use it.*restore a backup/,
  );
  assert.match(notices[1] ?? "", /^Format 2: the folder gets an id of its own/);
  assert.match(notices[2] ?? "", /^Format 3: the configuration is kept in a database/);
  assert.equal(notices.length, 3);
  const { deployment } = first.folder.mark;
  assert.match(deployment, /^[0-9a-f-]{36}$/);
  const upgrades = [
    { from: 1, to: 2, ...STAMP },
    { from: 2, to: 3, ...STAMP },
  ];
  const mark = { format: 3, deployment, created: null, upgrades };
  assert.deepEqual(markIn(root), mark);
  assert.deepEqual(readdirSync(root).toSorted(), ["encryption.key", "format.json"]);
  const second = openDataFolder(root, OPENER);
  assert.ok("folder" in second);
  second.folder.lock.release();
  assert.deepEqual(second.folder.mark, mark);
  assert.equal(notices.length, 3);
});

/** Each writes a file, in two parts, as a step over databases would in two commits. */
const steps: UpgradeStep[] = [1, 2, 3].map((from) => ({
  from,
  to: from + 1,
  describe: `step ${from}`,
  run(folder, mark) {
    writeFileSync(join(folder, `part-${from}`), "half");
    writeFileSync(join(folder, `part-${from}`), `whole ${mark.format}`);
    return mark;
  },
}));

test("steps run in order, each recorded; a step that throws leaves the format before it", () => {
  writeFormat1(root);
  const told: number[] = [];
  const onStep = ({ to }: UpgradeStep): void => void told.push(to);
  const failing = steps.map((step) => (step.from === 3 ? { ...step, run: () => assert.fail("no") } : step));
  const options = { target: 4, stamp: STAMP, onStep };
  assert.throws(() => upgradeFolder(root, { format: 1 }, { ...options, steps: failing }), { message: "no" });
  assert.equal(markIn(root)["format"], 3);
  assert.equal(upgradeFolder(root, { format: 3 }, { ...options, steps })?.format, 4);
  assert.deepEqual(told, [2, 3, 4, 4]);
  for (const from of [1, 2, 3]) assert.equal(readFileSync(join(root, `part-${from}`), "utf8"), `whole ${from}`);
  assert.equal(upgradeFolder(root, { format: 4 }, { ...options, target: 6, steps }), null);
});

const CHANGES = [
  "openSync",
  "writeFileSync",
  "fsyncSync",
  "linkSync",
  "renameSync",
  "rmSync",
  "unlinkSync",
  "mkdirSync",
] as const;

/** Leaves the disk as a process would that is killed right before its n-th change of it; false when it was done before. */
function killedAt(n: number, work: () => void): boolean {
  let calls = 0;
  const originals = CHANGES.map((name) => [name, fs[name]] as const);
  const set = (name: (typeof CHANGES)[number], value: unknown): void => void Object.assign(fs, { [name]: value });
  for (const [name, original] of originals) {
    set(name, (...args: unknown[]): unknown => {
      calls += 1;
      if (calls >= n) throw new Killed();
      return Reflect.apply(original, fs, args) as unknown;
    });
  }
  syncBuiltinESMExports();
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    for (const [name, original] of originals) set(name, original);
    syncBuiltinESMExports();
  }
}

class Killed extends Error {}

/** The lock of a process that died: of this id, but started at another time. */
function bury(folder: string): void {
  const file = join(folder, "lock.json");
  if (existsSync(file))
    writeFileSync(file, readFileSync(file, "utf8").replace(/"processStart":"[^"]*"/, '"processStart":"0/0"'));
}

test("killed before any change of the file system while it is opened, the folder is upgraded by the next one", () => {
  let at = 1;
  for (; at < 100; at += 1) {
    const folder = join(root, `at-${at}`);
    writeFormat1(folder);
    const open = (): void => {
      const result = openDataFolder(folder, OPENER);
      assert.ok("folder" in result);
      result.folder.lock.release();
    };
    if (!killedAt(at, open)) break;
    assert.ok(
      [1, 2, 3].includes(Number(markIn(folder)["format"])),
      `killed at ${at}: ${JSON.stringify(markIn(folder))}`,
    );
    bury(folder);
    open();
    assert.equal(markIn(folder)["format"], FORMAT_VERSION);
    assert.deepEqual(readdirSync(folder).toSorted(), ["encryption.key", "format.json"], `killed at ${at}`);
  }
  assert.ok(at > 10 && at < 100, `${at} changes`);
});

test("killed anywhere in several steps, the next one goes on where they were", () => {
  const left = new Set<unknown>();
  let at = 1;
  for (; at < 100; at += 1) {
    const folder = join(root, `at-${at}`);
    writeFormat1(folder);
    const upgrade = (): void => {
      const format = Number(markIn(folder)["format"]);
      upgradeFolder(folder, { format }, { target: 4, stamp: STAMP, onStep: () => undefined, steps });
    };
    if (!killedAt(at, upgrade)) break;
    left.add(markIn(folder)["format"]);
    upgrade();
    assert.equal(markIn(folder)["format"], 4, `killed at ${at}`);
    for (const from of [1, 2, 3]) assert.equal(readFileSync(join(folder, `part-${from}`), "utf8"), `whole ${from}`);
  }
  assert.deepEqual([...left], [1, 2, 3, 4]);
  assert.ok(at > 15 && at < 100, `${at} changes`);
});
