/** The one executable: `start` runs the server, every other word is a command. */
import { runCommand } from "./cli/main-command.ts";
import { startCommand } from "./start.ts";

const args = process.argv.slice(2);
const [command = "start", ...rest] = args;

process.exitCode = command === "start" ? await startCommand(rest, process.env) : await runCommand(args, process.env);
