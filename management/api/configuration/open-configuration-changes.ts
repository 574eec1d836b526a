/** The implementation of the one way in which the configuration changes. */
import {
  applyFile,
  type ApplyFault,
  type ApplyOptions,
  type ConfigFault,
  type ConfigSeal,
  type ConfigurationState,
  type DocumentForm,
  faultSentences,
  fileDocument,
  SealedSecretError,
  type SignalFile,
  UNREADABLE,
  type Waiting,
} from "@datafly-signal/core";
import {
  type InTransaction,
  loadConfiguration,
  type Queries,
  saveConfiguration,
  type WantedRevision,
} from "@datafly-signal/ports/store";
import { fault, type Fault, type FaultDetail } from "../http/route.ts";
import { auditEntries } from "./audit-entries.ts";
import type {
  Applied,
  ChangeCall,
  ConfigurationChange,
  ConfigurationChanges,
  ConfigurationDocument,
} from "./configuration-changes.ts";
import { pinnedRevisions, readChange, type ReadServices } from "./read-change.ts";

export interface ChangeServices extends ReadServices {
  keyring: ConfigSeal["keyring"];
  /** 12 fresh random bytes at each call. */
  nonce: ConfigSeal["nonce"];
  /** Deliveries under way, as they are now. */
  waiting(): Promise<Waiting>;
}

/** A fault of the program: the first start makes an organisation before anything is served. */
class NoOrganisationError extends Error {
  constructor() {
    super("the database has no organisation");
    this.name = "NoOrganisationError";
  }
}

export function openConfigurationChanges(services: ChangeServices): ConfigurationChanges {
  const load = async (queries: Queries, wanted: readonly WantedRevision[] = []): Promise<ConfigurationState> => {
    const state = await loadConfiguration(queries, wanted);
    if (state === null) throw new NoOrganisationError();
    return state;
  };
  return {
    load,
    document: (state, ids) => documentOf(services, state, ids),
    async apply(call, change) {
      const document = change.document ?? {};
      const found = await load(call.queries);
      const wanted = pinnedRevisions(found, document.pipelines ?? []);
      const before = wanted.length === 0 ? found : await load(call.queries, wanted);
      const read = readChange(services, before, { document, form: besideForm(services, before) });
      if (!read.ok) return invalid(read.faults, change);
      const written = await writeFile(services, call, {
        before,
        file: read.file,
        options: {
          owner: null,
          discardWaiting: change.discardWaiting ?? false,
          discardBy: "discard_waiting=true",
          ...(change.remove && { remove: change.remove }),
          ...(change.changeSummary !== undefined && { changeSummary: change.changeSummary }),
          ...(change.alwaysRevise && { alwaysRevise: true }),
        },
      });
      if ("faults" in written) return refused(written.faults, change);
      const warnings = read.warnings.map((warning) => ({
        path: below(warning.path, change),
        message: faultSentences(warning),
      }));
      return { ...written, warnings };
    },
  };
}

type WriteOptions = Pick<ApplyOptions, "owner" | "discardWaiting"> &
  Partial<
    Pick<ApplyOptions, "whole" | "prune" | "remove" | "changeSummary" | "alwaysRevise" | "discardBy" | "fileName">
  >;

interface Writing {
  before: ConfigurationState;
  file: SignalFile;
  options: WriteOptions;
}

/** Applies a file that was read, and writes what it changes with its audit records; nothing where it changes nothing. */
export async function writeFile(
  services: ChangeServices,
  call: ChangeCall,
  writing: Writing,
): Promise<Omit<Applied, "warnings"> | { faults: ApplyFault[] }> {
  const planned = await planFile(services, call, writing);
  if ("faults" in planned) return planned;
  const { before } = writing;
  const { state } = planned;
  if (state === before) return planned;
  // The number rises with the call: here it stays.
  await saveConfiguration(call.queries as InTransaction, before, { ...state, number: before.number }, call.now);
  for (const entry of auditEntries(before, state)) call.audit(entry);
  call.touchConfiguration();
  return planned;
}

