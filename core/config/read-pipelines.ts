/** Reads the section `pipelines`: defaults, ids, keys, and the integrations each sends to. */
import type { FaultPath } from "./fault.ts";
import type { LooseAssignment, LoosePipeline } from "./file-schema.ts";
import { derivedId, slugOf } from "./ids.ts";
import { PARAMETER_KEY } from "./pipeline-parameters.ts";
import { addFault, addWarning, childOf, scalarText, type ReadContext, type Spot } from "./read-context.ts";
import type { ReadIntegration } from "./read-integrations.ts";
import { DEFAULT_RATE_LIMIT_RPS, type FileAssignment, type FileKey, type FilePipeline } from "./signal-file.ts";
import { suggestion } from "./suggest.ts";
import type { SourceMap } from "./yaml-source.ts";

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** A pipeline as read, with the places of its keys. */
export interface ReadPipeline {
  path: FaultPath;
  node: SourceMap;
  spot: Spot;
  keySpots: Spot[];
  /** Of the assignments, in their order. */
  laneSpots: Spot[];
  file: FilePipeline;
  /** The integration each assignment names. */
  integrations: Map<string, ReadIntegration>;
}

export function readPipelines(
  context: ReadContext,
  loose: readonly (LoosePipeline | null)[],
  integrations: readonly ReadIntegration[],
): ReadPipeline[] {
  const list = childOf(context.source.root, "pipelines")?.node;
  const read: ReadPipeline[] = [];
  for (const [index, pipeline] of loose.entries()) {
    const node = childOf(list, index)?.node;
    if (pipeline === null || node?.kind !== "map") continue;
    const found = readPipeline(context, pipeline, { node, path: ["pipelines", index], integrations });
    if (found !== undefined) read.push(found);
  }
  return read;
}

interface PipelineAt {
  node: SourceMap;
  path: FaultPath;
  integrations: readonly ReadIntegration[];
}

function readPipeline(context: ReadContext, loose: LoosePipeline, at: PipelineAt): ReadPipeline | undefined {
  const { node, path } = at;
  const spot = { source: context.source, offset: node.offset, path };
  const { keys, spots } = readKeys(context, loose, at);
  // Without a name its other parts are still checked, and the file is refused anyway.
  const name = loose.name ?? "";
  const slug = loose.slug ?? slugOf(name);
  const derived = derivedId("pipeline", slug);
  const file: FilePipeline = {
    id: loose.id ?? derived,
    name,
    slug,
    type: loose.type ?? "web",
    enabled: loose.enabled ?? true,
    keys,
    labels: [...new Set(loose.labels?.filter((label) => label !== null) ?? [])],
    domainAllowlist: loose.domain_allowlist?.filter((entry) => entry !== null) ?? [],
    rateLimitRps: loose.rate_limit_rps ?? context.options.rateLimitRps ?? DEFAULT_RATE_LIMIT_RPS,
    parameters: readParameters(context, at),
    secretParameters: readSecretParameters(context, loose, at),
    assignments: [],
    place: context.source.place(node.offset, path),
  };
  const read: ReadPipeline = { path, node, spot, keySpots: spots, laneSpots: [], file, integrations: new Map() };
  readAssignments(context, loose, { ...at, read, anchor: file.id === derived ? slug : file.id });
  if (context.options.environment === "production" && file.type === "web" && !node.entries.has("domain_allowlist")) {
    addWarning(
      context,
      spot,
      `"${name}" lists no domains: no browser may send to it in production`,
      "Add domain_allowlist: [www.example.com].",
    );
  }
  return read;
}

type GivenKey = string | { key?: string; expires_at?: string } | null | undefined;

function readExpiry(context: ReadContext, text: string | undefined, spot: Spot): number | null {
  if (text === undefined) return null;
  const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  addFault(context, spot, `"${text}" is not an ISO time`, "Write it as in 2026-12-31T23:59:59Z.");
  return null;
}

function readKeys(context: ReadContext, loose: LoosePipeline, at: PipelineAt): { keys: FileKey[]; spots: Spot[] } {
  const keys: FileKey[] = [];
  const spots: Spot[] = [];
  const take = (given: GivenKey, offset: number, path: FaultPath): void => {
    const key = typeof given === "string" ? given : given?.key;
    if (key === undefined) return;
    const spot = { source: context.source, offset, path };
    const expiresAt = typeof given === "string" ? null : readExpiry(context, given?.expires_at, spot);
    if (key.endsWith("***")) {
      addFault(
        context,
        spot,
        "this is a masked key, not the key itself",
        "Write the whole key, as it was shown when it was made.",
      );
    } else if (keys.some((one) => one.key === key))
      addFault(context, spot, "this key stands twice in the pipeline", "Keep one of the two.");
    else {
      keys.push({ key, expiresAt });
      spots.push(spot);
    }
  };
  const single = at.node.entries.get("pipeline_key");
  take(loose.pipeline_key, single?.node.offset ?? at.node.offset, [...at.path, "pipeline_key"]);
  const list = at.node.entries.get("pipeline_keys");
  for (const [index, key] of (loose.pipeline_keys ?? []).entries()) {
    take(key, childOf(list?.node, index)?.node.offset ?? at.node.offset, [...at.path, "pipeline_keys", index]);
  }
  const isEmpty = list?.node.kind === "list" && list.node.items.length === 0;
  if (single === undefined && isEmpty && loose.enabled !== false) {
    // Keys end by themselves, and what is left must still be edited and exported.
    const spot = { source: context.source, offset: list.keyOffset, path: [...at.path, "pipeline_keys"] };
    addWarning(context, spot, "no key: nothing can be sent to this pipeline", "Add one, or write enabled: false.");
  } else if (single === undefined && list?.node.kind !== "list") {
    const spot = { source: context.source, offset: at.node.offset, path: at.path };
    addFault(
      context,
      spot,
      "pipeline_key is missing",
      "Add pipeline_key: dk_live_… (8 to 200 characters of your choice, unguessable).",
    );
  }
  return { keys, spots };
}

