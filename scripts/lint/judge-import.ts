/** Says whether one import keeps the rules of the house, and if not, which rule it breaks and what to do instead. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type HousePlan, type Workspace } from "./house-plan.ts";

export interface Import {
  /** Importing file, relative to the root, with `/`. */
  readonly file: string;
  readonly specifier: string;
}

/** Workspaces that must not know each other, whatever their manifests say; compared by the first folder. */
const STRANGERS: readonly { from: string; to: string; cure: string }[] = [
  {
    from: "pipeline",
    to: "pipeline",
    cure: "gateway, processor and worker meet only in the log: write to a topic, or move what both need down to core",
  },
  {
    from: "management",
    to: "pipeline",
    cure: "management never imports the data plane: read the log, the state or the database instead",
  },
];

/** Libraries that a port speaks in, instead of hiding them in an adapter, by its folder: both its adapters are made of it. */
const PORT_LANGUAGES: Readonly<Record<string, string>> = { "ports/store/": "kysely" };

/** The rule that is broken with its cure, or undefined when the import is fine. */
export function judgeImport(plan: HousePlan, imported: Import): string | undefined {
  const { specifier } = imported;
  if (specifier.startsWith(".")) return judgeRelative(plan, imported);
  if (specifier.startsWith("/") || specifier.startsWith("file:")) {
    return `"${specifier}" is an absolute path: import a package's face or a relative file of this workspace`;
  }
  if (isBuiltin(specifier)) return undefined;
  const target = plan.workspaces.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (target !== undefined) return judgeWorkspace(plan, imported, target);
  return judgeLibrary(plan, imported);
}

/** The workspace a file belongs to; undefined for the root's own files (scripts, configuration). */
function ownerOf(plan: HousePlan, file: string): Workspace | undefined {
  return plan.workspaces
    .filter(({ folder }) => file.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)[0];
}

/** Tests, the suites and fixtures that only tests import, and the workspaces that exist to try the others out. */
export function isTest(file: string): boolean {
  const isSupport = /(\.test|-suite|-fixture|-case)\.ts$|\/suite-[^/]+$|\/testing\//.test(file);
  return isSupport || file.startsWith("tests/") || file.startsWith("bench/");
}

function judgeRelative(plan: HousePlan, { file, specifier }: Import): string | undefined {
  const target = posix.join(posix.dirname(file), specifier);
  const own = ownerOf(plan, file);
  const other = target.startsWith("..") ? undefined : ownerOf(plan, `${target}/`);
  if (target.startsWith("..") || own !== other) {
    const cure =
      other === undefined ? "move the file into this workspace" : `import "${other.name}" through its exports`;
    return `"${specifier}" leaves the workspace ${own?.folder ?? "root"}: ${cure}`;
  }
  return judgeVendor(file, target);
}

/** A vendor folder stands alone, so that adding, changing and removing a vendor touches that folder only. */
function judgeVendor(file: string, target: string): string | undefined {
  const own = vendorOf(file);
  const other = vendorOf(target);
  if (own === other || isTest(file)) return undefined;
  if (own === undefined)
    return `"${target}" is a vendor's file: the shelf finds vendors by scanning the folders, nothing names one`;
  return `"${target}" is outside the vendor folder connectors/${own}/: a vendor imports its own files, "@datafly-signal/core" and libraries`;
}

/** `meta_capi` for `connectors/meta_capi/schema.ts`. */
function vendorOf(path: string): string | undefined {
  return /^connectors\/([^/]+)\/./.exec(path)?.[1];
}

function judgeWorkspace(plan: HousePlan, { file, specifier }: Import, target: Workspace): string | undefined {
  if (!target.faces.includes(specifier)) {
    return `"${specifier}" is not a public face of ${target.name}: ${target.faces.length === 0 ? "it has none" : `import ${target.faces.join(" or ")}, or add it to its exports`}`;
  }
  const own = ownerOf(plan, file);
  if (own === undefined) return undefined;
  const vendor = vendorOf(file);
  if (vendor !== undefined && target.folder !== "core" && !isTest(file)) {
    return `a vendor imports its own files, "@datafly-signal/core" and libraries: connectors/${vendor}/ must not know "${specifier}"`;
  }
  if (own === target) return undefined;
  const stranger = STRANGERS.find(
    ({ from, to }) => own.folder.startsWith(`${from}/`) && target.folder.startsWith(`${to}/`),
  );
  if (stranger !== undefined) return `${own.folder} must not import ${target.folder}: ${stranger.cure}`;
  if (plan.workspaces.indexOf(target) > plan.workspaces.indexOf(own)) {
    return `${target.folder} is above ${own.folder}: imports go down; move what is needed to a lower workspace or take it as an argument`;
  }
  if (own.dependencies.includes(target.name)) return undefined;
  if (isTest(file) && own.devDependencies.includes(target.name)) return undefined;
  return `${own.folder}/package.json does not name "${target.name}": add it to its dependencies, if this workspace may know it`;
}

function judgeLibrary(plan: HousePlan, { file, specifier }: Import): string | undefined {
  const library = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const own = ownerOf(plan, file);
  const named =
    own === undefined
      ? plan.tools
      : isTest(file)
        ? [...own.dependencies, ...own.devDependencies, ...plan.tools]
        : own.dependencies;
  if (!named.includes(library)) {
    return `${own === undefined ? "" : `${own.folder}/`}package.json does not name "${library}": add it there, or do without it`;
  }
  return own?.folder === "ports" && !isTest(file) ? judgeAdapter(file, library) : undefined;
}

/**
 * `ports/log/kafka/` and `ports/kafka-topics.ts` may use `@platformatic/kafka`: the folder or the file carries the
 * adapter's name. The port beside it and the other adapters must not.
 */
function judgeAdapter(file: string, library: string): string | undefined {
  if (Object.entries(PORT_LANGUAGES).some(([folder, language]) => file.startsWith(folder) && library === language)) {
    return undefined;
  }
  const adapter = library.slice(library.lastIndexOf("/") + 1);
  const isAdapter = (part: string): boolean =>
    part === adapter || part.startsWith(`${adapter}-`) || part === `${adapter}.ts`;
  if (file.split("/").slice(1).some(isAdapter)) return undefined;
  return `"${library}" belongs to its adapter: in ports/, import it only in a folder ${adapter}/ or a file ${adapter}-….ts, and let the port speak in its own words`;
}
