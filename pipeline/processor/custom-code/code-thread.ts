/** The thread of the operator's code: takes batches of events as JSON text, and says which one it is at. */
import { parentPort, workerData } from "node:worker_threads";
import { openSandbox, type SandboxLimits, type SandboxResult } from "./sandbox.ts";

export interface CodeThreadData {
  code: string;
  limits: SandboxLimits;
  /** One number: the index of the event at work, in the batch. */
  progress: SharedArrayBuffer;
}

export interface CodeBatch {
  id: number;
  /** Null for one that is not tried again: it never came to an end. */
  events: readonly (string | null)[];
  /** Where to begin: what comes before was answered by a thread before this one. */
  from: number;
}

export interface CodeAnswer {
  id: number;
  from: number;
  results: SandboxResult[];
}

const NEVER_ENDED: SandboxResult = { failed: "timeout", detail: "it did not come to an end" };

const port = parentPort;
if (port === null) throw new TypeError("the custom code runs on a thread of the processor");
const { code, limits, progress } = workerData as CodeThreadData;
const at = new Int32Array(progress);
const sandbox = await openSandbox(code, limits);

port.on("message", ({ id, events, from }: CodeBatch) => {
  const results: SandboxResult[] = [];
  for (let index = from; index < events.length; index += 1) {
    Atomics.store(at, 0, index);
    const event = events[index] ?? null;
    const result = event === null ? NEVER_ENDED : sandbox.run(event);
    results.push(result);
    // Whoever asked must have what was done already when the next event never ends.
    if (result !== null && "failed" in result) flush();
  }
  flush();

  function flush(): void {
    const answer: CodeAnswer = { id, from, results: results.splice(0) };
    from += answer.results.length;
    port?.postMessage(answer);
  }
});
port.postMessage("ready");
