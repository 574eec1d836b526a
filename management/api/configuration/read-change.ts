/** Reads what a request says of the configuration, in the shape of the file and beside what it is used with, as the file is read. */
import {
  type ConfigFault,
  type ConfigurationState,
  compileMapping,
  type Connector,
  type DocumentForm,
  fileDocument,
  type IntegrationState,
  type JsonObject,
  readSignalDocument,
  type ReadOptions,
  type SignalFile,
} from "@datafly-signal/core";
import type { AssignmentDocument, ConfigurationDocument, PipelineDocument } from "./configuration-changes.ts";

export interface ReadServices {
  connectors: ReadonlyMap<string, Connector>;
  environment: "development" | "production";
  allowPrivateAddresses: boolean;
  /** `rate_limit_rps` of pipelines that give none; 1000 when left out. */
  rateLimitRps?: number;
  checkCode?: ReadOptions["checkCode"];
  checkLocations?: CheckLocations;
}

/** The whole path of a file with locations, or in words why it cannot be used. `anywhere`: whoever asks has the machine. */
type CheckLocations = (path: string, options: { anywhere: boolean }) => { path: string } | { fault: string };

/** How everything is read that is used beside `state`; `folder` is what paths are relative to for those who have the machine. */
export function readOptionsOf(
  services: ReadServices,
  state: ConfigurationState,
  folder?: (path: string) => string,
): Omit<ReadOptions, "env" | "readFile"> {
  const { environment, connectors, allowPrivateAddresses, rateLimitRps, checkCode, checkLocations } = services;
  const current = state.dataLayer.config?.geo?.database;
  // What is in use already is not looked at again: it may lie where a request could not have put it.
  const locations: ReadOptions["checkLocations"] = (path) =>
    path === current
      ? { path }
      : (checkLocations?.(folder?.(path) ?? path, { anywhere: folder !== undefined }) ?? { path });
  return {
    ...{ environment, connectors, allowPrivateAddresses, checkLocations: locations },
    compileMapping: (mapping) => compileMapping(mapping, {}),
    secretParameters: secretParametersOf(state),
    ...(rateLimitRps !== undefined && { rateLimitRps }),
    ...(checkCode && { checkCode }),
  };
}

export type ReadChange = { ok: true; file: SignalFile; warnings: ConfigFault[] } | { ok: false; faults: ConfigFault[] };

/**
 * @param form opens secrets
 * @returns the objects of the document alone
 */
export function readChange(
  services: ReadServices,
  state: ConfigurationState,
  { document, form }: { document: ConfigurationDocument; form: DocumentForm },
): ReadChange {
  const tooLarge = largeMappings(document);
  if (tooLarge.length > 0) return { ok: false, faults: tooLarge };
  const beside = besideOf(state, document, form);
  const pipelines = document.pipelines ?? [];
  const integrations = document.integrations ?? [];
  const whole = {
    version: 1,
    pipelines: [...pipelines, ...beside.pipelines],
    integrations: [...integrations, ...beside.integrations],
    ...(document.data_layer && { data_layer: document.data_layer }),
    ...(document.organisation && { organisation: document.organisation }),
  };
  const counts = { pipelines: pipelines.length, integrations: integrations.length };
  const read = readSignalDocument(JSON.parse(JSON.stringify(whole)) as JsonObject, {
    ...readOptionsOf(services, state),
    ...{ literal: true, file: "request", env: {}, readFile: () => undefined },
    ignores: (path) => isBeside(path, counts),
  });
  if (!read.ok) return read;
  const { file } = read;
  const own = {
    ...file,
    pipelines: file.pipelines.slice(0, pipelines.length),
    integrations: file.integrations.filter(({ id }) => integrations.some((one) => one.id === id)),
  };
  return { ok: true, file: own, warnings: read.warnings.filter(({ path }) => !isBeside(path, counts)) };
}

/** By the pipeline's id. */
function secretParametersOf(state: ConfigurationState): (pipelineId: string) => string[] {
  return (pipelineId) => Object.keys(state.pipelines.find(({ id }) => id === pipelineId)?.secretParameters ?? {});
}

/** Compiling a mapping holds everybody up: what is far beyond any real one is not begun. */
const LARGEST_MAPPING = 262_144;

function largeMappings({ integrations = [] }: ConfigurationDocument): ConfigFault[] {
  return integrations.flatMap(({ mapping }, index) => {
    const { length } = typeof mapping === "string" ? mapping : (JSON.stringify(mapping ?? null) ?? "");
    if (length <= LARGEST_MAPPING) return [];
    const place = { file: "request", line: 1, column: 1, path: `integrations[${index}].mapping` };
    const message = `the mapping has ${length} characters, more than ${LARGEST_MAPPING}`;
    return [{ ...place, message, cure: "Make it smaller, or divide it among several integrations." }];
  });
}

