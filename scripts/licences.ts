/**
 * Holds every package of package-lock.json against the licences we may ship or work with, and names those whose authors
 * gave them up. `node scripts/licences.ts [folder]`: prints all faults at once and ends with 1 when there is one.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import parseSpdx from "spdx-expression-parse";

const PERMISSIVE =
  "MIT MIT-0 ISC BSD-2-Clause BSD-3-Clause Apache-2.0 0BSD Unlicense CC0-1.0 BlueOak-1.0.0 Python-2.0".split(" ");
const SHIPPED = new Set(PERMISSIVE);
/** Tools and data that stay in the workshop may also ask for their own files back, or for their author's name. */
const WORKSHOP = new Set([...PERMISSIVE, "MPL-2.0", "CC-BY-3.0", "CC-BY-4.0"]);
/** Packages whose manifest does not say it, and what the LICENSE file inside says: read by a person, for this version. */
const READ: Readonly<Record<string, string>> = {
  "@segment/facade@3.4.10": "MIT",
  "@segment/isodate@1.0.3": "MIT",
  "@segment/isodate-traverse@1.1.1": "MIT",
  "new-date@1.0.3": "MIT",
};
/** Workspaces that nobody runs in production. */
const WORKSHOP_FOLDERS = new Set(["tests", "bench"]);

interface LockedPackage {
  readonly version?: string;
  readonly license?: unknown;
  readonly deprecated?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

type Lockfile = Readonly<Record<string, LockedPackage>>;

/** Paths in the lockfile of everything that production code can load. */
function shippedPaths(lock: Lockfile): Set<string> {
  const reached = new Set<string>();
  const waiting = Object.keys(lock).filter((path) => !path.includes("node_modules/") && !WORKSHOP_FOLDERS.has(path));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const one = lock[path];
    if (one === undefined || reached.has(path)) continue;
    reached.add(path);
    if (one.link === true && one.resolved !== undefined && !WORKSHOP_FOLDERS.has(one.resolved))
      waiting.push(one.resolved);
    for (const name of Object.keys({ ...one.dependencies, ...one.optionalDependencies, ...one.peerDependencies })) {
      const found = resolvePackage(lock, path, name);
      if (found !== undefined) waiting.push(found);
    }
  }
  return reached;
}

/** Where Node would find a package from inside another: its own node_modules first, then each folder above. */
function resolvePackage(lock: Lockfile, from: string, name: string): string | undefined {
  const parts = from === "" ? [] : from.split("/");
  for (let depth = parts.length; depth >= 0; depth--) {
    const path = [...parts.slice(0, depth), "node_modules", name].join("/");
    if (path in lock) return path;
  }
  return undefined;
}

/** What the author wrote, in all the forms that npm has known: text, `{type}`, a list of either. */
function writtenLicence(manifest: { readonly license?: unknown; readonly licenses?: unknown }): string | undefined {
  const written = manifest.license ?? manifest.licenses;
  const texts = (Array.isArray(written) ? written : [written]).map((one: unknown) =>
    typeof one === "object" && one !== null ? (one as { type?: unknown }).type : one,
  );
  const named = texts.filter((one) => typeof one === "string" && one.trim() !== "");
  return named.length === 0 ? undefined : named.length === 1 ? String(named[0]) : `(${named.join(" OR ")})`;
}

type Expression = ReturnType<typeof parseSpdx>;

/** One of an `OR` is enough, an `AND` needs both; an exception only ever permits more, `+` only later versions. */
function isAllowed(expression: Expression, allowed: ReadonlySet<string>): boolean {
  if ("license" in expression) return allowed.has(expression.license);
  const left = isAllowed(expression.left, allowed);
  return expression.conjunction === "or"
    ? left || isAllowed(expression.right, allowed)
    : left && isAllowed(expression.right, allowed);
}

function licenceFault(licence: string, allowed: ReadonlySet<string>): string | undefined {
  try {
    if (isAllowed(parseSpdx(licence), allowed)) return undefined;
    return `licence "${licence}" is not allowed ${allowed === SHIPPED ? "in what ships" : "even for tools"}`;
  } catch {
    return `licence "${licence}" is not an SPDX expression: read it, and replace the package if nobody can say what it is`;
  }
}

function faultsOf(root: string, path: string, one: LockedPackage, allowed: ReadonlySet<string>): string[] {
  const manifest = join(root, path, "package.json");
  const installed = existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { license?: unknown }) : {};
  const read = READ[`${nameOf(path)}@${one.version ?? ""}`];
  const written =
    read === undefined
      ? [writtenLicence(one), writtenLicence(installed)].filter((licence) => licence !== undefined)
      : [read];
  const faults =
    written.length === 0
      ? ["names no licence"]
      : [...new Set(written)].map((licence) => licenceFault(licence, allowed));
  if (one.deprecated !== undefined) faults.push(`was given up by its authors: ${one.deprecated}`);
  return faults.filter((fault) => fault !== undefined);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

function main(root: string): void {
  const lock = (JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Lockfile }).packages;
  const shipped = shippedPaths(lock);
  const packages = Object.entries(lock).filter(([path, one]) => path.includes("node_modules/") && one.link !== true);
  const faults = packages.flatMap(([path, one]) =>
    faultsOf(root, path, one, shipped.has(path) ? SHIPPED : WORKSHOP).map(
      (fault) => `${nameOf(path)} ${one.version ?? ""}: ${fault}`,
    ),
  );
  for (const fault of faults) console.error(fault);
  const ships = packages.filter(([path]) => shipped.has(path)).length;
  console.log(`${packages.length} packages, ${ships} of them ship: ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

main(process.argv[2] ?? join(import.meta.dirname, ".."));
