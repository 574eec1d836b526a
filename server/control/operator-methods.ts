/** Configuration, key rotation and passwords for the command line: whoever may open the socket has the machine. */
import { resolve } from "node:path";
import { type JsonObject, nearest } from "@datafly-signal/core";
import type { AppliedConfiguration, ExportedConfiguration, Operator } from "@datafly-signal/management-api";
import { StoreError } from "@datafly-signal/ports/store";
import { ControlError, type ControlMethod } from "./control-server.ts";
import { textArgument } from "./named.ts";

/** Where the server looks for its file, without being told. */
const DEFAULT_FILE = "./signal.yaml";
const SHOWN_ACCOUNTS = 5;

/** The file that the server follows, whether it is there or not. */
export type ExportResult = ExportedConfiguration & { followed: string };

export type ApplyResult =
  | ({ ok: true } & AppliedConfiguration)
  | { ok: false; faults: Extract<Awaited<ReturnType<Operator["applyConfiguration"]>>, { faults: unknown }>["faults"] };

export interface ResetResult {
  email: string;
  /** For one sign-in. */
  password: string;
}

export interface OperatorParts {
  operator: Operator;
  settings: { configFile: string | null };
  /** Resolves when what the database has is current in all parts. */
  reload(): Promise<void>;
}

export function operatorMethods(parts: OperatorParts): Record<string, ControlMethod> {
  const { operator, settings, reload } = parts;
  const methods: Record<string, (args: JsonObject) => Promise<unknown>> = {
    async "config-export"(): Promise<ExportResult> {
      const followed = resolve(settings.configFile ?? DEFAULT_FILE);
      return { ...(await operator.exportConfiguration()), followed };
    },
    async "config-apply"(args): Promise<ApplyResult> {
      const dryRun = args["dryRun"] === true;
      const result = await operator.applyConfiguration({
        yaml: neededText(args, "yaml"),
        variables: textsOf(args, "variables"),
        prune: args["prune"] === true,
        discardWaiting: args["discardWaiting"] === true,
        dryRun,
        origin: {
          fileName: neededText(args, "fileName"),
          folder: neededText(args, "folder"),
          files: textsOf(args, "files"),
          discardBy: "--discard-waiting",
        },
      });
      if ("faults" in result) return { ok: false, faults: result.faults };
      if (!dryRun && result.changes.length > 0) await reload();
      return { ok: true, ...result };
    },
    "secrets-status": () => operator.secretsStatus(),
    async "secrets-rotate"() {
      const rotation = await operator.rotateSecrets();
      // The last good snapshot, which is kept on disk, must not need the previous key either.
      await reload();
      return rotation;
    },
    async "reset-password"(args): Promise<ResetResult> {
      const email = neededText(args, "email");
      const reset = await operator.resetPassword(email);
      if (reset.ok) return { email: reset.email, password: reset.password };
      throw new ControlError("not_found", refusalOf(email, reset.reason, await operator.accounts()));
    },
  };
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [name, (args: JsonObject) => inWords(method(args))]),
  );
}

/** Why no password was made, with the cure. */
export function refusalOf(email: string, reason: "unknown_email" | "disabled", accounts: readonly string[]): string {
  if (reason === "disabled") return `The account ${email} is disabled. An administrator can enable it again.`;
  const near = nearest(email, accounts);
  if (near !== undefined) return `There is no account ${email}. Did you mean ${near}?`;
  const shown = accounts.slice(0, SHOWN_ACCOUNTS).join(", ");
  return `There is no account ${email}. ${shown === "" ? "There is none at all yet." : `There are, administrators first: ${shown}.`}`;
}

/** A database that is away is no fault of the program. */
async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError) throw new ControlError("refused", error.message);
    throw error;
  }
}

function neededText(args: JsonObject, name: string): string {
  const text = textArgument(args, name);
  if (text === undefined) throw new ControlError("bad_request", `The argument ${name} is missing or empty.`);
  return text;
}

function textsOf(args: JsonObject, name: string): Record<string, string> {
  const given = args[name];
  if (typeof given !== "object" || given === null || Array.isArray(given)) return {};
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
