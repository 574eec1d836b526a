/** The plan of the house, read from the manifests: which workspace stands on which floor, what it may name, what it shows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Workspace {
  /** Package name, as others import it. */
  readonly name: string;
  /** Folder relative to the root, with `/` on every system. */
  readonly folder: string;
  /** Specifiers others may import, e.g. `@datafly-signal/ports/log`. */
  readonly faces: readonly string[];
  /** Names in `dependencies`. */
  readonly dependencies: readonly string[];
  /** Names in `devDependencies`, for tests only. */
  readonly devDependencies: readonly string[];
}

export interface HousePlan {
  readonly root: string;
  /** In floor order, lowest first: the order of `workspaces` in the root manifest. */
  readonly workspaces: readonly Workspace[];
  /** What the root manifest names: the tools, which scripts and tests may use. */
  readonly tools: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly exports?: string | Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Reads the root manifest and each workspace's; throws when one is missing or is not JSON. */
export function readHousePlan(root: string): HousePlan {
  const manifest = readManifest(join(root, "package.json"));
  return {
    root,
    workspaces: (manifest.workspaces ?? []).map((folder) => readWorkspace(root, folder)),
    tools: [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.devDependencies ?? {})],
  };
}

function readWorkspace(root: string, folder: string): Workspace {
  const manifest = readManifest(join(root, folder, "package.json"));
  const name = manifest.name ?? folder;
  return {
    name,
    folder,
    faces: facesOf(name, manifest.exports),
    dependencies: Object.keys(manifest.dependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  };
}

function facesOf(name: string, exports: Manifest["exports"]): string[] {
  if (exports === undefined) return [];
  if (typeof exports === "string") return [name];
  const subpaths = Object.keys(exports).filter((key) => key.startsWith("."));
  return subpaths.length === 0 ? [name] : subpaths.map((subpath) => name + subpath.slice(1));
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
