/** Applies the text of a configuration file to what is configured: reads it as the server reads its own, and keeps secrets that it leaves unset. */
import {
  compileMapping,
  type ConfigFault,
  type ConfigurationState,
  exportFile,
  faultSentences,
  keptSecrets,
  readSignalFile,
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
import { secretParametersOf } from "../configuration/read-change.ts";
import { fault, type Fault } from "../http/route.ts";

export interface ApplyText {
  yaml: string;
  /** What its variables stand for; those of exported secrets may be left out where the secret is there. */
  variables: Readonly<Record<string, string>>;
  /** What it does not name is removed, but for what belongs to the server's own file. */
  prune: boolean;
  discardWaiting: boolean;
  dryRun: boolean;
}

export interface AppliedText {
  changes: string[];
  /** Object by object, with old and new values; secrets only as set or not. */
  objects: AuditEntry[];
  warnings: ConfigFault[];
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
  const before = await services.changes.load(call.queries);
  const read = readText(services, before, given);
  if (!read.ok) return asFault(read.faults);
  const options = {
    owner: null,
    prune: given.prune,
    discardWaiting: given.discardWaiting,
    discardBy: "discard_waiting: true",
    fileName: FILE,
  };
  const work = given.dryRun ? planFile : writeFile;
  const result = await work(services, call, { before, file: read.file, options });
  if ("faults" in result) {
    const isOnlyInvalid = result.faults.every(({ kind }) => kind === "invalid");
    return isOnlyInvalid ? asFault(result.faults) : refused(result.faults, {});
  }
  return { changes: result.changes, objects: auditEntries(before, result.state), warnings: read.warnings };
}

function readText(
  services: ConfigAsCodeServices,
  before: ConfigurationState,
  { yaml, variables }: ApplyText,
): { ok: true; file: SignalFile; warnings: ConfigFault[] } | { ok: false; faults: ConfigFault[] } {
  const exported = exportFile(before).variables;
  const { used, faults } = keptSecrets(yaml, {
    file: FILE,
    kept: exported,
    given: new Set(Object.entries(variables).flatMap(([name, value]) => (value === "" ? [] : name))),
  });
  if (faults.length > 0) return { ok: false, faults };
  const form = openForm(services, before);
  const kept = used.flatMap((name) => {
    const secret = exported.get(name);
    return secret === undefined ? [] : [[name, form.secret(secret.sealed, secret)]];
  });
  return readSignalFile(yaml, {
    file: FILE,
    // Never the server's own environment: its secrets are not the author's to write anywhere.
    env: { ...Object.fromEntries(kept), ...variables },
    environment: services.environment,
    connectors: services.connectors,
    allowPrivateAddresses: services.allowPrivateAddresses,
    compileMapping: (mapping) => compileMapping(mapping, {}),
    readFile: () => undefined,
    secretParameters: secretParametersOf(before),
    ...(services.checkCode && { checkCode: services.checkCode }),
    ...(services.checkLocations && { checkLocations: services.checkLocations }),
  });
}

function asFault(faults: readonly ConfigFault[]): Fault {
  const details = faults.map((found) => {
    const { path, line, column } = found;
    return { path, message: faultSentences(found), line, column };
  });
  return fault("VALIDATION_FAILED", undefined, details);
}
