/** Applies the text of a configuration file to what is configured: reads it as the server reads its own, and keeps secrets that it leaves unset. */
import { resolve } from "node:path";
import {
  type ApplyFault,
  type ConfigFault,
  type ConfigurationState,
  type ExportedSecret,
  exportedSecrets,
  faultSentences,
  keptSecrets,
  readSignalFile,
  SealedSecretError,
  type SignalFile,
} from "@datafly-signal/core";
import { type AuditEntry } from "../audit/audit-entry.ts";
import { auditEntries } from "../configuration/audit-entries.ts";
import type { ChangeCall, ConfigurationChanges } from "../configuration/configuration-changes.ts";
import {
  type ChangeServices,
  openForm,
  planFile,
  refused,
  writeFile,
} from "../configuration/open-configuration-changes.ts";
import { namedRevisions, readOptionsOf } from "../configuration/read-change.ts";
import { fault, type Fault } from "../http/route.ts";
import { movedKeptSecrets } from "./moved-kept-secrets.ts";

export interface ApplyText {
  yaml: string;
  /** What its variables stand for; those of exported secrets may be left out where the secret is there. */
  variables: Readonly<Record<string, string>>;
  /** What it does not name is removed, but for what belongs to the server's own file. */
  prune: boolean;
  discardWaiting: boolean;
  dryRun: boolean;
  /** Of a text that was read from a file on the server's machine. */
  origin?: TextOrigin;
}

interface TextOrigin {
  /** As faults name it. */
  fileName: string;
  /** What names in the text are relative to. */
  folder: string;
  /** The texts of the mapping files that it names, by their names there. */
  files: Readonly<Record<string, string>>;
  /** How the author says that waiting deliveries may be given up. */
  discardBy: string;
}

export interface AppliedText {
  changes: string[];
  /** Object by object, with old and new values; secrets only as set or not. */
  objects: AuditEntry[];
  warnings: ConfigFault[];
}

/** The configuration before and after it. */
interface Between {
  before: ConfigurationState;
  after: ConfigurationState;
}

export interface ConfigAsCodeServices extends ChangeServices {
  changes: Pick<ConfigurationChanges, "load">;
}

const FILE = "signal.yaml";

export async function applyText(
  services: ConfigAsCodeServices,
  call: ChangeCall,
  given: ApplyText,
): Promise<AppliedText | Fault> {
  const applied = await applyFileText(services, call, given);
  if (!("faults" in applied)) return applied;
  const { faults } = applied;
  return faults.every(({ kind }) => kind === "invalid") ? asFault(faults) : refused(faults, {});
}

/** As `applyText`, for those who show faults with their places. Where there are faults nothing is written. */
export async function applyFileText(
  services: ConfigAsCodeServices,
  call: ChangeCall,
  given: ApplyText,
): Promise<(AppliedText & Between) | { faults: ApplyFault[] }> {
  const found = await services.changes.load(call.queries);
  const read = readText(services, found, given);
  if (!read.ok) return { faults: read.faults.map((one) => ({ ...one, kind: "invalid" as const })) };
  const wanted = namedRevisions(found, read.file);
  const before = wanted.length === 0 ? found : await services.changes.load(call.queries, wanted);
  // Whoever has the machine has its secrets too.
  const moved =
    given.origin === undefined
      ? movedKeptSecrets(before, read.file.integrations, { ...services, kept: read.kept })
      : [];
  if (moved.length > 0) return { faults: moved };
  const options = {
    owner: null,
    prune: given.prune,
    discardWaiting: given.discardWaiting,
    discardBy: given.origin?.discardBy ?? "discard_waiting: true",
    fileName: given.origin?.fileName ?? FILE,
  };
  const work = given.dryRun ? planFile : writeFile;
  const result = await work(services, call, { before, file: read.file, options });
  if ("faults" in result) return result;
  const { changes, state: after } = result;
  return { changes, objects: auditEntries(before, after), warnings: read.warnings, before, after };
}

/** `kept`: the secrets that stay as they are, by the names of their variables. */
interface ReadText {
  ok: true;
  file: SignalFile;
  warnings: ConfigFault[];
  kept: ReadonlyMap<string, ExportedSecret>;
}

function readText(
  services: ConfigAsCodeServices,
  before: ConfigurationState,
  { yaml, variables, origin }: ApplyText,
): ReadText | { ok: false; faults: ConfigFault[] } {
  const { fileName = FILE, files = {} } = origin ?? {};
  const kept = exportedSecrets(before);
  // An empty one counts as unset.
  const set = Object.entries(variables).filter(([, value]) => value !== "");
  const given = new Set(set.map(([name]) => name));
  const { used, faults } = keptSecrets(yaml, { file: fileName, kept, given });
  for (const [file, text] of Object.entries(files)) {
    faults.push(...keptSecrets(text, { file, kept, given, isMapping: true }).faults);
  }
  if (faults.length > 0) return { ok: false, faults };
  const folder = origin && ((path: string) => resolve(origin.folder, path));
  const read = readSignalFile(yaml, {
    ...readOptionsOf(services, before, folder),
    file: fileName,
    // Never the server's own environment: its secrets are not the author's to write anywhere.
    env: { ...openedSecrets(services, before, { kept, used }), ...Object.fromEntries(set) },
    readFile: (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
  });
  return read.ok ? { ...read, kept: new Map([...kept].filter(([name]) => used.includes(name))) } : read;
}

/** One that does not open, as after a key was lost, counts as unset. */
function openedSecrets(
  services: ConfigAsCodeServices,
  before: ConfigurationState,
  { kept, used }: { kept: ReadonlyMap<string, ExportedSecret>; used: readonly string[] },
): Record<string, string> {
  const form = openForm(services, before);
  const opened = used.flatMap((name): [string, string][] => {
    const secret = kept.get(name);
    if (secret === undefined) return [];
    try {
      return [[name, form.secret(secret.sealed, secret)]];
    } catch (error) {
      if (error instanceof SealedSecretError) return [];
      throw error;
    }
  });
  return Object.fromEntries(opened);
}

function asFault(faults: readonly ConfigFault[]): Fault {
  const details = faults.map((found) => {
    const { path, line, column } = found;
    return { path, message: faultSentences(found), line, column };
  });
  return fault("VALIDATION_FAILED", undefined, details);
}
