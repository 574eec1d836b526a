/** A configuration file as the command line sends it: its text, the mapping files it names, and what its variables stand for here. */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readYaml, type SourceNode } from "@datafly-signal/core";

export interface GivenFile {
  /** As it was named. */
  fileName: string;
  /** What its own names are relative to. */
  folder: string;
  yaml: string;
  /** Texts of mapping files, by their names in the file. */
  files: Record<string, string>;
  variables: Record<string, string>;
}

type Env = Readonly<Record<string, string | undefined>>;

const STANDARD_INPUT = "-";
/** A configuration has 2,000,000 characters at most. */
const MOST_BYTES = 8_000_000;

/** @param named a file, or `-` for standard input; its names are then relative to the working folder */
export function readGivenFile(named: string, env: Env): GivenFile | { fault: string; cure: string } {
  const isInput = named === STANDARD_INPUT;
  const yaml = isInput ? readFileSync(0, "utf8") : textOf(named);
  if (yaml === undefined) return { fault: "There is no such file, or it cannot be read.", cure: "Correct the path." };
  if (yaml.trim() === "") return { fault: "The file is empty.", cure: "Begin with version: 1." };
  const fileName = isInput ? "standard input" : named;
  const folder = isInput ? process.cwd() : dirname(resolve(named));
  const source = readYaml(yaml, { file: fileName, env });
  const files = Object.fromEntries(
    mappingFilesOf(source.root).flatMap((name) => {
      const text = textOf(resolve(folder, name));
      return text === undefined ? [] : [[name, text]];
    }),
  ) as Record<string, string>;
  const names = [source, ...Object.entries(files).map(([file, text]) => readYaml(text, { file, env }))].flatMap(
    ({ variables }) => [...variables],
  );
  // Nothing else of the environment leaves this process.
  const variables = Object.fromEntries(names.map((name) => [name, env[name] ?? ""]));
  return { fileName, folder, yaml, files, variables };
}

function mappingFilesOf(root: SourceNode | undefined): string[] {
  const integrations = root?.kind === "map" ? root.entries.get("integrations")?.node : undefined;
  if (integrations?.kind !== "list") return [];
  return integrations.items.flatMap((one) => {
    const name = one.kind === "map" ? one.entries.get("mapping_file")?.node : undefined;
    return name?.kind === "scalar" && typeof name.value === "string" && name.value !== "" ? [name.value] : [];
  });
}

/** Undefined for what is no file that can be read; one that is too large is cut, and refused as such. */
function textOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile() && !isPipe(path)) return undefined;
    return readFileSync(path, "utf8").slice(0, MOST_BYTES);
  } catch {
    return undefined;
  }
}

/** As `<(command)` makes one. */
function isPipe(path: string): boolean {
  const found = statSync(path);
  return found.isFIFO() || found.isCharacterDevice();
}
