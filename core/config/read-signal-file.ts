/** Reads `signal.yaml`: everything that is wrong with it at once, each fault with its line and cure. */
import { isJsonObject, type JsonValue } from "../json.ts";
import { checkDuplicates } from "./check-duplicates.ts";
import { checkLanes } from "./check-lanes.ts";
import { checkShape, type Shape } from "./check-shape.ts";
import { sortFaults, type ConfigFault, type FaultPath } from "./fault.ts";
import { FILE_SECTIONS, fileSchema, type LooseIntegration, type LoosePipeline } from "./file-schema.ts";
import { addFault, DEFAULT_NAME, isIgnored, scalarsOf, type ReadContext, type ReadOptions } from "./read-context.ts";
import { readDataLayer } from "./read-data-layer.ts";
import { readIntegrations } from "./read-integrations.ts";
import { readPipelines } from "./read-pipelines.ts";
import type { SignalFile } from "./signal-file.ts";
import { sourceOf } from "./value-source.ts";
import { readYaml, type Source, type SourceMap, type SourceNode } from "./yaml-source.ts";

export type ReadResult = { ok: true; file: SignalFile; warnings: ConfigFault[] } | { ok: false; faults: ConfigFault[] };

/** Shorter texts are not struck out: they would mangle messages, and give nothing away. */
const SHORTEST_STRUCK_OUT = 4;
const PLACEHOLDER = /\{\{\s*pipeline_param\b/;
const PLACEHOLDER_HOMES = new Set(["config", "secrets", "mapping", "delivery_spec"]);

/** Reads the text of `signal.yaml`. Pure: variables, files and vendors come in with the options. */
export function readSignalFile(text: string, options: ReadOptions): ReadResult {
  const name = options.file ?? DEFAULT_NAME;
  return readSource(readYaml(text, { file: name, env: options.literal === true ? null : options.env }), options);
}

/** Reads what `signal.yaml` says from plain data. Faults have paths, and no lines that mean anything. */
export function readSignalDocument(document: JsonValue, options: ReadOptions): ReadResult {
  return readSource(sourceOf(document, options.file ?? DEFAULT_NAME), options);
}

function readSource(source: Source, options: ReadOptions): ReadResult {
  const name = source.file;
  const context: ReadContext = {
    options,
    source,
    faults: [...source.faults],
    warnings: [],
    secrets: new Set(),
    variables: source.variables,
  };
  const file = readRoot(context);
  const clean = cleaner(context);
  const counted = (found: ConfigFault): boolean => !isIgnored(context, found);
  const faults = sortFaults(context.faults.filter(counted).map(clean), name);
  if (file === undefined || faults.length > 0) return { ok: false, faults };
  return { ok: true, file, warnings: sortFaults(context.warnings.filter(counted).map(clean), name) };
}

function readRoot(context: ReadContext): SignalFile | undefined {
  const { source } = context;
  const spot = { source, offset: 0, path: [] };
  if (source.root === undefined) {
    if (context.faults.length === 0) addFault(context, spot, "the file is empty", "Begin with version: 1");
    return undefined;
  }
  if (source.root.kind !== "map") {
    addFault(context, spot, "the file must be a map of keys and values", "Begin with version: 1");
    return undefined;
  }
  const loose = checkShape(fileShape(context), source.root, {
    path: [],
    context: {
      fault: (offset, path, problem) => addFault(context, { source, offset, path }, problem.message, problem.cure),
      hint: (path, key, map) => hintOf(context, { path, key, map }),
    },
  });
  refuseStrayPlaceholders(context, source.root);
  return isJsonObject(loose) ? readSections(context, loose) : undefined;
}

/** TypeBox schemas are JSON Schema; the reader knows the part of it that they use. */
function fileShape(context: ReadContext): Shape {
  return fileSchema(context.options.sections) as Shape;
}

function readSections(context: ReadContext, loose: Record<string, JsonValue>): SignalFile {
  // The shape is checked: what is not sound is absent, or null in a list.
  const integrations = readIntegrations(context, (loose.integrations ?? []) as (LooseIntegration | null)[]);
  const pipelines = readPipelines(context, (loose.pipelines ?? []) as (LoosePipeline | null)[], integrations);
  checkDuplicates(context, { pipelines, integrations });
  checkLanes(context, { pipelines, integrations });
  const own: readonly string[] = Object.keys(FILE_SECTIONS);
  const layer = readDataLayer(context, loose);
  return {
    version: 1,
    pipelines: pipelines.map((pipeline) => pipeline.file),
    integrations: integrations.flatMap((integration) => integration.file ?? []),
    ...layer,
    sections: Object.fromEntries(Object.entries(loose).filter(([key]) => !own.includes(key))),
  };
}

/** A vendor's setting that stands beside `config` instead of in it. */
function hintOf(context: ReadContext, unknown: { path: FaultPath; key: string; map: SourceMap }): string | undefined {
  const { path, key, map } = unknown;
  if (path.length !== 2 || path[0] !== "integrations") return undefined;
  const vendor = map.entries.get("vendor")?.node;
  const connector = vendor?.kind === "scalar" ? context.options.connectors.get(String(vendor.value)) : undefined;
  const field = connector?.config_fields.find((candidate) => candidate.key === key);
  return field && `It belongs under ${field.type === "secret" ? "secrets" : "config"}.`;
}

function refuseStrayPlaceholders(context: ReadContext, root: SourceNode): void {
  for (const { node, path } of scalarsOf(root, [])) {
    if (typeof node.value !== "string" || !PLACEHOLDER.test(node.value)) continue;
    const home = path[2] === "earlier_revisions" ? path[4] : path[2];
    if (path[0] === "integrations" && PLACEHOLDER_HOMES.has(String(home))) continue;
    const spot = { source: context.source, offset: node.offset, path };
    addFault(
      context,
      spot,
      "pipeline parameters are not filled in here",
      "{{pipeline_param.KEY}} works in config, secrets, mapping and delivery_spec of an integration.",
    );
  }
}

/** Strikes secrets and the values of variables out of what is said about the file. */
function cleaner(context: ReadContext): (fault: ConfigFault) => ConfigFault {
  const strike = new Map<string, string>();
  for (const secret of context.secrets) strike.set(secret, "***");
  for (const name of context.variables) strike.set(context.options.env[name] ?? "", `\${${name}}`);
  const texts = [...strike.keys()]
    .filter((text) => text.length >= SHORTEST_STRUCK_OUT)
    .sort((a, b) => b.length - a.length);
  const clean = (text: string): string =>
    texts.reduce((rest, secret) => rest.replaceAll(secret, strike.get(secret) ?? "***"), text);
  return (fault) => ({ ...fault, message: clean(fault.message), cure: clean(fault.cure), path: clean(fault.path) });
}
