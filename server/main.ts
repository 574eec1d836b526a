/** The one executable: `start` runs the server, every other word is a command. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Types are stripped and code is compiled once, not in every thread of every start. The folder is the installation's own: in
// a folder that others may write to, what runs next would be theirs to say. Where it cannot be written, nothing is kept.
// Threads and children find it by the variable; an empty one would mean the folder that the server was started in.
process.env["NODE_COMPILE_CACHE"] ||= join(import.meta.dirname, "../node_modules/.cache/datafly-signal");
enableCompileCache(process.env["NODE_COMPILE_CACHE"]);

const { asksForHelp, runCommand } = await import("./cli/main-command.ts");
const args = process.argv.slice(2);
const [command, ...rest] = args;
const starts = command === "start" && !asksForHelp(rest);

// A command need not wait until the whole server is loaded.
process.exitCode = starts
  ? await (await import("./start.ts")).startCommand(rest, process.env)
  : await runCommand(args, process.env);