/** Whether a fault's place is in what is only there to be looked at. */
function isBeside(path: string, counts: Record<"pipelines" | "integrations", number>): boolean {
  const [, section, index] = /^(pipelines|integrations)\[(\d+)\]/.exec(path) ?? [];
  if (section !== "pipelines" && section !== "integrations") return false;
  return Number(index) >= counts[section];
}

/** The integrations that its pipelines use, each at its revision there, and the pipelines that follow its integrations. */
function besideOf(
  state: ConfigurationState,
  document: ConfigurationDocument,
  form: DocumentForm,
): Required<Pick<ConfigurationDocument, "pipelines" | "integrations">> {
  const ownIntegrations = new Set((document.integrations ?? []).map(({ id }) => id));
  const ownPipelines = new Set((document.pipelines ?? []).map(({ id }) => id));
  const assigned = (document.pipelines ?? []).flatMap((pipeline) => pipeline.integrations ?? []);
  const used = new Map<string, IntegrationState>();
  const numbers = new Map<string, number>();
  for (const assignment of assigned) {
    const integration = assignedIn(state, assignment);
    if (integration === undefined || ownIntegrations.has(integration.id)) continue;
    used.set(integration.id, atRevision(integration, assignment.revision ?? "latest"));
    if (typeof assignment.revision === "number") numbers.set(integration.id, assignment.revision);
  }
  const following = state.lanes.filter(
    (lane) => lane.revision === null && ownIntegrations.has(lane.integrationId) && !ownPipelines.has(lane.pipelineId),
  );
  const pipelines = state.pipelines.filter(({ id }) => following.some((lane) => lane.pipelineId === id));
  const beside = fileDocument(
    { ...state, lanes: following },
    { pipelines, integrations: [...used.values()], dataLayer: false, organisation: false },
    form,
  );
  const read = beside as unknown as ReturnType<typeof besideOf>;
  const integrations = read.integrations.map((one) => {
    const revision = numbers.get(one.id);
    return revision === undefined ? one : { ...one, revision };
  });
  return { ...read, integrations };
}

function assignedIn(state: ConfigurationState, { integration }: AssignmentDocument): IntegrationState | undefined {
  const live = state.integrations.filter(({ deletedAt }) => deletedAt === null);
  return live.find(({ id }) => id === integration) ?? live.find(({ name }) => name === integration);
}

/** As it was at a revision; a number that there is not is for the application to refuse. */
function atRevision(integration: IntegrationState, revision: number | "latest"): IntegrationState {
  const upTo = integration.revisions.filter(({ number }) => revision === "latest" || number <= revision);
  const last = upTo.at(-1);
  return last === undefined ? integration : { ...integration, variant: last.variant, revisions: upTo };
}

interface RevisionNumber {
  integrationId: string;
  number: number;
}

/** The revisions that a document pins and whose content is not loaded yet. */
export function pinnedRevisions(state: ConfigurationState, pipelines: readonly PipelineDocument[]): RevisionNumber[] {
  const pinned = pipelines
    .flatMap((pipeline) => pipeline.integrations ?? [])
    .flatMap((assignment) => {
      const integration = assignedIn(state, assignment);
      const { revision } = assignment;
      return integration === undefined || typeof revision !== "number"
        ? []
        : [{ integrationId: integration.id, number: revision }];
    });
  return unread(state, pinned);
}

/** The revisions that a file pins or says something of, and whose content is not loaded yet. */
export function namedRevisions(state: ConfigurationState, file: SignalFile): RevisionNumber[] {
  const pinned = file.pipelines
    .flatMap(({ assignments }) => assignments)
    .flatMap(({ integrationId, revision }) => (revision === "latest" ? [] : [{ integrationId, number: revision }]));
  const earlier = file.integrations.flatMap(({ id, earlier: list }) =>
    list.map(({ number }) => ({ integrationId: id, number })),
  );
  return unread(state, [...pinned, ...earlier]);
}

function unread({ integrations }: ConfigurationState, wanted: readonly RevisionNumber[]): RevisionNumber[] {
  const byId = new Map(integrations.map((one) => [one.id, one]));
  return wanted.filter(({ integrationId, number }) => {
    const found = byId.get(integrationId)?.revisions.find((one) => one.number === number);
    return found !== undefined && found.content === null;
  });
}
