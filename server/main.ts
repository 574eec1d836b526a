/** The one executable: `start` runs the server, every other word is a command. */
import { asksForHelp, runCommand } from "./cli/main-command.ts";

const args = process.argv.slice(2);
const [command, ...rest] = args;
const starts = command === "start" && !asksForHelp(rest);

// A command need not wait until the whole server is loaded.
process.exitCode = starts
  ? await (await import("./start.ts")).startCommand(rest, process.env)
  : await runCommand(args, process.env);
