/** The mapping's process: takes tasks one after the other, and gives what they come to. It ends with the one who started it. */
import { createContext, Script } from "node:vm";
import { perform } from "./perform.ts";
import type { MappingTask, MappingTasks } from "./tasks.ts";

/** One task. */
export interface ToMappingProcess {
  task: MappingTask;
  input: MappingTasks[MappingTask]["takes"];
}

/** `failed` names the kind of an error that nobody expected, and says nothing of the task. */
export type FromMappingProcess = "ready" | { output: MappingTasks[MappingTask]["gives"] } | { failed: string };

/** Who started it ends it much earlier, unless that one is gone: then nobody else would. */
const LONGEST_MS = 30_000;

/** Nothing but a script can be broken off: one that calls the work. */
const script = new Script("work()");
const context: { work: () => FromMappingProcess } = { work: () => ({ failed: "unknown" }) };
createContext(context);

process.on("message", ({ task, input }: ToMappingProcess) => {
  process.send?.(answerOf(task, input));
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches all processes of a terminal: the server ends in its own order.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.send?.("ready" satisfies FromMappingProcess);

function answerOf(task: MappingTask, input: ToMappingProcess["input"]): FromMappingProcess {
  try {
    context.work = () => ({ output: perform(task, input as never) });
    return script.runInContext(context, { timeout: LONGEST_MS }) as FromMappingProcess;
  } catch (error) {
    return { failed: error instanceof Error ? error.name : "unknown" };
  }
}
