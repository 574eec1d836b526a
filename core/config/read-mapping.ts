/** Reads an integration's mapping, inline or from its own file, and has it checked with lines of the right file. */
import type { Connector } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import type { MappingFault } from "../mapping/contract.ts";
import { type FaultPath, pathText } from "./fault.ts";
import { addFault, addWarning, childOf, scalarsOf, type ReadContext, type Spot } from "./read-context.ts";
import { suggestion } from "./suggest.ts";
import { plainValue, readYaml, type Source, type SourceMap, type SourceNode } from "./yaml-source.ts";

export interface ReadMapping {
  source: Source;
  root: SourceMap;
  /** Where the mapping stands in its source. */
  path: FaultPath;
  /** Without `parameters`, which are the integration's. */
  document: JsonValue;
  /** As it was written; null where it is data, or says something else without its variables. */
  text: string | null;
}

const MAPPING_KEYS = ["mapping", "mapping_file", "blueprint"] as const;

/** The mapping of the integration at `path`, or undefined when it has none or none that can be read. */
export function readMapping(
  context: ReadContext,
  integration: SourceMap,
  { path, connector }: { path: FaultPath; connector: Connector | undefined },
): ReadMapping | undefined {
  const [first, second] = MAPPING_KEYS.filter((key) => integration.entries.has(key));
  if (second !== undefined) {
    const offset = integration.entries.get(second)?.keyOffset ?? integration.offset;
    const spot = { source: context.source, offset, path: [...path, second] };
    addFault(context, spot, `${first} and ${second} are both given`, "Keep one of the two.");
    return undefined;
  }
  const inline = integration.entries.get("mapping");
  if (inline?.node.kind === "map")
    return mappingOf(context.source, inline.node, { path: [...path, "mapping"], text: null });
  if (inline?.node.kind === "scalar" && typeof inline.node.value === "string") {
    // Its variables were filled in with those of the file.
    return readMappingText(context, inline.node.value, { file: pathText([...path, "mapping"]), env: null });
  }
  const named = integration.entries.get("mapping_file");
  if (named !== undefined) return readMappingFile(context, named.node, [...path, "mapping_file"]);
  const blueprint = integration.entries.get("blueprint");
  return blueprint && connector && readBlueprint(context, blueprint.node, { path: [...path, "blueprint"], connector });
}

function readBlueprint(
  context: ReadContext,
  name: SourceNode,
  { path, connector }: { path: FaultPath; connector: Connector },
): ReadMapping | undefined {
  if (name.kind !== "scalar" || typeof name.value !== "string" || name.value === "") return undefined;
  const { blueprints = [] } = connector;
  const blueprint = blueprints.find(({ key }) => key === name.value);
  if (blueprint !== undefined) return readMappingText(context, blueprint.mapping, { file: pathText(path), env: null });
  const spot = { source: context.source, offset: name.offset, path };
  const cure = suggestion(
    name.value,
    blueprints.map(({ key }) => key),
  );
  addFault(context, spot, `${connector.name} has no blueprint "${name.raw}"`, cure);
  return undefined;
}

/** Has the compiler check it; its faults come out at their own lines. */
export function checkMapping(context: ReadContext, mapping: ReadMapping): void {
  const result = context.options.compileMapping(mapping.document, {});
  const faulty = "faults" in result;
  for (const fault of faulty ? result.faults : (result.warnings ?? [])) {
    const add = faulty ? addFault : addWarning;
    add(
      context,
      spotInMapping(mapping, fault),
      fault.message,
      "Change the mapping here; docs/mapping.md lists what is allowed.",
    );
  }
}

function readMappingFile(context: ReadContext, name: SourceNode, path: FaultPath): ReadMapping | undefined {
  if (name.kind !== "scalar" || typeof name.value !== "string" || name.value === "") return undefined;
  const spot = { source: context.source, offset: name.offset, path };
  const text = context.options.readFile(name.value);
  if (text === undefined) {
    addFault(
      context,
      spot,
      `the file ${name.raw} cannot be read`,
      "Paths are relative to this file: check name and permissions.",
    );
    return undefined;
  }
  const { literal, env } = context.options;
  return readMappingText(context, text, { file: name.raw, env: literal === true ? null : env });
}

function readMappingText(
  context: ReadContext,
  text: string,
  from: Parameters<typeof readYaml>[1],
): ReadMapping | undefined {
  const source = readYaml(text, from);
  context.faults.push(...source.faults);
  for (const variable of source.variables) context.variables.add(variable);
  if (source.root?.kind === "map")
    return mappingOf(source, source.root, { path: [], text: isFilledIn(source.root) ? null : text });
  if (source.faults.length === 0) {
    addFault(
      context,
      { source, offset: 0, path: [] },
      "the file holds no mapping",
      "Write version: 2, global, events and defaults.",
    );
  }
  return undefined;
}

/** True where variables, or what stands for a plain `${`, make the values differ from what is written. */
function isFilledIn(root: SourceMap): boolean {
  for (const { node } of scalarsOf(root, []))
    if (typeof node.value === "string" && node.value !== node.raw && node.raw.includes("${")) return true;
  return false;
}

function mappingOf(source: Source, root: SourceMap, at: Pick<ReadMapping, "path" | "text">): ReadMapping {
  const entries = new Map([...root.entries].filter(([key]) => key !== "parameters"));
  return { source, root, ...at, document: plainValue({ ...root, entries }) };
}

/** The place of a fault's path: as deep as the text goes. A key that is missing is reported at its map. */
function spotInMapping(mapping: ReadMapping, fault: MappingFault): Spot {
  let node: SourceNode = mapping.root;
  let offset = mapping.root.offset;
  const path: (string | number)[] = [...mapping.path];
  let rest = fault.path;
  while (rest !== "") {
    const step = nextStep(node, rest);
    if (step === undefined) break;
    const child = childOf(node, step.key);
    if (child === undefined) break;
    path.push(step.key);
    // A row that is wrong as a whole is shown at its key; a scalar at its value.
    offset = child.node.kind === "scalar" ? child.node.offset : child.keyOffset;
    node = child.node;
    rest = step.rest;
  }
  return { source: mapping.source, offset, path };
}

/** Takes the next key or index off a path such as `events.Order Completed.mappings[2]`; keys may hold dots and brackets. */
function nextStep(node: SourceNode, rest: string): { key: string | number; rest: string } | undefined {
  const text = rest.startsWith(".") ? rest.slice(1) : rest;
  const index = /^\[(\d+)\]/.exec(text);
  if (index !== null && node.kind === "list") return { key: Number(index[1]), rest: text.slice(index[0].length) };
  const quoted = /^\[("(?:[^"\\]|\\.)*")\]/.exec(text);
  if (quoted !== null && node.kind === "map")
    return { key: unquoted(quoted[1] ?? '""'), rest: text.slice(quoted[0].length) };
  if (node.kind !== "map") return undefined;
  const fits = (key: string): boolean => text.startsWith(key) && /^($|[.[])/.test(text.slice(key.length));
  const key = [...node.entries.keys()].filter(fits).sort((a, b) => b.length - a.length)[0];
  return key === undefined ? undefined : { key, rest: text.slice(key.length) };
}

function unquoted(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
