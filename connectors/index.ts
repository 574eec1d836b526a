/** The shelf: every vendor's connector, found by its folder. Scanning the folders is its only I/O. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Connector } from "@datafly-signal/core";

/** A folder beside the shelf that does not hold a connector of its own name. */
export class ConnectorFolderError extends Error {
  constructor(folder: string, message: string, options?: ErrorOptions) {
    super(`connectors/${folder}: ${message}`, options);
    this.name = "ConnectorFolderError";
  }
}

/**
 * Loads the connector of every folder, by key, in the order of their keys.
 * @param directory where the folders are; the shelf's own place unless a test brings another
 * @throws {ConnectorFolderError} when a folder has no loadable `index.ts`, or its default export is not a connector of that name
 */
export async function loadConnectors(directory: string = import.meta.dirname): Promise<ReadonlyMap<string, Connector>> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && isVendor(entry.name)).map(({ name }) => name);
  const connectors = await Promise.all(folders.toSorted().map((folder) => loadConnector(directory, folder)));
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
  return connector;
}

function isConnector(value: unknown): value is Connector {
  if (typeof value !== "object" || value === null) return false;
  return "key" in value && typeof value.key === "string" && "plan" in value && typeof value.plan === "function";
}
