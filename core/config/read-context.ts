/** What the readers of `signal.yaml` share: the options, and the lists their findings go to. */
import type { Connector } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import type { MappingFault } from "../mapping/contract.ts";
import type { Environment } from "./expand-variables.ts";
import type { ConfigFault, FaultPath } from "./fault.ts";
import type { ExtraSections } from "./file-schema.ts";
import type { Source, SourceNode, SourceScalar } from "./yaml-source.ts";

/** What the file is called where nothing else is said. */
export const DEFAULT_NAME = "signal.yaml";

export interface ReadOptions {
  /** The text does not come from a file of the operator's: `${NAME}` is plain text, and secrets stand in clear. */
  literal?: true;
  /** Parameters of a pipeline that are secrets already, whatever uses them now. */
  secretParameters?(pipelineId: string): readonly string[];
  /** Tells by its place in the document a fault that does not count: of objects that are only there to be looked at. */
  ignores?(path: string): boolean;
  /** The file's name as it stands in faults; `signal.yaml` when left out. */
  file?: string;
  /** What `${NAME}` stands for. */
  env: Environment;
  environment: "development" | "production";
  /** The vendors, by key. */
  connectors: ReadonlyMap<string, Connector>;
  /** Checks a mapping given as plain data: core's `compileMapping`. */
  compileMapping(
    document: JsonValue,
    options: { secretParameters?: readonly string[] },
  ): { mapping: unknown; warnings?: readonly MappingFault[] } | { faults: readonly MappingFault[] };
  /** The text of a `mapping_file`, as it is named in the file; undefined when it cannot be read. */
  readFile(path: string): string | undefined;
  /** What is wrong with the operator's code; null when it can be run. Unchecked when left out. */
  checkCode?(code: string): { message: string; line?: number } | null;
  /** The whole path of a file with locations, or in words why it cannot be used. Taken as it is when left out. */
  checkLocations?(path: string): { path: string } | { fault: string };
  /** True where URLs may lead into the operator's own network: then nothing is said of those that do. */
  allowPrivateAddresses?: boolean;
  /** `rate_limit_rps` of pipelines that give none. */
  rateLimitRps?: number;
  /** Schemas of the sections that other parts bring. */
  sections?: ExtraSections;
}

/** A place in one of the texts being read. */
export interface Spot {
  source: Source;
  offset: number;
  path: FaultPath;
}

export interface ReadContext {
  options: ReadOptions;
  /** The signal file itself. */
  source: Source;
  faults: ConfigFault[];
  warnings: ConfigFault[];
  /** Open secrets met so far: they are struck out of every finding. */
  secrets: Set<string>;
  /** Variables filled in so far: what they hold is struck out as well. */
  variables: Set<string>;
}

export function addFault(context: ReadContext, spot: Spot, message: string, cure: string): void {
  context.faults.push({ ...spot.source.place(spot.offset, spot.path), message, cure });
}

export function addWarning(context: ReadContext, spot: Spot, message: string, cure: string): void {
  context.warnings.push({ ...spot.source.place(spot.offset, spot.path), message, cure });
}

/** True for a place whose faults do not count. */
export function isIgnored({ options }: Pick<ReadContext, "options">, found: { file: string; path: string }): boolean {
  const { file = DEFAULT_NAME } = options;
  // What is wrong in a mapping's text stands where that text does.
  return options.ignores?.(found.file === file ? found.path : found.file) === true;
}

/** Where a key's value stands below `node`, and the key itself; undefined when there is no such key. */
export function childOf(
  node: SourceNode | undefined,
  key: string | number,
): { node: SourceNode; keyOffset: number } | undefined {
  if (node?.kind === "map") return node.entries.get(String(key));
  const item = node?.kind === "list" && typeof key === "number" ? node.items[key] : undefined;
  return item && { node: item, keyOffset: item.offset };
}

/** A scalar as text: numbers and booleans as they were written, so that ids keep their zeros and digits. */
export function scalarText(node: SourceScalar): string {
  return typeof node.value === "string" ? node.value : node.raw;
}

/** Every scalar below `node` with its place. */
export function* scalarsOf(node: SourceNode, path: FaultPath): Generator<{ node: SourceScalar; path: FaultPath }> {
  if (node.kind === "scalar") yield { node, path };
  else if (node.kind === "list")
    for (const [index, item] of node.items.entries()) yield* scalarsOf(item, [...path, index]);
  else for (const [key, entry] of node.entries) yield* scalarsOf(entry.node, [...path, key]);
}
