/** What those who have the machine may do without an account: compare and apply configuration, rotate the encryption key, let somebody in again. */
import { type ConfigFault, type ExportedSecret, exportFile } from "@datafly-signal/core";
import { type Database, listUsers } from "@datafly-signal/ports/store";
import { type PasswordReset, resetPassword } from "../access/reset-password.ts";
import { applyFileText, type ApplyText, type ConfigAsCodeServices } from "../config-as-code/apply-text.ts";
import { changeUnasked } from "../configuration/change-unasked.ts";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { type Rotation, resealSecrets } from "../secrets/reseal.ts";
import { type SecretsStatus, secretsStatus } from "../secrets/status.ts";
import { COMMAND_LINE } from "./command-line.ts";
import { type NamedChange, namedChanges } from "./named-changes.ts";

export interface ExportedConfiguration {
  /** The text of `signal.yaml`. */
  text: string;
  number: number;
  /** What stands for secrets, which are not exported. */
  variables: ({ name: string } & Omit<ExportedSecret, "sealed">)[];
  counts: { pipelines: number; integrations: number };
}

export interface AppliedConfiguration {
  /** In sentences. */
  changes: string[];
  /** Object by object, in the order in which they were met. */
  objects: NamedChange[];
  warnings: ConfigFault[];
}

export interface Operator {
  exportConfiguration(): Promise<ExportedConfiguration>;
  /** All of it or nothing; with `dryRun` nothing. */
  applyConfiguration(given: ApplyText): Promise<AppliedConfiguration | { faults: ConfigFault[] }>;
  secretsStatus(): Promise<SecretsStatus>;
  rotateSecrets(): Promise<Rotation>;
  resetPassword(email: string): Promise<PasswordReset>;
  /** The addresses of all accounts, as far as there are a hundred; administrators first. */
  accounts(): Promise<string[]>;
}

export interface OperatorServices extends ConfigAsCodeServices {
  database: Database;
  organisationId: string;
  changes: Pick<ConfigurationChanges, "load">;
  random(bytes: number): Uint8Array;
  newId(prefix: string): string;
  now(): number;
  /** After a change of the configuration was committed. */
  onConfigurationChanged(): void;
}

const MOST_ACCOUNTS = 100;

export function openOperator(services: OperatorServices): Operator {
  const { database, keyring, nonce, organisationId, random, newId, now } = services;
  const seal = { keyring, nonce, organisationId };
  return {
    async exportConfiguration() {
      const state = await database.transaction((queries) => services.changes.load(queries));
      const { text, variables } = exportFile(state);
      const named = [...variables].map(([name, { object, field, revision }]) => ({
        name,
        object,
        field,
        ...(revision !== undefined && { revision }),
      }));
      const integrations = state.integrations.filter(({ deletedAt, owner }) => deletedAt === null && owner !== "demo");
      const counts = { pipelines: state.pipelines.length, integrations: integrations.length };
      return { text, number: state.number, variables: named, counts };
    },
    applyConfiguration: (given) => applyConfiguration(services, given),
    secretsStatus: () => secretsStatus(database, seal),
    async rotateSecrets() {
      const rotation = await resealSecrets({ database, seal, now, newId });
      if (rotation.resealed + rotation.fingerprints > 0) services.onConfigurationChanged();
      return rotation;
    },
    resetPassword: (email) => resetPassword(database, { email, now: now(), newId, random }),
    accounts: () => accountsOf(database),
  };
}

/** For someone who has forgotten theirs. */
export async function accountsOf(database: Database): Promise<string[]> {
  const users = await listUsers(database.queries, { status: "active", limit: MOST_ACCOUNTS });
  const administrators = users.filter(({ role }) => role === "org_admin");
  return [...new Set([...administrators, ...users])].map(({ email }) => email);
}

async function applyConfiguration(
  services: OperatorServices,
  given: ApplyText,
): Promise<AppliedConfiguration | { faults: ConfigFault[] }> {
  const { result, touched } = await changeUnasked(services, COMMAND_LINE, (call) =>
    applyFileText(services, call, given),
  );
  if (touched) services.onConfigurationChanged();
  if ("faults" in result) return result;
  const { changes, objects, warnings } = result;
  return { changes, objects: namedChanges(objects, result), warnings };
}
