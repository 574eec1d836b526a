/** The shelf: every vendor's connector, found by its folder. Scanning the folders is its only I/O. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Blueprint, Connector } from "@datafly-signal/core";

/** A folder beside the shelf that does not hold a connector of its own name, or holds one that is not whole. */
export class ConnectorFolderError extends Error {
  constructor(folder: string, message: string, options?: ErrorOptions) {
    super(`connectors/${folder}: ${message}`, options);
    this.name = "ConnectorFolderError";
  }
}

/**
 * Loads the connector of every folder, by key, in the order of their keys.
 * @param directory where the folders are; the shelf's own place unless a test brings another
 * @param only these folders; all when left out
 * @throws {ConnectorFolderError} when a folder has no loadable `index.ts`, its default export is not a connector of that name,
 * or a blueprint does not say what it is
 */
export async function loadConnectors(
  directory: string = import.meta.dirname,
  only?: readonly string[],
): Promise<ReadonlyMap<string, Connector>> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && isVendor(entry.name)).map(({ name }) => name);
  const wanted = folders.filter((folder) => only?.includes(folder) ?? true);
  const connectors = await Promise.all(wanted.toSorted().map((folder) => loadConnector(directory, folder)));
  return new Map(connectors.map((connector) => [connector.key, connector]));
}

/**
 * Reads `logo.svg` of the vendors that have one, by key.
 * @param keys of the vendors; `directory` as for `loadConnectors`
 */
export async function loadLogos(
  keys: Iterable<string>,
  directory: string = import.meta.dirname,
): Promise<ReadonlyMap<string, string>> {
  const read = async (key: string): Promise<[string, string][]> => {
    try {
      return [[key, await readFile(join(directory, key, "logo.svg"), "utf8")]];
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw new ConnectorFolderError(key, "logo.svg could not be read", { cause: error });
    }
  };
  return new Map((await Promise.all([...keys].map(read))).flat());
}

/** What package managers and editors leave behind is no vendor. */
function isVendor(folder: string): boolean {
  return folder !== "node_modules" && !folder.startsWith(".");
}

async function loadConnector(directory: string, folder: string): Promise<Connector> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(join(directory, folder, "index.ts")).href);
  } catch (error) {
    throw new ConnectorFolderError(folder, "index.ts could not be loaded", { cause: error });
  }
  const connector = module.default;
  if (!isConnector(connector)) throw new ConnectorFolderError(folder, "the default export of index.ts is no connector");
  if (connector.key !== folder) {
    throw new ConnectorFolderError(folder, `the connector's key is "${connector.key}"; it must be the folder's name`);
  }
  const blueprints = await loadBlueprints(directory, folder);
  if (blueprints.length === 0) return connector;
  if (connector.blueprints !== undefined) {
    throw new ConnectorFolderError(folder, "its blueprints stand in index.ts and in blueprints/; keep the files");
  }
  return { ...connector, blueprints };
}

/** The mappings in `blueprints/`, the default one first, then by key. Each is named for its file. */
async function loadBlueprints(directory: string, folder: string): Promise<Blueprint[]> {
  const place = join(directory, folder, "blueprints");
  const files = await readdir(place).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new ConnectorFolderError(folder, "blueprints/ could not be read", { cause: error });
  });
  const blueprints = await Promise.all(
    files.map(async (file) => blueprintOf(folder, file, await readFile(join(place, file), "utf8"))),
  );
  const rank = ({ key }: Blueprint): string => (key === "default" ? "" : key);
  return blueprints.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The lines at a blueprint's head that say what it is. They are no part of the mapping. */
const HEAD_LINE = /^# (name|description|vertical): (.*)\n/;

function blueprintOf(folder: string, file: string, text: string): Blueprint {
  const refuse = (message: string): ConnectorFolderError =>
    new ConnectorFolderError(folder, `blueprints/${file}: ${message}`);
  const key = /^([a-z][a-z0-9_]*)\.yaml$/.exec(file)?.[1];
  if (key === undefined) throw refuse("a blueprint is a file <key>.yaml, the key in snake_case");
  const facts = new Map<string, string>();
  let mapping = text;
  for (let line = HEAD_LINE.exec(mapping); line !== null; line = HEAD_LINE.exec(mapping)) {
    facts.set(line[1] ?? "", (line[2] ?? "").trim());
    mapping = mapping.slice(line[0].length);
  }
  const fact = (name: string): string => {
    const value = facts.get(name) ?? "";
    if (value === "") throw refuse(`its first lines must be # name: …, # description: … and # vertical: …`);
    return value;
  };
  const vertical = fact("vertical");
  if (!/^[a-z][a-z0-9_]*$/.test(vertical)) throw refuse("its vertical must be a word in snake_case, such as retail");
  return { key, name: fact("name"), description: fact("description"), vertical, mapping: mapping.trimStart() };
}

function isConnector(value: unknown): value is Connector {
  if (typeof value !== "object" || value === null) return false;
  return "key" in value && typeof value.key === "string" && "plan" in value && typeof value.plan === "function";
}
