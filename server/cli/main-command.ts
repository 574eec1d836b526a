/** The commands that talk to a running server or need none: everything but `start`. */
import { controlSocketPath } from "../control/socket-path.ts";
import { CommandRefusedError, NoServerError } from "../control/control-client.ts";
import { dataFolderOf } from "../settings.ts";
import { productVersion } from "../version.ts";
import { backupCommand } from "./backup.ts";
import { checkCommand } from "./check.ts";
import { configCommand } from "./config.ts";
import { dlqCommand } from "./dlq.ts";
import { createOutput, type Output } from "./output.ts";
import { previewCommand } from "./preview.ts";
import { restoreCommand } from "./restore.ts";
import { secretsCommand } from "./secrets.ts";
import { sendCommand } from "./send.ts";
import { statusCommand } from "./status.ts";
import { tailCommand } from "./tail.ts";
import { commandHelp, InputError, unknownCommand, USAGE, UsageError } from "./usage.ts";

const EXIT = { ok: 0, fault: 1, usage: 2, noServer: 3 } as const;
const HELP = new Set(["--help", "-h"]);

/** Whether a command's help is asked for, instead of the command. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => HELP.has(arg));
}

/** Runs a command to its end and answers the exit code. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const output = createOutput(args.includes("--json"));
  try {
    return await dispatch(args, env, output);
  } catch (error) {
    return explain(error, args[0], output);
  }
}

async function dispatch(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const [command, ...rest] = args.filter((arg, index) => index > 0 || arg !== "--json");
  if (command === "help" || command === undefined || HELP.has(command)) return helpCommand(command, rest, output);
  if (command === "--version" || command === "-v" || command === "version") return versionCommand(output);
  if (asksForHelp(rest)) return helpCommand("help", [command], output);
  const socket = controlSocketPath(dataFolderOf(env));
  switch (command) {
    case "status":
      return statusCommand(rest, socket, output);
    case "dlq":
      return dlqCommand(rest, socket, output);
    case "tail":
      return tailCommand(rest, socket, output);
    case "send":
      return sendCommand(rest, socket, output);
    case "backup":
      return backupCommand(rest, socket, output);
    case "config":
      return configCommand(rest, { socket, env, output });
    case "secrets":
      return secretsCommand(rest, socket, output);
    // These two bring the database's drivers, which the others need not wait for.
    case "reset-password":
      return (await import("./reset-password.ts")).resetPasswordCommand(rest, env, output);
    case "check":
      return checkCommand(rest, env, output);
    case "preview":
      return previewCommand(rest, output);
    case "vendor":
      return (await import("./vendor/vendor.ts")).vendorCommand(rest, output);
    case "doctor":
      return (await import("./doctor/doctor.ts")).doctorCommand(rest, env, output);
    case "restore":
      return restoreCommand(rest, env, output);
    default:
      throw new UsageError(unknownCommand(command));
  }
}

async function helpCommand(asked: string | undefined, rest: readonly string[], output: Output): Promise<number> {
  if (asked === undefined) throw new UsageError("Name a command.");
  const command = rest.find((arg) => !arg.startsWith("-"));
  if (command === undefined) {
    await output.raw(`${USAGE}\n`);
    return EXIT.ok;
  }
  const help = commandHelp(command);
  if (help === undefined) throw new UsageError(unknownCommand(command));
  await output.raw(`${help}\n`);
  return EXIT.ok;
}

function versionCommand(output: Output): number {
  const version = productVersion();
  output.json({ version, node: process.versions.node });
  output.line(`Datafly Signal ${version} (Node ${process.versions.node})`);
  return EXIT.ok;
}

function explain(error: unknown, command: string | undefined, output: Output): number {
  if (error instanceof NoServerError) {
    output.fault(error.message);
    return EXIT.noServer;
  }
  if (error instanceof CommandRefusedError) {
    output.fault(error.message);
    return error.code === "bad_request" ? EXIT.usage : EXIT.fault;
  }
  if (error instanceof InputError) {
    output.fault(error.message);
    return EXIT.usage;
  }
  if (error instanceof UsageError || isParseArgsError(error)) {
    output.fault(`${error.message}\n\n${commandHelp(command ?? "") ?? USAGE}`);
    return EXIT.usage;
  }
  throw error;
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
