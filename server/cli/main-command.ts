/** The commands that talk to a running server or need none: everything but `start`. */
import { controlSocketPath } from "../control/socket-path.ts";
import { CommandRefusedError, NoServerError } from "../control/control-client.ts";
import { dataFolderOf } from "../settings.ts";
import { checkCommand } from "./check.ts";
import { dlqCommand } from "./dlq.ts";
import { createOutput, type Output } from "./output.ts";
import { statusCommand } from "./status.ts";
import { USAGE, UsageError } from "./usage.ts";

const EXIT = { ok: 0, fault: 1, usage: 2, noServer: 3 } as const;

/** Runs a command to its end and answers the exit code. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const output = createOutput(args.includes("--json"));
  try {
    return await dispatch(args, env, output);
  } catch (error) {
    return explain(error, output);
  }
}

async function dispatch(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const [command, ...rest] = args;
  const socket = controlSocketPath(dataFolderOf(env));
  if (command === "status") {
    const unknown = rest.find((arg) => arg !== "--json");
    if (unknown !== undefined) throw new UsageError(`status does not take ${unknown}.`);
    return statusCommand(socket, output);
  }
  if (command === "dlq") return dlqCommand(rest, socket, output);
  if (command === "check") return checkCommand(rest, env, output);
  if (command === "help" || command === "--help" || command === "-h") {
    await output.raw(`${USAGE}\n`);
    return EXIT.ok;
  }
  throw new UsageError(command === undefined ? "Name a command." : `There is no command ${command}.`);
}

function explain(error: unknown, output: Output): number {
  if (error instanceof NoServerError) {
    output.fault(error.message);
    return EXIT.noServer;
  }
  if (error instanceof CommandRefusedError) {
    output.fault(error.message);
    return EXIT.fault;
  }
  if (error instanceof UsageError || isParseArgsError(error)) {
    output.fault(`${error.message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  throw error;
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
