/** The one executable: `start` runs the server, every other word is a command. */
import { asksForHelp, runCommand } from "./cli/main-command.ts";
import { startCommand } from "./start.ts";

const args = process.argv.slice(2);
const [command, ...rest] = args;
const starts = command === "start" && !asksForHelp(rest);

process.exitCode = starts ? await startCommand(rest, process.env) : await runCommand(args, process.env);
