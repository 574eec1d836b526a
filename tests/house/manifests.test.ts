import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./planted-house.ts";

type Names = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Names;
  readonly devDependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly scripts?: Names;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Names;
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), "utf8"));
const house = read("package.json") as Manifest;
const folders = house.workspaces ?? [];
const manifests = folders.map((folder) => read(`${folder}/package.json`) as Manifest);
const locked = (read("package-lock.json") as { packages: Record<string, LockedPackage> }).packages;

test("a workspace depends only on workspaces below it", () => {
  const names = manifests.map(({ name }) => name);
  const upward = manifests.flatMap(({ name, dependencies = {}, devDependencies = {} }, floor) =>
    [...Object.keys(dependencies), ...Object.keys(devDependencies)]
      .filter((other) => names.indexOf(other) >= floor)
      .map((other) => `${name} → ${other}`),
  );
  assert.deepEqual(upward, []);
});

test("every version is exact", () => {
  const loose = [house, ...manifests].flatMap((manifest) =>
    Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${manifest.name}: ${name} ${version}`),
  );
  assert.deepEqual(loose, []);
});

test("the lockfile holds the packages of every platform, or npm ci refuses it", () => {
  // What is optional itself may lack parts of its own: npm then goes without it.
  const needed = Object.entries(locked).filter(([, one]) => one.optional !== true);
  const missing = needed.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`${path}/node_modules/${name}` in locked) && !(`node_modules/${name}` in locked))
      .map((name) => `${path} → ${name}`),
  );
  assert.deepEqual(missing, []);
});

test("the lockfile knows the content of every package by its hash", () => {
  const unknown = Object.entries(locked).filter(
    ([path, one]) => path.includes("node_modules/") && one.link !== true && one.integrity === undefined,
  );
  assert.deepEqual(
    unknown.map(([path]) => path),
    [],
  );
});

test("every package with an install script has a decision in allowScripts", () => {
  const undecided = Object.entries(locked)
    .filter(([, one]) => one.hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length))
    .filter((name) => house.allowScripts?.[name] === undefined);
  assert.deepEqual([...new Set(undecided)], []);
});

test("what people start passes signals on, and is made ready first", () => {
  for (const name of ["start", "signal"]) assert.match(house.scripts?.[name] ?? "", /^exec node /, name);
  for (const name of ["prestart", "presignal", "pretest"])
    assert.match(house.scripts?.[name] ?? "", /^node scripts\/ensure\.mjs/, name);
});