/** What applying a file would make of the configuration. */
export async function planFile(
  services: ChangeServices,
  call: Pick<ChangeCall, "now" | "newId" | "caller">,
  { before, file, options }: Writing,
): Promise<Omit<Applied, "warnings"> | { faults: ApplyFault[] }> {
  const { keyring, nonce, environment } = services;
  const applied = applyFile(before, file, {
    seal: { keyring, nonce, organisationId: before.organisation.id },
    environment,
    waiting: await services.waiting(),
    now: call.now,
    newId: call.newId,
    author: call.caller.userId,
    fileName: "request",
    ...options,
  });
  return applied.ok ? { state: applied.state, changes: applied.changes } : { faults: applied.faults };
}

/** Secrets in clear, for documents that never leave the process. Throws for one that does not open. */
export function openForm(
  { keyring }: Pick<ChangeServices, "keyring">,
  { organisation }: ConfigurationState,
): DocumentForm {
  return {
    isExport: false,
    text: (value) => value,
    secret: (sealed, { object, field }) => keyring.open(sealed, { organisation: organisation.id, object, field }),
  };
}

/** As `openForm`; what does not open is marked, and stays as it is where it is written again. */
function besideForm(services: Pick<ChangeServices, "keyring">, state: ConfigurationState): DocumentForm {
  const form = openForm(services, state);
  return {
    ...form,
    secret(sealed, place) {
      try {
        return form.secret(sealed, place);
      } catch (error) {
        if (error instanceof SealedSecretError) return UNREADABLE;
        throw error;
      }
    },
  };
}

/** An integration is made anew from what it holds, so its secrets must open; others keep those that do not. */
function editForm(services: Pick<ChangeServices, "keyring">, state: ConfigurationState): DocumentForm {
  const strict = openForm(services, state);
  const marking = besideForm(services, state);
  const integrations = new Set(state.integrations.map(({ id }) => id));
  return {
    ...strict,
    secret: (sealed, place) => (integrations.has(place.object) ? strict : marking).secret(sealed, place),
  };
}

function documentOf(
  services: ChangeServices,
  state: ConfigurationState,
  ids: Parameters<ConfigurationChanges["document"]>[1],
): ConfigurationDocument {
  const [pipelines, integrations] = [new Set(ids.pipelines), new Set(ids.integrations)];
  const { version: _version, ...document } = fileDocument(
    state,
    {
      pipelines: state.pipelines.filter(({ id }) => pipelines.has(id)),
      integrations: state.integrations.filter(({ id, deletedAt }) => integrations.has(id) && deletedAt === null),
      dataLayer: ids.dataLayer ?? false,
      organisation: ids.organisation ?? false,
    },
    editForm(services, state),
  );
  return document as unknown as ConfigurationDocument;
}

const CODES = {
  managed: "MANAGED_BY_FILE",
  waiting: "HAS_WAITING_DELIVERIES",
  taken: "CONFLICT",
  invalid: "VALIDATION_FAILED",
} as const;

/** Several faults of several kinds: the first that is not the body's own says what to do. */
export function refused(faults: readonly ApplyFault[], change: Pick<ConfigurationChange, "faultsBelow">): Fault {
  const kind = (["managed", "waiting", "taken"] as const).find((one) => faults.some((found) => found.kind === one));
  if (kind === undefined) return invalid(faults, change);
  const of = faults.filter((found) => found.kind === kind);
  const [first] = of;
  const message = first === undefined ? undefined : faultSentences(first);
  return fault(
    CODES[kind],
    message,
    of.map((one) => detailOf(one, change)),
  );
}

export function invalid(faults: readonly ConfigFault[], change: Pick<ConfigurationChange, "faultsBelow">): Fault {
  return fault(
    "VALIDATION_FAILED",
    undefined,
    faults.map((one) => detailOf(one, change)),
  );
}

function detailOf(found: ConfigFault, change: Pick<ConfigurationChange, "faultsBelow">): FaultDetail {
  const { file, path, line, column } = found;
  const isText = file !== "request";
  const text = { path: below(path, change), message: faultSentences(found) };
  if (!isText) return text;
  // In a mapping's text, which is named by its place in the document.
  const home = below(file, change);
  return { ...text, path: path === "" ? home : `${home}.${path}`, line, column };
}

function below(path: string, { faultsBelow = "" }: Pick<ConfigurationChange, "faultsBelow">): string {
  return path.startsWith(faultsBelow) ? path.slice(faultsBelow.length) : path;
}
