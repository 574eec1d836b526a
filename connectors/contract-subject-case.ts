/** One vendor's folder, read for the suites that hold it to the contract. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connector } from "@datafly-signal/core";
import type { ContractCase } from "./contract-case.ts";
import { type GoldenFile, readGolden } from "./golden-case.ts";

export interface Subject {
  key: string;
  folder: string;
  connector: Connector;
  readme: string;
  /** The files of `cases/`, by name. */
  cases: { file: string; content: ContractCase }[];
  /** By the blueprint's key; null where the file is missing. */
  golden: ReadonlyMap<string, GoldenFile | null>;
  /** The sources, without tests. */
  sources: { file: string; text: string }[];
}

export async function readSubject(directory: string, connector: Connector): Promise<Subject> {
  const { key, blueprints = [] } = connector;
  const folder = join(directory, key);
  const golden = await Promise.all(
    blueprints.map(async (blueprint) => [blueprint.key, await readGolden(folder, blueprint.key)] as const),
  );
  return {
    key,
    folder,
    connector,
    readme: existsSync(join(folder, "README.md")) ? await readFile(join(folder, "README.md"), "utf8") : "",
    cases: await readCases(join(folder, "cases")),
    golden: new Map(golden),
    sources: await readSources(folder),
  };
}

async function readCases(directory: string): Promise<Subject["cases"]> {
  if (!existsSync(directory)) return [];
  const files = (await readdir(directory)).filter((file) => file.endsWith(".json")).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      file,
      content: JSON.parse(await readFile(join(directory, file), "utf8")) as ContractCase,
    })),
  );
}

async function readSources(folder: string): Promise<Subject["sources"]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return Promise.all(
    files.toSorted().map(async (file) => ({ file, text: await readFile(join(folder, file), "utf8") })),
  );
}