/** Values as they were written: an id of digits keeps its zeros. */
function readParameters(context: ReadContext, at: PipelineAt): Record<string, string> {
  const node = at.node.entries.get("parameters")?.node;
  const parameters: Record<string, string> = {};
  if (node?.kind !== "map") return parameters;
  for (const [key, entry] of node.entries) {
    if (!PARAMETER_KEY.test(key)) {
      const spot = { source: context.source, offset: entry.keyOffset, path: [...at.path, "parameters", key] };
      addFault(context, spot, `"${key}" cannot be a parameter's key`, "Write up to 64 letters, digits, _ and -.");
    } else if (entry.node.kind === "scalar") parameters[key] = scalarText(entry.node);
  }
  return parameters;
}

function readSecretParameters(context: ReadContext, loose: LoosePipeline, at: PipelineAt): string[] {
  const list = at.node.entries.get("secret_parameters")?.node;
  const parameters = at.node.entries.get("parameters")?.node;
  const keys = new Set<string>();
  for (const [index, key] of (loose.secret_parameters ?? []).entries()) {
    if (key === null) continue;
    keys.add(key);
    if (childOf(parameters, key) !== undefined) continue;
    const offset = childOf(list, index)?.node.offset ?? at.node.offset;
    const spot = { source: context.source, offset, path: [...at.path, "secret_parameters", index] };
    const known = parameters?.kind === "map" ? [...parameters.entries.keys()] : [];
    addFault(context, spot, `there is no parameter "${key}"`, suggestion(key, known));
  }
  return [...keys];
}

function readAssignments(
  context: ReadContext,
  loose: LoosePipeline,
  at: PipelineAt & { read: ReadPipeline; anchor: string },
): void {
  const list = at.node.entries.get("integrations")?.node;
  for (const [index, assignment] of (loose.integrations ?? []).entries()) {
    const node = childOf(list, index)?.node;
    if (assignment === null || node?.kind !== "map") continue;
    readAssignment(context, assignment, { ...at, node, path: [...at.path, "integrations", index] });
  }
}

function readAssignment(
  context: ReadContext,
  loose: LooseAssignment,
  at: PipelineAt & { read: ReadPipeline; anchor: string },
): void {
  const reference = loose.integration;
  if (reference === undefined) return;
  const named = at.node.entries.get("integration")?.node;
  const spot = { source: context.source, offset: named?.offset ?? at.node.offset, path: [...at.path, "integration"] };
  const integration =
    at.integrations.find((candidate) => candidate.id === reference) ??
    at.integrations.find((candidate) => candidate.name === reference);
  if (integration === undefined || integration.id === undefined) {
    const raw = named?.kind === "scalar" ? named.raw : "";
    const known = at.integrations.flatMap((candidate) => candidate.name ?? []);
    addFault(context, spot, `there is no integration "${raw}" in this file`, suggestion(reference, known));
    return;
  }
  if (at.read.integrations.has(integration.id)) {
    addFault(context, spot, "the pipeline has this integration already", "Keep one of the two.");
    return;
  }
  at.read.integrations.set(integration.id, integration);
  at.read.laneSpots.push({ source: context.source, offset: at.node.offset, path: at.path });
  at.read.file.assignments.push(assignmentOf(context, loose, { ...at, integration, integrationId: integration.id }));
}

/** The id is made of slug and name, or of ids that were given, so that it outlives a rename as they do. */
function assignmentOf(
  context: ReadContext,
  loose: LooseAssignment,
  at: PipelineAt & { anchor: string; integration: ReadIntegration; integrationId: string },
): FileAssignment {
  const name = at.integration.name ?? "";
  const anchor = at.integrationId === derivedId("template", name) ? name : at.integrationId;
  const revision = at.node.entries.get("revision");
  return {
    id: loose.id ?? derivedId("assignment", at.anchor, anchor),
    integrationId: at.integrationId,
    revision: loose.revision ?? "latest",
    enabled: loose.enabled ?? true,
    place: revision
      ? context.source.place(revision.node.offset, [...at.path, "revision"])
      : context.source.place(at.node.offset, at.path),
  };
}
